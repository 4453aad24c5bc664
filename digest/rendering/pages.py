"""Makes the pages that a reader sees in the browser: unsubscribing, settings. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

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


def render_page(
    kind: PageKind, facts: Mapping[str, object], sender: Sender, folders: Sequence[Path]
) -> str:
    """Fill `page.html`.

    Args:
        kind: what the page tells: it may `ask` whether to unsubscribe, say that it is `done`, or
            taken back, so that letters come `again` or are `held` back all the same; show the
            `settings`; or say that the link is `unknown`.
        facts: what that kind needs: `email`, `reason`, `reader`, `letters`, `unsubscribe_url`
        folders: where templates lie; the operator's own first.

    Raises:
        TemplateError: the template is missing or malformed.
    """
    told = {name: clean(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
    site = {"name": sender.site, "operator": sender.operator, "change_mail": sender.change_mail}
    page = get_template(make_environment(folders), PAGE)
    return render(page, {"kind": kind, "site": site, "theme": load_theme(folders), **told})
