"""The tables. Times are Unix seconds (UTC, float); JSON is compact UTF-8 text; nothing is a blob
but vectors.

A change here needs a migration in `digest/state/migrations/` beside it.
"""

from sqlalchemy import (
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

# Facts about the installation: the HMAC secret, the last collection, ...
facts = Table(
    "facts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

papers = Table(
    "papers",
    metadata,
    Column("key", Integer, primary_key=True),  # grows; the order of arrival
    Column("id", Text, nullable=False, unique=True),  # the strongest identity
    Column("body", Text, nullable=False),  # models.Paper as JSON
    Column("first_seen", Float, nullable=False),
    Column("listed", Integer, nullable=False),  # 1: a candidate for letters, 0: archive only
    Index("papers_first_seen", "first_seen"),
)

# Every identity that was ever told of a paper, also of papers since merged into another.
identities = Table(
    "identities",
    metadata,
    Column("id", Text, primary_key=True),
    Column("paper", Integer, ForeignKey("papers.key", ondelete="CASCADE"), nullable=False),
    Index("identities_paper", "paper"),
)

# What ranking keeps of the archive from day to day (term statistics, vectors), by name.
vectors = Table(
    "vectors",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

sources = Table(
    "sources",
    metadata,
    Column("name", Text, primary_key=True),
    Column("memory", Text, nullable=False),  # JSON: validators, ids of the last batch
    Column("last_success", Float),
    Column("failures", Integer, nullable=False, default=0),  # failed runs in a row
    Column("told", Float),  # when the operator was told of the present breakage
)

source_runs = Table(
    "source_runs",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("state", Text, nullable=False),
    Column("papers", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Index("source_runs_name_at", "name", "at"),
)

# One clock per host, kept across processes: when the next request may start.
hosts = Table(
    "hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("next_request", Float, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("started", Float, nullable=False),
    Column("ended", Float),
    Column("exit_code", Integer),
    Column("summary", Text, nullable=False, default=""),  # JSON: counts by outcome; "reason"
)

# Papers as they stood when a letter was frozen, and what several letters tell in the same words;
# content-addressed, shared by all letters.
snapshots = Table(
    "snapshots",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("used", Float, nullable=False, default=0.0),  # when a letter last needed it
)

# The outbox: one row per (edition, subscriber).
letters = Table(
    "letters",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),  # delivery id
    Column("date", Text, nullable=False),  # subscriber-local, YYYY-MM-DD
    Column("slot", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("made_at", Float, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("code", Integer, nullable=False, default=0),
    Column("text", Text, nullable=False, default=""),
    Column("updated", Float, nullable=False),
    Column("next_try", Float),  # deferred, uncertain
    Column("lease", Text),  # who claimed it
    Column("lease_until", Float),
    Column("deadline", Float, nullable=False, default=0.0),  # later than this it is too late
    UniqueConstraint("date", "slot", "email", name="one_letter_per_edition"),
    Index("letters_outcome_next", "outcome", "next_try"),
    Index("letters_email_date", "email", "date"),
)

# What each letter is made of. Apart from its row: that one is written anew at every step of a
# letter's way, and SQLite writes a whole row even where one column changes.
bodies = Table(
    "bodies",
    metadata,
    Column("letter", Integer, ForeignKey("letters.key", ondelete="CASCADE"), primary_key=True),
    Column("body", Text, nullable=False),  # models.Edition as JSON, see state.freezing
)

# Every attempt's reply, but that of the one which sent a letter: it stands in the letter's row.
attempts = Table(
    "attempts",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("letter", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("code", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Index("attempts_letter", "letter"),
)

# Which papers a subscriber was already sent, a row for each letter.
told = Table(
    "told",
    metadata,
    Column("email", Text, primary_key=True),
    Column("date", Text, primary_key=True),  # not before the day on which its papers came
    Column("letter", Text, primary_key=True),
    Column("papers", Text, nullable=False),  # identities, as JSON: a merge cannot repeat one
    sqlite_with_rowid=False,
)

# What came back by mail: bounces and complaints, counted before anybody is suppressed.
bounces = Table(
    "bounces",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("email", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("kind", Text, nullable=False),  # hard, soft, complaint; "soft, settled"
    Column("letter", Text, nullable=False, default=""),  # delivery id, where it was found
    Column("detail", Text, nullable=False, default=""),
    Index("bounces_email_at", "email", "at"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("email", Text, primary_key=True),
    Column("reason", Text, nullable=False),  # unsubscribed, hard bounce, complaint, operator ...
    Column("detail", Text, nullable=False, default=""),
    Column("at", Float, nullable=False),
    Column("until", Float),  # None: for good
)

# Token buckets and health of relays and receiving domains, kept across restarts.
throttles = Table(
    "throttles",
    metadata,
    Column("name", Text, primary_key=True),  # relay:host:port or domain:example.org
    Column("body", Text, nullable=False),
)

# Who lives here rather than in the YAML, which wins where an address stands in both.
subscribers = Table(
    "subscribers",
    metadata,
    Column("email", Text, primary_key=True),
    Column("body", Text, nullable=False),  # models.Subscriber as JSON
    Column("updated", Float, nullable=False),
)
