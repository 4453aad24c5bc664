"""`digest run` from feeds to inboxes: real HTTP, real SQLite, real SMTP."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from digest.demo.inbox import free_port
from tests.delivery.faults import Rule, Say
from tests.scene import PEOPLE, Answer, Scene, all_titles, feed, html_of, open_scene


def test_letters_reach_three_inboxes(scene: Scene) -> None:
    """Each reader gets their own papers, in HTML and in text, and cron hears nothing."""
    called = scene.call("run", "--date", "2026-11-23")
    assert (called.code, called.out, called.err) == (0, "", "")
    mail = scene.mail()
    assert set(mail) == {"ada@example.org", "ben@example.org", "cleo@example.org"}
    ada, ben, cleo = (html_of(mail[f"{name}@example.org"]) for name in ("ada", "ben", "cleo"))
    assert "Sparse attention for long documents (23)" in ada
    assert f"chosen from {len(all_titles(23))} new ones" in ada
    assert "Designing proteins backwards" not in ada
    assert "Designing proteins backwards (23)" in ben
    assert "Sparse attention" in cleo
    assert "Designing proteins" in cleo
    text = mail["ada@example.org"].get_body(("plain",))
    assert text is not None
    assert "Sparse attention for long documents (23)" in text.get_content()


def test_running_twice_sends_once(scene: Scene) -> None:
    """The second run of a day finds nobody due."""
    scene.call("run", "--date", "2026-11-23")
    again = scene.call("run", "--date", "2026-11-23")
    assert (again.code, again.out, again.err) == (0, "", "")
    assert len(scene.smtp.messages) == 3


def test_the_next_day_holds_new_papers_only(scene: Scene) -> None:
    """What a reader was told of does not come again, though the feed still has it."""
    scene.call("run", "--date", "2026-11-23")
    scene.web.documents["/Journal"] = Answer(feed(24, all_titles(24) + all_titles(23)))
    assert scene.call("run", "--date", "2026-11-24").code == 0
    html = html_of(scene.mail()["ada@example.org"])
    assert "Sparse attention for long documents (24)" in html
    assert "(23)" not in html
    assert len(scene.smtp.messages) == 6


def test_what_a_dead_relay_kept_comes_the_next_day(scene: Scene) -> None:
    """Where cron calls once a day, the letter of a day without a relay ends in the run that makes
    the next one, which has the papers of both days."""
    scene.delivery = f"delivery:\n  smtp: {{host: 127.0.0.1, port: {free_port()}, tls: none}}"
    scene.write(PEOPLE)
    assert scene.call("run", "--date", "2026-11-23").code == 3
    scene.delivery = ""
    scene.write(PEOPLE)
    scene.web.documents["/Journal"] = Answer(feed(24, ["Attention as a budget"]))
    assert scene.call("run", "--date", "2026-11-24").code == 0
    html = html_of(scene.mail()["ada@example.org"])
    assert "Attention as a budget" in html
    assert "Sparse attention for long documents (23)" in html
    assert scene.call("history", "--json").json["runs"][0]["summary"] == {
        "source fresh": 1, "letter sent": 3, "letter skipped": 3,
    }  # fmt: skip


@pytest.mark.parametrize(("reply", "again"), [(Say(451, "4.3.0 later"), True), (Say(554), False)])
def test_what_was_put_off_comes_the_next_day(tmp_path: Path, reply: Say, again: bool) -> None:
    """A letter that was put off until its time was over does not keep its papers. One that was
    refused does: with the same papers the next one might be refused, and so on for two weeks."""
    with open_scene(tmp_path, [Rule("dot", reply, "ada@", times=1)]) as scene:
        scene.add_feed("Journal", feed(23, all_titles(23)))
        scene.write(PEOPLE)
        assert scene.call("run", "--date", "2026-11-23").code == 3
        scene.web.documents["/Journal"] = Answer(feed(24, ["Attention as a budget"]))
        scene.call("run", "--date", "2026-11-24")
        html = html_of(scene.mail()["ada@example.org"])
        assert "Attention as a budget" in html
        assert ("Sparse attention for long documents (23)" in html) is again
        letters = scene.call("history", "ada@example.org", "--json").json["letters"]
        assert sorted(letter["outcome"] for letter in letters) == ["failed", "sent"]


def test_nothing_new_sends_nothing(scene: Scene) -> None:
    """On an empty day nobody who did not ask for it gets a letter, and history says why."""
    scene.call("run", "--date", "2026-11-23")
    assert scene.call("run", "--date", "2026-11-24").code == 0
    assert len(scene.smtp.messages) == 3
    letters = scene.call("history", "2026-11-24", "--json").json["letters"]
    assert [letter["outcome"] for letter in letters] == ["skipped"] * 3
    assert {letter["reply"] for letter in letters} == {"nothing to say"}


def test_one_bad_address_and_one_broken_source(tmp_path: Path) -> None:
    """The others get their letters, the exit code is 3, stderr and history name both."""
    with open_scene(tmp_path, [Rule("rcpt", Say(550, "5.1.1 no such user"), "ben@")]) as scene:
        scene.add_feed("Journal", feed(23, all_titles(23)))
        scene.add_feed("Broken", b"oops", status=404)
        scene.write(PEOPLE)
        called = scene.call("run", "--date", "2026-11-23")
        assert called.code == 3
        assert "source Broken failed" in called.err
        assert "550" in called.err
        assert "no such user" in called.err
        assert set(scene.mail()) == {"ada@example.org", "cleo@example.org"}
        letters = scene.call("history", "ben@example.org", "--json").json["letters"]
        assert [(letter["outcome"], letter["code"]) for letter in letters] == [("failed", 550)]
        assert "Broken" in html_of(scene.mail()["ada@example.org"])


def test_json_has_the_documented_shape(scene: Scene) -> None:
    """`run --json` names sources and letters, papers and reasons."""
    report = scene.call("run", "--date", "2026-11-23", "--json").json
    assert [
        (source["name"], source["state"], source["papers"]) for source in report["sources"]
    ] == [("Journal", "fresh", 16)]
    letters = {letter["to"]: letter for letter in report["letters"]}
    assert letters["ada@example.org"]["outcome"] == "sent"
    assert letters["ada@example.org"]["subject"]
    papers = letters["ada@example.org"]["papers"]
    assert {paper["title"] for paper in papers} >= {"Sparse attention for long documents (23)"}
    assert all(isinstance(reason, str) for paper in papers for reason in paper["reasons"])
    assert {"eml", "html"} <= letters["ada@example.org"].keys()


def test_only_what_is_shown_is_looked_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person sees some letters and how many more there are; a program gets all of them."""
    monkeypatch.setattr("digest.cli.letters.SHOWN_LETTERS", 1)
    called = scene.call("run", "--date", "2026-11-23", "--dry-run")
    assert "ada@example.org  planned" in called.out
    assert "cleo@example.org" not in called.out
    assert called.out.endswith("and 2 more: `--json` shows all\n")
    monkeypatch.setattr("digest.state.database.BATCH_VALUES", 2)
    letters = scene.call("run", "--date", "2026-11-23", "--json").json["letters"]
    assert [one["to"] for one in letters] == [
        "ada@example.org",
        "ben@example.org",
        "cleo@example.org",
    ]
    assert {one["outcome"] for one in letters} == {"sent"}
    assert all(one["subject"] and one["papers"] and one["reply"] for one in letters)


