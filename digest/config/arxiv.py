"""arXiv's classes, to check them as written and to say which one was meant.

Source of archives and classes: the category taxonomy of arXiv.
"""

import re

from digest.config.problems import did_you_mean

# archive -> its classes; an archive without classes is itself a class
CLASSES: dict[str, str] = {
    "astro-ph": "CO EP GA HE IM SR",
    "cond-mat": "dis-nn mes-hall mtrl-sci other quant-gas soft stat-mech str-el supr-con",
    "cs": "AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE "
    "NI OH OS PF PL RO SC SD SE SI SY",
    "econ": "EM GN TH",
    "eess": "AS IV SP SY",
    "gr-qc": "",
    "hep-ex": "",
    "hep-lat": "",
    "hep-ph": "",
    "hep-th": "",
    "math": "AC AG AP AT CA CO CT CV DG DS FA GM GN GR GT HO IT KT LO MG MP NA NT OA OC PR QA RA "
    "RT SG SP ST",
    "math-ph": "",
    "nlin": "AO CD CG PS SI",
    "nucl-ex": "",
    "nucl-th": "",
    "physics": "acc-ph ao-ph app-ph atm-clus atom-ph bio-ph chem-ph class-ph comp-ph data-an "
    "ed-ph flu-dyn gen-ph geo-ph hist-ph ins-det med-ph optics plasm-ph pop-ph soc-ph space-ph",
    "q-bio": "BM CB GN MN NC OT PE QM SC TO",
    "q-fin": "CP EC GN MF PM PR RM ST TR",
    "quant-ph": "",
    "stat": "AP CO ME ML OT TH",
}
ALL = (*CLASSES, *(f"{a}.{c}" for a, classes in CLASSES.items() for c in classes.split()))
SHAPES = {"cond-mat": "[a-z-]+", "physics": "[a-z-]+"}  # every other archive: two capitals


def check_class(text: str) -> str:
    """Accept an archive (`cs`) or a class (`cs.CL`); a new class of a known archive passes.

    Raises:
        ValueError: The end of a sentence, with the class that was probably meant.
    """
    archive, dot, name = text.partition(".")
    shape = SHAPES.get(archive, "[A-Z]{2}")
    if archive in CLASSES and (not dot or (CLASSES[archive] and re.fullmatch(shape, name))):
        return text
    hint = did_you_mean(text, ALL) or "; write one like cs.CL"
    raise ValueError(f"is not an arXiv category{hint}")


def doubt_about(text: str) -> str:
    """Say that a class may be newer than this list, or mistyped; "" for one that stands in it.

    In any case of letters, as interests name classes; what is of no archive of arXiv is no class.
    """
    known = {name.casefold() for name in ALL}
    archive = text.casefold().partition(".")[0]
    if archive not in known or text.casefold().removesuffix(".*") in known:
        return ""
    return f"{text!r} is none of the arXiv classes known here{did_you_mean(text, ALL)}"
