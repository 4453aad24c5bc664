"""A loopback SMTP or LMTP server that records what it accepts and fails as a script tells it.

```python
with FaultServer([Rule("rcpt", Say(550, "5.1.1 nobody here"), about="bob@")]) as server:
    ...                      # server.port
assert [m.recipient for m in server.messages] == ["ada@example.org"]
```
It runs in a thread of its own; `start` and `stop` are plain calls.
"""

import asyncio
import base64
import contextlib
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.delivery.faults import Accept, Drip, Drop, Late, Raw, Rule, Say


@dataclass(frozen=True)
class Message:
    """One message that the server took, whether or not it could say so."""

    sender: str
    recipient: str
    content: bytes = field(repr=False)  # dots unstuffed
    acknowledged: bool = True


class FaultServer:
    """The server; a context manager.

    Attributes:
        messages: every message taken, in order.
        commands: every command line received, over all connections.
        connections: how many were opened; `most_open`: how many at once.
    """

    def __init__(
        self,
        rules: Sequence[Rule] = (),
        *,
        pipelining: bool = True,
        extensions: Sequence[str] = ("8BITMIME", "SMTPUTF8"),
        tls: str = "none",  # starttls, implicit
        certificate: tuple[Path, Path] | None = None,  # certificate and key, PEM
        login: tuple[str, str] | None = None,
        lmtp: bool = False,
        socket_path: Path | None = None,
        port: int = 0,
        keep_content: bool = True,
    ) -> None:
        self.rules = list(rules)
        self.pipelining, self.extensions, self.tls = pipelining, list(extensions), tls
        self.certificate, self.login, self.lmtp = certificate, login, lmtp
        self.socket_path, self.port, self.keep_content = socket_path, port, keep_content
        self.messages: list[Message] = []
        self.commands: list[str] = []
        self.connections = self.open = self.most_open = 0
        self.errors: list[BaseException] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    def __enter__(self) -> "FaultServer":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        if error is None and self.errors:
            raise self.errors[0]

    def start(self) -> None:
        """Listen on a free loopback port, or on the socket."""
        self._thread.start()
        assert self._ready.wait(10), "the fault server did not start"

    def stop(self) -> None:
        """Close every connection and end the thread."""
        if self._loop is not None and self._stopping is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    @property
    def recipients(self) -> list[str]:
        """The recipient of each message, in order."""
        return [message.recipient for message in self.messages]

    def tls_context(self) -> ssl.SSLContext:
        """Return the server's side of TLS."""
        assert self.certificate is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate)
        return context

    def _main(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._loop.set_exception_handler(lambda _loop, _context: None)
        sessions: set[asyncio.Task[None]] = set()

        async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            sessions.add(task)
            try:
                await Session(self, reader, writer).run()
            except asyncio.CancelledError:
                pass
            finally:
                sessions.discard(task)

        context = self.tls_context() if self.tls == "implicit" else None
        if self.socket_path is not None:
            server: asyncio.Server = await asyncio.start_unix_server(session, self.socket_path)
        else:
            server = await asyncio.start_server(
                session, "127.0.0.1", self.port, ssl=context, backlog=512
            )
            self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for task in list(sessions):
            task.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)


class Dropped(Exception):
    """The script closed the connection."""


