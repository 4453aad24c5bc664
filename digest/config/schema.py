"""The shape of digest.yaml and the subscribers files: names, defaults and bounds, nothing else.

Reading files, line numbers and environment variables are `digest.config.loading`'s work. A class
whose name ends in `Entry` or `File` is what stands in YAML; the others are what the program gets.
"""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, SecretStr, model_validator

from digest.config.fields import (
    Address,
    AddressOrEmpty,
    ArxivClass,
    BaseURL,
    Block,
    CalendarDate,
    Command,
    Days,
    FileName,
    Host,
    Language,
    Line,
    LocatedPath,
    Mailbox,
    MailboxOrEmpty,
    MailboxPlace,
    PageURL,
    ReadableFile,
    StateURL,
    TimeOfDay,
    TimeZone,
    WebURL,
    at_key,
    is_loopback,
)
from digest.models import Subscriber

Announce = Literal["new", "cross", "replace", "replace-cross"]


class Part(BaseModel):
    """A mapping of the YAML: unknown keys are mistakes, values do not change."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        populate_by_name=True,
        str_strip_whitespace=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        defer_build=True,
    )
    shorthand: ClassVar[str] = ""  # a single text in place of the mapping stands for this key
    never_empty: ClassVar[tuple[str, ...]] = ()  # keys that mean nothing without a value


class Site(Part):
    """Who sends the letters."""

    name: Line = "Morning Papers"  # stands above each letter
    sender: Mailbox = Field(default="Morning Papers <digest@localhost>", alias="from")
    reply_to: MailboxOrEmpty = ""  # where answers go
    operator: AddressOrEmpty = ""  # told when something stays broken; takes the mails of readers
    base_url: BaseURL = ""  # https; one-click unsubscribe and readers' pages: see `pages`
    postal_address: Block = ""  # at the foot of each letter
    help_url: PageURL = ""  # linked at the foot


class Kinds(Part):
    """The kinds of sources, in the order in which they are named; an entry has just one of them."""

    arxiv: tuple[ArxivClass, ...] = ()  # classes: cs.CL
    huggingface: tuple[Literal["daily", "weekly", "monthly", "trending"], ...] = ()  # Daily Papers
    biorxiv: tuple[Line, ...] = ()  # categories: neuroscience
    medrxiv: tuple[Line, ...] = ()  # categories
    pubmed: tuple[Line, ...] = ()  # search words
    crossref: tuple[Line, ...] = ()  # search words
    openalex: tuple[Line, ...] = ()  # search words
    semanticscholar: tuple[Line, ...] = ()  # search words
    feed: WebURL = ""  # RSS, Atom, RDF or JSON Feed
    file: FileName = ""  # a document of any of these formats, or a folder of them


KINDS = tuple(Kinds.model_fields)


class SourceOptions(Part):
    """What an entry of `sources` may say beside its kind."""

    url: WebURL = ""  # another endpoint of the same format (a mirror, a proxy)
    announce: tuple[Announce, ...] = ("new", "cross")  # of arXiv: which announcements count
    key: SecretStr = SecretStr("")  # API key, where the service has one
    limit: Annotated[int, Field(ge=1, le=30_000)] = 2_000  # papers per run


class Source(SourceOptions):
    """One entry of `sources`: `- arxiv: [cs.CL]` becomes kind "arxiv", query ("cs.CL",)."""

    kind: str  # one of KINDS
    query: tuple[str, ...]  # classes, categories, search words, the feed's URL or the path
    name: str  # unique; what the letter and the log call it


class SourceEntry(Kinds, SourceOptions):
    """One entry of `sources` as written: exactly one kind, and its options; a text is a feed."""

    shorthand: ClassVar[str] = "feed"
    never_empty: ClassVar[tuple[str, ...]] = KINDS

    name: Line = ""  # what letters call it
    key_file: ReadableFile | None = None  # read into `key`

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = [kind for kind in KINDS if kind in self.model_fields_set]
        if not kinds:
            raise ValueError(f"a source needs one of {', '.join(KINDS)}")
        if len(kinds) > 1:
            message = f"one entry is one source, not both {kinds[0]} and {kinds[1]}"
            raise at_key(kinds[1], f"{message}; begin a new line with '- {kinds[1]}:'")
        if not getattr(self, kinds[0]):
            raise at_key(kinds[0], f"{kinds[0]}: nothing is asked of this source")
        return self


class Relay(Part):
    """One SMTP relay."""

    host: Host  # name or address
    port: Annotated[int, Field(ge=1, le=65_535)] = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"  # none: loopback only
    username: Line = ""  # for AUTH
    password: SecretStr = SecretStr("")  # better ${VARIABLE} or password_file
    password_file: ReadableFile | None = None  # read into `password`
    ca_file: ReadableFile | None = None  # certificates to trust beside the system's
    insecure: bool = False  # loopback only: certificates are not verified
    weight: Annotated[float, Field(gt=0, le=1_000)] = 1.0  # of several relays, this one's share
    connections: Annotated[int, Field(ge=1, le=100)] = 4  # at once
    messages_per_connection: Annotated[int, Field(ge=1, le=10_000)] = 100  # then a new one is made
    connection_seconds: Annotated[int, Field(ge=1, le=3_600)] = 300  # then a new one is made
    per_second: Annotated[float, Field(gt=0)] | None = None  # None: as fast as the relay takes them
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 60  # for one answer
    local_hostname: Line = ""  # what EHLO says; else this machine's name

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.tls == "none" and not is_loopback(self.host):
            message = "tls: none sends letters and password in clear; only for this machine itself"
            raise at_key("tls", f"{message}, not for {self.host!r}")
        if self.insecure and not is_loopback(self.host):
            raise at_key("insecure", f"insecure: only for this machine itself, not {self.host!r}")
        if self.tls == "starttls" and self.port == 465:
            raise at_key("port", "port: 465 speaks TLS from the first byte; set tls: implicit")
        if self.username and not self.password.get_secret_value():
            raise at_key("username", "username: a password or password_file is missing beside it")
        return self


class Lmtp(Part):
    """A local delivery agent that speaks LMTP (RFC 2033)."""

    socket: LocatedPath | None = None  # a path; else host and port
    host: Host = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 24


class Dkim(Part):
    """A key that signs every letter (RFC 6376, RFC 8463)."""

    domain: Line  # that of `from`
    selector: Line  # the record is <selector>._domainkey.<domain>
    key_file: ReadableFile  # `digest dkim --new FILE` makes one


class Delivery(Part):
    """Where letters go: relays, a local agent, a command, or files in a folder."""

    smtp: tuple[Relay, ...] = ()  # one relay, or several
    lmtp: Lmtp | None = None  # a local delivery agent
    sendmail: Command = ""  # a command such as /usr/sbin/sendmail
    folder: LocatedPath | None = None  # letters as files
    dkim: Dkim | None = None  # signs each letter; most relays do so themselves
    bounce_address: AddressOrEmpty = ""  # b@example.org becomes b+<delivery id>@example.org (VERP)
    bounce_mailbox: MailboxPlace = ""  # a Maildir path or imaps://user@host/INBOX
    bounce_password: SecretStr = SecretStr("")  # for IMAP
    bounce_password_file: ReadableFile | None = None  # read into `bounce_password`
    max_lateness_hours: Annotated[float, Field(gt=0, le=240)] = 20.0  # then a letter is too late
    uncertain: Literal["retry", "hold"] = "retry"  # fate unknown after a crash
    domain_per_second: Annotated[float, Field(gt=0)] | None = None  # to one domain

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [way for way in ("smtp", "lmtp", "sendmail", "folder") if getattr(self, way)]
        if len(ways) > 1:
            message = f"letters go one way, not both by {ways[0]} and by {ways[1]}; delete one"
            raise at_key(ways[1], message)
        return self

    @property
    def max_lateness(self) -> timedelta:
        """How long after its hour a letter may still go out."""
        return timedelta(hours=self.max_lateness_hours)


class Semantic(Part):
    """Sentence embeddings beside the words; the default model is a package of its own."""

    model: Line = ""  # a sentence-transformers folder; "": the packaged MiniLM
    endpoint: WebURL = ""  # an OpenAI-style /v1/embeddings URL
    key: SecretStr = SecretStr("")
    key_file: ReadableFile | None = None  # read into `key`
    weight: Annotated[float, Field(ge=0, le=10)] = 2.0


class SignalWeights(Part):
    """Standard deviations that a strong signal adds at most; 0 switches it off."""

    upvotes: Annotated[float, Field(ge=0, le=5)] = 0.3
    github_stars: Annotated[float, Field(ge=0, le=5)] = 0.1
    authors: Annotated[float, Field(ge=0, le=20)] = 3.0
    categories: Annotated[float, Field(ge=0, le=5)] = 0.3
    freshness: Annotated[float, Field(ge=0, le=5)] = 0.0


class Ranking(Part):
    """How papers are scored and chosen."""

    signals: SignalWeights = Field(default_factory=SignalWeights)
    semantic: Semantic | None = None
    threshold: float = 1.0  # standard deviations above the archive's mean a pick needs
    diversity: Annotated[float, Field(ge=0, le=1)] = 0.1  # 0: the best ones, however alike


class Pages(Part):
    """Where `digest serve` answers what letters link to; a web server with TLS stands before it."""

    host: Host = "127.0.0.1"  # 0.0.0.0: every address of this machine
    port: Annotated[int, Field(ge=1, le=65_535)] = 8300


class Settings(Part):
    """What digest.yaml says and the program takes as it is."""

    site: Site = Field(default_factory=Site)
    state: StateURL = Field("sqlite:///var/digest.db", repr=False)  # database; may hold a password
    delivery: Delivery = Field(default_factory=Delivery)
    ranking: Ranking = Field(default_factory=Ranking)
    templates: LocatedPath | None = None  # looked in before the shipped templates
    keep_days: Annotated[int, Field(ge=7, le=36_500)] = 365  # then letters and papers are forgotten
    operator_after: Annotated[int, Field(ge=1, le=100)] = 3  # broken runs before a mail
    ping_url: WebURL = Field("", repr=False)  # asked at /start, the end and /fail of every run
    metrics_file: LocatedPath | None = None  # for node_exporter's textfile collector; *.prom
    metrics_port: Annotated[int, Field(ge=1, le=65_535)] | None = None  # /metrics of digest serve
    pages: Pages | None = None  # of digest serve
    log: Literal["text", "json"] = "text"  # json: one object per line on stderr

    @model_validator(mode="after")
    def _pages_are_linked_to(self) -> Self:
        if self.pages and not self.site.base_url:
            message = "pages: no letter links to them; set `site: base_url:` to their https address"
            raise at_key("pages", message)
        return self


class Config(Settings):
    """Everything the program was told; built once, handed down as the fields a room needs."""

    path: Path  # the file it was read from; relative paths in it start from its folder
    spool: Path  # this machine's own folder, where the database lies on a server
    sources: tuple[Source, ...]
    subscribers: Sequence[InstanceOf[Subscriber]] = ()

    @property
    def source_names(self) -> frozenset[str]:
        """The names of the sources."""
        return frozenset(source.name for source in self.sources)


class InterestEntry(Part):
    """One interest as written in YAML; a single text is a keyword."""

    shorthand: ClassVar[str] = "keywords"

    name: Line = ""  # the heading in the letter
    keywords: tuple[Line, ...] = ()  # words or phrases; in quotes: only side by side
    about: Block = ""  # free text: what it is about
    like: tuple[Line, ...] = ()  # papers you would have wanted, by id, link or title
    avoid: tuple[Line, ...] = ()  # words or papers that should not come
    authors: tuple[Line, ...] = ()  # people whose papers you follow
    categories: tuple[Line, ...] = ()  # that count for more: cs.CL, all of cs, neuroscience
    weight: Annotated[float, Field(gt=0, le=100)] = 1.0  # share beside other interests
    library: LocatedPath | None = None  # BibTeX, JSON, RIS, PubMed: its papers are liked

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        words = (*self.keywords, *self.like, *self.authors, *self.categories)
        if not any((*words, self.about, self.library)):
            known = "keywords, about, like, authors, categories or library"
            raise ValueError(f"this interest says nothing to look for; give it {known}")
        return self


class Habits(Part):
    """What `defaults`, a group and a subscriber may each say about the letter."""

    papers: Annotated[int, Field(ge=1, le=50)] | None = None  # at most, in one letter; else 10
    send_at: TimeOfDay | None = None  # not before this hour, as 07:30
    timezone: TimeZone | None = None  # as Europe/Berlin; else UTC
    days: Days | None = None  # daily, weekdays, weekends, weekly or names of days
    when_empty: Literal["skip", "send"] | None = None  # send: a short letter
    min_papers: Annotated[int, Field(ge=1, le=50)] | None = None  # with fewer, an empty day
    explore: Annotated[float, Field(ge=0, le=0.5)] | None = None  # share from beyond the topics
    language: Language | None = None  # of the letter's HTML; else en
    paused: bool | None = None  # true: no letters
    paused_until: CalendarDate | None = None  # the day letters begin again
    interests: tuple[InterestEntry, ...] | None = None  # each ranked on its own


class SubscriberEntry(Habits):
    """One subscriber as written in YAML; a single text is the address."""

    shorthand: ClassVar[str] = "email"

    email: Address
    name: Line = ""  # what the letter calls them
    group: Line = ""  # one of `groups`, whose words count before `defaults`


class SubscribersFile(Part):
    """One subscribers file."""

    defaults: Habits = Field(default_factory=Habits)  # for all subscribers of this file
    groups: dict[str, Habits] = Field(default_factory=dict)
    subscribers: tuple[SubscriberEntry, ...] = ()  # who gets letters


class DigestFile(Settings):
    """The file digest.yaml."""

    sources: tuple[SourceEntry, ...]  # where papers come from
    defaults: Habits = Field(default_factory=Habits)  # for all subscribers files
    groups: dict[str, Habits] = Field(default_factory=dict)  # for all subscribers files
    subscribers: tuple[Line, ...] = ("subscribers.yaml",)  # paths and patterns like people/*.yaml
