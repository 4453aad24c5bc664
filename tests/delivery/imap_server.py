"""A loopback IMAP server with one folder: enough of RFC 3501 to search, fetch and flag."""

import re
import socketserver
import threading
import time
from base64 import b64decode
from types import TracebackType


class Handler(socketserver.StreamRequestHandler):
    """One connection."""

    server: "ImapServer"

    def handle(self) -> None:
        """Answer commands until LOGOUT."""
        self.send("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, _, command = line.partition(" ")
            verb = command.upper()
            self.server.commands.append(command)
            if verb.startswith("LOGIN") and self.server.password not in command:
                self.send(f"{tag} NO wrong password")
            elif verb.startswith("AUTHENTICATE PLAIN"):
                self.send("+ ")
                words = b64decode(self.rfile.readline()).decode().split("\0")
                fits = words[2] == self.server.password
                self.send(f"{tag} {'OK done' if fits else 'NO wrong password'}")
            elif verb.startswith("SELECT"):
                self.send(f"* {len(self.server.mails)} EXISTS", f"{tag} OK selected")
            elif verb.startswith("UID SEARCH"):
                first, last = map(int, command.split()[2].split(":"))
                flags = list(enumerate(self.server.flags, 1))[first - 1 : last]
                fresh = [str(number) for number, of_one in flags if not of_one]
                told = self.server.search
                for line in (f"* SEARCH {' '.join(fresh)}",) if told is None else told:
                    time.sleep(self.server.pause)
                    self.send(line)
                self.send(f"{tag} OK done")
            elif verb.startswith("UID FETCH"):
                self.fetch(tag, int(command.split()[2]), command)
            elif verb.startswith("UID STORE") and not self.server.writable:
                self.send(f"{tag} NO [NOPERM] these flags are not yours")
            elif verb.startswith("UID STORE"):
                flag = re.search(r"\((.*)\)", command)
                assert flag is not None
                self.server.flags[int(command.split()[2]) - 1].add(flag[1])
                self.send(f"{tag} OK done")
            elif verb.startswith("CAPABILITY"):
                self.send("* CAPABILITY IMAP4rev1", f"{tag} OK done")
            elif verb.startswith("LOGOUT"):
                self.send("* BYE", f"{tag} OK done")
                return
            else:
                self.send(f"{tag} OK done")

    def fetch(self, tag: str, uid: int, command: str) -> None:
        """Send one mail, or its beginning; nothing of one that is gone (RFC 3501 6.4.8)."""
        if uid > len(self.server.mails):
            self.send(f"{tag} OK done")
            return
        part = re.search(r"<0\.(\d+)>", command)
        content = self.server.mails[uid - 1][: int(part[1]) if part else None]
        self.server.largest = max(self.server.largest, len(content))
        self.send(f"* {uid} FETCH (UID {uid} BODY[] {{{len(content)}}}")
        self.wfile.write(content)
        self.send(")", f"{tag} OK done")

    def send(self, *lines: str) -> None:
        """Send lines."""
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class ImapServer(socketserver.ThreadingTCPServer):
    """The server; a context manager."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(
        self,
        mails: list[bytes],
        password: str,
        *,
        search: tuple[str, ...] | None = None,
        pause: float = 0.0,
        writable: bool = True,
    ) -> None:
        """Listen.

        Args:
            search: what is answered to a search; None: the fresh mails.
            pause: seconds before each line of that.
            writable: whether a mail's flags can be set.
        """
        self.search, self.pause, self.writable = search, pause, writable
        super().__init__(("127.0.0.1", 0), Handler)
        self.mails, self.password = mails, password
        self.commands: list[str] = []
        self.flags: list[set[str]] = [set() for _ in mails]
        self.port = self.server_address[1]
        self.largest = 0  # bytes of a mail that were sent

    def __enter__(self) -> "ImapServer":
        self.thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()
