"""The pages of a real installation over HTTP: unsubscribing, settings, a letter to read."""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, time
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from starlette.routing import Match

from digest.config import load_config
from digest.config.schema import Config
from digest.doctor.findings import Health
from digest.doctor.pages import check_pages
from digest.state.database import open_database
from digest.state.suppression import Suppression, Suppressions
from digest.web import pages
from digest.web.pages import Desk, make_app
from digest.web.server import listen, pages_served
from tests.scene import PEOPLE, Scene, all_titles, feed

BASE = "https://papers.example.org/of/the-lab"
ONE_CLICK = b"List-Unsubscribe=One-Click"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--'
)


@dataclass
class Site:
    """An installation that has sent its letters, and its pages."""

    scene: Scene
    url: str

    def link(self, name: str, person: str = "ada@example.org") -> str:
        """Return where a letter's link leads on this machine: `u`, `s` or `l`."""
        [letter] = [one for one in self.scene.smtp.messages if one.recipient == person]
        html = message_from_bytes(letter.content, policy=default).get_body(("html",))
        assert html is not None
        found = re.search(rf'"{BASE}(/{name}/[^"]+)"', html.get_content())
        assert found
        return self.url + found[1]

    def suppressed(self) -> dict[str, str]:
        """Return who gets no letters, and why."""
        with closing(open_database(load_config(self.scene.config, {}).state)) as database:
            return {one.email: one.reason for one in Suppressions(database).all()}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[list[Scene], str]]:
    """The pages of the last of some scenes, which each test adds its own to, and their address."""
    scenes: list[Scene] = []
    desk = Desk(lambda: load_config(scenes[-1].config, {}), lambda: datetime.now(UTC))
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    with pages_served(make_app(desk), listener):
        yield scenes, f"http://127.0.0.1:{port}/of/the-lab"


@pytest.fixture
def site(scene: Scene, served: tuple[list[Scene], str]) -> Site:
    """Three readers who had a letter each; the pages stand below a path of the site."""
    scenes, url = served
    scene.write(PEOPLE, base_url=BASE)
    assert scene.call("run", "--now").code == 0
    scenes.append(scene)
    return Site(scene, url)


def ask(url: str, body: bytes | None = None, content_type: str = "") -> tuple[int, str]:
    """Return the status and the page; a body makes it a POST. Redirects are not followed."""
    headers = {"Content-Type": content_type} if content_type else {}
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.url == url
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_only_a_post_unsubscribes(site: Site) -> None:
    """A link scanner's GET and HEAD change nothing; one POST does, and says so, then and later."""
    link = site.link("u")
    status, page = ask(link)
    assert (status, "ada@example.org" in page, "<button>Unsubscribe" in page) == (200, True, True)
    urllib.request.urlopen(urllib.request.Request(link, method="HEAD"), timeout=30).close()
    assert site.suppressed() == {}
    status, page = ask(link, ONE_CLICK, "application/x-www-form-urlencoded")
    assert (status, "You are unsubscribed" in page) == (200, True)
    assert "You are unsubscribed" in ask(link)[1]
    assert site.suppressed() == {"ada@example.org": "unsubscribed"}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ONE_CLICK, "application/x-www-form-urlencoded"),
        (MULTIPART, "multipart/form-data; boundary=x"),
        (b"", ""),
        (b"\xff" * 300_000, "application/octet-stream"),
    ],
    ids=["urlencoded", "multipart", "empty", "rubbish"],
)
def test_whatever_the_body_and_however_often(site: Site, body: bytes, content_type: str) -> None:
    """RFC 8058 3.2: both forms are taken; the second time is as the first."""
    for _ in range(2):
        assert ask(site.link("u"), body, content_type)[0] == 200
    assert site.suppressed() == {"ada@example.org": "unsubscribed"}


def test_nothing_redirects(site: Site) -> None:
    """A link with a slash behind it is no page; a redirect would repeat its key over plain HTTP."""
    assert ask(f"{site.link('u')}/")[0] == 404
    assert ask(f"{site.link('u')}/", ONE_CLICK)[0] == 404


