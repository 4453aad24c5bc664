"""The shape of digest.yaml and the subscribers files: names, defaults and bounds, nothing else.

Reading files, line numbers and environment variables are `digest.config.loading`'s work.
"""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from digest.models import Subscriber


class Part(BaseModel):
    """A mapping of the YAML: unknown keys are mistakes, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Site(Part):
    """Who sends the letters."""

    name: str = "Morning Papers"
    sender: str = Field("Morning Papers <digest@localhost>", alias="from")
    reply_to: str = ""
    operator: str = ""  # told when something stays broken; gets the unsubscribe mails
    base_url: str = ""  # https; turns on one-click unsubscribe and the archive
    postal_address: str = ""
    help_url: str = ""


SourceKind = Literal[
    "arxiv",
    "huggingface",
    "biorxiv",
    "medrxiv",
    "pubmed",
    "crossref",
    "openalex",
    "semanticscholar",
    "feed",
    "file",
]


class Source(Part):
    """One entry of `sources`: `- arxiv: [cs.CL]` becomes kind "arxiv", query ("cs.CL",)."""

    kind: SourceKind
    query: tuple[str, ...]  # classes, categories, search words, the feed's URL or the path
    name: str  # unique; what the letter and the log call it
    url: str = ""  # another endpoint of the same format (a mirror, a proxy)
    announce: tuple[Literal["new", "cross", "replace", "replace-cross"], ...] = ("new", "cross")
    key: SecretStr = SecretStr("")  # API key, where the service has one
    limit: Annotated[int, Field(ge=1, le=30_000)] = 2_000  # papers per run


class Relay(Part):
    """One SMTP relay."""

    host: str
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    username: str = ""
    password: SecretStr = SecretStr("")
    password_file: Path | None = None
    ca_file: Path | None = None
    insecure: bool = False  # loopback only: certificates are not verified
    weight: Annotated[float, Field(gt=0, le=1_000)] = 1.0
    connections: Annotated[int, Field(ge=1, le=100)] = 4
    messages_per_connection: Annotated[int, Field(ge=1, le=10_000)] = 100
    connection_seconds: Annotated[int, Field(ge=1, le=3_600)] = 300
    per_second: Annotated[float, Field(gt=0)] | None = None  # None: as fast as the relay takes them
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 60
    local_hostname: str = ""


class Lmtp(Part):
    """A local delivery agent that speaks LMTP (RFC 2033)."""

    socket: Path | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 24


class Dkim(Part):
    """A key that signs every letter (RFC 6376, RFC 8463)."""

    domain: str
    selector: str
    key_file: Path


class Delivery(Part):
    """Where letters go: relays, a local agent, a command, or files in a folder."""

    smtp: tuple[Relay, ...] = ()
    lmtp: Lmtp | None = None
    sendmail: str = ""
    folder: Path | None = None
    dkim: Dkim | None = None
    bounce_address: str = ""  # b@example.org becomes b+<delivery id>@example.org (VERP)
    bounce_mailbox: str = ""  # a Maildir path or imaps://user@host/INBOX
    bounce_password: SecretStr = SecretStr("")
    max_lateness_hours: Annotated[float, Field(gt=0, le=240)] = 20.0
    uncertain: Literal["retry", "hold"] = "retry"
    domain_per_second: Annotated[float, Field(gt=0)] | None = None


class Semantic(Part):
    """Sentence embeddings beside the words; needs the extra `semantic`."""

    model: str = ""  # a sentence-transformers folder; "": the packaged MiniLM
    endpoint: str = ""  # an OpenAI-style /v1/embeddings URL
    key: SecretStr = SecretStr("")
    weight: Annotated[float, Field(ge=0, le=10)] = 1.5


class SignalWeights(Part):
    """Standard deviations that a strong signal adds at most; 0 switches it off."""

    upvotes: Annotated[float, Field(ge=0, le=5)] = 0.3
    github_stars: Annotated[float, Field(ge=0, le=5)] = 0.1
    authors: Annotated[float, Field(ge=0, le=20)] = 3.0
    categories: Annotated[float, Field(ge=0, le=5)] = 0.3
    freshness: Annotated[float, Field(ge=0, le=5)] = 0.0


class Ranking(Part):
    """How papers are scored and chosen."""

    signals: SignalWeights = SignalWeights()
    semantic: Semantic | None = None
    threshold: float = 1.0  # standard deviations above the archive's mean a pick needs
    diversity: Annotated[float, Field(ge=0, le=1)] = 0.1


class Config(Part):
    """Everything the program was told; built once, handed down as the fields a room needs."""

    path: Path  # the file it was read from; relative paths in it start from its folder
    site: Site = Site()
    state: str = "sqlite:///var/digest.db"
    sources: tuple[Source, ...]
    delivery: Delivery = Delivery()
    ranking: Ranking = Ranking()
    templates: Path | None = None  # looked in before the shipped templates
    keep_days: Annotated[int, Field(ge=7, le=36_500)] = 365
    operator_after: Annotated[int, Field(ge=1, le=100)] = 3  # broken runs before a mail
    subscribers: tuple[Subscriber, ...] = ()


class InterestEntry(Part):
    """One interest as written in YAML."""

    name: str = ""
    keywords: tuple[str, ...] = ()
    about: str = ""
    like: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    weight: Annotated[float, Field(gt=0, le=100)] = 1.0
    library: Path | None = None  # a BibTeX, CSL-JSON or Zotero export whose papers are liked


class Habits(Part):
    """What `defaults`, a group and a subscriber may each say about the letter."""

    papers: Annotated[int, Field(ge=1, le=50)] | None = None
    send_at: str | None = None
    timezone: str | None = None
    days: str | tuple[str, ...] | None = None
    when_empty: Literal["skip", "send"] | None = None
    min_papers: Annotated[int, Field(ge=1, le=50)] | None = None
    explore: Annotated[float, Field(ge=0, le=0.5)] | None = None
    language: str | None = None
    paused_until: date | Literal["resumed"] | None = None
    interests: tuple[InterestEntry, ...] | None = None


class SubscriberEntry(Habits):
    """One subscriber as written in YAML."""

    email: str
    name: str = ""
    group: str = ""


class SubscribersFile(Part):
    """One subscribers file."""

    defaults: Habits = Habits()
    groups: dict[str, Habits] = Field(default_factory=dict)
    subscribers: tuple[SubscriberEntry, ...] = ()
