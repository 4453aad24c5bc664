"""Asks servers for documents; the only file that speaks HTTP.

Time-outs on every step and on the whole, caps on what is received, few redirects, http(s) only,
no private address unless the configuration names it.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import parseaddr
from queue import Empty
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from digest.sources.asking.addresses import is_private, is_public, may_have_key, same_place
from digest.sources.asking.threads import in_threads
from digest.sources.reading.decoding import MAX_BODY_BYTES, TooLarge, inflate

if TYPE_CHECKING:  # loaded where something is asked: a run that reads files alone needs none
    import httpx2

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0  # between two portions of an answer
TOTAL_SECONDS = 45.0  # for one answer, however slowly any part of it drips
MAX_REDIRECTS = 4
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_HEADER = 500  # characters of a header that is kept
ACCEPT = "application/atom+xml, application/rss+xml, application/json, application/xml, */*;q=0.5"


class Unreachable(Exception):
    """No answer: the reason in words, and whether another try may help."""

    def __init__(self, reason: str, *, passing: bool = True) -> None:
        self.reason, self.passing = reason, passing
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Question:
    """One request."""

    url: str
    etag: str = ""  # of the answer that we have
    last_modified: str = ""  # likewise
    headers: Mapping[str, str] = field(default_factory=dict)  # keys of the user


@dataclass(frozen=True, slots=True)
class Answer:
    """One response, body still as the server encoded its text."""

    url: str  # where it came from in the end
    status: int
    body: bytes
    whole: bool  # False: the connection broke off within the body
    etag: str = ""
    last_modified: str = ""
    charset: str = ""
    retry_after: str = ""


class Door:
    """An HTTP client with manners; safe to share between threads."""

    def __init__(self, contact: str, seconds: float = TOTAL_SECONDS) -> None:
        """Args:
        contact: the operator's mail address, with or without a name, "" for none.
        seconds: for one answer, redirects included.
        """
        self.seconds = seconds
        address = parseaddr(contact)[1]
        self.contact = address if address.isascii() and address.isprintable() else ""
        self._client: httpx2.Client | None = None
        self._opening = Lock()

    @property
    def client(self) -> "httpx2.Client":
        """What asks; made where it is needed, for it reads all certificates that there are."""
        with self._opening:
            if self._client is None:
                self._client = open_client(self.contact)
            return self._client

    def ask(self, question: Question) -> Answer:
        """Return the server's answer, whatever its status.

        It comes in another thread, which is left to itself where it takes too long: the client's
        own time-outs begin again with every byte of a header that drips.

        Raises:
            Unreachable: there is none, it is too large or leads to a forbidden place.
        """
        deadline = time.monotonic() + self.seconds
        try:
            return next(in_threads(lambda it: self.ask_on(it, deadline), (question,), self.seconds))
        except Empty as error:
            raise Unreachable(f"its answer takes longer than {self.seconds:.0f} seconds") from error

    def ask_on(self, question: Question, deadline: float) -> Answer:
        """Return the answer at the end of all redirects."""
        url = question.url
        for _ in range(MAX_REDIRECTS + 1):
            away = not same_place(question.url, url)
            answer = self.ask_once(replace(question, url=url), deadline, away=away)
            if isinstance(answer, Answer):
                return answer
            url = self.follow(question, url, answer)
            if not may_have_key(question.url, url):
                question = replace(question, headers={})  # a key is for its own host alone
        raise Unreachable(f"more than {MAX_REDIRECTS} redirects", passing=False)

    def follow(self, question: Question, url: str, target: str) -> str:
        """Return a redirect's target, which may be relative to its URL, if we may go there."""
        try:
            target = urljoin(url, target)
            is_web = urlsplit(target).scheme in {"http", "https"}
        except ValueError:  # "http://[::1"
            is_web = False
        if not is_web:
            raise Unreachable(f"it redirects to {target[:200]}, no web address", passing=False)
        if not same_place(question.url, target) and is_private(target):
            raise Unreachable(f"it redirects to the private address {target[:200]}", passing=False)
        return target

    def ask_once(self, question: Question, deadline: float, *, away: bool) -> Answer | str:
        """Return one answer, or the target of a redirect.

        Args:
            away: a redirect led to another host, which may have no private address. It has been
                looked up before, and may have got another one since (DNS rebinding); a proxy looks
                it up by itself.
        """
        from urllib.request import getproxies  # which loads what httpx2 does

        import httpx2

        headers = headers_of(question)
        watch = {"trace": refuse_private} if away and not getproxies() else {}
        try:
            with self.client.stream(
                "GET", question.url, headers=headers, extensions=watch
            ) as response:
                if response.status_code in REDIRECTS and response.headers.get("location"):
                    return str(response.headers["location"])
                body, whole = read_body(response, deadline)
                return make_answer(question.url, response, body, whole=whole)
        except TooLarge as error:
            megabytes = MAX_BODY_BYTES // 1_000_000
            reason = f"its answer is larger than {megabytes} MB"
            raise Unreachable(reason, passing=False) from error
        except httpx2.TimeoutException as error:
            raise Unreachable("it does not answer in time") from error
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, UnicodeError) as error:
            raise Unreachable(f"its address is no web address: {error}", passing=False) from error
        except httpx2.HTTPError as error:
            raise Unreachable(f"it cannot be reached: {error or type(error).__name__}") from error

    def close(self) -> None:
        """Give back the connections."""
        if self._client is not None:
            self._client.close()


