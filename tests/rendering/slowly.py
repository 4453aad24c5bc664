"""The straightforward way to set a letter, which the fast way is held against."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from digest.models import Edition, Reason
from digest.rendering.layout import TEXT_CHARACTERS, Layout, lay_out
from digest.rendering.plain import wrap
from digest.rendering.press import Press, told_links
from digest.rendering.typesetting import SetRow
from digest.rendering.views import (
    WRAPPED,
    LetterView,
    SectionView,
    say_reasons,
    view_card,
    wrap_why,
)


def laid_out(edition: Edition) -> Layout:
    """Put everything in."""
    return lay_out(edition.sections, edition.trending)


def html_values(press: Press, edition: Edition, layout: Layout) -> dict[str, Any]:
    """Gather all that letter.mjml speaks of."""
    return {
        "letter": LetterView(edition.language, **letter_texts(press, edition, layout)),
        "site": press.site,
        "sections": sections(layout, press.rows(layout), say),
    }


def text_values(press: Press, edition: Edition, layout: Layout) -> dict[str, Any]:
    """Gather all that letter.txt speaks of."""
    return {
        "letter": LetterView(edition.language, **wrapped(letter_texts(press, edition, layout))),
        "site": press.site,
        "sections": sections(layout, text_rows(press, layout), say_wrapped),
    }


def text_rows(press: Press, layout: Layout) -> list[SetRow]:
    """Make the rows of the text part, whose abstracts are whole."""
    return [row._replace(characters=TEXT_CHARACTERS) for row in press.rows(layout)]


def letter_texts(press: Press, edition: Edition, layout: Layout) -> dict[str, str]:
    """Say what stands around the papers."""
    spoken, told = press._speak(edition, layout)
    return spoken.whole | spoken.filled(told) | told_links(press.sender.links(edition))


def wrapped(texts: dict[str, str]) -> dict[str, str]:
    """Wrap the sentences for the text part."""
    return {name: wrap(text) if name in WRAPPED else text for name, text in texts.items()}


def say(reasons: tuple[Reason, ...]) -> str:
    """Say why a paper was picked."""
    return say_reasons([reason.text for reason in reasons])


def say_wrapped(reasons: tuple[Reason, ...]) -> str:
    """Say it in the lines of the text part."""
    return wrap_why(say(reasons))


def sections(
    layout: Layout, rows: list[SetRow], say: Callable[[tuple[Reason, ...]], str]
) -> list[SectionView]:
    """Turn rows into what templates loop over."""
    return [
        SectionView(
            row.title,
            row.note,
            tuple(
                replace(view_card(pick.paper, row.characters), why=say(pick.reasons))
                for pick in chosen.picks
            ),
        )
        for chosen, row in zip(layout.rows, rows, strict=True)
    ]
