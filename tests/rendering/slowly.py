"""The straightforward way to set a letter, which the fast way is held against."""

from dataclasses import replace
from typing import Any

from digest.models import Edition
from digest.rendering.layout import Layout
from digest.rendering.press import Press
from digest.rendering.typesetting import SetRow
from digest.rendering.views import SectionView, view_card, wrapped


def html_values(press: Press, edition: Edition, layout: Layout) -> dict[str, Any]:
    """Gather all that letter.mjml speaks of."""
    return {
        "letter": press.view_letter(edition, layout),
        "site": press.site,
        "sections": sections(press.html_rows(layout)),
    }


def text_values(press: Press, edition: Edition, layout: Layout) -> dict[str, Any]:
    """Gather all that letter.txt speaks of."""
    return {
        "letter": wrapped(press.view_letter(edition, layout)),
        "site": press.site,
        "sections": sections(press.text_rows(press.html_rows(layout))),
    }


def sections(rows: list[SetRow]) -> list[SectionView]:
    """Turn rows into what templates loop over."""
    return [
        SectionView(
            row.title,
            row.note,
            tuple(replace(view_card(c.paper, c.characters), why=c.why) for c in row.cards),
        )
        for row in rows
    ]
