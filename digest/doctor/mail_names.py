"""Looks in the DNS for what receivers look for: SPF, DKIM, DMARC, a place for bounces.

Gmail and Yahoo ask all three of whoever writes to many (https://support.google.com/a/answer/81126).
"""

import re
from collections.abc import Callable, Iterator

from digest.config.schema import Config, Dkim
from digest.doctor.findings import Finding, bad, good, note, skipped
from digest.doctor.people import is_reserved, sender_domain
from digest.doctor.tools import Resolver, Unresolved
from digest.errors import TemplateError
from digest.rendering.dkim import dns_record, load_signer

MAX_LOOKUPS = 10  # RFC 7208 4.6.4
ASKING = re.compile(r"[+?~-]?(include:|a\b|mx\b|ptr\b|exists:)|redirect=", re.IGNORECASE)
REFERENCE = re.compile(r"[+?~-]?(?:include:|redirect=)(\S+)", re.IGNORECASE)
KEY = re.compile(r"\bp=([A-Za-z0-9+/=\s]*)")


def check_mail_names(config: Config, resolver: Resolver) -> Iterator[Finding]:
    """Yield what the DNS says of the domains that letters come from."""
    delivery = config.delivery
    if not delivery.smtp and not delivery.sendmail:
        yield skipped("DNS", "letters do not leave this machine by mail")
        return
    sender = sender_domain(config)
    if is_reserved(sender):
        yield skipped("DNS", f"{sender} is nobody's domain")
        return
    envelope = delivery.bounce_address.rpartition("@")[2].lower() or sender
    checks: tuple[Callable[[], Finding], ...] = (
        lambda: check_spf(resolver, envelope),
        lambda: check_dkim(resolver, delivery.dkim, sender),
        lambda: check_dmarc(resolver, sender),
        lambda: check_mx(resolver, envelope),
    )
    for check in checks:
        try:
            yield check()
        except Unresolved as error:
            yield skipped("DNS", str(error))


def check_spf(resolver: Resolver, domain: str) -> Finding:
    """Look at the policy on who may send in the name of a domain (RFC 7208)."""
    found = [text for text in resolver.txt(domain) if is_spf(text)]
    subject = f"SPF of {domain}"
    if not found:
        advice = f'publish TXT {domain} "v=spf1 include:<your relay\'s domain> -all"'
        return bad(subject, "there is no record", advice)
    if len(found) > 1:
        text = f"there are {len(found)} records, which receivers take as an error (RFC 7208 4.5)"
        return bad(subject, text, "join them into one")
    terms = found[0].split()[1:]
    if any(term.lower() in ("+all", "all") for term in terms):
        return bad(subject, f"lets everybody send: {found[0]}", "end it with -all or ~all")
    if [term.lower() for term in terms] == ["-all"]:
        return bad(subject, f"lets nobody send: {found[0]}", "add your relay: include:<its domain>")
    count = count_lookups(resolver, found[0], frozenset({domain}))
    if count > MAX_LOOKUPS:
        text = f"asks for {count} lookups, of which receivers make {MAX_LOOKUPS} (RFC 7208 4.6.4)"
        return bad(subject, text, "drop `include:` of services you no longer use")
    return good(subject, found[0])


def is_spf(text: str) -> bool:
    """Tell whether a TXT record is an SPF policy (RFC 7208 4.5)."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def count_lookups(resolver: Resolver, policy: str, seen: frozenset[str]) -> int:
    """Return how many DNS questions a policy makes a receiver ask, its includes' included."""
    terms = policy.split()[1:]
    count = sum(bool(ASKING.match(term)) for term in terms)
    for term in terms:
        match = REFERENCE.fullmatch(term)
        if match is None or match[1] in seen or count > MAX_LOOKUPS:
            continue
        for text in filter(is_spf, resolver.txt(match[1])):
            count += count_lookups(resolver, text, seen | {match[1]})
    return count


def check_dkim(resolver: Resolver, dkim: Dkim | None, sender: str) -> Finding:
    """Look whether the DNS has the key that letters are signed with (RFC 6376)."""
    if dkim is None:
        advice = "`digest dkim --new dkim.pem` makes a key, unless your relay signs"
        return note("DKIM", "letters are not signed here", advice)
    subject = f"DKIM of {dkim.domain}"
    try:
        record = dns_record(load_signer(dkim.domain, dkim.selector, dkim.key_file))
    except TemplateError as error:
        return bad(subject, str(error), "`digest dkim --new FILE` makes a key that can be used")
    publish = f"publish TXT {record.name}; `digest dkim` prints it"
    keys = [match[1] for text in resolver.txt(record.name) if (match := KEY.search(text))]
    if not keys:
        return bad(subject, f"there is no record at {record.name}", publish)
    ours = KEY.search(record.value)
    if ours is None or squeezed(ours[1]) not in map(squeezed, keys):
        state = "another key" if any(map(squeezed, keys)) else "a revoked key"
        return bad(subject, f"{record.name} holds {state}, so every signature fails", publish)
    if not same_organisation(sender, dkim.domain.lower()):
        text = f"signs for {dkim.domain} while `from` is at {sender}: no alignment for DMARC"
        return bad(subject, text, f"sign with `domain: {sender}`")
    return good(subject, f"{record.name} holds our key")


def squeezed(text: str) -> str:
    """Return base64 without its white space."""
    return "".join(text.split())


def same_organisation(one: str, other: str) -> bool:
    """Tell whether one domain is the other or lies beneath it (relaxed alignment, RFC 7489 3.1)."""
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def check_dmarc(resolver: Resolver, domain: str) -> Finding:
    """Look at what the domain asks receivers to do with letters that fail (RFC 7489)."""
    subject = f"DMARC of {domain}"
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        name = f"_dmarc.{'.'.join(labels[start:])}"
        found = [text for text in resolver.txt(name) if text.lower().startswith("v=dmarc1")]
        if len(found) > 1:
            return bad(subject, f"{name} holds {len(found)} records: none counts", "keep one")
        if found and not re.search(r";\s*p=(none|quarantine|reject)\b", found[0], re.IGNORECASE):
            return bad(subject, f"{name} has no policy: {found[0]}", "add p=none or p=quarantine")
        if found:
            return good(subject, found[0])
    advice = f'publish TXT _dmarc.{domain} "v=DMARC1; p=none; rua=mailto:<your address>"'
    return bad(subject, "there is no record", advice)


def check_mx(resolver: Resolver, domain: str) -> Finding:
    """Look whether bounces have somewhere to go (RFC 5321 5.1; RFC 7505)."""
    subject = f"bounces to {domain}"
    hosts = resolver.mx(domain)
    advice = f"publish an MX record for {domain}, or set `bounce_address` to a domain with one"
    if hosts == ["."]:
        return bad(subject, "the domain takes no mail (null MX)", advice)
    if hosts:
        lost = [host for host in hosts if not resolver.addresses(host)]
        if len(lost) == len(hosts):
            return bad(subject, f"{', '.join(lost)} has no address", advice)
        return good(subject, f"go to {hosts[0].rstrip('.')}")
    if resolver.addresses(domain):
        return note(subject, "there is no MX record, only an address", advice)
    return bad(subject, "nobody takes mail for it, so bounces are lost", advice)
