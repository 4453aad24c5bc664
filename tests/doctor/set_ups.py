"""A sound installation for the doctor to look at, and the ways to plant a fault in it."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digest.config import load_config
from digest.doctor.examining import examine
from digest.doctor.findings import Finding, Health
from digest.doctor.tools import Resolver, Tools, Unresolved
from digest.rendering.dkim import dns_record, load_signer, make_key
from digest.state.database import open_database
from tests.delivery.fault_server import FaultServer
from tests.scene import PEOPLE, Scene

DOMAIN = "papers.net"
GIGABYTE = 1_000_000_000
GOOD_EXTENSIONS = ("SIZE 50000000", "8BITMIME")


@dataclass
class Names(Resolver):
    """A DNS of one's own; a name of `silent` is not answered for."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    exchanges: dict[str, list[str]] = field(default_factory=dict)
    hosts: dict[str, list[str]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)

    def txt(self, name: str) -> list[str]:
        """Return the TXT records of a name."""
        if name in self.silent:
            raise Unresolved(f"the DNS does not answer for {name}")
        return self.texts.get(name, [])

    def mx(self, name: str) -> list[str]:
        """Return the hosts that take a domain's mail."""
        return self.exchanges.get(name, [])

    def addresses(self, name: str) -> list[str]:
        """Return the addresses of a host."""
        return self.hosts.get(name.rstrip("."), [])


@dataclass
class SetUp:
    """An installation with everything as it should be, until a test changes something."""

    scene: Scene
    names: Names
    key: Path
    tools: Tools
    relay: str = ""  # further keys of the relay's mapping
    delivery: str = ""  # further lines under `delivery:`
    site: dict[str, str] = field(default_factory=dict)
    people: str = PEOPLE

    def write(self) -> None:
        """Write the two files."""
        port = self.scene.smtp.port
        smtp = f"smtp: {{host: localhost, port: {port}, timeout_seconds: 5"
        smtp += f", {self.relay or 'tls: none'}}}"
        dkim = f"dkim: {{domain: {DOMAIN}, selector: one, key_file: {self.key}}}"
        self.scene.delivery = f"delivery:\n  {smtp}\n  {dkim}\n{self.delivery}"
        site = {"from": f"Morning Papers <digest@{DOMAIN}>", "operator": f"ops@{DOMAIN}"}
        self.scene.write(self.people, **self.site)
        text = self.scene.config.read_text("utf-8")
        lines = [line for line in text.splitlines() if not line.startswith("  from:")]
        where = lines.index("site:") + 1
        lines[where:where] = [f"  {key}: {value}" for key, value in site.items()]
        self.scene.config.write_text("\n".join(lines) + "\n", "utf-8")

    def examine(self, **tools: Any) -> list[Finding]:
        """Write the files and let the doctor look."""
        self.write()
        config = load_config(self.scene.config, {})
        return list(examine(config, replace(self.tools, **tools)))

    def troubles(self, **tools: Any) -> list[Finding]:
        """Return what was found to be bad; each says how to mend it."""
        found = [one for one in self.examine(**tools) if one.health is Health.BAD]
        assert all(one.mend for one in found)
        return found

    @property
    def state(self) -> str:
        """The URL of the database."""
        return f"sqlite:///{self.scene.folder}/var/digest.db"


def sound_set_up(scene: Scene) -> SetUp:
    """Return an installation in which nothing is wrong."""
    key = scene.folder / "dkim.pem"
    key.touch(0o600)
    key.write_bytes(make_key("ed25519"))
    record = dns_record(load_signer(DOMAIN, "one", key))
    names = Names(
        texts={
            DOMAIN: ["v=spf1 include:_spf.relay.net -all", "something else"],
            "_spf.relay.net": ["v=spf1 ip4:192.0.2.0/24 -all"],
            f"_dmarc.{DOMAIN}": [f"v=DMARC1; p=none; rua=mailto:ops@{DOMAIN}"],
            record.name: [record.value],
        },
        exchanges={DOMAIN: [f"mx.{DOMAIN}."]},
        hosts={f"mx.{DOMAIN}": ["192.0.2.25"]},
    )
    tools = Tools(
        datetime.now(UTC), names, lambda _folder: 50 * GIGABYTE, sleep=lambda _seconds: None
    )
    found = SetUp(scene, names, key, tools)
    found.write()
    open_database(found.state).close()
    (scene.folder / "var" / "digest.db").chmod(0o600)
    return found


def relay_server(stack: ExitStack, extensions: Sequence[str] = GOOD_EXTENSIONS, **how: Any) -> Any:
    """Run a relay until the test ends."""
    return stack.enter_context(FaultServer(extensions=extensions, **how))