def test_the_letter_after_it_stays_away(site: Site) -> None:
    """The next edition goes to the others alone."""
    ask(site.link("u"), b"")
    site.scene.web.documents["/Journal"].body = feed(24, all_titles(24))
    before = len(site.scene.smtp.messages)
    assert site.scene.call("run", "--now", "--date", "2099-11-24").code == 0
    told = {message.recipient for message in site.scene.smtp.messages[before:]}
    assert told == {"ben@example.org", "cleo@example.org"}


def test_taken_back(site: Site) -> None:
    """Who unsubscribed by mistake subscribes again; who bounced does not."""
    link = site.link("u")
    ask(link, b"")
    assert "gets letters as before" in ask(f"{link}?again=1", b"")[1]
    assert site.suppressed() == {}
    with closing(open_database(load_config(site.scene.config, {}).state)) as database:
        bounced = Suppression("ada@example.org", "hard bounce")
        Suppressions(database).add([bounced], datetime.now(UTC))
    assert "(hard bounce)" in ask(f"{link}?again=1", b"")[1]
    assert ask(link, b"")[0] == 200  # which outlives a mended bounce
    assert site.suppressed() == {"ada@example.org": "unsubscribed"}


@pytest.mark.parametrize("reason", ["operator", "complaint"])
def test_what_others_have_decided_stays(site: Site, reason: str) -> None:
    """Whoever was suppressed by the operator, or complained, does not subscribe again by clicks."""
    link = site.link("u")
    with closing(open_database(load_config(site.scene.config, {}).state)) as database:
        Suppressions(database).add([Suppression("ada@example.org", reason)], datetime.now(UTC))
    assert ask(link, b"")[0] == 200
    assert f"({reason})" in ask(f"{link}?again=1", b"")[1]
    assert site.suppressed() == {"ada@example.org": reason}


def test_a_page_loaded_anew_asks_what_it_does(site: Site) -> None:
    """A phone that restores the tab where somebody took it back GETs `?again=1`: the button that
    says "Unsubscribe" there does."""
    page = ask(f"{site.link('u')}?again=1")[1]
    assert '<form method="post" action="?"><button>Unsubscribe' in page


def test_who_left_the_yaml_still_unsubscribes(site: Site) -> None:
    """A letter of somebody who was taken out of the subscribers works as before."""
    link, settings = site.link("u"), site.link("s")
    site.scene.write("subscribers: [{email: new@example.org, interests: [fungi]}]", base_url=BASE)
    page = ask(settings)[1]
    assert "is no subscriber any more" in page
    assert "No letters for two weeks" not in page
    assert ask(link, b"")[0] == 200
    assert site.suppressed() == {"ada@example.org": "unsubscribed"}


@pytest.mark.parametrize(
    ("end", "said"),
    [("2020-02-03", "gets at most"), ("2120-02-03", "has paused until Saturday, 3 February 2120.")],
)
def test_a_pause_in_the_yaml_ends(site: Site, end: str, said: str) -> None:
    """A day that has passed is no pause any more; during one, no second one is offered."""
    settings = site.link("s")
    person = f"{{email: ada@example.org, interests: [fungi], paused_until: {end}}}"
    site.scene.write(f"subscribers: [{person}]", base_url=BASE)
    page = ask(settings)[1]
    assert said in page
    assert ("No letters for two weeks" in page) == (end < "2026")
    assert "Unsubscribe</a>" in page


def test_another_spelling_is_the_same_box(site: Site) -> None:
    """Whoever writes the address in capitals in the YAML breaks no link of letters before."""
    site.scene.write(PEOPLE.replace("ada@", "Ada@"), base_url=BASE)
    link = site.link("u")
    assert site.scene.call("run", "--now").code == 0
    assert ask(link, b"")[0] == 200
    assert site.suppressed() == {"ada@example.org": "unsubscribed"}


def test_settings(site: Site) -> None:
    """They show the topics and lead to the letters, to unsubscribing and to the operator."""
    status, page = ask(site.link("s"))
    assert status == 200
    assert "ada@example.org" in page
    assert "ben@example.org" not in page
    for name in ("u", "l"):
        place = site.link(name).removeprefix(site.url)
        assert f'"../..{place}"' in page  # at whatever host it was opened
    assert 'href="mailto:digest@example.org?subject=' in page
    assert "gets at most four papers in one letter, daily." in page
    ask(site.link("u"), b"")
    page = ask(site.link("s"))[1]
    assert "gets no letters (unsubscribed)" in page
    assert "write to" not in page
    assert f'action="../..{site.link("u").removeprefix(site.url)}?again=1"' in page