class Session:
    """One connection."""

    def __init__(
        self, server: FaultServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.sender: str | None = None
        self.recipient: str | None = None
        self.encrypted = server.tls == "implicit"
        self.trusted = server.login is None

    async def run(self) -> None:
        """Serve until the client quits or the script drops it."""
        server = self.server
        server.connections += 1
        server.open += 1
        server.most_open = max(server.most_open, server.open)
        try:
            await self.answer("connect", "", 220, "fault.example ESMTP")
            while line := await self.reader.readline():
                words = line.decode("utf-8", "replace").strip()
                server.commands.append(words)
                if not await self.obey(words):
                    break
        except (Dropped, ConnectionError, ssl.SSLError, TimeoutError, ValueError):
            pass
        except Exception as error:  # noqa: BLE001 - the test that stops the server sees it
            server.errors.append(error)
        finally:
            server.open -= 1
            self.writer.close()
            with contextlib.suppress(Exception):
                await self.writer.wait_closed()

    async def obey(self, words: str) -> bool:
        """Answer one command; False after QUIT."""
        verb = words.partition(" ")[0].upper()
        greeting = "LHLO" if self.server.lmtp else "EHLO"
        if verb in (greeting, "HELO"):
            await self.greet(words)
        elif verb == "STARTTLS" and self.server.tls == "starttls":
            await self.start_tls(words)
        elif verb == "AUTH":
            await self.authenticate(words)
        elif verb == "MAIL":
            await self.mail(words)
        elif verb == "RCPT":
            await self.rcpt(words)
        elif verb == "DATA":
            await self.data(words)
        elif verb in ("RSET", "NOOP"):
            self.sender = self.recipient = None
            await self.answer("rset", words, 250, "2.0.0 ok")
        elif verb == "QUIT":
            await self.answer("quit", words, 221, "2.0.0 bye")
            return False
        else:
            await self.say(500, f"5.5.1 unknown command {verb}")
        return True

    async def greet(self, words: str) -> None:
        server = self.server
        offers = ["fault.example", *server.extensions]
        offers += ["PIPELINING"] if server.pipelining else []
        offers += ["STARTTLS"] if server.tls == "starttls" and not self.encrypted else []
        offers += ["AUTH PLAIN LOGIN"] if server.login else []
        if words[:4].upper() == "HELO":
            offers = offers[:1]
        await self.answer("ehlo", words, 250, "\n".join(offers))

    async def start_tls(self, words: str) -> None:
        await self.answer("starttls", words, 220, "2.0.0 go ahead")
        if self.rule("handshake", "") is not None:
            raise Dropped
        await self.writer.start_tls(self.server.tls_context())
        self.encrypted = True

    async def authenticate(self, words: str) -> None:
        method, _, first = words[5:].partition(" ")
        if method.upper() == "LOGIN":
            name = base64.b64decode(first).decode()
            await self.say(334, "UGFzc3dvcmQ6")
            given = (name, base64.b64decode(await self.reader.readline()).decode())
        else:
            _, name, password = base64.b64decode(first).decode().split("\0")
            given = (name, password)
        self.trusted = given == self.server.login
        code, text = (235, "2.7.0 welcome") if self.trusted else (535, "5.7.8 wrong password")
        await self.answer("auth", words, code, text)

    async def mail(self, words: str) -> None:
        if not self.trusted:
            await self.say(530, "5.7.0 authentication required")
        elif self.sender is not None:
            await self.answer("mail", words, 503, "5.5.1 nested MAIL")
        elif await self.answer("mail", words, 250, "2.1.0 ok"):
            self.sender = words.partition("<")[2].partition(">")[0]

    async def rcpt(self, words: str) -> None:
        if self.sender is None:
            await self.say(503, "5.5.1 need MAIL first")
        elif await self.answer("rcpt", words, 250, "2.1.5 ok"):
            self.recipient = words.partition("<")[2].partition(">")[0]

    async def data(self, words: str) -> None:
        about = self.recipient or ""
        if self.recipient is None and self.rule("data", about) is None:
            await self.say(503 if self.sender is None else 554, "5.5.1 no valid recipients")
            return
        if not await self.answer("data", about, 354, "go on"):
            return
        content = await self.read_content(about)
        if not self.recipient:
            await self.say(554, "5.5.1 no valid recipients")
        elif self.rule("dot", about, Accept) is not None:
            self.take(content, acknowledged=False)
            raise Dropped
        elif await self.answer("dot", about, 250, "2.0.0 taken", before=content):
            pass
        self.sender = self.recipient = None

    async def read_content(self, about: str) -> bytes:
        lines: list[bytes] = []
        while (line := await self.reader.readline()) != b".\r\n":
            if not line:
                raise Dropped
            lines.append(line[1:] if line.startswith(b".") else line)
            if len(lines) == 1 and (rule := self.rule("content", about)) is not None:
                await self.perform(rule, 250, "")
        return b"".join(lines)

    def take(self, content: bytes, *, acknowledged: bool = True) -> None:
        kept = content if self.server.keep_content else b""
        message = Message(self.sender or "", self.recipient or "", kept, acknowledged)
        self.server.messages.append(message)

    def rule(self, step: str, words: str, kind: type | None = None) -> Rule | None:
        """Return the first rule that applies."""
        for rule in self.server.rules:
            if rule.step != step or (isinstance(rule.action, Accept) != (kind is Accept)):
                continue
            if rule.fits(step, words):
                return rule
        return None

    async def answer(
        self, step: str, words: str, code: int, text: str, before: bytes | None = None
    ) -> bool:
        """Answer as usual or as the script says; True where the usual answer was given.

        Args:
            before: content to be recorded before a usual answer to the final dot leaves.
        """
        rule = self.rule(step, words)
        usual = rule is None or isinstance(rule.action, (Late, Drip))
        if usual and before is not None:
            self.take(before)
        if rule is None:
            await self.say(code, text)
        else:
            await self.perform(rule, code, text)
        return usual and code < 400

    async def perform(self, rule: Rule, code: int, text: str) -> None:
        match rule.action:
            case Say(code=other, text=words, close=close):
                await self.say(other, words)
                if close:
                    raise Dropped
            case Drop(reset=reset):
                if reset:
                    self.writer.transport.abort()
                raise Dropped
            case Late(seconds=seconds):
                await asyncio.sleep(seconds)
                await self.say(code, text)
            case Drip(seconds=seconds):
                for byte in reply_bytes(code, text):
                    self.writer.write(bytes([byte]))
                    await self.writer.drain()
                    await asyncio.sleep(seconds)
            case Raw(data=data, close=close):
                self.writer.write(data)
                await self.writer.drain()
                if close:
                    raise Dropped

    async def say(self, code: int, text: str) -> None:
        self.writer.write(reply_bytes(code, text))
        await self.writer.drain()


def reply_bytes(code: int, text: str) -> bytes:
    """Return a reply on the wire; lines of the text become lines of the reply."""
    *first, last = text.split("\n")
    return "".join([*(f"{code}-{line}\r\n" for line in first), f"{code} {last}\r\n"]).encode()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for localhost that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = (folder / "cert.pem", folder / "key.pem")
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths
