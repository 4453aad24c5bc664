"""Reads the mailbox that returned mail arrives in: a Maildir, or a folder over IMAP.

What was understood is marked as read, what was not is flagged and kept; nothing is deleted.
"""

import imaplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import Any, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from digest.config.fields import is_loopback
from digest.errors import DeliveryError

TIMEOUT_SECONDS = 60  # for one answer
READING_SECONDS = 120  # for all of a mailbox; what is left is read the next time
MAX_MESSAGE_BYTES = 300_000  # a report and the letter it returns; parsers are quadratic beyond
SEARCHED_MAILS = 50_000  # at once; imaplib reads no answer of over a million bytes
FLAGS = ":2,"  # what follows it in the name of a Maildir's file


class Mailbox(Protocol):
    """Returned mail that nobody has looked at yet."""

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Yield (key, content)."""

    def mark(self, key: str, *, understood: bool) -> None:
        """Take a mail out of the unread ones."""


@contextmanager
def open_mailbox(place: str, password: str) -> Iterator[Mailbox]:
    """Open the mailbox that the configuration names.

    Args:
        place: a Maildir's path, or `imaps://user@host:993/INBOX`; `imap://` on loopback only.

    Raises:
        DeliveryError: it cannot be opened or read.
    """
    url = urlsplit(place)
    try:
        if url.scheme not in ("imaps", "imap"):
            yield MaildirBox(Path(place))
            return
        with open_imap(url, password) as (client, mails):
            yield ImapBox(client, mails)
    except (OSError, imaplib.IMAP4.error, UnicodeError) as error:
        reason = f"the bounce mailbox cannot be read: {error}; check `bounce_mailbox`"
        raise DeliveryError(hide_user(place), reason) from error


@contextmanager
def open_imap(url: SplitResult, password: str) -> Iterator[tuple[imaplib.IMAP4, int]]:
    """Log in, choose the folder, count its mails; encrypted, but for loopback.

    It is left after two minutes.
    """
    host, user = url.hostname or "", unquote(url.username or "")
    client: imaplib.IMAP4
    if url.scheme == "imaps":
        context = ssl.create_default_context()
        client = imaplib.IMAP4_SSL(
            host, url.port or 993, ssl_context=context, timeout=TIMEOUT_SECONDS
        )
    elif is_loopback(host):
        client = imaplib.IMAP4(host, url.port or 143, timeout=TIMEOUT_SECONDS)
    else:
        raise OSError("imap:// without TLS is for loopback only; use imaps://")
    end = Timer(READING_SECONDS, client.sock.shutdown, (socket.SHUT_RDWR,))
    end.start()
    try:
        if password.isascii():
            client.login(user, password)
        else:  # LOGIN takes no others (RFC 3501 6.2.3); PLAIN has UTF-8 (RFC 4616)
            client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        folder = unquote(url.path.strip("/")) or "INBOX"
        [mails, *_] = must(client.select(f'"{folder}"'))
        yield client, int(mails or 0)
        client.logout()
    except BaseException:
        client.shutdown()  # a farewell might never be answered
        raise
    finally:
        end.cancel()
        end.join()


class ImapBox:
    """One folder over IMAP (RFC 9051; RFC 3501)."""

    def __init__(self, client: imaplib.IMAP4, mails: int) -> None:
        self.client, self.mails = client, mails

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Yield (uid, content) of mails that are neither seen nor flagged."""
        found: list[bytes | None] = []
        for first in range(1, self.mails + 1, SEARCHED_MAILS):
            some = f"{first}:{min(first + SEARCHED_MAILS - 1, self.mails)}"
            found += must(self.client.uid("SEARCH", some, "UNSEEN", "UNFLAGGED"))
        part = f"(BODY.PEEK[]<0.{MAX_MESSAGE_BYTES}>)"
        for uid in b" ".join(filter(None, found)).split():
            parts = must(self.client.uid("FETCH", uid.decode(), part))
            contents = [part[1] for part in parts if isinstance(part, tuple)]
            if contents:
                yield uid.decode(), contents[0][:MAX_MESSAGE_BYTES]

    def mark(self, key: str, *, understood: bool) -> None:
        """Mark a mail as seen, or flag it."""
        flag = "(\\Seen)" if understood else "(\\Flagged)"
        must(self.client.uid("STORE", key, "+FLAGS", flag))


class MaildirBox:
    """One Maildir; a mail's flags stand in its file's name (https://cr.yp.to/proto/maildir.html)."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def unread(self) -> Iterator[tuple[str, bytes]]:
        """Yield (file, content) of mails that are neither seen nor flagged."""
        paths = [path for folder in ("new", "cur") for path in (self.path / folder).iterdir()]
        for path in sorted(paths, key=lambda path: path.name):
            flags = path.name.partition(FLAGS)[2]
            if not path.is_file() or path.name.startswith(".") or set(flags) & {"S", "F"}:
                continue
            with suppress(FileNotFoundError), path.open("rb") as file:  # others read mail here, too
                yield str(path), file.read(MAX_MESSAGE_BYTES)

    def mark(self, key: str, *, understood: bool) -> None:
        """Mark a mail as seen, or flag it; its bytes stay as they came."""
        name, _, flags = Path(key).name.partition(FLAGS)
        marked = "".join(sorted({*flags, "S" if understood else "F"}))
        with suppress(FileNotFoundError):
            Path(key).rename(self.path / "cur" / f"{name}{FLAGS}{marked}")


def must(answer: tuple[str, list[Any]]) -> list[Any]:
    """Return the data of an IMAP answer.

    Raises:
        OSError: the server said NO.
    """
    status, data = answer
    if status != "OK":
        raise OSError(f"IMAP server answered {status} {data!r}")
    return data


def hide_user(place: str) -> str:
    """Return the place without the user's name."""
    return place.split("@")[-1]
