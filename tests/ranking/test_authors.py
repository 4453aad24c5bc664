"""Names in many spellings are one person, or are not."""

import pytest

from digest.models import Paper
from digest.ranking.authors import read_bylines


@pytest.mark.parametrize(
    ("followed", "printed", "same"),
    [
        ("Tri Dao", "Tri Dao", True),
        ("T. Dao", "Tri Dao", True),
        ("Tri Dao", "T. Dao", True),
        ("Dao, Tri", "Tri Dao", True),
        ("Dao, T.", "Tri Dao", True),
        ("Tri Dao", "Trung Dao", False),
        ("O'Brien", "Sean O’Brien", True),
        ("O'Brien", "Olivia Brien", False),
        ("Sean O'Brien", "S. O´Brien", True),
        ("Sean O'Brien", "Sean O′Brien", True),
        ("Marco D'Angelo", "M. D’ Angelo", True),
        ("Daniele Dell'Aglio", "D. Dell' Aglio", True),
        ("José Moura", "Jose' Moura", True),
        ("Robert Smith", "Robert 'Bob' Smith", True),
        ("D'Arcy Thompson", "D’Arcy W. Thompson", True),
        ("Prof. Dr. Jane Smith", "J. Smith", True),
        ("The Anh Han", "T. A. Han", True),
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
        ("Martin King, Jr.", "Martin King", True),
        ("Fei-Fei Li", "Feifei Li", True),
        ("Fei-Fei Li", "F.-F. Li", True),
        ("Fei-Fei Li", "Fei Li", False),
        ("Min-Jun Kim", "Min-Ho Kim", False),
        ("Seung-Hyun Lee", "Seung-Hoon Lee", False),
        ("Jean-Pierre Serre", "JP Serre", True),
        ("JP Serre", "Jean-Pierre Serre", True),
        ("JP Serre", "Jacques M. Serre", False),
        ("John Smith", "J Smith", True),
        ("John B. Smith", "JB Smith", True),
        ("John B. Smith", "JC Smith", False),
        ("Smith J", "John Smith", True),
        ("Smith, JB", "John B. Smith", True),
        ("Smith JB", "John C. Smith", False),
        ("Smith J.B.", "John B. Smith", True),
        ("Ann Smith MD", "Max D. Smith", False),
        ("Michael I. Jordan", "MI Jordan", True),
        ("Lan Wei", "LI Wei", False),
        ("Li Wei", "LI WEI", True),
        ("Weinan E", "W. E", True),
        ("Laurens van der Maaten", "L.J.P. van der Maaten", True),
        ("van der Maaten, L.", "Laurens van der Maaten", True),
        ("Laurens van der Maaten", "Peter van der Maaten", False),
        ("García Márquez G", "Gabriel García Márquez", True),
        ("Konrad Koerding", "Konrad P. Körding", True),
        ("Konrad P. Körding", "K. Koerding", True),
        ("Konrad P. Körding", "M. Kording", False),
        ("Wei Xue", "Wei Xu", False),
    ],
)
def test_spellings_of_one_person(followed: str, printed: str, same: bool) -> None:
    """Initials, accents and order are understood; another first name is another person."""
    bylines = read_bylines([Paper(("doi:10.1/a",), "A study", authors=(printed,))])
    assert (bylines.written_by(followed) == {0: printed}) is same
