"""What letters link to: one-click unsubscribing (RFC 8058), a reader's settings, a letter to read.

    /u/TOKEN/LETTER   GET asks, POST unsubscribes; ?again=1 takes it back
    /s/TOKEN/LETTER   what somebody gets, and their last letters; a POST pauses for two weeks,
                      with ?again=1 it ends the pause
    /l/TOKEN/LETTER   one letter

A link says which letter it stands in, whose reader the token must be of: it works as long as that
letter is kept.

A GET changes nothing: link scanners follow every link of a letter. A POST needs no cookie, no login
and no body, answers without a redirect, and is the same the second time. What stands before the
paths, as where `base_url` names a folder of a site, is not looked at.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from digest.config.schema import Config
from digest.errors import DigestError
from digest.models import Outcome, Subscriber
from digest.pipeline.printing import open_press, template_folders
from digest.rendering.checks import opened
from digest.rendering.envelope import zone
from digest.rendering.identity import KEY_VERSION, LETTER, SETTINGS, UNSUBSCRIBE, verify_token
from digest.rendering.pages import PageKind, PastLetter, render_page
from digest.rendering.sender import Sender
from digest.state.database import Database, open_database
from digest.state.ledger import Ledger
from digest.state.outbox import Outbox
from digest.state.roll import person_of
from digest.state.subscribers import find_person
from digest.state.suppression import PAUSED, UNSUBSCRIBED, Suppression, Suppressions

LETTERS_SHOWN = 30
LETTERS_LOOKED_AT = 366  # also days on which there was nothing to say, or a pause
PAGE_BYTES = 1_000_000  # no mail program clips a page
PAUSE = timedelta(days=14)
SITE = "../.."  # from a page; `form-action` lets no button lead to another host than its own
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the address of a page is its key
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Visit:
    """A link that was followed, and who followed it."""

    request: Request
    config: Config
    database: Database
    email: str

    @property
    def posted(self) -> bool:
        """Whether something is to change."""
        return self.request.method == "POST"

    @property
    def again(self) -> bool:
        """Whether it is to be as it was before."""
        return "again" in self.request.query_params

    @property
    def letter(self) -> str:
        """The letter that the link stood in."""
        return str(self.request.path_params["letter"])


@dataclass(frozen=True, slots=True)
class Desk:
    """What every page works with.

    Attributes:
        config: returns the configuration of this moment, with the people of the YAML.
        clock: UTC.
    """

    config: Callable[[], Config]
    clock: Callable[[], datetime]

    def page_of(
        self, purpose: str, make: Callable[[Visit], Response | None]
    ) -> Callable[[Request], Response]:
        """Return what answers a link made for that purpose.

        Args:
            make: returns the page; None: there is none.
        """

        def answer(request: Request) -> Response:
            config = self.config()
            with closing(open_database(config.state, create=False)) as database:
                email = whose(request, purpose, database)
                page = make(Visit(request, config, database, email)) if email else None
            return page or self.page(config, "unknown", status=404)

        return answer

    def unsubscribe(self, visit: Visit) -> Response:
        """Ask whether somebody wants no more letters; a POST says so."""
        listed, email = Suppressions(visit.database), visit.email
        reason = self.reason(listed, email)
        if not visit.posted:
            kind: PageKind = "done" if reason == UNSUBSCRIBED else "ask"
            return self.page(visit.config, kind, email=email)
        if not visit.again:
            listed.add([Suppression(email, UNSUBSCRIBED, "by the page")], self.clock())
            log.info("pages event=unsubscribed")
            return self.page(visit.config, "done", email=email)
        if reason not in ("", UNSUBSCRIBED, PAUSED):
            return self.page(visit.config, "held", email=email, reason=reason)
        listed.remove(email)
        log.info("pages event=subscribed_again")
        reader = reader_of(visit.config.subscribers, visit.database, email)
        if reader is None or is_paused(reader, self.clock()):
            return self.settings(visit)  # which says why no letters come
        return self.page(visit.config, "again", email=email)

    def settings(self, visit: Visit) -> Response:
        """Show what somebody gets, and the letters that are kept."""
        listed = Suppressions(visit.database)
        sender = Sender.of(visit.config.site, secret=visit.database.secret())
        sender = replace(sender, base_url=SITE)
        reader = reader_of(visit.config.subscribers, visit.database, visit.email)
        here = zone(reader.timezone) if reader else UTC
        if visit.posted:
            self.pause(listed, visit.email, here, again=visit.again)
        entry = listed.of(visit.email, self.clock())
        return self.page(
            visit.config,
            "settings",
            email=visit.email,
            reader=reader,
            paused=reader is not None and is_paused(reader, self.clock()),
            reason=entry.reason if entry else "",
            until=entry.until.astimezone(here) if entry and entry.until else None,
            letters=past_letters(sender, visit.database, visit.email),
            unsubscribe_url=sender.unsubscribe_page(visit.email, visit.letter),
        )

    def pause(self, listed: Suppressions, email: str, here: tzinfo, *, again: bool) -> None:
        """Give somebody a rest from letters, or end it; who gets none anyway is left alone.

        It ends as a day begins where they live: that day's letter comes, whatever its hour.
        """
        reason, now = self.reason(listed, email), self.clock()
        if again and reason == PAUSED:
            listed.remove(email)
        if not again and not reason:
            until = datetime.combine(now.astimezone(here) + PAUSE, time(), here)
            listed.add([Suppression(email, PAUSED, "by the page", until=until)], now)

    def reason(self, listed: Suppressions, email: str) -> str:
        """Return why somebody gets no letters; "" where they do."""
        entry = listed.of(email, self.clock())
        return entry.reason if entry else ""

    def letter(self, visit: Visit) -> Response | None:
        """Show one letter by the templates of today, with all its papers."""
        edition = Outbox(visit.database).edition(visit.letter)
        if edition is None:
            return None
        press = open_press(visit.config, visit.database.secret(), html_budget=PAGE_BYTES)
        return answer_with(opened(press.compose(edition)).html)

    def page(self, config: Config, kind: PageKind, status: int = 200, **facts: object) -> Response:
        """Fill the page."""
        sender = Sender.of(config.site, secret=b"")  # for its mail address
        return answer_with(render_page(kind, facts, sender, template_folders(config)), status)

    def unknown(self, request: Request, _error: Exception) -> Response:
        """Answer what is no page."""
        try:
            return self.page(self.config(), "unknown", status=404)
        except DigestError as error:  # nobody answers what an answer raises
            return self.busy(request, error)

    def busy(self, _request: Request, error: Exception) -> Response:
        """Answer where the database or a template cannot be used."""
        log.warning("pages event=unavailable reason=%s", error)
        response = answer_with("Please try again in some minutes.", status=503)
        response.headers["Retry-After"] = "300"
        return response


def whose(request: Request, purpose: str, database: Database) -> str | None:
    """Return whose link was followed; None: nobody's that is known."""
    token, letter = request.path_params["token"], request.path_params["letter"]
    secrets = {KEY_VERSION: database.secret()}
    for known in Ledger(database).history(letter_id=letter, limit=1):
        if verify_token(token, purpose, known.email, secrets):
            return known.email
    return None


