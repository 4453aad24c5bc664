"""Measures the colours of a theme."""

import re
from collections.abc import Iterator
from pathlib import Path

from digest.errors import Problem
from digest.rendering.theme import COLOURED, ENCODING, Theme, misshapen

LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, for text of ordinary size
WRITTEN = ("ink", "soft", "accent")
PIXELS = (re.compile(r"[0-9]+"), "whole number of pixels")
LOGO = {
    "url": (re.compile(r"|https?://\S+"), "address like https://example.org/logo.png"),
    "width": PIXELS,
    "height": PIXELS,
}


def check_theme(path: Path, theme: Theme) -> Iterator[Problem]:
    """Yield values that are no colour, size or address, and text too pale on its paper."""
    bad = list(misshapen(theme))
    for key, (shape, kind) in LOGO.items():
        if not shape.fullmatch(value := theme["logo"][key]):
            bad.append(("logo", key, f"[logo] {key}: {value!r} is no {kind}"))
    for table, key, message in bad:
        yield Problem(path, line_of(path, table, key), 1, key, message)
    for table in COLOURED:
        colours = theme[table]
        for key in () if any(table == other for other, _, _ in bad) else WRITTEN:
            ratio = contrast(colours[key], colours["paper"])
            if ratio < LEAST_CONTRAST:
                message = f"[{table}] {key} on paper has a contrast of {ratio:.1f}; 4.5 is needed"
                line = line_of(path, table, key) or line_of(path, table, "paper")
                yield Problem(path, line, 1, key, message)


def line_of(path: Path, table: str, key: str) -> int:
    """Find where a file sets a key; 0 when it does not."""
    inside = False
    for number, line in enumerate(path.read_text(ENCODING).splitlines(), 1):
        if header := re.match(r"\s*\[\s*(\w+)\s*\]", line):
            inside = header[1] == table
        elif inside and re.match(rf"\s*{re.escape(key)}\s*=", line):
            return number
    return 0


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of #rrggbb, 0 to 1 (WCAG 2.2)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
