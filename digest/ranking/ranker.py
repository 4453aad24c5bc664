"""Ranks a day's papers for all readers: the door of the room."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from digest.config.schema import Ranking as Options
from digest.models import Interest, Paper, Pick, Reason, Section
from digest.ranking.choosing import Chosen, Rules, choose, share_places
from digest.ranking.exploring import (
    BEYOND,
    OUTSIDE,
    Horizon,
    explored,
    explored_places,
    open_horizon,
    trending_picks,
)
from digest.ranking.fitting import Fitted, fit_interests
from digest.ranking.index import Index
from digest.ranking.postings import products_among
from digest.ranking.readers import Reader, Wish, read_wish, sameness
from digest.ranking.reasons import Witness, signal_reasons, telling
from digest.ranking.scoring import open_day, score_day
from digest.ranking.semantic import Meaning
from digest.ranking.signals import Bonuses, weigh_signals
from digest.ranking.space import Array, Space, build_space
from digest.ranking.texts import Texts

BLOCK_READERS = 500  # bounds memory: a block of 2,000 papers and 5 interests takes about 100 MB
YOUNG_PAPERS = 300  # in a smaller archive a keyword found word for word is always good enough

Found = tuple[int, int, float]  # the interest's place in the profile, the paper's row, its points

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ranking:
    """What ranking proposes for one reader's letter."""

    sections: tuple[Section, ...] = ()  # in the order of the interests; exploration last
    trending: tuple[Pick, ...] = ()  # only where the day is thin
    problem: str = ""  # a sentence where an interest could not be ranked