def past_letters(sender: Sender, database: Database, email: str) -> list[PastLetter]:
    """Return somebody's last letters that went out, the newest first."""
    made = Ledger(database).history(email=email, limit=LETTERS_LOOKED_AT)
    sent = [letter for letter in made if letter.outcome is Outcome.SENT]
    return [
        PastLetter(letter.date, sender.letter_page(email, letter.id))
        for letter in sent[:LETTERS_SHOWN]
    ]


def reader_of(written: Sequence[Subscriber], database: Database, email: str) -> Subscriber | None:
    """Return what somebody asked for; None where they are no subscriber any more.

    Args:
        written: the people of the YAML, which wins over the database.
    """
    return person_of(written, email) or find_person(database, email)


def is_paused(reader: Subscriber, now: datetime) -> bool:
    """Tell whether it is a day of a pause where somebody lives."""
    return reader.is_paused(now.astimezone(zone(reader.timezone)).date())


def answer_with(html: str, status: int = 200) -> Response:
    """Answer with a page that nobody keeps, frames or indexes."""
    return HTMLResponse(html, status, HEADERS)


def make_app(desk: Desk) -> Starlette:
    """Return the application that answers."""
    pages = (
        ("u", desk.page_of(UNSUBSCRIBE, desk.unsubscribe), ["GET", "POST"]),
        ("s", desk.page_of(SETTINGS, desk.settings), ["GET", "POST"]),
        ("l", desk.page_of(LETTER, desk.letter), ["GET"]),
    )
    app = Starlette(
        routes=[
            Route(f"{before}/{name}/{{token}}/{{letter}}", page, methods=methods, name=name)
            for name, page, methods in pages
            for before in ("", "/{_:path}")
        ],
        exception_handlers={404: desk.unknown, DigestError: desk.busy},
    )
    app.router.redirect_slashes = False  # behind a proxy it would lead to http
    return app