def test_a_damaged_letter_is_said_and_the_others_are_shown(scene: Scene) -> None:
    """What cannot be read has failed; what was sent is told of as ever."""
    scene.call("run", "--date", "2026-11-23")
    with closing(sqlite3.connect(scene.folder / "var" / "digest.db")) as database, database:
        database.execute("update bodies set body = '[broken' where letter = 1")
        database.execute("update letters set outcome = 'planned'")
    called = scene.call("run", "--date", "2026-11-23", "--json")
    assert called.code == 3
    assert "damaged" in called.err
    assert {one["outcome"] for one in called.json["letters"]} == {"sent"}
    assert len(called.json["letters"]) == 2


def test_a_dry_run_leaves_no_trace(scene: Scene) -> None:
    """Who would get what is shown; nothing is sent or remembered."""
    shown = scene.call("run", "--date", "2026-11-23", "--dry-run", "--json").json
    assert {letter["to"] for letter in shown["letters"]} == {
        "ada@example.org",
        "ben@example.org",
        "cleo@example.org",
    }
    assert scene.smtp.messages == []
    assert not (scene.folder / "var").exists()


def test_only_one_subscriber(scene: Scene) -> None:
    """`--only` serves that one; the others are served by the next run."""
    scene.call("run", "--date", "2026-11-23", "--only", "ada@example.org")
    assert set(scene.mail()) == {"ada@example.org"}
    scene.call("run", "--date", "2026-11-23")
    assert len(scene.smtp.messages) == 3


