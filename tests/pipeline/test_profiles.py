"""What readers name or own is no news to them."""

import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from digest.models import Due, Edition, Interest, Paper, Pick, Section, Subscriber
from digest.pipeline.profiles import (
    ASKED,
    eve_of,
    find_examples,
    make_case,
    make_cases,
    not_asked_today,
)
from digest.pipeline.run import Run
from digest.state.archive import Archive
from tests.loopback import Reply, Request, serve
from tests.pipeline.conftest import NOW
from tests.scene import PEOPLE, all_titles, feed, html_of, open_scene

OWNED = """@article{a, title = {SPARSE attention for {L}ong documents (23)}}
@misc{b, title = {As it was called then}, doi = {10.1000/forgets}}
@misc{c, title = {As it was called then}, doi = {10.1000/later}}
@misc{d, title = {Weaving with engines}}
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_papers_of_a_library_do_not_come(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known by their titles or by their ids, however many are examples, in each interest."""
    monkeypatch.setattr("digest.pipeline.profiles.LIBRARY_PAPERS", 1)
    (tmp_path / "mine.bib").write_text(OWNED + "@misc{e, note = {é}}", encoding=encoding)
    papers = feed(23, all_titles(23)).replace(
        b"https://journal.example.org/23/1", b"https://doi.org/10.1000/forgets"
    )
    named = "    interests: [attention, {name: Mine, library: mine.bib}]"
    with open_scene(tmp_path) as scene:
        scene.add_feed("Journal", papers)
        scene.write(PEOPLE.replace("    interests: [attention]", named))
        assert scene.call("run", "--date", "2026-11-23").code == 0
        letters = {name: html_of(mail) for name, mail in scene.mail().items()}
    for title in ("Sparse attention for long documents", "Attention that forgets"):
        assert title in letters["cleo@example.org"]
        assert title not in letters.get("ada@example.org", "")


def test_an_id_that_nobody_knows_is_no_title(run: Run) -> None:
    """Its words would be an example of what the reader likes, and outweigh their key words. Nor
    does a title stand for itself whose paper is known: the paper would come as news."""
    like = ("PMID 34739692", "Weaving with engines", all_titles(23)[0])
    today = run.clock().date().isoformat()
    run.database.remember(ASKED, json.dumps({"day": today, "entries": [like[0]]}))
    person = Subscriber("ada@example.org", interests=(Interest("A", like=like),))
    found = find_examples(run, [person])
    assert set(found) == set(like[1:])
    assert [found[title].id.startswith("hash:") for title in like[1:]] == [True, False]


@pytest.mark.parametrize(
    ("seen", "eve"),
    [
        ((), None),
        ((None,), None),
        ((None, NOW), date(2026, 11, 22)),
        ((NOW, datetime(2026, 11, 20, 1, tzinfo=UTC)), date(2026, 11, 19)),
        ((NOW - timedelta(days=9), NOW + timedelta(seconds=1)), None),
    ],
)
def test_which_letters_may_have_told_of_papers(
    seen: tuple[datetime | None, ...], eve: date | None
) -> None:
    """Those since the day before the first one came, which a reader's date may still be; all of
    them where one came by a clock that was ahead: it is in each day's pool until then."""
    pool = [Paper((f"doi:10.1/{n}",), "A", first_seen=at) for n, at in enumerate(seen)]
    assert eve_of(pool, NOW) == eve


def test_what_a_letter_told_is_known_to_its_reader(run: Run) -> None:
    """Whether they have a library or not, and to nobody else."""
    pool = Archive(run.database).listed_since(NOW - timedelta(days=1))
    picks = (Pick(pool[0], "A", 1.0),)
    ada, ben = run.config.subscribers[:2]
    letter = Edition("0" * 24, NOW.date(), "daily", ada.email, NOW, sections=(Section("A", picks),))
    run.outbox.freeze([letter], NOW)
    owner = replace(ada, interests=(Interest("A", library="away.bib"),))
    cases = make_cases(run, [Due(one, date.max) for one in (ada, owner, ben)], pool)
    assert [set(pool[0].ids) <= case.reader.told for case in cases] == [True, True, False]


