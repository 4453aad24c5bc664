"""The doctor finds each fault that is planted in a sound set-up, and nothing in a sound one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.config import load_config
from digest.demo.inbox import free_port
from digest.doctor.findings import Health
from digest.doctor.machine import check_folder, unwritable, way_out
from digest.doctor.people import check_sender
from digest.rendering.dkim import make_key
from digest.state.database import open_database
from digest.state.runs import begin_run
from digest.state.suppression import Suppression, Suppressions
from tests.delivery.fault_server import make_certificate
from tests.delivery.faults import Rule, Say
from tests.doctor.set_ups import DOMAIN, SetUp, relay_server, sound_set_up
from tests.scene import PEOPLE, Answer, Scene, feed


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Whatever a test opens, closed at its end."""
    with ExitStack() as found:
        yield found


@pytest.fixture
def sound(scene: Scene, stack: ExitStack) -> SetUp:
    """An installation in which nothing is wrong."""
    scene.smtp = relay_server(stack)
    return sound_set_up(scene)


def test_what_this_user_may_not_write(sound: SetUp) -> None:
    """A file beside the database whose rights are wrong is named, and so is the letters' folder."""
    sound.write()
    config = load_config(sound.scene.config, {})
    path = Path(config.state.removeprefix("sqlite:///"))
    Path(f"{path}-shm").mkdir()  # root may write any file
    assert list(unwritable(path)) == [Path(f"{path}-shm")]
    assert way_out(path).endswith(f"(chown, chmod): {path}-shm")
    assert "`digest restore`" in way_out(sound.scene.folder / "free.db")
    assert "server" in way_out(None)
    (sound.scene.folder / "outbox").write_text("a file where the folder should be")
    delivery = config.delivery.model_copy(update={"folder": sound.scene.folder / "outbox"})
    [found] = check_folder(config.model_copy(update={"delivery": delivery}))
    assert (found.health, found.subject) == (Health.BAD, "letters")
    assert str(sound.scene.folder / "outbox") in found.mend


def test_a_sound_set_up(sound: SetUp) -> None:
    """Nothing is bad, and every piece was looked at."""
    found = sound.examine()
    assert [one for one in found if one.health is Health.BAD] == []
    subjects = " ".join(one.subject for one in found)
    for piece in ("configuration", "templates", "database", "disk", "clock", "secrets", "sender",
                  "operator", "subscribers", "source Journal", "relay localhost", "SPF", "DKIM",
                  "DMARC", "bounces"):  # fmt: skip
        assert piece in subjects, piece


def test_a_day_without_papers(sound: SetUp) -> None:
    """A source that has none today, or gave them all to the last run, is not called empty."""
    sound.scene.web.documents["/Journal"] = Answer(feed(23, []))
    told = {one.subject: one.text for one in sound.examine()}
    assert told["source Journal"] == "answers; nothing new"


def damaged_database(sound: SetUp) -> None:
    """Overwrite pages in the middle of the file."""
    path = sound.scene.folder / "var" / "digest.db"
    content = bytearray(path.read_bytes())
    content[20_000:60_000] = b"\xff" * 40_000
    path.write_bytes(content)


def newer_database(sound: SetUp) -> None:
    """Let a program of the future have written it."""
    database = open_database(sound.state)
    with database.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    database.close()


def foreign_database(sound: SetUp) -> None:
    """Put a text in its place."""
    (sound.scene.folder / "var" / "digest.db").write_bytes(b"shopping list\n" * 100)


def run_in_the_future(sound: SetUp) -> None:
    """Let a run have begun while the clock was a year ahead."""
    database = open_database(sound.state)
    begin_run(database, sound.tools.now + timedelta(days=365))
    database.close()


def readable_key(sound: SetUp) -> None:
    """Let everybody read the private key."""
    sound.key.chmod(0o644)


def unusable_key(sound: SetUp) -> None:
    """Put something else into the key's file."""
    sound.key.write_text("not a key", "utf-8")


def dead_source(sound: SetUp) -> None:
    """Take the feed away."""
    sound.scene.web.documents["/Journal"] = Answer(b"gone", 404, "text/plain")


def source_that_is_a_page(sound: SetUp) -> None:
    """Answer with a page for people in place of a feed."""
    page = b"<!doctype html><html><body><h1>Log in</h1></body></html>"
    sound.scene.web.documents["/Journal"] = Answer(page, 200, "text/html")


def other_dkim_record(sound: SetUp) -> None:
    """Change the key and leave the DNS as it was."""
    sound.key.write_bytes(make_key("ed25519"))


