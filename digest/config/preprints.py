"""The subjects of bioRxiv and medRxiv, to say which one was meant.

Source: the lists of subjects on www.biorxiv.org and www.medrxiv.org, in the letters of their API.
"""

from digest.config.problems import did_you_mean

SUBJECTS = {
    "biorxiv": "animal behavior and cognition|biochemistry|bioengineering|bioinformatics|"
    "biophysics|cancer biology|cell biology|clinical trials|developmental biology|ecology|"
    "epidemiology|evolutionary biology|genetics|genomics|immunology|microbiology|"
    "molecular biology|neuroscience|paleontology|pathology|pharmacology and toxicology|"
    "physiology|plant biology|scientific communication and education|synthetic biology|"
    "systems biology|zoology",
    "medrxiv": "addiction medicine|allergy and immunology|anesthesia|cardiovascular medicine|"
    "dentistry and oral medicine|dermatology|emergency medicine|endocrinology|epidemiology|"
    "forensic medicine|gastroenterology|genetic and genomic medicine|geriatric medicine|"
    "health economics|health informatics|health policy|"
    "health systems and quality improvement|hematology|hiv/aids|hiv aids|infectious diseases|"
    "intensive care and critical care medicine|medical education|medical ethics|nephrology|"
    "neurology|nursing|nutrition|obstetrics and gynecology|"
    "occupational and environmental health|oncology|ophthalmology|orthopedics|otolaryngology|"
    "pain medicine|palliative medicine|pathology|pediatrics|pharmacology and therapeutics|"
    "primary care research|psychiatry and clinical psychology|public and global health|"
    "radiology and imaging|rehabilitation medicine and physical therapy|respiratory medicine|"
    "rheumatology|sexual and reproductive health|sports medicine|surgery|toxicology|"
    "transplantation|urology",
}


def subject_doubt(server: str, text: str) -> str:
    """Say that a subject may be newer than this list, or mistyped; "" for one that stands in it."""
    known = SUBJECTS[server].split("|")
    plain = text.replace("_", " ").casefold().strip()
    if plain.partition(" (")[0] in {*known, "all", "*", ""}:
        return ""
    return f"{text!r} is none of the subjects known here{did_you_mean(plain, known)}"
