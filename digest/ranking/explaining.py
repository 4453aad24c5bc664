"""Lays open the whole arithmetic of one paper for one reader."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digest.models import Paper, Pick
from digest.ranking.arrays import Array
from digest.ranking.fitting import BACKGROUND, PARTS
from digest.ranking.proposing import propose
from digest.ranking.ranker import Ranking, rank_block
from digest.ranking.readers import Reader, Wish
from digest.ranking.scene import Scene
from digest.ranking.scores import Scores, is_founded, score_readers

NEIGHBOURS = 2  # papers shown above and below

UNITS = {
    "matched": "words and word pairs shared with what is asked for, less what near misses say",
    "latent": "direction of meaning in the archive (cosine)",
    "keywords": "BM25 of the keywords",
    "semantic": "sentence embedding (cosine)",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One term of the sum: points = gain x (value - usual)."""

    name: str
    value: float  # in the part's own unit
    usual: float  # the archive's mean of it
    gain: float  # standard deviations of the whole per unit
    points: float  # standard deviations
    unit: str = ""  # what the value measures; "" for a signal


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A paper above or below in the same interest."""

    rank: int  # from 1
    paper_id: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class InterestExplanation:
    """How one interest sees the paper."""

    interest: str
    parts: tuple[Part, ...]  # their points and `offset` add up to `score`, where not barred
    offset: float
    score: float  # standard deviations above the archive's mean; -inf: barred
    threshold: float
    rank: int  # among the candidates, from 1
    neighbours: tuple[Neighbour, ...]
    verdict: str  # a sentence


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a paper was or was not picked for a reader."""

    paper_id: str
    title: str
    picked: bool
    verdict: str  # a sentence
    interests: tuple[InterestExplanation, ...]


def explain_paper(
    scene: Scene, reader: Reader, paper_id: str, letter: Ranking | None = None
) -> Explanation:
    """Explain one candidate; `paper_id` is any of its identities.

    Args:
        letter: what was sent; None: what would be sent now. The archive has grown since, and a
            paper near the end of a letter would perhaps not be chosen again.

    Raises:
        KeyError: it is not among the candidates.
    """
    row = next((r for r, p in enumerate(scene.papers) if paper_id in p.ids), None)
    if row is None:
        raise KeyError(paper_id)
    letter = letter or rank_block(scene, [reader])[0]
    scores = score_readers(scene, [reader])
    paper, where = scene.papers[row], _place_in(letter, scene.papers[row])
    under = next((s.title for s in letter.sections if _holds(s.picks, paper)), "")
    fates = {at: where for at, i in enumerate(scores.interests) if i.name == under}
    fates |= {} if where else _too_few(scene, reader, row)
    seen = [
        _explain_interest(scene, reader, scores, (at, row), fates.get(at, ""))
        for at in range(len(scores.interests))
    ]
    return Explanation(paper.id, paper.title, bool(where), where or _why_not(seen), tuple(seen))


def _place_in(letter: Ranking, paper: Paper) -> str:
    """Return where a paper stands in a letter, "" where it does not."""
    for section in letter.sections:
        for place, pick in enumerate(section.picks, 1):
            if pick.paper.id in paper.ids:
                return f"Picked: number {place} of “{section.title}”."
    if _holds(letter.trending, paper):
        return "Picked: it is trending and the day is thin."
    return ""


def _holds(picks: Sequence[Pick], paper: Paper) -> bool:
    """Tell whether a paper is among them, also as it was known then."""
    return any(pick.paper.id in paper.ids for pick in picks)


def _too_few(scene: Scene, reader: Reader, row: int) -> dict[int, str]:
    """Say of a good paper of a day that counts as empty why it was not sent, by its interest."""
    [proposal] = propose(scene, [reader])
    found, least = len(proposal.found), reader.subscriber.least_papers
    if found >= least:
        return {}
    told = f"it was good enough, but a letter must hold {least} such papers, and here are {found}."
    return {at: told for at, paper, _ in proposal.found if paper == row}


def _why_not(interests: list[InterestExplanation]) -> str:
    if not interests:
        return "Not picked: the profile names no interests."
    best = max(interests, key=lambda seen: seen.score)
    barred = [seen for seen in interests if seen is not best and not np.isfinite(seen.score)]
    told = dict.fromkeys(seen.verdict.rstrip(".") for seen in (best, *barred))
    return f"Not picked: {'; '.join(told)}."


