"""A reader's own library gives titles and identities."""

import json
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ranking.library import LibraryError, parse_library

BIBTEX = r"""
@string{neurips = "Advances in Neural Information Processing Systems"}
@comment{ignored, title = {Not me}}
@article{one,
  title = {{FlashAttention}: Fast and {Memory-Efficient} Attention},
  author = "Dao, Tri",
  booktitle = neurips # " 35",
  eprint = {2205.14135}, archivePrefix = {arXiv},
  abstract = {Transformers are slow {and} hungry.}
}
@InProceedings(two,
  title = "Schr{\"o}dinger's {\'e}quation \& more",
  doi = {https://doi.org/10.1038/S41586-021-03819-2},
  year = 2021
)
@misc{three, title = {Old style}, url = {https://arxiv.org/abs/hep-th/9711200}}
@misc{four, year = 1999}
@misc{five, title = {Two names}, howpublished = {\url{https://arxiv.org/html/2205.14135v2}},
  doi = {10.48550/arXiv.2205.14135}, note = {see also arXiv:2301.00001}}
@misc{six, title = {Older still}, eprint = {math.CA/0611800}}
@article{seven, title = {A repository}, journal = {CoRR, abs/1706.00001}}
"""


def test_bibtex() -> None:
    """Braces, quotes, abbreviations and accents are read; entries without a title are not liked."""
    assert parse_library(BIBTEX, ".bib") == [
        (
            "FlashAttention: Fast and Memory-Efficient Attention",
            "Transformers are slow and hungry.",
            ("arxiv:2205.14135",),
        ),
        ("Schrödinger's équation & more", "", ("doi:10.1038/s41586-021-03819-2",)),
        ("Old style", "", ("arxiv:hep-th/9711200",)),
        ("Two names", "", ("arxiv:2205.14135",)),
        ("Older still", "", ("arxiv:math/0611800",)),
        ("A repository", "", ("arxiv:1706.00001",)),
    ]


def test_a_broken_entry_ends_where_the_next_begins() -> None:
    """An abstract whose brace nobody closed does not take in the rest of the library."""
    broken = "@article{a, title = {First}, abstract = {Open\n\n@misc{b, title = {Second}}\n"
    assert parse_library(broken, ".bib") == [("First", "Open", ()), ("Second", "", ())]


def test_csl_json_and_zotero() -> None:
    """Both JSON exports are read."""
    csl = [{"type": "article", "title": "A paper", "DOI": "10.1/ABC", "abstract": "It says."}]
    assert parse_library(json.dumps(csl), ".json") == [("A paper", "It says.", ())]
    zotero = {
        "items": [
            {"title": "B paper", "abstractNote": "Says more.", "DOI": "10.1000/xyz"},
            {"data": {"title": "C paper", "extra": "arXiv:2301.00001 [cs]"}},
        ]
    }
    assert parse_library(json.dumps(zotero), ".json") == [
        ("B paper", "Says more.", ("doi:10.1000/xyz",)),
        ("C paper", "", ("arxiv:2301.00001",)),
    ]


@pytest.mark.parametrize(
    ("text", "suffix"),
    [("{", ".json"), ("[" * 200_000, ".json"), ('"text"', ".json"), ("", ".enl"), ("", "")],
)
def test_what_is_not_a_library(text: str, suffix: str) -> None:
    """A file that cannot be read is refused with the reason."""
    with pytest.raises(LibraryError):
        parse_library(text, suffix)


