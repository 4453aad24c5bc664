"""The kinds of value a config field can have: each checks one text and normalises it.

A check raises ValueError with the end of a sentence that begins with the value ("is not a day");
`hidden` where the value must not be shown. A relative path starts from the folder given as
`context={"folder": ...}`; without a context paths stay as they are.
"""

import re
import shlex
from collections.abc import Callable
from contextlib import suppress
from datetime import date, time
from errno import ENAMETOOLONG
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from digest.config.addresses import check_address, check_mailbox
from digest.config.arxiv import check_class
from digest.config.paths import below
from digest.config.problems import did_you_mean
from digest.config.texts import check_block, check_line
from digest.files import url_path

NOT_QUOTED = "!#$%&'()*+,/:;=?@[]~"  # in a URL (RFC 3986 2)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAY_SETS = {
    "daily": frozenset(range(7)),
    "weekdays": frozenset(range(5)),
    "weekends": frozenset((5, 6)),
    "weekly": frozenset((0,)),
}
DAY_OF = {
    **{name: frozenset((number,)) for number, name in enumerate(DAYS)},
    **{name: frozenset((number,)) for number, name in enumerate(DAY_NAMES)},
    **DAY_SETS,
}

TOO_SELDOM = ("monthly", "fortnightly", "biweekly", "yearly")  # no slip of the pen
OFFSET = re.compile(r"(?:UTC|GMT|Z)?[+-]\d{1,2}(?::?\d\d)?", re.IGNORECASE)

TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?")
# user:password@host:port/name?options, as SQLAlchemy reads it
SERVER = re.compile(r"([^:/]*(:[^@]*)?@)?(\[[^/?]+\]|[^/:?]*)(:[0-9]{0,5})?([/?].*)?")
WRONG_PORT = "the database's port is no number; in a password write %40 for @ and %3A for :"
WITH_PORT = re.compile(r"^[^:]*:\d*$|\]:\d*$")
LABELS = re.compile(r"([^.]{1,63}\.)*[^.]{0,63}")  # RFC 1035 2.3.4
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def hidden(message: str) -> PydanticCustomError:
    """Make an error whose value must not be printed, because it may hold a password."""
    return PydanticCustomError("hidden", "{message}", {"message": message})


def at_key(key: str, message: str) -> PydanticCustomError:
    """Make an error of a whole mapping that belongs to one of its keys."""
    return PydanticCustomError("at_key", "{message}", {"message": message, "key": key})


def unless_empty(check: Callable[[str], str]) -> Callable[[str], str]:
    """Make a check that lets "" pass, where that means not given."""
    return lambda text: check(text) if text else text


def check_web_url(text: str) -> str:
    """Accept an http or https URL with a host."""
    check_line(text)
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid or " " in text:
        raise ValueError("is not a web address; it must begin with http:// or https://")
    return text


def check_page_url(text: str) -> str:
    """Accept the URL of a page that the headers of letters name, and write it in ASCII.

    That is what mail asks for, and the wire too (RFC 5322 2.2; RFC 3987 3.1).
    """
    url = check_web_url(text)
    host = urlsplit(url).hostname or ""
    if not host.isascii():
        host_in_ascii = check_address(f"digest@{host}").partition("@")[2]
        url = re.sub(re.escape(host), host_in_ascii, url, count=1, flags=re.IGNORECASE)
    return url if url.isascii() else quote(url, safe=NOT_QUOTED)


def check_base_url(text: str) -> str:
    """Accept the public address of the pages: https, or http on this machine (RFC 8058 3.1)."""
    text = check_page_url(text)
    parts = urlsplit(text)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("must begin with https://, because the unsubscribe button needs it")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("must be a plain address without user, '?' or '#'")
    return text.rstrip("/")


