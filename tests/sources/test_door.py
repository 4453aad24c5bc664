"""How a server is asked, and how far an answer is followed and read."""

import gzip
import socket
import struct
from contextlib import closing
from threading import Event

import pytest

from digest.sources.asking.door import Answer, Door, Question, Unreachable
from tests.loopback import Reply, Request, serve, speaking


def ask(url: str, contact: str = "", **told: object) -> Answer:
    """Ask once by a door of one's own."""
    with closing(Door(contact)) as door:
        return door.ask(Question(url, **told))  # type: ignore[arg-type]


def counting_down(request: Request) -> Reply:
    """Redirect from /3 to /2 and so on, with the status behind the question mark."""
    number, _, status = request.path[1:].partition("?")
    if number == "0":
        return Reply(b"here")
    place = f"/{int(number) - 1}?{status}"
    return Reply(status=int(status), headers={"Location": place})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(status: int) -> None:
    """However they are called; the answer says where it came from in the end."""
    with serve(counting_down) as server:
        answer = ask(f"{server.url}/1?{status}")
    assert (answer.url, answer.body) == (f"{server.url}/0?{status}", b"here")


def test_redirects_are_followed_four_times() -> None:
    """Whoever sends us on and on is not asked again."""
    with serve(counting_down) as server:
        assert ask(f"{server.url}/4?302").body == b"here"
        del server.seen[:]
        with pytest.raises(Unreachable, match="more than 4 redirects") as caught:
            ask(f"{server.url}/5?302")
        assert len(server.seen) == 5
    assert not caught.value.passing


@pytest.mark.parametrize(
    ("url", "passing"),
    [("http://127.0.0.1:9/", True), ("http://127.0.0.1:x/", False), ("ftp://127.0.0.1/", False)],
)
def test_what_cannot_be_asked(url: str, passing: bool) -> None:
    """A host that is away may come back; an address that is none stays so."""
    with pytest.raises(Unreachable) as caught:
        ask(url)
    assert caught.value.passing is passing


def test_certificates_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is to blame, whatever is asked."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/certificates.pem")
    with pytest.raises(Unreachable, match="certificates of the environment") as caught:
        ask("http://127.0.0.1:9/")
    assert not caught.value.passing


@pytest.mark.parametrize("target", ["http://localhost:9/", "file:///x", "http://[::1"])
def test_where_no_redirect_may_lead(target: str) -> None:
    """To ask for it again would not help."""
    reply = Reply(status=302, headers={"Location": target})
    with serve(lambda _r: reply) as server, pytest.raises(Unreachable) as caught:
        ask(server.url)
    assert not caught.value.passing


def test_a_redirect_to_nowhere_is_an_answer() -> None:
    """Its status says what it is."""
    with serve(lambda _r: Reply(b"see there", 302)) as server:
        assert ask(server.url).status == 302


def test_a_key_stays_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirect to another host does not take it along, nor does the next one back home."""
    home, away = "http://home.example", "http://away.example"
    ways = {f"{home}/1": f"{home}/2", f"{home}/2": f"{away}/3", f"{away}/3": f"{home}/4"}

    def answer(request: Request) -> Reply:
        place = ways.get(request.path)
        return Reply(status=302, headers={"Location": place}) if place else Reply(b"here")

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))]
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: (
            found if str(host).endswith(".example") else real(host, *rest, **more)
        ),
    )
    with serve(answer) as server:
        monkeypatch.setenv("http_proxy", server.url)
        assert ask(f"{home}/1", headers={"X-Key": "secret"}).body == b"here"
    assert [request.headers.get("x-key") for request in server.seen] == [
        *["secret"] * 2,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("contact", "who"),
    [
        ("Ops <ops@example.org>", "mailto:ops@example.org"),
        ("Jürgen <jürgen@example.org>", "no contact given"),
        ("", "no contact given"),
    ],
)
def test_how_a_server_is_asked(contact: str, who: str) -> None:
    """By name, for feeds before pages, and for no coding but the one that is read here."""
    with serve(lambda _r: Reply(b"here")) as server:
        ask(server.url, contact)
    told = server.seen[0].headers
    assert told["user-agent"] == f"morning-papers/0.1 ({who})"
    assert told["accept"].startswith("application/atom+xml, ")
    assert told["accept-encoding"] == "gzip"
    assert not {"if-none-match", "if-modified-since"} & told.keys()


def test_an_answer_without_end_is_cut_off() -> None:
    """Once it is too large, and not when all memory is full."""
    sent = [0]

    def pour(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(200):
            connection.sendall(b"0" * 1_000_000)
            sent[0] += 1

    with speaking(pour) as url, pytest.raises(Unreachable, match="larger than 16 MB") as caught:
        ask(url)
    assert sent[0] < 100
    assert not caught.value.passing


def test_capitals_in_headers_mean_the_same() -> None:
    """As they do in RFC 9110, sections 8.3.2 and 8.4.1."""
    headers = {"Content-Encoding": "GZIP", "Content-Type": "text/xml; Charset=ISO-8859-2"}
    with serve(lambda _r: Reply(gzip.compress(b"here"), headers=headers)) as server:
        answer = ask(server.url)
    assert (answer.body, answer.whole, answer.charset) == (b"here", True, "ISO-8859-2")


@pytest.mark.parametrize("start", ["", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"])
def test_a_server_that_falls_silent(monkeypatch: pytest.MonkeyPatch, start: str) -> None:
    """Is asked again; of an answer that had begun, what came is kept."""
    monkeypatch.setattr("digest.sources.asking.door.READ_SECONDS", 0.1)
    done = Event()

    def fall_silent(connection: socket.socket) -> None:
        connection.sendall(start.encode())
        done.wait(5)

    with speaking(fall_silent) as url, closing(Door("")) as door:
        if start:
            answer = door.ask(Question(url))
            assert (answer.body, answer.whole) == (b"half", False)
        else:
            with pytest.raises(Unreachable, match="does not answer in time") as caught:
                door.ask(Question(url))
            assert caught.value.passing
        done.set()


def test_what_came_before_the_line_broke_is_kept() -> None:
    """As of one that was closed in the middle: a feed's first entries are as good as ever."""

    def break_off(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with speaking(break_off) as url:
        answer = ask(url)
    assert (answer.body, answer.whole) == (b"half", False)
