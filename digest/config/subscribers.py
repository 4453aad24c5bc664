"""Turns subscribers files into subscribers: defaults, then the group, then their own entry."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from digest.config.nodes import Loc, Node, key_at, node_at
from digest.config.problems import Problems, did_you_mean
from digest.config.schema import DigestFile, Habits, InterestEntry, SubscriberEntry, SubscribersFile
from digest.models import Interest, Subscriber

NAME_CHARACTERS = 80  # of an interest
UNQUOTED = str.maketrans("", "", '"“”„«»')  # what keeps the words of a keyword together
PLAIN_FIELDS = tuple(
    name for name in Habits.model_fields if name not in ("paused", "paused_until", "interests")
)


class Place(NamedTuple):
    """Where one subscriber stands."""

    path: Path
    number: int  # in `subscribers` of that file, from 0
    line: int  # of the address, from 1


@dataclass(frozen=True, slots=True)
class People:
    """One subscribers file; `file` is None where a mistake in it was noted already."""

    path: Path
    root: Node
    file: SubscribersFile | None


@dataclass(frozen=True, slots=True)
class Common:
    """What digest.yaml says for all subscribers files; `file` as above."""

    path: Path
    root: Node
    file: DigestFile | None


def build_subscribers(
    common: Common, files: list[People], problems: Problems
) -> tuple[tuple[Subscriber, ...], dict[str, Place]]:
    """Return everybody, in the order of the files, and where each of them stands.

    Notes unknown groups and people told twice.
    """
    groups = all_groups(common, files, problems)
    complete = common.file is not None and all(people.file for people in files)
    base = wishes(common.file.defaults) if common.file else {}
    first: dict[str, Place] = {}
    found = []
    for people in files:
        if people.file is None:
            continue
        defaults = {**base, **wishes(people.file.defaults)}
        builder = Builder(people, groups if complete else None, defaults, problems)
        for index, entry in enumerate(people.file.subscribers):
            if builder.is_first(entry, index, first):
                found.append(builder.subscriber(entry, index))
    return tuple(found), first


def all_groups(common: Common, files: list[People], problems: Problems) -> dict[str, Habits]:
    """Collect the groups of all files; a name given twice is a mistake."""
    groups: dict[str, Habits] = {}
    parts: list[Common | People] = [common, *files]
    for part in parts:
        for name, habits in part.file.groups.items() if part.file else ():
            if groups.setdefault(name, habits) is not habits:
                loc = ("groups", name)
                message = f"another file has a group {name!r} too"
                problems.add(part.path, key_at(part.root, loc), loc, message)
    return groups


def wishes(habits: Habits) -> dict[str, Any]:
    """Return what was said, in the words of models.Subscriber."""
    said = habits.model_fields_set
    found = {name: getattr(habits, name) for name in PLAIN_FIELDS if name in said}
    if said & {"paused", "paused_until"}:
        found["paused_until"] = pause_end(habits)
    if habits.interests is not None:
        found["interests"] = tuple(map(interest, habits.interests))
    return found


def pause_end(habits: Habits) -> date | None:
    """Return until when letters rest: `paused: false` ends it, a date bounds `paused: true`."""
    if habits.paused is False:
        return None
    return habits.paused_until or (date.max if habits.paused else None)


def short_name(text: str) -> str:
    """Make a name fit for a heading."""
    text = " ".join(text.split())
    head = text[: NAME_CHARACTERS - 1]
    return text if len(text) <= NAME_CHARACTERS else (head.rpartition(" ")[0] or head) + "…"


def interest(entry: InterestEntry) -> Interest:
    """Return an interest; without a name it is called by the first thing it says."""
    words = (keyword.translate(UNQUOTED) for keyword in entry.keywords)
    said = (*words, *entry.authors, *entry.categories, *entry.like, entry.about)
    name = entry.name or next(filter(None, said), "") or Path(entry.library or "").stem
    told = {**dict(entry), "name": short_name(name), "library": str(entry.library or "")}
    return Interest(**told)


class Builder:
    """Builds the subscribers of one file."""

    def __init__(
        self,
        people: People,
        groups: dict[str, Habits] | None,
        defaults: dict[str, Any],
        problems: Problems,
    ) -> None:
        """Take what the subscribers share; groups are None where not all of them could be read."""
        self.people, self.defaults, self.problems = people, defaults, problems
        known = (groups or {}).items()
        self.groups = {name: {**defaults, **wishes(habits)} for name, habits in known}
        self.complete = groups is not None

    def is_first(self, entry: SubscriberEntry, index: int, first: dict[str, Place]) -> bool:
        """Remember an address; note it and say no where it was there before.

        The local part is compared without case: formally it may matter (RFC 5321 2.4), but no
        two people share a mailbox name that way and two letters to one are worse.
        """
        loc = ("subscribers", index, "email")
        node = node_at(self.people.root, loc)
        here = Place(self.people.path, index, node.line)
        before = first.setdefault(entry.email.casefold(), here)
        if before is here:
            return True
        place = f"{before.path}:{before.line}"
        self.note(loc, f"email: {entry.email} is a subscriber already, at {place}")
        return False

    def subscriber(self, entry: SubscriberEntry, index: int) -> Subscriber:
        """Return one subscriber: their own words over their group's over the defaults."""
        habits = self.groups.get(entry.group, self.defaults) if entry.group else self.defaults
        found = {**habits, **wishes(entry)}
        if self.complete:
            self.check(entry, index, found.get("interests", ()))
        person = Subscriber(email=entry.email, name=entry.name, **found)
        if person.min_papers > person.papers:
            loc = ("subscribers", index, *(("min_papers",) if entry.min_papers else ()))
            message = f"min_papers: {person.min_papers} is more than papers: {person.papers}"
            self.note(loc, f"{message}, so that {person.email} would never get a letter")
        return person

    def check(self, entry: SubscriberEntry, index: int, interests: tuple[Interest, ...]) -> None:
        """Note a group nobody defined, a lack of interests and two interests of one name."""
        loc = ("subscribers", index)
        if entry.group and entry.group not in self.groups:
            hint = did_you_mean(entry.group, self.groups)
            self.note((*loc, "group"), f"group: there is no group {entry.group!r}{hint}")
        elif not interests:
            self.note(loc, f"{entry.email} has no interests; add `interests:` with a keyword")
        names: set[str] = set()
        for place, topic in enumerate(interests):
            if topic.name.casefold() in names:
                message = f"name: two interests are called {topic.name!r}; give one another `name:`"
                self.note((*loc, "interests", place, "name"), message)
            names.add(topic.name.casefold())

    def note(self, loc: Loc, message: str) -> None:
        """Note a mistake of this file."""
        self.problems.add(self.people.path, node_at(self.people.root, loc), loc, message)