def open_client(contact: str) -> "httpx2.Client":
    """Return a client that says whose it is and takes time for answers, but not for ever.

    Raises:
        Unreachable: the environment names a proxy or certificates that cannot be used.
    """
    import httpx2

    who = f"mailto:{contact}" if contact else "no contact given"
    headers = {
        "User-Agent": f"morning-papers/0.1 ({who})",
        "Accept": ACCEPT,
        "Accept-Encoding": "gzip",
    }
    timeout = httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    try:
        return httpx2.Client(headers=headers, timeout=timeout, follow_redirects=False)
    except (ImportError, OSError, ValueError, httpx2.InvalidURL) as error:
        reason = f"the proxy or the certificates of the environment cannot be used: {error}"
        raise Unreachable(reason, passing=False) from error


def refuse_private(event: str, facts: dict[str, Any]) -> None:
    """Break a connection off, before anything is sent, that leads to a private address.

    https://www.encode.io/httpcore/extensions/#trace
    """
    if event == "connection.connect_tcp.complete":
        stream = facts["return_value"]
        address = str(stream.get_extra_info("server_addr")[0])
        if not is_public(address):
            stream.close()
            raise Unreachable(f"it redirects to the private address {address}", passing=False)


def headers_of(question: Question) -> dict[str, str]:
    """Return the request's own headers: validators (RFC 9110, section 13) and keys."""
    headers = dict(question.headers)
    if question.etag:
        headers["If-None-Match"] = question.etag
    if question.last_modified:
        headers["If-Modified-Since"] = question.last_modified
    return headers


def make_answer(url: str, response: "httpx2.Response", body: bytes, *, whole: bool) -> Answer:
    """Return what we use of a response."""
    headers = response.headers
    match = re.search(r"charset=[\"']?([\w.:-]{1,40})", headers.get("content-type", ""), re.I)
    return Answer(
        url=url,
        status=response.status_code,
        body=body,
        whole=whole,
        etag=headers.get("etag", "")[:MAX_HEADER],
        last_modified=headers.get("last-modified", "")[:MAX_HEADER],
        charset=match[1] if match else "",
        retry_after=headers.get("retry-after", "")[:MAX_HEADER],
    )


def read_body(response: "httpx2.Response", deadline: float) -> tuple[bytes, bool]:
    """Return the body without its Content-Encoding, and whether it came to its end.

    httpx would decompress a whole portion at once, however far it swells.
    """
    import httpx2

    coding = response.headers.get("content-encoding", "").lower()
    body, came = bytearray(), True
    try:
        for raw in response.iter_raw():  # a chunk size would make it lose the last portion
            body += raw
            if len(body) > MAX_BODY_BYTES:
                raise TooLarge
            if time.monotonic() > deadline:  # whoever asked has left
                raise Unreachable("its answer takes too long")
    except (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.ReadTimeout):
        came = False
    content, whole = inflate(bytes(body)) if "gzip" in coding else (bytes(body), True)
    if came and not whole and not content:
        raise Unreachable("its answer is no valid gzip")
    return content, came and whole