@dataclass(frozen=True, slots=True)
class Scene:
    """One day's candidates and the archive behind them, ready for any number of readers."""

    space: Space
    witness: Witness
    bonuses: Bonuses
    alike: Array  # (papers, papers): cosines of terms
    options: Options
    horizon: Horizon
    rows: dict[str, int]  # of the candidates, by every identity

    @property
    def papers(self) -> Sequence[Paper]:
        """The candidates."""
        return self.witness.texts.papers

    @property
    def is_young(self) -> bool:
        """The archive holds too few papers to say what is usual."""
        return self.space.index.papers < YOUNG_PAPERS

    @property
    def needs_reasons(self) -> bool:
        """Chance looks like likeness in so few papers; embeddings, though, know other texts."""
        return self.is_young and not self.space.meaning

    def rows_of(self, ids: Collection[str]) -> list[int]:
        """Return the candidates that bear one of these identities."""
        return [self.rows[key] for key in self.rows.keys() & ids]

    def paper_signals(self, row: int) -> tuple[tuple[str, float], ...]:
        """Return what each signal adds to a paper for every reader, in standard deviations."""
        bonuses = self.bonuses
        return (
            ("upvotes", float(bonuses.upvotes[row])),
            ("stars", float(bonuses.stars[row])),
            ("freshness", float(bonuses.freshness[row])),
        )


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of some readers' interests, one row per interest.

    Interests that ask for the same are scored and explained once.
    """

    interests: tuple[Interest, ...]
    owners: tuple[int, ...]  # of each interest: the reader's place in the block
    wants: tuple[int, ...]  # of each interest: its row in `wishes` and `fitted`
    wishes: tuple[Wish, ...]  # without doubles
    fitted: Fitted
    total: Array  # (interests, papers); -inf: told already, or avoided
    near: Array  # (examples, papers): cosines
    # What was said and made for one of them serves the others: by the wish, the name, the paper.
    reasons: dict[tuple[int, int], tuple[Reason, ...]] = field(default_factory=dict)
    picks: dict[tuple[int, str, int], Pick] = field(default_factory=dict)


def rank_papers(
    index: Index,
    pool: Sequence[Paper],
    readers: Sequence[Reader],
    *,
    options: Options,
    now: datetime,
    meaning: Meaning | None = None,
) -> list[Ranking]:
    """Choose each reader's papers from the pool.

    Args:
        index: of the archive; papers of the pool that it lacks are counted first.
        pool: the candidates, without doubles.
        readers: in any number; they are worked on in blocks.
        options: weights and the threshold.
        now: aware; seeds exploration by its UTC date and dates freshness.
        meaning: embeddings, where the installation has them.

    Returns:
        One ranking per reader, in their order. A reader whose profile breaks gets an empty one
        with the problem said; the others are not touched.
    """
    if not pool:
        return [Ranking()] * len(readers)
    scene = open_scene(index, pool, options=options, now=now, meaning=meaning)
    return [ranking for block in _blocks(readers) for ranking in rank_block(scene, block)]


def open_scene(
    index: Index,
    pool: Sequence[Paper],
    *,
    options: Options,
    now: datetime,
    meaning: Meaning | None = None,
) -> Scene:
    """Do once what all readers share."""
    space = build_space(index.extended(pool), meaning)
    features = space.features(pool)
    day, bonuses = open_day(space, features), weigh_signals(pool, options.signals, now)
    witness = Witness(space, day, Texts(pool), bonuses, telling(space))
    alike = products_among(day.matched)
    horizon = open_horizon(pool, bonuses.upvotes + bonuses.stars, now.date().isoformat())
    rows = {key: row for row, paper in enumerate(pool) for key in paper.ids}
    return Scene(space, witness, bonuses, alike, options, horizon, rows)


def _blocks(readers: Sequence[Reader]) -> Iterator[Sequence[Reader]]:
    for start in range(0, len(readers), BLOCK_READERS):
        yield readers[start : start + BLOCK_READERS]


def rank_block(scene: Scene, readers: Sequence[Reader]) -> list[Ranking]:
    """Rank for some readers at once; if that breaks, for each alone, so that only one suffers."""
    try:
        scores = score_readers(scene, readers)
        return _letters(scene, readers, scores)
    # One broken profile must not cost the others their letter.
    except Exception:  # noqa: BLE001
        if len(readers) > 1:
            return [ranking for reader in readers for ranking in rank_block(scene, [reader])]
        return [_without_broken(scene, readers[0])]


def _without_broken(scene: Scene, reader: Reader) -> Ranking:
    """Rank the interests that can be ranked and name the others."""
    interests = reader.subscriber.interests
    if len(interests) < 2:
        log.exception("event=ranking_failed")
        names = "".join(f" “{interest.name}”" for interest in interests)
        return Ranking(problem=f"The interest{names} could not be ranked; see the log.")
    alone = [rank_block(scene, [_with_interests(reader, (i,))])[0] for i in interests]
    sound = tuple(i for i, letter in zip(interests, alone, strict=True) if not letter.problem)
    problem = " ".join(letter.problem for letter in alone if letter.problem)
    if not sound or len(sound) == len(interests):
        return Ranking(problem=problem or "This profile could not be ranked; see the log.")
    return replace(rank_block(scene, [_with_interests(reader, sound)])[0], problem=problem)


def _with_interests(reader: Reader, interests: tuple[Interest, ...]) -> Reader:
    return replace(reader, subscriber=replace(reader.subscriber, interests=interests))


def score_readers(scene: Scene, readers: Sequence[Reader]) -> Scores:
    """Score every interest of every reader for every candidate."""
    asked = [(i, place) for place, r in enumerate(readers) for i in r.subscriber.interests]
    wishes: dict[object, tuple[int, Wish]] = {}
    wants = []
    for interest, place in asked:
        key = sameness(readers[place], interest)
        if key not in wishes:
            wishes[key] = (len(wishes), read_wish(readers[place], interest))
        wants.append(wishes[key][0])
    distinct = tuple(wish for _, wish in wishes.values())
    fitted = fit_interests(scene.space, distinct)
    total = _score_wishes(scene, distinct, fitted)[np.array(wants, np.int64)]
    told = [scene.rows_of(reader.told) for reader in readers]
    for row, (_, place) in enumerate(asked):
        if told[place]:
            total[row, told[place]] = -np.inf
    near = scene.witness.closeness(fitted)
    interests, owners = tuple(i for i, _ in asked), tuple(place for _, place in asked)
    return Scores(interests, owners, tuple(wants), distinct, fitted, total, near)


def _score_wishes(scene: Scene, wishes: Sequence[Wish], fitted: Fitted) -> Array:
    """Return each wish's scores, shape (wishes, papers); -inf: barred."""
    total = score_day(fitted, scene.witness.day)
    total += scene.bonuses.shared
    for row, wish in enumerate(wishes):
        _add_names(scene, wish, total[row])
        _lift_matches(scene, wish, total[row])
        _bar(scene, wish, total[row])
    return total


