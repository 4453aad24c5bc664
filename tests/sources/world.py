"""An arXiv of twenty days: what it announces, and how its servers misbehave."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from digest.sources.plans.arxiv_calendar import DAY, EASTERN, batch_day, deadline
from tests.loopback import Reply, Request

PER_DAY = 7
ATOM = 'xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" '
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'


@dataclass(frozen=True, slots=True)
class Announced:
    """One paper, the feed that holds it, and when it was submitted."""

    id: str
    day: date
    submitted: datetime


def batch(day: date) -> list[Announced]:
    """Return the papers in the feed of a day; moderators held the last one back for two days."""
    start, end = deadline(batch_day(day - DAY)), deadline(day)
    step = (end - start) / (PER_DAY + 1)
    held = end - timedelta(days=2, hours=3)
    serial = day.toordinal() % 1000 * 10
    return [
        Announced(
            f"26{day.month:02d}.{serial + n:05d}",
            day,
            held if n == PER_DAY - 1 else start + step * (n + 1),
        )
        for n in range(PER_DAY)
    ]


@dataclass(slots=True)
class Arxiv:
    """The server; `now` is moved by the test."""

    days: list[date]  # with an announcement
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    built: str = "05:00:11"  # when the feeds say that they were made, UTC
    stale: set[date] = field(default_factory=set)
    truncated: set[date] = field(default_factory=set)
    down: set[date] = field(default_factory=set)
    busy: dict[date, int] = field(default_factory=dict)  # 429s before an answer
    api_down: set[date] = field(default_factory=set)
    oai_down: set[date] = field(default_factory=set)

    def answer(self, request: Request) -> Reply:
        """Answer as arXiv would at the present moment."""
        today = self.now.astimezone(EASTERN).date()
        if request.path.startswith("/api/"):
            return Reply(status=503) if today in self.api_down else self.answer_api(request)
        if request.path.startswith("/oai"):
            return Reply(status=503) if today in self.oai_down else self.answer_oai(request)
        if today in self.down:
            return Reply(status=503)
        if self.busy.get(today, 0):
            self.busy[today] -= 1
            return Reply(b"Rate exceeded.", status=429, headers={"Retry-After": "31"})
        return self.answer_feed(today)

    def answer_feed(self, today: date) -> Reply:
        """Answer with the feed of the day, whole or spoilt."""
        shown = (
            max((d for d in self.days if d < today), default=today)
            if today in self.stale
            else today
        )
        papers = batch(shown) if shown in self.days else []
        body = feed([entry(paper) for paper in papers], today, built=self.built)
        if today in self.truncated:
            return Reply(body[: len(body) * 2 // 3], cut=len(body) // 3)
        return Reply(body)

    def answer_oai(self, request: Request) -> Reply:
        """Answer with all records announced since a day, three on a page."""
        query = parse_qs(urlsplit(request.path).query)
        if "resumptionToken" in query:
            since, _, number = query["resumptionToken"][0].partition("|")
        else:
            since, number = query["from"][0], "0"
        today = self.now.astimezone(EASTERN).date()
        days = [day for day in self.days if f"{day}" >= since and day <= today]
        papers = [paper for day in days for paper in batch(day)]
        first = int(number)
        rows = "".join(record(paper) for paper in papers[first : first + 3])
        token = f"{since}|{first + 3}" if first + 3 < len(papers) else ""
        more = f"<resumptionToken>{token}</resumptionToken>"
        return Reply(f"<OAI-PMH><ListRecords>{rows}{more}</ListRecords></OAI-PMH>".encode())

    def answer_api(self, request: Request) -> Reply:
        """Answer a search for announced papers by their submission."""
        query = parse_qs(urlsplit(request.path).query)
        start, end = query["search_query"][0].split("[")[1].rstrip("]").split(" TO ")
        first, size = int(query["start"][0]), int(query["max_results"][0])
        submissions = (
            (paper.submitted, paper.id)
            for day in self.days
            if datetime(day.year, day.month, day.day, tzinfo=EASTERN) <= self.now
            for paper in batch(day)
            if start <= f"{paper.submitted:%Y%m%d%H%M}" <= end
        )
        found = sorted(submissions, reverse=query["sortOrder"] == ["descending"])
        rows = [api_entry(name, submitted) for submitted, name in found[first : first + size]]
        return Reply(feed(rows, self.now.date(), total=len(found)))


def record(paper: Announced) -> str:
    """Return one record of OAI-PMH."""
    return (
        f"<record><header><identifier>oai:arXiv.org:{paper.id}</identifier></header><metadata>"
        f"<arXiv><id>{paper.id}</id><created>{paper.submitted:%Y-%m-%d}</created>"
        f"<title>On the matter of {paper.id}</title><categories>cs.CL</categories></arXiv>"
        "</metadata></record>"
    )


def feed(
    entries: list[str], day: date, *, total: int | None = None, built: str = "05:00:11"
) -> bytes:
    """Return an Atom document."""
    count = "" if total is None else f"<opensearch:totalResults>{total}</opensearch:totalResults>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><feed {ATOM}{DC}>'
        f"<id>http://rss.arxiv.org/atom/cs.CL</id><title>cs.CL updates on arXiv.org</title>"
        f"<updated>{day}T{built}+00:00</updated>{count}"
        f'<link href="http://rss.arxiv.org/atom/cs.CL" rel="self"/>{"".join(entries)}</feed>'
    ).encode()


def entry(paper: Announced) -> str:
    """Return one entry of the daily feed."""
    text = escape(f"arXiv:{paper.id}v1 Announce Type: new \nAbstract: What {paper.id} found.")
    return (
        f"<entry><id>oai:arXiv.org:{paper.id}v1</id><title>On the matter of {paper.id}</title>"
        f'<link href="https://arxiv.org/abs/{paper.id}" rel="alternate"/><summary>{text}</summary>'
        f'<category term="cs.CL"/><published>{paper.day}T00:00:00-05:00</published>'
        f"<arxiv:announce_type>new</arxiv:announce_type><dc:creator>A. Author</dc:creator></entry>"
    )


def api_entry(name: str, submitted: datetime) -> str:
    """Return one entry of the API."""
    return (
        f"<entry><id>http://arxiv.org/abs/{name}v1</id><title>On the matter of {name}</title>"
        f"<published>{submitted:%Y-%m-%dT%H:%M:%SZ}</published>"
        f"<summary>What {name} found.</summary>"
        f'<author><name>A. Author</name></author><category term="cs.CL"/>'
        f'<arxiv:primary_category term="cs.CL"/></entry>'
    )
