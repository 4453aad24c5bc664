"""Who sends the letters, and the links and names that follow from it. Pure."""

import re
from dataclasses import dataclass
from email.utils import parseaddr
from functools import lru_cache
from typing import NamedTuple, Self
from urllib.parse import quote

from digest import models
from digest.config.schema import Site
from digest.rendering.identity import LETTER, SETTINGS, UNSUBSCRIBE, make_token
from digest.rendering.plain import clean

CHANGE = "change my interests"  # the subject of a mail
MAX_LIST_ID = 255  # octets (RFC 2919 3)


class Links(NamedTuple):
    """Where the foot of one letter leads; "" where the site has no such page."""

    unsubscribe: str  # https, or mailto where there are no web pages
    settings: str
    browser: str
    unsubscribe_mail: str  # always mailto


@dataclass(frozen=True, slots=True)
class Sender:
    """The sender of all letters of one installation."""

    name: str  # display name, "" when there is only an address
    address: str
    domain: str
    reply_to: tuple[str, str]  # name, address; ("", "") for none
    operator: str  # a person, who takes other wishes
    unsubscribe_to: str  # takes the mails that unsubscribe
    base_url: str  # without a slash at the end; "" without web pages
    help_url: str
    list_id: str
    site: str
    secret: bytes

    @classmethod
    def of(cls, site: Site, *, secret: bytes, unsubscribe_to: str = "") -> Self:
        """Read the sender from the configuration.

        Args:
            unsubscribe_to: takes the mails that unsubscribe; "": the operator does.
        """
        name, address = parseaddr(site.sender)
        local, _, domain = address.rpartition("@")
        label = re.sub(r"[^a-z0-9-]+", "-", local.lower()).strip("-") or "digest"
        return cls(
            name=clean(name) or clean(site.name),
            address=address,
            domain=domain,
            reply_to=parseaddr(site.reply_to),
            operator=site.operator or address,
            unsubscribe_to=unsubscribe_to or site.operator or address,
            base_url=site.base_url.rstrip("/"),
            help_url=site.help_url,
            list_id=f"{label}.{domain}"[-MAX_LIST_ID:],
            site=clean(site.name),
            secret=secret,
        )

    @property
    def feedback_id(self) -> str:
        """The sender in Feedback-ID: of 5 to 15 characters, or Gmail does not count for it."""
        return self.domain.replace(".", "-")[-15:].strip("-").rjust(5, "0")

    @property
    def one_click(self) -> bool:
        """Whether a mail program may unsubscribe by one POST: over https alone (RFC 8058 3.1)."""
        return self.base_url.startswith("https://")

    def links(self, edition: models.Edition) -> Links:
        """Make the links that only this subscriber's letters carry."""
        unsubscribe = self._token(UNSUBSCRIBE, edition.email)
        mail = f"{mailto(self.unsubscribe_to, UNSUBSCRIBE)}%20{unsubscribe}"
        if not self.base_url:
            return Links(mail, self.change_mail, "", mail)
        settings = f"{self.base_url}/s/{self._token(SETTINGS, edition.email)}/{edition.id}"
        letter = self.letter_page(edition.email, edition.id)
        return Links(f"{self.base_url}/u/{unsubscribe}/{edition.id}", settings, letter, mail)

    def letter_page(self, email: str, letter: str) -> str:
        """Return where somebody may read one letter again."""
        return f"{self.base_url}/l/{self._token(LETTER, email)}/{letter}"

    def unsubscribe_page(self, email: str, letter: str) -> str:
        """Return where somebody may unsubscribe, as one of their letters has it."""
        return f"{self.base_url}/u/{self._token(UNSUBSCRIBE, email)}/{letter}"

    @property
    def change_mail(self) -> str:
        """What begins a mail that asks for other papers."""
        return mailto(self.operator, CHANGE)

    def _token(self, purpose: str, email: str) -> str:
        return make_token(purpose, email, secret=self.secret)


@lru_cache(64)
def mailto(address: str, subject: str) -> str:
    """Write a link that begins a mail (RFC 6068)."""
    return f"mailto:{quote(address, safe='@')}?subject={quote(subject)}"
