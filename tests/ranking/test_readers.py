"""A profile is read into what ranking works on."""

from digest.models import Interest, Paper
from digest.ranking.readers import read_wish


def test_a_word_to_avoid_stays_one_beside_a_library_that_holds_it_as_a_title() -> None:
    """Libraries hold works called "Erratum", and who avoids the word means all of them."""
    interest = Interest("Frogs", keywords=("frogs",), like=("Erratum",), avoid=("Erratum",))
    owned = Paper(("hash:1",), "Erratum")
    wish = read_wish(interest, {"Erratum": owned})
    assert [phrase.entry for phrase in wish.avoided] == ["Erratum"]
    assert wish.disliked == ()
