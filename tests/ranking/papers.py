"""Papers made from word lists: topics that a ranker must be able to tell apart."""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

from digest.config.schema import Ranking as Options
from digest.models import Interest, Paper, Pick, Signals, Subscriber
from digest.ranking.index import Index
from digest.ranking.ranker import Ranking, rank_block
from digest.ranking.readers import Reader
from digest.ranking.scene import open_scene
from digest.ranking.semantic import Meaning

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
TOPICS = {
    "cache": "attention memory cache decoding inference transformer context tokens kernel latency",
    "protein": "protein folding structure residue amino backbone ligand binding enzyme sequence",
    "galaxy": "galaxy redshift stellar halo survey telescope luminosity dust merger quasar",
    "graph": "graph node edge clustering spectral community network partition random walk",
    "robot": "robot policy manipulation grasp reinforcement reward control simulation gait torque",
}
COMMON_TEXT = "method results data model analysis approach problem large new study performance"
COMMON = COMMON_TEXT.split()


def make_paper(number: int, topic: str, *, size: int = 60, **fields: object) -> Paper:
    """Return a paper that speaks of a topic; the same number gives the same paper."""
    random = Random(f"{topic}{number}")
    own = TOPICS[topic].split()
    other = [word for name in TOPICS for word in TOPICS[name].split()]
    words = random.choices(own, k=size // 2) + random.choices(COMMON, k=size // 3)
    words += random.choices(other, k=size // 6)
    random.shuffle(words)
    title = " ".join(random.sample(own, 4) + random.sample(COMMON, 2)).title()
    return Paper((f"arxiv:{topic}.{number}",), title, abstract=" ".join(words) + ".", **fields)  # type: ignore[arg-type]


def make_papers(count: int, *, start: int = 0) -> list[Paper]:
    """Return papers of all topics in turn."""
    names = list(TOPICS)
    return [make_paper(i, names[i % len(names)]) for i in range(start, start + count)]


def make_subscriber(*interests: Interest, **fields: object) -> Subscriber:
    """Return a subscriber without exploration unless it is asked for."""
    settings = {"explore": 0.0, **fields}
    return Subscriber("ada@example.org", interests=interests, **settings)  # type: ignore[arg-type]


def upvoted(paper: Paper, upvotes: int) -> Paper:
    """Return the paper with so many upvotes."""
    return Paper(paper.ids, paper.title, abstract=paper.abstract, signals=Signals(upvotes=upvotes))


ARCHIVE = make_papers(400)
POOL = make_papers(60, start=400)
INDEX = Index.empty().extended(ARCHIVE)


def rank(
    *readers: Reader,
    pool: Sequence[Paper] = POOL,
    index: Index = INDEX,
    options: Options | None = None,
    now: datetime = NOW,
    meaning: Meaning | None = None,
) -> list[Ranking]:
    """Return what each reader gets of a pool."""
    scene = open_scene(index, pool, options=options or Options(), now=now, meaning=meaning)
    return rank_block(scene, readers)


def picks_of(ranking: Ranking) -> list[Pick]:
    """Return the picks of all sections."""
    return [pick for section in ranking.sections for pick in section.picks]


def reader_of(*interests: Interest, told: frozenset[str] = frozenset(), **fields: object) -> Reader:
    """Return a reader whose entries may name any paper of the archive."""
    examples = {entry: paper for paper in ARCHIVE for entry in paper.ids}
    return Reader(make_subscriber(*interests, **fields), examples, told)
