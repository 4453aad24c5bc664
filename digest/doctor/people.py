"""Looks at who gets letters and from whom. Asks no network."""

from collections.abc import Iterator
from contextlib import closing

from digest.config.schema import Config
from digest.doctor.findings import Finding, bad, good, note
from digest.doctor.tools import Tools
from digest.errors import StateError
from digest.pipeline.printing import unsubscribe_address
from digest.pipeline.profiles import bad_libraries
from digest.state.database import open_database
from digest.state.roll import emails_of
from digest.state.suppression import Suppressions

RESERVED = ("localhost", "example.com", "example.net", "example.org")  # RFC 2606 3, RFC 6761
RESERVED_ENDS = (".test", ".example", ".invalid", ".localhost", ".local")
ONE_CLICK = "`site: base_url:` and `pages:` with `digest serve` take them by one click instead"
NAMED = 5  # addresses in one sentence


def check_people(config: Config, tools: Tools) -> Iterator[Finding]:
    """Yield what is found about sender, operator and subscribers."""
    yield check_sender(config)
    yield check_operator(config)
    yield from check_subscribers(config, tools)


def check_sender(config: Config) -> Finding:
    """Look whether `from` is an address that the world could answer to."""
    domain = sender_domain(config)
    if config.delivery.folder is None and is_reserved(domain):
        return bad(
            "sender",
            f"letters would come from {domain}, which is nobody's",
            "set `site: from:` to an address of your own domain",
        )
    return good("sender", config.site.sender)


def check_operator(config: Config) -> Finding:
    """Look whether somebody hears when something stays broken and takes unsubscriptions."""
    if config.delivery.folder is not None:
        return good("operator", "letters are files; nobody has to unsubscribe")
    if not config.site.operator:
        text = "nobody is told when a source or the relay stays broken"
        return note("operator", text, "set `site: operator:` to an address that somebody reads")
    if not config.site.base_url:
        taker = unsubscribe_address(config.delivery)
        text = f"mails that unsubscribe go to {taker or config.site.operator}"
        if taker:
            return good("operator", f"{config.site.operator}; {text}, which each pass reads")
        return note("operator", text, ONE_CLICK)
    return good("operator", config.site.operator)


def check_subscribers(config: Config, tools: Tools) -> Iterator[Finding]:
    """Look for people who will never get a letter."""
    people = config.subscribers
    if not people:
        yield note("subscribers", "there are none", "`digest subscribers add ADDRESS`")
        return
    awake = [person for person in people if not person.is_paused(tools.now.date())]
    if awake:
        yield good("subscribers", f"{len(people)}; paused: {len(people) - len(awake)}")
    else:
        yield note("subscribers", "all are paused", "`digest subscribers resume NAME`")
    if stopped := suppressed(config, tools):
        text = f"suppressed and without letters: {listed(stopped)}"
        yield note("subscribers", text, "`digest suppress` shows why; take them out of the YAML")
    for text in bad_libraries(people):
        yield note("library", text, "without its file an interest is ranked by its words alone")


def suppressed(config: Config, tools: Tools) -> list[str]:
    """Return the configured addresses that are suppressed."""
    try:
        with closing(open_database(config.state, create=False)) as database:
            emails = list(emails_of(config.subscribers))
            return list(Suppressions(database).active(emails, tools.now))
    except StateError:
        return []  # told by the check of the database


def sender_domain(config: Config) -> str:
    """Return the domain of `from`, in lower case."""
    return config.site.sender.rpartition("@")[2].rstrip("> ").lower()


def is_reserved(domain: str) -> bool:
    """Tell whether a domain can belong to nobody."""
    whole = domain in RESERVED or domain.endswith(tuple(f".{name}" for name in RESERVED))
    return whole or domain.endswith(RESERVED_ENDS)


def listed(addresses: list[str]) -> str:
    """Return a few addresses for a sentence."""
    rest = len(addresses) - NAMED
    return ", ".join(addresses[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
