"""Texts of others are made to fit: their length, and the way they run."""

from digest.rendering.plain import isolate
from digest.rendering.views import TITLE_CHARACTERS, fit_title


def test_words_from_right_to_left_keep_to_themselves() -> None:
    """A heading that ends in Arabic does not swap with the count behind it (UAX 9)."""
    assert isolate("Soil") == "Soil"
    for text in ("\u062a\u0631\u0628\u0629", "Soil \u062a\u0631\u0628\u0629"):
        assert isolate(text) == f"\u2068{text}\u2069"


def test_a_long_title_ends_at_a_word() -> None:
    """And says that it goes on."""
    told = fit_title("paper " * 100)
    assert told.endswith(" paper…")
    assert len(told) <= TITLE_CHARACTERS