def test_whoever_lives_in_the_database(site: Site) -> None:
    """Their wishes are found there, unless the YAML has them, in whatever case of letters."""
    link, people = site.link("s"), site.scene.folder / "people.csv"
    people.write_text("email,papers,interests\nada@example.org,7,fungi\n", "utf-8")
    site.scene.write("subscribers: [{email: new@example.org, interests: [fungi]}]", base_url=BASE)
    assert site.scene.call("subscribers", "import", str(people), "--to-database").code == 0
    assert "gets at most seven papers" in ask(link)[1]
    written = "subscribers: [{email: Ada@example.org, papers: 3, interests: [fungi]}]"
    site.scene.write(written, base_url=BASE)
    assert "gets at most three papers" in ask(link)[1]


def test_a_pause(site: Site) -> None:
    """Two weeks without letters, which the reader may end; it takes no unsubscription back."""
    link = site.link("s")
    assert "No letters for two weeks" in ask(link)[1]
    for _ in range(2):
        assert "ada@example.org gets no letters until" in ask(link, b"")[1]
        assert site.suppressed() == {"ada@example.org": "paused"}
    with closing(open_database(load_config(site.scene.config, {}).state)) as database:
        [entry] = Suppressions(database).all()
        assert entry.until is not None
        assert 13 < (entry.until - datetime.now(UTC)).total_seconds() / 86_400 <= 14
    assert "gets at most" in ask(f"{link}?again=1", b"")[1]
    assert site.suppressed() == {}
    ask(link, b"")
    ask(site.link("u"), b"")
    ask(f"{link}?again=1", b"")
    ask(link, b"")
    assert site.suppressed() == {"ada@example.org": "unsubscribed"}


def test_a_pause_without_an_end(site: Site) -> None:
    """An operator's `suppress --reason paused` names no day; the page says so much, and ends it."""
    assert site.scene.call("suppress", "ada@example.org", "--reason", "paused").code == 0
    assert "ada@example.org gets no letters." in ask(site.link("s"))[1]
    assert "gets at most" in ask(f"{site.link('s')}?again=1", b"")[1]


