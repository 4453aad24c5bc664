"""Makes the pages that a reader sees in the browser: unsubscribing, settings. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from digest.rendering.filters import WEEKDAYS, listed
from digest.rendering.plain import clean
from digest.rendering.sender import Sender
from digest.rendering.templates import get_template, make_environment, render
from digest.rendering.theme import load_theme

PageKind = Literal["ask", "done", "again", "held", "settings", "unknown"]
PAGE = "page.html"


@dataclass(frozen=True, slots=True)
class PastLetter:
    """One letter that a reader may read again."""

    date: date  # the subscriber's
    url: str


def say_days(days: Collection[int]) -> str:
    """Say on which days letters come; Monday is 0."""
    if len(days) == len(WEEKDAYS):
        return "daily"
    if set(days) == set(range(5)):
        return "on weekdays"
    return f"on {listed([WEEKDAYS[day] for day in sorted(days)])}"


def render_page(
    kind: PageKind, facts: Mapping[str, object], sender: Sender, folders: Sequence[Path]
) -> str:
    """Fill `page.html`.

    Args:
        kind: what the page tells: it may `ask` whether to unsubscribe, say that it is `done`, or
            taken back, so that letters come `again` or are `held` back all the same; show the
            `settings`; or say that the link is `unknown`.
        facts: what that kind needs: `email`, `reason`, `until`, `reader`, `paused` (by
            the YAML, today), `letters`, `unsubscribe_url`.
        folders: where templates lie; the operator's own first.

    Raises:
        TemplateError: the template is missing or malformed.
    """
    told = {name: clean(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
    site = {"name": sender.site, "operator": sender.operator, "change_mail": sender.change_mail}
    environment = make_environment(folders)
    environment.filters["days"] = say_days
    page = get_template(environment, PAGE)
    return render(page, {"kind": kind, "site": site, "theme": load_theme(folders), **told})
