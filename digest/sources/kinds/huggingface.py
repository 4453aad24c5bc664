"""Hugging Face Daily Papers, `GET /api/daily_papers`: a JSON list of rows around a `paper`.

The fields inside `paper` count; the outer ones are the page's and differ by hours.
"""

from typing import Any

from digest.identities import arxiv_id
from digest.models import Signals
from digest.sources.building import Draft, build_papers
from digest.sources.dates import parse_moment
from digest.sources.document import Document, Origin
from digest.sources.links import web_link
from digest.sources.reading.rows import at, number_at, rows_at, text_at, texts_at
from digest.sources.text.characters import clean_line, cut
from digest.sources.text.latex import readable

MAX_SUMMARY = 1_000  # characters
MAX_KEYWORDS = 20


def is_huggingface(value: Any) -> bool:
    """Tell whether a JSON value is a list of daily papers, an empty one included."""
    if not isinstance(value, list):
        return False
    return not value or any(isinstance(row, dict) and "paper" in row for row in value)


def parse_huggingface(value: Any, origin: Origin) -> Document:
    """Return the papers; rows of the wrong shape are left out one by one."""
    papers = build_papers(map(read_row, value), origin)
    return Document("huggingface", papers, entries=len(value))


def read_row(row: Any) -> Draft | None:
    """Return the draft of one row, None where it has no arXiv id."""
    paper = at(row, "paper")
    found, _ = arxiv_id(text_at(paper, "id"))
    if not found:
        return None
    return Draft(
        title=text_at(paper, "title"),
        abstract=text_at(paper, "summary"),
        authors=[text_at(author, "name") for author in rows_at(paper, "authors")],
        arxiv=found,
        published=parse_moment(at(paper, "publishedAt")),
        venue="arXiv",
        signals=read_signals(row, paper),
    )


def read_signals(row: Any, paper: Any) -> Signals:
    """Return what Hugging Face's readers made of a paper."""
    submitter = at(paper, "submittedOnDailyBy") or at(row, "submittedBy")
    keywords = texts_at(paper, "ai_keywords")[:MAX_KEYWORDS]
    return Signals(
        upvotes=number_at(paper, "upvotes"),
        comments=number_at(row, "numComments"),
        github_stars=number_at(paper, "githubStars"),
        code_url=web_link(text_at(paper, "githubRepo")),
        project_url=web_link(text_at(paper, "projectPage")),
        submitter=cut(clean_line(text_at(submitter, "fullname")), 100),
        summary=cut(clean_line(readable(text_at(paper, "ai_summary"))), MAX_SUMMARY),
        keywords=tuple(cut(clean_line(word), 100) for word in keywords),
    )