def _add_names(scene: Scene, wish: Wish, scores: Array) -> None:
    """Add what followed authors and categories are worth."""
    if wish.interest.authors:
        scores[list(scene.bonuses.authored(wish))] += scene.options.signals.authors
    if wish.interest.categories:
        scores[list(scene.bonuses.filed(wish))] += scene.bonuses.category_points(wish)


def _lift_matches(scene: Scene, wish: Wish, scores: Array) -> None:
    """In a young archive, let what says a keyword word for word pass the threshold."""
    if not scene.is_young:
        return
    for phrase in wish.phrases:
        rows = scene.witness.texts.says(phrase.words)
        scores[rows] = np.maximum(scores[rows], scene.options.threshold)


def _bar(scene: Scene, wish: Wish, scores: Array) -> None:
    """Take out what says an avoided phrase, and the very papers that are liked or disliked.

    An interest of nothing but quoted phrases wants papers that say one of them.
    """
    if wish.strict:
        said = [scene.witness.texts.says(phrase.words) for phrase in wish.phrases]
        silent = np.setdiff1d(np.arange(len(scores)), np.concatenate(said))
        scores[np.setdiff1d(silent, list(scene.bonuses.authored(wish)))] = -np.inf
    scores[list(_avoided(scene, [wish]))] = -np.inf
    scores[scene.rows_of({p.id for _, p in wish.liked})] = -np.inf


def _avoided(scene: Scene, wishes: Sequence[Wish]) -> set[int]:
    """Return the rows of papers that say an avoided phrase or are disliked themselves."""
    says = scene.witness.texts.says
    rows = {row for w in wishes for phrase in w.avoided for row in says(phrase.words)}
    return rows.union(scene.rows_of({paper.id for w in wishes for paper in w.disliked}))


def _letters(scene: Scene, readers: Sequence[Reader], scores: Scores) -> list[Ranking]:
    rows: list[list[int]] = [[] for _ in readers]
    for row, owner in enumerate(scores.owners):
        rows[owner].append(row)
    alike_sized: defaultdict[int, list[int]] = defaultdict(list)
    for place, mine in enumerate(rows):
        alike_sized[len(mine)].append(place)
    letters = [Ranking()] * len(readers)
    for count, places in alike_sized.items():
        if not count:
            for place in places:
                letters[place] = _unasked(scene, readers[place])
            continue
        theirs = scores.total[np.array([rows[place] for place in places])]
        chosen = _choose_all(scene, [readers[place] for place in places], theirs)
        for i, (place, found) in enumerate(zip(places, _in_order(chosen, theirs), strict=True)):
            kept = _founded(scene, scores, rows[place], found)
            picks = _picks(scene, scores, rows[place], kept)
            avoided = _avoided(scene, [scores.wishes[scores.wants[row]] for row in rows[place]])
            letters[place] = _letter(scene, readers[place], theirs[i], picks, kept, avoided)
    return letters


def _founded(
    scene: Scene, scores: Scores, rows: Sequence[int], found: Sequence[Found]
) -> Sequence[Found]:
    """Leave out what has no ground."""
    if not scene.needs_reasons:
        return found
    return [one for one in found if is_founded(scene, scores, scores.wants[rows[one[0]]], one[1])]


def is_founded(scene: Scene, scores: Scores, want: int, paper: int) -> bool:
    """Tell whether the profile itself gives a reason, where one is needed; upvotes are none."""
    reasons = reasons_for(scene, scores, want, paper) if scene.needs_reasons else ()
    return not scene.needs_reasons or any(reason.kind != "signal" for reason in reasons)