def test_papers_that_profiles_name_are_fetched_once(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Liked or avoided, by their ids; no letter may choose them."""
    asked = []

    def answer(request: Request) -> Reply:
        asked.append(doi := request.path.partition("?")[0].removeprefix("/10.1000/"))
        work = {"DOI": f"10.1000/{doi}", "type": "journal-article", "title": [f"Weaving {doi}"]}
        said = {"status": "ok", "message-type": "work", "message": work}
        return Reply(json.dumps(said).encode())

    interests = (Interest("A", like=("doi:10.1000/x",), avoid=("10.1000/y", "frogs")),)
    people = [Subscriber("ada@example.org", interests=interests)]
    with serve(answer) as server:
        monkeypatch.setattr("digest.sources.trying.CROSSREF", server.url)
        tomorrow = replace(run, clock=lambda: NOW + timedelta(days=1))
        found = [find_examples(at, people) for at in (run, tomorrow)]
    assert {entry: paper.title for entry, paper in found[0].items()} == {
        "doi:10.1000/x": "Weaving x",
        "10.1000/y": "Weaving y",
    }
    assert found[0] == found[1]
    assert asked == ["x", "y"]
    listed = Archive(run.database).listed_since(NOW - timedelta(days=1))
    assert not {paper.title for paper in listed} & {"Weaving x", "Weaving y"}


def test_an_id_that_nobody_knows_is_looked_up_once_a_day(run: Run) -> None:
    """A title never; services would be asked every quarter of an hour for a slip in an id."""
    one, other = "arxiv:2205.14135", "doi:10.1000/x"
    assert not_asked_today(run, [one, "Weaving with engines", one]) == [one]
    assert not_asked_today(run, [one, other]) == [other]
    assert not_asked_today(run, [one, other]) == []
    tomorrow = replace(run, clock=lambda: NOW + timedelta(days=1))
    assert not_asked_today(tomorrow, [one, other]) == [one, other]


def test_every_library_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last papers of each are examples of its interest, and all of them are known; one that
    is away has none, and is named."""
    monkeypatch.setattr("digest.pipeline.profiles.LIBRARY_PAPERS", 1)
    entries = [f"@article{{x, title = {{Paper {n}}}, doi = {{10.1000/{n}}}}}\n" for n in range(3)]
    (tmp_path / "a.bib").write_text("".join(entries[:2]))
    (tmp_path / "b.bib").write_text(entries[2])
    interests = tuple(
        Interest(name, like=("Weaving",), library=str(tmp_path / f"{name}.bib")) for name in "abc"
    )
    due = Due(Subscriber("ada@example.org", interests=interests), date.max)
    case = make_case(due, {}, frozenset())
    reader = case.reader
    assert case.problem == f"ada@example.org: c: {tmp_path}/c.bib: No such file or directory"
    likes = [interest.like for interest in reader.subscriber.interests]
    assert likes == [("Weaving", "Paper 1"), ("Weaving", "Paper 2"), ("Weaving",)]
    assert set(reader.examples) == {"Paper 1", "Paper 2"}
    assert {f"doi:10.1000/{n}" for n in range(3)} <= reader.owned


def test_a_library_is_read_once_for_all_who_share_it(tmp_path: Path) -> None:
    """Until it changes; a group's library of 20,000 papers cost two seconds for each reader."""
    library = tmp_path / "lab.bib"
    interests = (Interest("A", ("frogs",)), Interest("Lab", library=str(library)))
    due = [Due(Subscriber(f"{n}@example.org", interests=interests), date.max) for n in range(2)]

    def owned() -> list[frozenset[str]]:
        return [make_case(one, {}, frozenset()).reader.owned for one in due]

    library.write_text("@article{a, doi = {10.1000/a}}")
    first, second = owned()
    assert first is second
    assert "doi:10.1000/a" in first
    library.write_text("@article{a, doi = {10.1000/b}}")
    os.utime(library, (0, 0))
    assert "doi:10.1000/b" in owned()[1]
    (other := tmp_path / "other.bib").write_text("@article{a, doi = {10.1000/c}}")
    os.utime(other, (0, 0))  # as rsync and cp -p put a file in another's place
    other.replace(library)
    assert "doi:10.1000/c" in owned()[1]