def test_an_unknown_name_is_a_usage_error(scene: Scene) -> None:
    """A misspelt name is answered with the likely one."""
    called = scene.call("run", "--only", "ada@example.com")
    assert called.code == 2
    assert "Did you mean 'ada@example.org'?" in called.err


def test_a_dead_relay(scene: Scene) -> None:
    """No letter pays an attempt; when the relay is back the next run sends them all."""
    scene.delivery = f"delivery:\n  smtp: {{host: 127.0.0.1, port: {free_port()}, tls: none}}"
    scene.write(PEOPLE)
    called = scene.call("run", "--date", "2026-11-23")
    assert called.code == 3
    assert "127.0.0.1" in called.err
    letters = scene.call("history", "--json").json["letters"]
    assert {letter["outcome"] for letter in letters} == {"planned"}
    assert all(letter["attempts"] == [] for letter in letters)
    [problem] = scene.call("run", "--date", "2026-11-23", "--json").json["problems"]
    assert "127.0.0.1" in problem
    assert "3 letters planned" in scene.call("history").out
    scene.delivery = ""
    scene.write(PEOPLE)
    assert scene.call("run", "--date", "2026-11-23").code == 0
    assert len(scene.smtp.messages) == 3


def test_a_catch_up_letter_says_so(scene: Scene) -> None:
    """After missed days one letter covers them all and names the first."""
    scene.call("run", "--date", "2026-11-23")
    scene.web.documents["/Journal"] = Answer(feed(26, all_titles(25) + all_titles(26)))
    scene.call("run", "--date", "2026-11-26")
    html = html_of(scene.mail()["ada@example.org"])
    assert "(25)" in html
    assert "(26)" in html
    assert "24 November" in html or "November 24" in html


def test_a_folder_instead_of_a_relay(scene: Scene) -> None:
    """Letters as files come with an index page and a feed for each reader."""
    scene.delivery = "delivery: {folder: outbox}"
    scene.write(PEOPLE)
    letters = scene.call("run", "--date", "2026-11-23", "--json").json["letters"]
    for letter in letters:
        assert Path(letter["eml"]).read_bytes().startswith(b"From: ")
        assert letter["papers"][0]["title"] in Path(letter["html"]).read_text()
    assert "ada@example.org" in (scene.folder / "outbox" / "index.html").read_text()
    assert len(list((scene.folder / "outbox").glob("*.atom"))) == 3


def test_a_preview_leaves_no_trace(scene: Scene) -> None:
    """The page of today's letter is written, nothing is sent, and the run is as due as before."""
    shown = scene.folder / "shown"
    called = scene.call("preview", "ada", "--date", "2026-11-23", "--folder", str(shown))
    assert called.code == 0
    assert Path(called.out.strip()) == shown / "index.html"
    assert "Sparse attention" in "".join(path.read_text() for path in shown.glob("*-dark.html"))
    assert scene.smtp.messages == []
    assert not (scene.folder / "var").exists()


def test_an_explanation_of_a_letter_that_was_sent(scene: Scene) -> None:
    """What was picked is explained as picked, what was not as not, each with its numbers."""
    scene.call("run", "--date", "2026-11-23")
    picked = scene.call("explain", "ada", "Sparse attention for long documents (23)", "--json").json
    assert picked["picked"]
    left = scene.call("explain", "ada", "Designing proteins backwards (23)", "--json").json
    assert not left["picked"]
    [interest] = left["interests"]
    points = sum(part["points"] for part in interest["parts"])
    assert points + interest["offset"] == pytest.approx(interest["score"], abs=0.01)