def _explain_interest(
    scene: Scene, reader: Reader, scores: Scores, spot: tuple[int, int], where: str
) -> InterestExplanation:
    at, row = spot
    asked, total = scores.asked[at], scores.total[at]
    wish = asked.wish
    order = np.argsort(-total, kind="stable").tolist()
    place = order.index(row)
    around = range(max(0, place - NEIGHBOURS), min(len(order), place + NEIGHBOURS + 1))
    parts = (*_word_parts(scene, scores, at, row), *_signal_parts(scene, wish, row))
    offset = float(asked.scored.fitted.offset[asked.row])
    barred = not np.isfinite(total[row])
    lift = 0.0 if barred else float(total[row]) - offset - sum(part.points for part in parts)
    if lift > 1e-3:
        parts = (*parts, Part("young archive: a keyword word for word", 1, 0, lift, lift))
    return InterestExplanation(
        interest=wish.interest.name,
        parts=parts,
        offset=offset,
        score=float(total[row]),
        threshold=scene.options.threshold,
        rank=place + 1,
        neighbours=tuple(_neighbour(scene, total, order, i) for i in around if i != place),
        verdict=where or _verdict(scene, reader, scores, at, row),
    )


def _neighbour(scene: Scene, total: Array, order: list[int], place: int) -> Neighbour:
    paper = scene.papers[order[place]]
    return Neighbour(place + 1, paper.id, paper.title, float(total[order[place]]))


def _word_parts(scene: Scene, scores: Scores, at: int, row: int) -> tuple[Part, ...]:
    scored, place = scores.asked[at]
    fitted, day = scored.fitted, scene.witness.day
    paper = day.features
    values = (
        (fitted.matched[[place]] @ paper.matched[[row]].T).toarray()[0, 0]
        - BACKGROUND * day.common[row],
        fitted.latent[place] @ paper.latent[row],
        (fitted.asked[[place]] @ paper.worded[[row]].T).toarray()[0, 0],
        fitted.semantic[place] @ paper.semantic[row],
    )
    return tuple(
        _part(name, float(value), float(usual), float(gain))
        for name, value, usual, gain in zip(
            PARTS, values, fitted.means[place], fitted.gains[place], strict=True
        )
        if gain
    )


def _part(name: str, value: float, usual: float, gain: float) -> Part:
    return Part(name, value, usual, gain, gain * (value - usual), UNITS[name])


def _signal_parts(scene: Scene, wish: Wish, row: int) -> tuple[Part, ...]:
    bonuses = scene.bonuses
    named = [(name, points) for name, points in bonuses.shares(row) if points]
    if row in bonuses.authored(wish):
        named.append(("author", scene.options.signals.authors))
    if row in bonuses.filed(wish):
        named.append(("category", bonuses.category_points(wish)))
    return tuple(Part(name, 1, 0, points, points) for name, points in named)


def _verdict(scene: Scene, reader: Reader, scores: Scores, at: int, row: int) -> str:
    paper, score = scene.papers[row], scores.total[at, row]
    if not reader.told.isdisjoint(paper.ids):
        return "it was in an earlier letter."
    if not reader.known.isdisjoint(paper.names):
        return "it is no news: the profile or a library of its reader names it."
    for phrase in scores.asked[at].wish.avoided:
        if row in scene.witness.texts.says(phrase.said):
            return f"it says “{phrase.entry}”, which “{_name(scores, at)}” avoids."
    if not np.isfinite(score):
        return f"“{_name(scores, at)}” wants a quoted phrase that it does not say."
    if score < scene.options.threshold:
        return f"{score:.2f} is under the threshold of {scene.options.threshold:.2f}."
    if not is_founded(scene, scores.asked[at], row):
        return "nothing is picked for which the profile gives no reason that can be checked."
    best = int(scores.total[:, row].argmax())
    if best != at:
        return f"“{_name(scores, best)}” suits it better."
    return "the places went to better papers, or to one that says nearly the same."


def _name(scores: Scores, at: int) -> str:
    return scores.interests[at].name
