"""Ranks a day's papers for all readers: the door of the room."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b

import numpy as np

from digest.config.schema import Ranking as Options
from digest.models import Interest, Paper, Pick, Reason, Section, Subscriber
from digest.ranking.choosing import Chosen, Rules, choose, share_places
from digest.ranking.fitting import Fitted, fit_interests
from digest.ranking.index import Index
from digest.ranking.readers import Reader, Wish, read_wish
from digest.ranking.reasons import Witness, signal_reasons
from digest.ranking.scoring import open_day, score_day
from digest.ranking.semantic import Meaning
from digest.ranking.signals import Bonuses, weigh_signals
from digest.ranking.space import Array, Space, build_space
from digest.ranking.texts import Texts

BLOCK_READERS = 500  # bounds memory: a block of 2,000 papers and 5 interests takes about 100 MB
YOUNG_PAPERS = 300  # in a smaller archive a keyword found word for word is always good enough
TRENDING = 3  # papers at most, where the day is thin
MIN_TRENDING_UPVOTES = 10
BEYOND = "Beyond your topics"

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
    date: str  # UTC; with the address it seeds exploration

    @property
    def papers(self) -> Sequence[Paper]:
        """The candidates."""
        return self.witness.texts.papers

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
    """The scores of some readers' interests, one row per interest."""

    wishes: tuple[Wish, ...]
    owners: tuple[int, ...]  # of each wish: the reader's place in the block
    fitted: Fitted
    words: Array  # (wishes, papers): from the words and embeddings alone
    total: Array  # with the signals; -inf: told already, or avoided


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
    bonuses = weigh_signals(pool, options.signals, now)
    witness = Witness(space, open_day(space, features), Texts(pool), bonuses)
    alike = (features.matched @ features.matched.T).toarray()
    return Scene(space, witness, bonuses, alike, options, now.date().isoformat())


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
    wishes, owners = [], []
    for place, reader in enumerate(readers):
        for interest in reader.subscriber.interests:
            wishes.append(read_wish(reader, interest))
            owners.append(place)
    fitted = fit_interests(scene.space, wishes)
    words = score_day(fitted, scene.witness.day)
    total = words + scene.bonuses.shared
    for row, wish in enumerate(wishes):
        _add_names(scene, wish, total[row])
        _lift_matches(scene, wish, total[row])
        _bar(scene, wish, total[row])
    for row, owner in enumerate(owners):
        told = readers[owner].told
        if told:
            total[row, [not told.isdisjoint(paper.ids) for paper in scene.papers]] = -np.inf
    return Scores(tuple(wishes), tuple(owners), fitted, words, total)


def _add_names(scene: Scene, wish: Wish, scores: Array) -> None:
    """Add what followed authors and categories are worth."""
    if wish.interest.authors:
        scores[list(scene.bonuses.authored(wish))] += scene.options.signals.authors
    if wish.interest.categories:
        scores[list(scene.bonuses.filed(wish))] += scene.bonuses.category_points(wish)


def _lift_matches(scene: Scene, wish: Wish, scores: Array) -> None:
    """In a young archive, let what says a keyword word for word pass the threshold."""
    if scene.space.index.papers >= YOUNG_PAPERS:
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
    for phrase in wish.avoided:
        scores[scene.witness.texts.says(phrase.words)] = -np.inf
    named = {p.id for p in wish.disliked} | {p.id for _, p in wish.liked}
    if named:
        rows = [row for row, p in enumerate(scene.papers) if not named.isdisjoint(p.ids)]
        scores[rows] = -np.inf


def _letters(scene: Scene, readers: Sequence[Reader], scores: Scores) -> list[Ranking]:
    rows: defaultdict[int, list[int]] = defaultdict(list)
    for row, owner in enumerate(scores.owners):
        rows[owner].append(row)
    alike_sized: defaultdict[int, list[int]] = defaultdict(list)
    for place in range(len(readers)):
        alike_sized[len(rows[place])].append(place)
    letters = [Ranking()] * len(readers)
    for count, places in alike_sized.items():
        if not count:
            for place in places:
                letters[place] = _unasked(scene, readers[place])
            continue
        wanted = np.array([rows[place] for place in places])
        chosen = _choose_all(scene, [readers[p] for p in places], scores.total[wanted])
        for i, place in enumerate(places):
            mine = Chosen(chosen.papers[i], chosen.interests[i])
            letters[place] = _letter(scene, readers[place], scores, rows[place], mine)
    return letters