def test_an_explanation_of_what_is_avoided(scene: Scene) -> None:
    """JSON has no word for infinity, and the sentence names what keeps the paper out."""
    long = "      - {name: Long, keywords: [attention], avoid: [sparse, proteins]}"
    scene.write(
        PEOPLE.replace("    interests: [attention]", f"    interests:\n      - proteins\n{long}")
    )
    scene.call("run", "--date", "2026-11-23")
    wanted = ("explain", "ada", "Sparse attention for long documents (23)")
    called = scene.call(*wanted, "--json")
    assert "Infinity" not in called.out
    assert [one["score"] is None for one in called.json["interests"]] == [False, True]
    assert "it says “sparse”, which “Long” avoids." in called.json["verdict"]
    shown = scene.call(*wanted).out
    assert "it is left out" in shown
    assert "-inf" not in shown  # nor do its neighbours, which are left out, too


def test_a_paper_is_explained_by_its_link_or_by_words_of_its_title(scene: Scene) -> None:
    """What stands in the letter finds it; of words that several titles have, all are named."""
    scene.call("run", "--date", "2026-11-23")
    for wanted in ("https://journal.example.org/23/0", "attention for LONG documents"):
        found = scene.call("explain", "ada", wanted, "--json").json
        assert found["title"] == all_titles(23)[0]
    called = scene.call("explain", "ada", "weather station")
    assert (called.code, "titles say 'weather station'" in called.err) == (2, True)
    named = [line.split()[0] for line in called.err.splitlines()[1:9]]
    assert "guid:https://journal.example.org/23/4" in named
    assert scene.call("explain", "ada", named[0]).code == 0
    scene.web.documents["/Journal"] = Answer(feed(24, ["Proteins that came a day later"]))
    scene.call("run", "--only", "ben", "--date", "2026-11-24")  # newer than Ada's last letter
    for wanted in ("https://journal.example.org/24/0", "came a day later"):
        found = scene.call("explain", "ada", wanted, "--json").json  # by the letter to come
        assert found["title"] == "Proteins that came a day later"
    called = scene.call("explain", "ada", "nowhere to be found")
    assert (called.code, "words of its title" in called.err) == (2, True)


def test_an_empty_archive(tmp_path: Path) -> None:
    """When no source answers nobody gets a letter; the code is 3, the next run makes it good."""
    with open_scene(tmp_path) as scene:
        scene.add_feed("Journal", b"oops", status=404)
        scene.write(PEOPLE)
        assert scene.call("run", "--date", "2026-11-23").code == 3
        assert scene.smtp.messages == []
        scene.web.documents["/Journal"] = Answer(feed(23, all_titles(23)))
        assert scene.call("run", "--now", "--date", "2026-11-23").code == 0
        assert len(scene.smtp.messages) == 3


@pytest.mark.parametrize("text", ["this is no library", None])
def test_a_broken_interest_costs_nobody_else(text: str | None, scene: Scene) -> None:
    """An interest that cannot be read, or whose library was moved or lies on a disk that is away,
    is named; its owner's others and all readers are served."""
    if text:
        (scene.folder / "library.json").write_text(text)
    scene.write(
        PEOPLE.replace(
            "    interests: [attention]",
            "    interests:\n      - attention\n      - {name: Library, library: library.json}",
        )
    )
    called = scene.call("run", "--date", "2026-11-23")
    assert called.code == 3
    assert "ada@example.org: Library: " in called.err
    assert "Errno" not in called.err
    assert len(scene.smtp.messages) == 3


def test_half_a_character_costs_nobody_a_letter(scene: Scene) -> None:
    """A lone surrogate in any field of one JSON feed leaves the run and the other papers alone."""
    item = {key: f"x\ud800{key}" for key in ("id", "title", "url", "content_text", "summary")}
    item["url"] = "https://e.example.org/1\ud800"
    broken = {"version": "https://jsonfeed.org/version/1.1", "title": "\ud800", "items": [item]}
    scene.add_feed("Half", json.dumps(broken).encode(), content_type="application/json")
    scene.write(PEOPLE)
    called = scene.call("run", "--date", "2026-11-23")
    assert called.code in (0, 3), called.err
    assert len(scene.smtp.messages) == 3


def test_a_pretended_tomorrow_does_not_hold_today(scene: Scene) -> None:
    """After a run under a later date the sources are asked at once, not a day later."""
    scene.call("run", "--date", "2026-11-24")
    asked = len(scene.web.requests)
    assert scene.call("run", "--date", "2026-11-23").code == 0
    assert len(scene.web.requests) > asked
