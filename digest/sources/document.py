"""What a parser gives back, and where a document came from."""

from dataclasses import dataclass
from datetime import datetime

from digest.errors import SourceError
from digest.models import Paper


@dataclass(frozen=True, slots=True)
class Origin:
    """The source and the address of one document, and when it was read."""

    source: str  # the configured name
    url: str  # relative links start from here
    now: datetime  # no paper is younger

    def error(self, reason: str) -> SourceError:
        """Return the error that says why the document cannot be read."""
        return SourceError(self.source, self.url, reason)


@dataclass(frozen=True, slots=True)
class Document:
    """One document understood."""

    kind: str  # what it was recognised as: "arxiv-rss", "huggingface", "rss20" ...
    papers: tuple[Paper, ...]
    entries: int  # rows seen, whether or not they gave a paper
    reason: str = ""  # why entries are missing at its end, or within; "" for a whole document
    built: datetime | None = None  # when the source says it made the document
    total: int | None = None  # rows in all slices together, where the source says so
    cursor: str = ""  # what fetches the next slice; "": there is none, or it is counted
    ids: tuple[str, ...] = ()  # identities without metadata (an E-utilities search)

    @property
    def whole(self) -> bool:
        """Whether all its entries could be read."""
        return not self.reason