def check_host(text: str) -> str:
    """Accept the name or the address of a host; those of IPv6 have colons, too."""
    if "/" in check_line(text) or WITH_PORT.search(text):
        raise ValueError("is more than the name of a host; its port stands in `port:`")
    if not (text.isascii() and LABELS.fullmatch(text)):
        try:
            text.encode("idna")  # as the system does before it asks; slow to load
        except UnicodeError:
            raise ValueError("is not the name of a host") from None
    return text


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, without asking DNS."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


@lru_cache(maxsize=1024)
def check_timezone(text: str) -> str:
    """Accept a name of the tz database."""
    from zoneinfo import ZoneInfo, available_timezones

    if not text.startswith(("right/", "posix/")):
        with suppress(ValueError, OSError, KeyError):  # a path, a folder of zones, no such zone
            return ZoneInfo(text).key
    zones = available_timezones()
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(zones)}
    city = cities.get(text.replace(" ", "_").title())
    places = (zone for zone in zones if "/" in zone or zone == "UTC")  # EST for CEST helps nobody
    hint = f"; did you mean {city!r}?" if city else did_you_mean(text, places)
    if OFFSET.fullmatch(text):  # it knows no summer time
        hint = "; name a city of it, like Europe/Berlin"
    raise ValueError(f"is not a time zone{hint or '; write one like Europe/Berlin'}")


def parse_time(text: Any) -> time:
    """Read a local time of day, `HH:MM` from 00:00 to 23:59."""
    match = TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('is not a time of day; write hours and minutes like "07:30"')
    return time(int(match[1]), int(match[2]))


def parse_date(text: Any) -> date:
    """Read an ISO date, `YYYY-MM-DD`."""
    if isinstance(text, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        with suppress(ValueError):  # 2027-02-30
            return date.fromisoformat(text)
    raise ValueError("is not a date; write year, month and day like 2027-01-31")


def parse_days(words: Any) -> frozenset[int]:
    """Read day names and the sets daily, weekdays, weekends, weekly; Monday is 0."""
    if not words:
        raise ValueError("names no day")
    return frozenset().union(*(_parse_day(word) for word in words))


def _parse_day(word: Any) -> frozenset[int]:
    days = DAY_OF.get(word.strip().lower()) if isinstance(word, str) else None
    if days is None:
        single = str(word).isalpha() and word not in TOO_SELDOM  # `mon-fri` is more than `mon`
        hint = did_you_mean(str(word), DAY_OF) if single else ""
        choices = hint or "; choose from daily, weekdays, weekends, weekly, mon ... sun"
        raise ValueError(f"{word!r} is not a day{choices}")
    return days


def check_language(text: str) -> str:
    """Accept a language tag in its usual form (RFC 5646)."""
    if not LANGUAGE.fullmatch(text):
        raise ValueError("is not a language tag like en or pt-BR")
    return text


def check_command(text: str) -> str:
    """Accept a command line that a POSIX shell could split into words."""
    try:
        shlex.split(check_line(text))
    except ValueError:
        raise ValueError("is not a command line: a quotation mark is not closed") from None
    return text


def folder_of(info: ValidationInfo) -> Path | None:
    """Return the folder relative paths start from, where one was given."""
    return info.context["folder"] if info.context else None


def locate(path: Path, info: ValidationInfo) -> Path:
    """Make a path absolute, starting from the config file's folder; `~` is the home folder."""
    if "\0" in str(path):
        raise ValueError("holds a NUL character")
    folder = folder_of(info)
    return within_limits(below(folder, path)) if folder else path


def within_limits(path: Path) -> Path:
    """Refuse a path that the system would refuse wherever it is used."""
    try:
        path.lstat()
    except OSError as error:
        if error.errno == ENAMETOOLONG:
            raise ValueError("is too long for the name of a file") from None
    return path


def check_file(text: str, info: ValidationInfo) -> str:
    """Accept a path, as it is written."""
    locate(Path(check_line(text)), info)
    return text


def locate_file(path: Path, info: ValidationInfo) -> Path:
    """Make a path absolute and require a file there that can be read."""
    located = locate(path, info)
    if folder_of(info) is None:
        return located
    try:
        with located.open("rb"):
            return located
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or error} ({located})") from None


