"""`digest retry` sends what the operator asks for, or says why it cannot."""

import sqlite3
import time
from contextlib import closing

from tests.delivery.faults import Rule, Say
from tests.scene import Scene

DENIED = Rule("rcpt", Say(554, "5.7.1 Relay access denied"))
NOBODY = Rule("rcpt", Say(550, "5.1.1 no such user"), about="ada@")


def test_who_has_mended_the_cause_waits_for_no_domain(scene: Scene) -> None:
    """A relay that let nobody through has closed the readers' domain; asked by hand it is open."""
    scene.smtp.rules[:] = [DENIED]
    assert scene.call("run").code == 3
    scene.smtp.rules.clear()
    called = scene.call("retry", "--failed", "--deferred")
    assert (called.code, called.err) == (0, "")
    assert len(scene.mail()) == 3


def test_a_domain_that_refuses_on_stays_closed_to_runs(scene: Scene) -> None:
    """What somebody asks for opens it once."""
    scene.smtp.rules[:] = [DENIED]
    assert scene.call("run").code == 3
    assert scene.call("retry", "--failed").code == 3
    scene.smtp.rules.clear()
    scene.call("run", "--now")
    assert not scene.mail()


def test_a_letter_may_go_out_as_long_as_the_configuration_says(scene: Scene) -> None:
    """Where letters have ten days they have them again."""
    scene.smtp.rules[:] = [Rule("rcpt", Say(451, "4.3.0 later"))]
    assert scene.call("run").code == 3
    text = scene.config.read_text()
    scene.config.write_text(text.replace("delivery:", "delivery:\n  max_lateness_hours: 240"))
    scene.call("retry", "--deferred")
    with closing(sqlite3.connect(scene.folder / "var" / "digest.db")) as database:
        [hours] = database.execute("select min(deadline - ?) / 3600 from letters", [time.time()])
    assert 239 < hours[0] < 241


def test_a_letter_to_a_suppressed_address_stays_for_the_day_it_may_go(scene: Scene) -> None:
    """A bad address is suppressed: asked too early, the letter can still be sent afterwards."""
    scene.smtp.rules[:] = [NOBODY]
    assert scene.call("run").code == 3
    scene.smtp.rules.clear()
    early = scene.call("retry", "--failed")
    assert early.code == 0
    assert "1 not sent: the address is suppressed" in early.err
    assert "`digest unsuppress`" in early.err
    assert scene.call("unsuppress", "ada@example.org").code == 0
    assert scene.call("retry", "--failed").code == 0
    assert "ada@example.org" in scene.mail()


def test_nothing_is_json_too(scene: Scene) -> None:
    """A program gets the same keys as of a run."""
    assert scene.call("run").code == 0
    for which in ("--failed", "--deferred", "--uncertain"):
        called = scene.call("retry", which, "--json")
        assert called.json == {"sources": [], "letters": [], "waiting": [], "problems": []}