RIS = """TY  - JOUR
AU  - Byron, Ada
TI  - Engines that
 weave
AB  - They weave
patterns.
DO  - 10.1000/ABC
UR  - https://arxiv.org/abs/2301.00001v2
ER  -

TY  - CONF
T1  - A second one
N2  - Says little.
ER  -
"""
NBIB = """
PMID- 12230038
OWN - NLM
TI  - The thing and its
      whole.
LID - 10.1000/xyz [doi]
LID - S1 [pii]
AB  - Much is said
      of it.
AU  - Byron A

PMID- 12230039
TI  - Another.
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_ris_and_pubmed(ends: str) -> None:
    """Both exports are read, whose values go on over lines."""
    assert parse_library(RIS.replace("\n", ends), ".ris") == [
        ("Engines that weave", "They weave patterns.", ("arxiv:2301.00001", "doi:10.1000/abc")),
        ("A second one", "Says little.", ()),
    ]
    assert parse_library(NBIB.replace("\n", ends), ".nbib") == [
        ("The thing and its whole.", "Much is said of it.", ("doi:10.1000/xyz", "pmid:12230038")),
        ("Another.", "", ("pmid:12230039",)),
    ]


def test_a_line_that_goes_on_is_no_tag() -> None:
    """PubMed sets it in by six columns, whatever it begins with."""
    text = "PMID- 12\nAB  - We read small\n      RNA - and frogs.\n"
    assert parse_library(f"{text}TI  - Frogs\n", ".nbib") == [
        ("Frogs", "We read small RNA - and frogs.", ("pmid:12",))
    ]


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("TY  - A\nTI  - a\n" + "a\n" * 1_000_000, ".ris"),
        ("@a{x, title = {\\'" + " " * 100_000 + "!}}", ".bib"),
        ("@a{x, title = {Frogs}" + " " * 100_000 + "!}", ".bib"),
    ],
)
def test_a_long_value_is_read_at_once(text: str, suffix: str) -> None:
    """The time grows with the length of a file, not with its square."""
    start = perf_counter()
    parse_library(text, suffix)
    assert perf_counter() - start < 5


@given(st.text(alphabet='@{}"#,= \\abtitle\n', max_size=120))
def test_broken_bibtex_never_breaks_the_reader(text: str) -> None:
    """Whatever stands in the file, reading it ends."""
    assert isinstance(parse_library(text, ".bib"), list)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        (
            r"Role of TGF-$\beta$ and $\delta$ rays in \bf cells",
            "Role of TGF-β and δ rays in cells",
        ),
        (r"{$\Lambda$CDM} and \textalpha{}-synuclein, 5 $\mu$m", "ΛCDM and α-synuclein, 5 μm"),
        (
            r"{Gau{\ss}ian} fields of {\O}rsted, {\L}ukasz and {\aa}",
            "Gaußian fields of Ørsted, Łukasz and å",
        ),
        (r"\v{C}ech, \v Cech, \c{c}a, na{\"\i}ve, Fran\c cois", "Čech, Čech, ça, naïve, François"),
        ("If $x <y and y> z$", "If x <y and y> z"),
        (
            "The <i>E. coli</i> of CO<sub>2</sub> &amp; more, if p < 5",
            "The E. coli of CO2 & more, if p < 5",
        ),
    ],
)
def test_titles_keep_their_letters(written: str, title: str) -> None:
    """Commands that begin like an accent are none, letters of other languages stay, tags go."""
    assert parse_library(f"@article{{a, title = {{{written}}}}}", ".bib") == [(title, "", ())]


@pytest.mark.parametrize(
    ("text", "suffix", "ids"),
    [
        (r"@article{a, doi = {10.1007/978-3-030-1\_5}}", ".bib", ("doi:10.1007/978-3-030-1_5",)),
        ("@article{a, eprint = {31234567}, eprinttype = {pubmed}}", ".bib", ("pmid:31234567",)),
        ("@article{a, pmid = {31234567}}", ".bib", ("pmid:31234567",)),
        ("@article{a, eprint = {31234567}, eprinttype = {pmid}}", ".bib", ("pmid:31234567",)),
        (r"@article{a, doi = {10.1007/978-3-030-1{\_}5}}", ".bib", ("doi:10.1007/978-3-030-1_5",)),
        (r"@a{a, url = {https://doi.org/10.1000/a{\_}5}}", ".bib", ("doi:10.1000/a_5",)),
        ("TY  - JOUR\nM3  - doi: 10.1000/x\nER  - ", ".ris", ("doi:10.1000/x",)),
        ('[{"title": "", "PMID": "31234567"}]', ".json", ("pmid:31234567",)),
        (r'[{"extra": "PMID: 31234567\nPMCID: PMC5"}]', ".json", ("pmid:31234567",)),
    ],
)
def test_ids_are_read_as_programs_write_them(text: str, suffix: str, ids: tuple[str, ...]) -> None:
    """Mendeley escapes the underscores of DOIs; PubMed's ids stand in several places."""
    assert parse_library(text, suffix) == [("", "", ids)]


@pytest.mark.parametrize(
    "field",
    [
        "comment-ada.byron = {Mine}",  # of JabRef, by the name of who is logged in
        "month = 10.-12. may",
        "title* = {Frösche}",
        "a/b = {Frogs}",
        "year = 2021,",
        "note = {They wrote:\n@ada2020 says so}",
    ],
)
def test_an_odd_field_costs_none_that_follows(field: str) -> None:
    """Without its DOI a paper that is owned came as news."""
    text = f"@article{{a,\n title = {{Frogs}},\n {field},\n doi = {{10.1000/x}}\n}}"
    assert parse_library(text, ".bib") == [("Frogs", "", ("doi:10.1000/x",))]


def test_words_behind_an_entry_are_none_of_it() -> None:
    """Neither where parentheses hold it."""
    text = "@book(a, title = {Frogs}) It is good, title = {Toads}"
    assert parse_library(text, ".bib") == [("Frogs", "", ())]


def test_titles_in_two_fields() -> None:
    """Of biblatex and Citavi a subtitle belongs to the title; an empty title of RIS is none."""
    two = "@book{a, title = {FlashAttention}, subtitle = {Fast and Memory-Efficient}}"
    assert parse_library(two, ".bib") == [("FlashAttention: Fast and Memory-Efficient", "", ())]
    assert parse_library("TY  - JOUR\nTI  - \nT1  - Frogs\n", ".ris") == [("Frogs", "", ())]


def test_attachments_and_notes_are_no_papers() -> None:
    """Zotero's own JSON lists them beside the works that they belong to."""
    kinds = ("journalArticle", "attachment", "note", "annotation")
    items = [{"data": {"itemType": kind, "title": f"A {kind}"}} for kind in kinds]
    assert parse_library(json.dumps(items), ".json") == [("A journalArticle", "", ())]
    listed = [{"itemType": ["note"], "title": "Frogs"}]  # what nobody knows may be one
    assert parse_library(json.dumps(listed), ".json") == [("Frogs", "", ())]