def locate_state(text: str, info: ValidationInfo) -> str:
    """Accept a database URL; a relative SQLite file starts from the config file's folder."""
    scheme, separator, rest = check_line(text).partition("://")
    if not separator:
        raise ValueError("is not a database URL; write sqlite:///var/digest.db")
    folder = folder_of(info)
    if scheme == "sqlite":
        if not rest.startswith("/") or rest == "/":
            raise hidden("an SQLite URL has three slashes and a file: sqlite:///var/digest.db")
        return sqlite_below(text, folder) if folder else text
    if scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        if not SERVER.fullmatch(rest):
            raise hidden(WRONG_PORT)
        return f"postgresql+psycopg://{rest}"
    hint = did_you_mean(scheme, ("sqlite", "postgresql"))
    raise hidden(f"{scheme!r} is not a database this program knows (sqlite, postgresql){hint}")


def sqlite_below(url: str, folder: Path) -> str:
    """Make the file of an SQLite URL absolute, starting from a folder."""
    name = url.removeprefix("sqlite:///")
    if name == ":memory:":
        return url
    within_limits(below(folder, name.partition("?")[0]))
    return f"sqlite:///{below(Path(url_path(folder)), name)}"


def locate_mailbox(text: str, info: ValidationInfo) -> str:
    """Accept a Maildir path or `imaps://user@host/INBOX`."""
    if "://" not in text:
        if not text:
            return text
        return str(locate(Path(check_line(text)), info))
    parts = urlsplit(check_line(text))
    if parts.scheme != "imaps" or not parts.hostname:
        raise hidden("the mailbox is not a Maildir path or imaps://user@host/INBOX")
    if parts.password:
        raise hidden("the password does not belong in the URL; use bounce_password_file")
    return text


# JSON Schema for editors. Some read `17:30` as the number 1050, as YAML 1.1 had it.
TIME_SCHEMA = {"type": ["string", "integer"], "pattern": r"^\d{1,2}:\d{2}(:00)?$"}
DATE_SCHEMA = {"type": "string", "format": "date"}
DAYS_SCHEMA = {"type": "array", "items": {"enum": [*DAY_SETS, *DAYS, *DAY_NAMES]}}

Host = Annotated[str, AfterValidator(check_host)]
Line = Annotated[str, AfterValidator(check_line)]
Block = Annotated[str, AfterValidator(check_block)]
Address = Annotated[str, AfterValidator(check_address)]
AddressOrEmpty = Annotated[str, AfterValidator(unless_empty(check_address))]
Mailbox = Annotated[str, AfterValidator(check_mailbox)]
MailboxOrEmpty = Annotated[str, AfterValidator(unless_empty(check_mailbox))]
WebURL = Annotated[str, AfterValidator(unless_empty(check_web_url))]
PageURL = Annotated[str, AfterValidator(unless_empty(check_page_url))]
BaseURL = Annotated[str, AfterValidator(unless_empty(check_base_url))]
TimeZone = Annotated[str, AfterValidator(check_timezone)]
Language = Annotated[str, AfterValidator(check_language)]
Command = Annotated[str, AfterValidator(check_command)]
TimeOfDay = Annotated[time, BeforeValidator(parse_time), WithJsonSchema(TIME_SCHEMA)]
CalendarDate = Annotated[date, BeforeValidator(parse_date), WithJsonSchema(DATE_SCHEMA)]
Days = Annotated[frozenset[int], BeforeValidator(parse_days), WithJsonSchema(DAYS_SCHEMA)]
ArxivClass = Annotated[str, AfterValidator(check_class)]
LocatedPath = Annotated[Path, AfterValidator(locate)]
FileName = Annotated[str, AfterValidator(check_file)]
ReadableFile = Annotated[Path, AfterValidator(locate_file)]
StateURL = Annotated[str, AfterValidator(locate_state)]
MailboxPlace = Annotated[str, AfterValidator(locate_mailbox)]