def no_mx(sound: SetUp) -> None:
    """Leave nobody to take bounces."""
    sound.names.exchanges.clear()


def null_mx(sound: SetUp) -> None:
    """Say that the domain takes no mail."""
    sound.names.exchanges[DOMAIN] = ["."]


def mx_without_address(sound: SetUp) -> None:
    """Let the MX record lead nowhere."""
    sound.names.hosts.clear()


def port_of_nobody(sound: SetUp) -> None:
    """Name a port on which nobody listens; a later `port` in the mapping would be a mistake."""
    sound.scene.smtp.port = free_port()


@pytest.mark.parametrize(
    ("plant", "subject", "words"),
    [
        (damaged_database, "database", "damaged|malformed"),
        (newer_database, "database", "newer version"),
        (foreign_database, "database", "is no SQLite database"),
        (run_in_the_future, "clock", "in the future"),
        (readable_key, "secrets", "others may read"),
        (unusable_key, "DKIM", "no DKIM key"),
        (dead_source, "source Journal", "has nothing at this address"),
        (source_that_is_a_page, "source Journal", "HTML|page"),
        (other_dkim_record, "DKIM", "another key"),
        (no_mx, "bounces", "nobody takes mail"),
        (null_mx, "bounces", "takes no mail"),
        (mx_without_address, "bounces", "has no address"),
        (port_of_nobody, "relay", "takes no letters"),
    ],
)
def test_one_fault(sound: SetUp, plant: Callable[[SetUp], None], subject: str, words: str) -> None:
    """It is named, with its subject, and nothing else is called bad beside it."""
    plant(sound)
    check_named_alone(sound, subject, words)


INCLUDES = " ".join(f"include:s{n}.net" for n in range(9))


@pytest.mark.parametrize(
    ("texts", "subject", "words"),
    [
        ({DOMAIN: ["something else"]}, "SPF", "no record"),
        ({DOMAIN: ["v=spf1 a -all", "v=spf1 mx -all"]}, "SPF", "2 records"),
        ({DOMAIN: ["v=spf1 +all"]}, "SPF", "everybody"),
        ({DOMAIN: ["v=spf1 -all"]}, "SPF", "nobody"),
        (
            {
                DOMAIN: ["v=spf1 include:_spf.relay.net a mx -all"],
                "_spf.relay.net": [f"v=spf1 {INCLUDES} -all"],
            },
            "SPF",
            "12 lookups",
        ),
        ({f"one._domainkey.{DOMAIN}": []}, "DKIM", "no record"),
        ({f"one._domainkey.{DOMAIN}": ["v=DKIM1; k=ed25519; p="]}, "DKIM", "a revoked key"),
        ({f"_dmarc.{DOMAIN}": []}, "DMARC", "no record"),
        ({f"_dmarc.{DOMAIN}": ["v=DMARC1; rua=mailto:ops@papers.net"]}, "DMARC", "no policy"),
    ],
)
def test_a_record_of_the_dns(
    sound: SetUp, texts: dict[str, list[str]], subject: str, words: str
) -> None:
    """One that is missing or wrong is named, too."""
    sound.names.texts.update(texts)
    check_named_alone(sound, subject, words)


def check_named_alone(sound: SetUp, subject: str, words: str) -> None:
    """Compare the troubles with what was planted."""
    found = sound.troubles()
    about = [one for one in found if one.subject.startswith(subject)]
    assert about, found
    assert any(word in one.text for one in about for word in words.split("|")), about
    others = {one.subject for one in found} - {one.subject for one in about}
    assert others <= {"templates"}, found


def test_a_full_disk(sound: SetUp) -> None:
    """Too little room is bad, little room is a note."""
    [found] = sound.troubles(free_bytes=lambda _folder: 50_000_000)
    assert found.subject == "disk"
    assert "0.1 GB free" in found.text
    assert sound.troubles(free_bytes=lambda _folder: 500_000_000) == []


def test_a_clock_that_stands_in_the_past(sound: SetUp) -> None:
    """A machine that woke in 1970 is told so."""
    past = sound.tools.now - timedelta(days=20_000)
    assert "clock" in {one.subject for one in sound.troubles(now=past)}


def test_a_folder_that_cannot_be_written(sound: SetUp, tmp_path: Path) -> None:
    """A database that could not be made, because a file is in the way, is told of."""
    (tmp_path / "in-the-way").touch()
    text_before = "state: sqlite:///in-the-way/digest.db\n"
    sound.delivery = text_before
    [found] = [one for one in sound.troubles() if one.subject == "database"]
    assert "not writable" in found.text