def _choose_all(scene: Scene, readers: Sequence[Reader], scores: Array) -> Chosen:
    quotas = [
        share_places(
            s.papers - explored_places(s, scene.horizon.date), tuple(i.weight for i in s.interests)
        )
        for s in (reader.subscriber for reader in readers)
    ]
    rules = Rules(scene.options.threshold, scene.options.diversity)
    return choose(scores, np.array(quotas, np.int64), scene.alike, rules)


def _in_order(chosen: Chosen, scores: Array) -> Iterator[list[Found]]:
    """Yield what each reader gets, interest by interest, the best first; ties as chosen.

    For all at once: an array of a dozen numbers costs numpy as much as one of thousands.

    Args:
        scores: (readers, interests, papers).
    """
    ends = chosen.papers < 0
    everyone = np.arange(len(scores))[:, None]
    points = scores[everyone, chosen.interests, chosen.papers]  # anything where a letter ends
    order = np.lexsort((-points, np.where(ends, scores.shape[1], chosen.interests)))
    lists = [
        np.take_along_axis(values, order, axis=1).tolist()
        for values in (chosen.interests, chosen.papers, points)
    ]
    for size, *reader in zip((~ends).sum(axis=1).tolist(), *lists, strict=True):
        yield list(zip(*reader, strict=True))[:size]


def _letter(
    scene: Scene,
    reader: Reader,
    scores: Array,
    picks: Sequence[Sequence[Pick]],
    found: Sequence[Found],
    avoided: set[int],
) -> Ranking:
    """Return one reader's letter.

    Args:
        scores: (interests, papers).
        picks: of each interest.
        avoided: rows of papers that an interest avoids: nor are they chosen beyond the topics.
    """
    subscriber = reader.subscriber
    if len(found) < subscriber.min_papers:
        return Ranking(trending=trending_picks(scene.horizon, scene.rows_of(reader.told), avoided))
    named = zip(subscriber.interests, picks, strict=True)
    sections = tuple(Section(interest.name, tuple(some)) for interest, some in named if some)
    beyond: list[int] = []
    if explored_places(subscriber, scene.horizon.date):
        best = scores.max(axis=0)
        best[list(avoided)] = -np.inf
        beyond = explored(scene.horizon, subscriber, best, scene.options.threshold)
        if beyond:
            more = tuple(_beyond(scene.papers[row], float(best[row])) for row in beyond)
            sections = (*sections, Section(BEYOND, more))
    if len(found) >= subscriber.papers / 2:
        return Ranking(sections)
    used = {*(paper for _, paper, _ in found), *beyond, *avoided}
    return Ranking(sections, trending_picks(scene.horizon, scene.rows_of(reader.told), used))


def _picks(
    scene: Scene, scores: Scores, rows: Sequence[int], found: Sequence[Found]
) -> list[list[Pick]]:
    """Return the picks of each of a reader's interests, in the order they were found."""
    names = [(scores.wants[row], scores.interests[row].name) for row in rows]
    picks: list[list[Pick]] = [[] for _ in rows]
    for place, paper, points in found:
        at = (*names[place], paper)
        pick = scores.picks.get(at)
        if pick is None:
            want, name = names[place]
            reasons = reasons_for(scene, scores, want, paper)
            pick = Pick(scene.papers[paper], name, points, reasons)
            scores.picks[at] = pick
        picks[place].append(pick)
    return picks


def reasons_for(scene: Scene, scores: Scores, want: int, paper: int) -> tuple[Reason, ...]:
    """Return why a paper suits a wish, in checkable statements; they are kept for other readers."""
    at = want, paper
    if at not in scores.reasons:
        wish = scores.wishes[want]
        scores.reasons[at] = scene.witness.explain_pick(wish, scores.fitted, scores.near, at)
    return scores.reasons[at]


def _beyond(paper: Paper, score: float) -> Pick:
    return Pick(paper, "", score, (OUTSIDE, *signal_reasons(paper)))


def _unasked(scene: Scene, reader: Reader) -> Ranking:
    """Return the letter of a reader for whom nothing was found: what others like."""
    return Ranking(trending=trending_picks(scene.horizon, scene.rows_of(reader.told), set()))
