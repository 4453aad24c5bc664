"""What a letter says around its papers: of each day and reader what is so, in good English."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from email.utils import format_datetime

import pytest

from digest.errors import TemplateError
from digest.models import Edition, Pick, Section, SourceReport, SourceState
from digest.rendering.filters import long_day, number
from digest.rendering.press import Press
from digest.rendering.stencil import Hole
from digest.rendering.templates import make_environment
from digest.rendering.views import SENTENCES
from digest.rendering.wording import facts_of, parted, told_of

from .conftest import read
from .editions import DAILY, EMPTY, FLASH, HEBREW, LONG_CONTEXT, ONE, TRENDING, WELCOME
from .slowly import laid_out

YEAR = [date(2028, 1, 1) + timedelta(days=n) for n in range(366)]
NEW = replace(EMPTY, slot="welcome", considered=0)  # a first letter, of which nothing is known yet
NOTHING, ONE_READ = replace(EMPTY, considered=0), replace(EMPTY, considered=1)
FIRST = replace(ONE, slot="welcome")
TRENDING_ONLY = replace(EMPTY, trending=TRENDING)
REPORTS = tuple(
    SourceReport(state.name, state)
    for state in (SourceState.LATE, SourceState.PARTIAL, SourceState.FAILED)
)


def say(press: Press, edition: Edition) -> dict[str, str]:
    """Speak all sentences of a letter."""
    facts = facts_of(edition, laid_out(edition), archive=True)
    spoken = press.wording.say_all(SENTENCES, facts)
    return spoken.whole | spoken.filled(told_of(facts))


@pytest.mark.parametrize(
    ("edition", "block", "said"),
    [
        (EMPTY, "subject", "Nothing new for you on Monday, 23 November 2026"),
        (NEW, "subject", "Welcome to Morning Papers"),
        (FIRST, "subject", f"Welcome to Morning Papers: {ONE.picks[0].paper.title}"),
        (EMPTY, "preheader", "512 new papers read for you."),
        (ONE_READ, "preheader", "One new paper read for you."),
        (NOTHING, "preheader", "Nothing new has come in since your last letter."),
        (NEW, "preheader", "Your first papers come when they appear."),
        (ONE, "preheader", "One paper on Protein structure, chosen from 512."),
        (replace(ONE, considered=1), "preheader", "One paper on Protein structure."),
        (TRENDING_ONLY, "preheader", "One paper, chosen from 512."),
        (
            replace(EMPTY, sections=(LONG_CONTEXT,)),
            "preheader",
            "Also Retrieval-Augmented Generation for Knowledge-Intensive…",
        ),
        (EMPTY, "label", "A quiet day"),
        (TRENDING_ONLY, "label", ""),
        (NEW, "label", "Your first letter"),
        (ONE, "greeting", "Ada, here is one paper for you, chosen from 512 new ones."),
        (replace(ONE, considered=1, name=""), "greeting", "Here is one paper for you."),
        (
            TRENDING_ONLY,
            "greeting",
            "Ada, nothing new came close enough to your interests. Others are reading this.",
        ),
        (
            replace(ONE, since=date(2026, 11, 20)),
            "greeting",
            "Ada, here is one paper for you, chosen from 512 new ones. "
            "This letter makes up for the days since Friday, 20 November 2026.",
        ),
        (
            ONE_READ,
            "greeting",
            "Ada, the one new paper did not come close enough to your interests.",
        ),
        (
            replace(EMPTY, considered=2, name=""),
            "greeting",
            "None of the two new papers came close enough to your interests.",
        ),
        (NOTHING, "greeting", "Ada, no new papers have come in since your last letter."),
        (NEW, "greeting", "Ada, no papers have come in yet. Your first ones come when they do."),
        (
            replace(ONE, considered=1234),
            "greeting",
            "Ada, here is one paper for you, chosen from 1,234 new ones.",
        ),
        (ONE, "welcome", ""),
        (
            EMPTY,
            "because",
            "This letter goes to ada@example.org, who subscribed to Morning Papers.",
        ),
        (
            DAILY,
            "because",
            "This letter goes to ada@example.org, who asked Morning Papers for papers on "
            "Long context and Protein structure.",
        ),
        (ONE, "thanks", ""),
        (
            replace(EMPTY, reports=REPORTS),
            "notes",
            "LATE had nothing newer than its last batch. "
            "PARTIAL could be read in part only; what is missing may come in a later letter. "
            "FAILED could not be read; what it has follows in a later letter.",
        ),
    ],
)
def test_what_is_said(press: Press, edition: Edition, block: str, said: str) -> None:
    """Each of these once, as a person would put it."""
    assert say(press, edition)[block] == said


@pytest.mark.parametrize("edition", [ONE, TRENDING_ONLY, ONE_READ, EMPTY, NEW, NOTHING])
def test_who_has_no_name_is_greeted_by_a_whole_sentence(press: Press, edition: Edition) -> None:
    """It begins as the other one goes on, with a capital letter."""
    named, unnamed = (say(press, replace(edition, name=name))["greeting"] for name in ("Ada", ""))
    said = named.removeprefix("Ada, ")
    assert unnamed == said[0].upper() + said[1:]
    assert said[0].islower()


def test_a_first_letter_says_how_to_change_the_next(press: Press) -> None:
    """By the reasons where there are papers, and by wider interests where there are none."""
    assert say(press, WELCOME)["welcome"].startswith("Each paper comes with the reason")
    assert say(press, NEW)["welcome"].startswith("A letter comes whenever something does")


@pytest.mark.parametrize(
    ("shown", "archive", "said"),
    [
        (1, True, "Two more papers did not fit into this letter; the archive has them."),
        (2, True, "One more paper did not fit into this letter; the archive has it."),
        (2, False, "One more paper did not fit into this letter."),
        (3, True, ""),
    ],
)
def test_what_did_not_fit_is_told(press: Press, shown: int, archive: bool, said: str) -> None:
    """And where it is, if the site has pages."""
    edition = replace(EMPTY, sections=(LONG_CONTEXT,))
    short = replace(edition, sections=(replace(LONG_CONTEXT, picks=LONG_CONTEXT.picks[:shown]),))
    facts = facts_of(edition, laid_out(short), archive=archive)
    assert press.wording.say_all(("more",), facts).whole == {"more": said}


def test_nobody_asked_for_what_lies_beyond(press: Press) -> None:
    """The foot names the interests that a reader has, not the section beyond them."""
    asked, beyond = Pick(FLASH, "Retrieval", 2.0), Pick(HEBREW, "", 0.2)
    sections = (Section("Retrieval", (asked,)), Section("Beyond your topics", (beyond,)))
    text = read(press.compose(replace(DAILY, sections=sections)).message)[2]
    assert "for papers on Retrieval." in " ".join(text.split())


def test_a_title_of_two_works_is_told_once(press: Press) -> None:
    """Subject and preheader repeat nothing, even where two works have the same title, whatever
    another reader of as many papers was told before."""
    twice = tuple(Pick(replace(FLASH, ids=(f"arxiv:{n}",)), "", 1.0) for n in range(2))
    say(press, replace(ONE, sections=(Section("", (twice[0], Pick(HEBREW, "", 1.0))),)))
    told = say(press, replace(ONE, sections=(Section("", twice),)))
    assert told["subject"].count("FlashAttention") == 1
    assert told["preheader"] == "Two papers, chosen from 512."


def test_days_are_called_by_their_names() -> None:
    """Each weekday and each month, as a mail's Date has them in short, beside day and year."""
    for day in YEAR:
        weekday, number, month, year = long_day(day).split()
        short = f"{weekday[:3]}, {int(number):02} {month[:3]} {year}"
        assert format_datetime(datetime.combine(day, time())).startswith(short)


def test_numbers_are_words_up_to_twelve() -> None:
    """And digits from there on."""
    words = "no one two three four five six seven eight nine ten eleven twelve 13"
    assert " ".join(map(number, range(14))) == words


@pytest.mark.parametrize("said", ["{0} and {1}", "{1} and {0}", "{1}"])
def test_a_hole_that_a_filter_has_changed_is_found(said: str) -> None:
    """Wherever it stands, the first one of all included: else a NUL would stand in a subject."""
    hole, changed = str(Hole("0")), str(Hole("0")).upper()
    assert parted({"subject": hole}).holed == ["subject"]
    with pytest.raises(TemplateError, match="filter"):
        parted({"subject": said.format(hole, changed)})


def test_templates_may_cut_any_text() -> None:
    """One that is known, and one that is not yet."""
    cut = make_environment(()).filters["cut"]
    assert cut("soil microbes", 6) == "soil…"
    assert str(cut(Hole("name"), 6)) == str(Hole("name cut 6"))
