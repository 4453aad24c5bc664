"""Names in many spellings are one person, or are not."""

import pytest

from digest.ranking.authors import read_name, same_author


@pytest.mark.parametrize(
    ("followed", "printed", "same"),
    [
        ("Tri Dao", "Tri Dao", True),
        ("T. Dao", "Tri Dao", True),
        ("Tri Dao", "T. Dao", True),
        ("Dao, Tri", "Tri Dao", True),
        ("Dao, T.", "Tri Dao", True),
        ("Tri Dao", "Trung Dao", False),
        ("Tri Dao", "Tri Dang", False),
        ("José García", "Jose Garcia", True),
        ("Yoshua Bengio", "Samy Bengio", False),
        ("Hinton", "Geoffrey E. Hinton", True),
        ("Geoffrey Hinton", "Hinton", False),
        ("Geoffrey Hinton", "Geoffrey E. Hinton", True),
        ("G. A. Hinton", "G. E. Hinton", False),
        ("ŁUKASZ KAISER", "Lukasz Kaiser", True),
        ("Soren Brunak", "Søren Brunak", True),
        ("Martin King", "Martin King Jr.", True),
        ("King Jr., M.", "Martin King", True),
        ("Martin King Jr.", "Mary Roe Jr.", False),
        ("", "Tri Dao", False),
    ],
)
def test_spellings_of_one_person(followed: str, printed: str, same: bool) -> None:
    """Initials, accents and order are understood; another first name is another person."""
    assert same_author(read_name(followed), read_name(printed)) is same