def test_quiet_weeks_hide_no_letter(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days on which nothing was found are no letters: the last ones stay to be read."""
    monkeypatch.setattr(pages, "LETTERS_SHOWN", 2)
    for day in (1, 2):
        assert site.scene.call("run", "--now", "--date", f"2099-11-{day:02}").code == 0
    page = ask(site.link("s"))[1]
    assert f'"../..{site.link("l").removeprefix(site.url)}"' in page


def test_taken_back_by_nobodys_reader(site: Site) -> None:
    """Who is no subscriber any more, or paused by the operator, is promised no letters."""
    link = site.link("u")
    ask(link, b"")
    for person, told in (
        ("ada@example.org, paused: true", "ada@example.org has paused."),
        ("eva@example.org", "ada@example.org is no subscriber any more."),
    ):
        people = f"subscribers: [{{email: {person}, interests: [fungi]}}]"
        site.scene.write(people, base_url=BASE)
        assert told in ask(f"{link}?again=1", b"")[1]
    assert site.suppressed() == {}


def test_a_letter_in_the_browser(site: Site) -> None:
    """The page is the letter's HTML part; another reader's key does not open it."""
    [letter] = [m for m in site.scene.smtp.messages if m.recipient == "ada@example.org"]
    html = message_from_bytes(letter.content, policy=default).get_body(("html",))
    assert html is not None
    link = site.link("l")
    assert ask(link) == (200, html.get_content().replace("\r\n", "\n"))
    ours, bens = link.rpartition("/")[2], site.link("l", "ben@example.org").rpartition("/")[0]
    assert ask(f"{bens}/{ours}")[0] == 404


def test_a_token_may_end_in_any_letter() -> None:
    """One in u, s or l is no page of its own below the way there."""
    app = make_app(Desk(lambda: Config.model_construct(), lambda: datetime.now(UTC)))
    for path, name in (("/l/1.xxl/abc", "l"), ("/at/l/1.xxu/abc", "l"),
                       ("/u/1.xxs/abc", "u"), ("/at/this/s/1.xxl/abc", "s"),
                       ):  # fmt: skip
        scope = {"type": "http", "path": path, "method": "GET", "root_path": ""}
        found = next(r for r in app.routes if r.matches(scope)[0] is Match.FULL)
        assert found.name == name
        token = found.matches(scope)[1]["path_params"]["token"]
        assert token == path.split("/")[-2]


NOWHERE = (
    "", "u/", "u/1.x/y", "u/9." + "A" * 32 + "/y", "u/1." + "A" * 32 + "/y", "u/%00/y", "u/1.x",
    "s/..%2f..%2fu/y", "l/1.x/y", "l/1." + "A" * 32, "etc/passwd", "u/" + "A" * 5_000,
)  # fmt: skip


def test_what_leads_nowhere(site: Site) -> None:
    """Whatever is no link of ours is answered 404, by a page without anybody's address."""
    for path in NOWHERE:
        for body in (None, ONE_CLICK):
            status, page = ask(f"{site.url}/{path}", body)
            assert status in {404, 405}, path
            assert "ada@" not in page
    assert site.suppressed() == {}


def test_a_broken_template_is_no_bug(site: Site) -> None:
    """Whoever edits `page.html` gets no traceback in the log for each stranger who passes by."""
    (site.scene.folder / "page.html").write_text("{% if %}")
    with site.scene.config.open("a") as file:
        file.write(f"templates: {site.scene.folder}\n")
    for link in (site.link("u"), f"{site.url}/robots.txt", f"{site.url}/u/1.x/y"):
        assert ask(link)[0] == 503


def test_a_key_opens_one_door(site: Site) -> None:
    """The settings' key unsubscribes nobody."""
    link = site.link("s").replace("/s/", "/u/")
    assert ask(link, b"")[0] == 404
    ben = site.link("u", "ben@example.org").rpartition("/")[2]
    assert ask(f"{site.link('u').rpartition('/')[0]}/{ben}", b"")[0] == 404
    assert site.suppressed() == {}


def test_nobody_keeps_or_frames_a_page(site: Site) -> None:
    """Its address is its key: it is told to no other site and kept by nobody."""
    for name in ("u", "s", "l"):
        with urllib.request.urlopen(site.link(name), timeout=30) as answer:
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert "noindex" in answer.headers["X-Robots-Tag"]
            assert answer.headers["Server"] is None


def test_no_database(site: Site) -> None:
    """Where it cannot be used, the mail program is asked to come again."""
    link = site.link("u")
    path = Path(load_config(site.scene.config, {}).state.removeprefix("sqlite:///"))
    path.write_bytes(b"rubbish" * 1_000)
    request = urllib.request.Request(link, b"")
    with pytest.raises(urllib.error.HTTPError, match="503") as caught:
        urllib.request.urlopen(request, timeout=30)
    with caught.value as answer:
        assert answer.headers["Retry-After"]


def test_the_doctor_asks_for_them(site: Site) -> None:
    """Pages that answer are good; a site that says something else, or nothing, is not."""
    config = load_config(site.scene.config, {})

    def told(url: str) -> Health:
        there = config.site.model_copy(update={"base_url": url})
        [found] = check_pages(config.model_copy(update={"site": there}))
        return found.health

    assert told(site.url) is Health.GOOD
    assert told(f"{site.scene.web.url}/papers") is Health.BAD
    assert told("http://127.0.0.1:9") is Health.BAD
    assert not list(check_pages(config.model_copy(update={"site": config.site.model_copy(
        update={"base_url": ""})})))  # fmt: skip


@pytest.mark.parametrize("place", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_pause_ends_with_the_day_it_names(site: Site, place: str) -> None:
    """Who pauses after a letter gets that of the last day: weekly readers wait two weeks, not 3."""
    person = f"{{email: ada@example.org, interests: [fungi], timezone: {place}}}"
    (site.scene.folder / "subscribers.yaml").write_text(f"subscribers:\n  - {person}\n", "utf-8")
    page = ask(site.link("s"), b"")[1]
    with closing(open_database(load_config(site.scene.config, {}).state)) as database:
        entry = Suppressions(database).of("ada@example.org", datetime.now(UTC))
    assert entry is not None
    assert entry.until is not None
    end = entry.until.astimezone(ZoneInfo(place))
    assert end.time() == time()
    assert f"until {end:%A}, {end.day} {end:%B %Y}" in page