def _choose_all(scene: Scene, readers: Sequence[Reader], scores: Array) -> Chosen:
    quotas = [
        share_places(s.papers - explored_places(s, scene.date), [i.weight for i in s.interests])
        for s in (reader.subscriber for reader in readers)
    ]
    rules = Rules(scene.options.threshold, scene.options.diversity)
    return choose(scores, np.array(quotas, np.int64), scene.alike, rules)


def explored_places(subscriber: Subscriber, date: str) -> int:
    """Return how many places of this letter explore: the share in the long run, whole each day."""
    exact = subscriber.papers * subscriber.explore
    return int(exact + chance(subscriber.email, date))


def chance(*names: str) -> float:
    """Return a number in [0, 1) that depends on the names alone."""
    digest = blake2b("\n".join(names).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def _letter(
    scene: Scene, reader: Reader, scores: Scores, rows: list[int], chosen: Chosen
) -> Ranking:
    subscriber, length = reader.subscriber, int((chosen.papers >= 0).sum())
    if length < subscriber.min_papers:
        return Ranking(trending=_trending(scene, reader, set()))
    sections = tuple(
        Section(interest.name, picks)
        for place, interest in enumerate(subscriber.interests)
        if (picks := _section(scene, interest, scores, rows[place], chosen, place))
    )
    used = set(chosen.papers.tolist())
    best = scores.total[rows].max(axis=0)
    beyond = _explore(scene, reader, best, used)
    if beyond:
        sections = (*sections, Section(BEYOND, beyond))
    thin = length < subscriber.papers / 2
    used |= {scene.papers.index(pick.paper) for pick in beyond} if thin else set()
    return Ranking(sections, _trending(scene, reader, used) if thin else ())


def _section(
    scene: Scene, interest: Interest, scores: Scores, row: int, chosen: Chosen, place: int
) -> tuple[Pick, ...]:
    papers = chosen.papers[(chosen.interests == place) & (chosen.papers >= 0)].tolist()
    papers.sort(key=lambda paper: -scores.total[row, paper])
    return tuple(
        Pick(
            scene.papers[paper],
            interest.name,
            float(scores.total[row, paper]),
            scene.witness.explain_pick(scores.wishes[row], scores.fitted, (row, paper)),
        )
        for paper in papers
    )


def _explore(scene: Scene, reader: Reader, best: Array, used: set[int]) -> tuple[Pick, ...]:
    """Pick papers below the threshold of every interest: liked by others, or near, or by chance."""
    places = explored_places(reader.subscriber, scene.date)
    open_ = [
        row
        for row in np.flatnonzero(np.isfinite(best) & (best < scene.options.threshold)).tolist()
        if row not in used
    ]
    if not places or not open_:
        return ()
    taste = {row: _appeal(scene, reader, row, float(best[row])) for row in open_}
    chosen = sorted(open_, key=lambda row: -taste[row])[:places]
    outside = Reason("explore", "outside your usual topics")
    return tuple(
        Pick(
            scene.papers[row],
            "",
            float(best[row]),
            (outside, *signal_reasons(scene.papers[row])),
        )
        for row in chosen
    )


def _appeal(scene: Scene, reader: Reader, row: int, score: float) -> float:
    luck = chance(reader.subscriber.email, scene.date, scene.papers[row].id)
    others = float(scene.bonuses.upvotes[row] + scene.bonuses.stars[row])
    return score / 2 + others + luck


def _trending(scene: Scene, reader: Reader, used: set[int]) -> tuple[Pick, ...]:
    """Pick what others like today."""
    rows = [
        row
        for row, paper in enumerate(scene.papers)
        if row not in used
        and (paper.signals.upvotes or 0) >= MIN_TRENDING_UPVOTES
        and reader.told.isdisjoint(paper.ids)
    ]
    rows.sort(key=lambda row: -(scene.papers[row].signals.upvotes or 0))
    return tuple(
        Pick(scene.papers[row], "", 0.0, tuple(signal_reasons(scene.papers[row])))
        for row in rows[:TRENDING]
    )


def _unasked(scene: Scene, reader: Reader) -> Ranking:
    """Return the letter of a reader without interests: what others like."""
    return Ranking(trending=_trending(scene, reader, set()))