def test_nobody_elses_domain(sound: SetUp) -> None:
    """Letters from example.org reach nobody."""
    sound.write()
    path = sound.scene.config
    path.write_text(path.read_text("utf-8").replace(f"digest@{DOMAIN}", "digest@example.org"))
    assert check_sender(load_config(path, {})).health is Health.BAD


def test_a_certificate_that_nobody_signed(sound: SetUp, stack: ExitStack, tmp_path: Path) -> None:
    """TLS that cannot be verified is refused; with its `ca_file` it is right."""
    paths = make_certificate(tmp_path)
    sound.scene.smtp = relay_server(stack, tls="starttls", certificate=paths)
    sound.relay = "tls: starttls"
    [found] = sound.troubles()
    assert found.subject.startswith("relay")
    assert "TLS failed" in found.text
    sound.relay = f"tls: starttls, ca_file: {paths[0]}"
    assert sound.troubles() == []


def test_no_tls_where_it_was_asked_for(sound: SetUp) -> None:
    """A relay that offers no STARTTLS is not spoken to in clear."""
    sound.relay = "tls: starttls"
    [found] = sound.troubles()
    assert found.subject.startswith("relay")


def test_a_wrong_password(sound: SetUp, stack: ExitStack) -> None:
    """The relay's own words are told, and the right password ends it."""
    sound.scene.smtp = relay_server(stack, login=("me", "right"))
    sound.relay = "tls: none, username: me, password: wrong"
    [found] = sound.troubles()
    assert "535" in found.text
    sound.relay = "tls: none, username: me, password: right"
    assert sound.troubles() == []


def test_a_relay_that_takes_small_letters_only(sound: SetUp, stack: ExitStack) -> None:
    """A limit below a letter's size is bad before a letter is refused."""
    sound.scene.smtp = relay_server(stack, extensions=("SIZE 50000",))
    [found] = sound.troubles()
    assert "50000 bytes at most" in found.text


def test_a_relay_without_pipelining(sound: SetUp, stack: ExitStack) -> None:
    """It works, and that it is slower is a note."""
    sound.scene.smtp = relay_server(stack, pipelining=False)
    found = sound.examine()
    assert [one for one in found if one.health is Health.BAD] == []
    assert any("PIPELINING" in one.text for one in found if one.health is Health.NOTE)


def test_a_relay_that_wants_nobody_now(sound: SetUp, stack: ExitStack) -> None:
    """A 421 at the greeting is told in the relay's words."""
    sound.scene.smtp = relay_server(stack, rules=[Rule("connect", Say(421, "4.3.2 later"))])
    [found] = sound.troubles()
    assert "421" in found.text


def test_a_dns_that_does_not_answer(sound: SetUp) -> None:
    """What could not be asked is skipped, not called wrong."""
    sound.names.silent.add(DOMAIN)
    found = sound.examine()
    assert [one for one in found if one.health is Health.BAD] == []
    assert any("does not answer" in one.text for one in found if one.health is Health.SKIPPED)


def test_offline(sound: SetUp) -> None:
    """Without a network nothing beyond this machine is asked."""
    asked = len(sound.scene.web.requests)
    found = sound.examine(offline=True)
    assert [one for one in found if one.health is Health.BAD] == []
    assert len(sound.scene.web.requests) == asked
    assert sound.scene.smtp.connections == 0


def test_people_who_get_nothing(sound: SetUp) -> None:
    """Whoever is suppressed although the YAML names them is told of, and a list all paused."""
    database = open_database(sound.state)
    Suppressions(database).add([Suppression("ada@example.org", "complaint")], sound.tools.now)
    database.close()
    sound.people = PEOPLE.replace("{papers", "{paused: true, papers")
    told = [one.text for one in sound.examine(offline=True) if one.health is Health.NOTE]
    assert any("ada@example.org" in one for one in told)
    assert "all are paused" in told


def test_a_library_that_is_not_there(sound: SetUp) -> None:
    """A run would complain of it each time; the letters go out without it."""
    sound.people = PEOPLE.replace("[proteins]", "[{library: mine.bib}]", 1)
    told = [one.text for one in sound.examine(offline=True) if one.subject == "library"]
    assert len(told) == 1
    assert told[0].endswith(f": {sound.scene.folder / 'mine.bib'}: No such file or directory")
