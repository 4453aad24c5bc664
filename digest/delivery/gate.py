"""Knows, per receiving domain, how fast letters may go and whether they may go at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.delivery.pacing import Bucket, open_bucket
from digest.delivery.replies import Action, Fault, Verdict

BREAKER_SECONDS = (900.0, 3_600.0, 14_400.0)  # closed for 15 min, then 1 h, then 4 h
KEPT_DOMAINS = 2_000
REFUSALS = 3  # policy refusals in a row that close a domain which took letters in this run


@dataclass(slots=True)
class Domain:
    """One receiving domain."""

    bucket: Bucket
    refusals: int = 0  # by policy, in a row
    accepted: bool = False  # in this run
    closures: int = 0  # in a row, without a letter accepted in between
    closed_until: float = 0.0  # Unix seconds
    next_slot: float = 0.0  # Unix seconds; when the next letter held back may go
    changed: bool = False


@dataclass(slots=True)
class Gate:
    """All receiving domains of a run; times are Unix seconds.

    Args:
        ceiling: letters per second and domain; None: no limit.
        remembered: domain -> what `memory` returned at the end of an earlier run.
    """

    ceiling: float | None
    remembered: Mapping[str, Mapping[str, float]]
    domains: dict[str, Domain] = field(default_factory=dict)
    crowded: int = KEPT_DOMAINS  # at so many the uneventful ones are forgotten

    def domain(self, name: str, now: float) -> Domain:
        """Return what is known of a domain."""
        known = self.domains.get(name)
        if known is None:
            memory = self.remembered.get(name, {})
            bucket = open_bucket(self.ceiling, memory.get("rate"), now - memory.get("at", now))
            closures, until = int(memory.get("closures", 0)), memory.get("closed_until", 0.0)
            sane = until < now + 2 * BREAKER_SECONDS[-1]  # else by a clock that was wrong
            known = Domain(bucket, closures=closures, closed_until=until if sane else 0.0)
            self._make_room(now)
            self.domains[name] = known
        return known

    def _make_room(self, now: float) -> None:
        """Forget domains about which there is nothing to know, when there are many."""
        if len(self.domains) < self.crowded:
            return
        self.domains = {
            name: domain
            for name, domain in self.domains.items()
            if domain.changed or domain.refusals or domain.bucket.wait(now) > 0
        }
        self.crowded = KEPT_DOMAINS + 2 * len(self.domains)

    def closed(self, name: str, now: float) -> float:
        """Return when a closed domain may be tried again; 0: it is open."""
        until = self.domain(name, now).closed_until
        return until if until > now else 0.0

    def slot(self, name: str, now: float) -> float:
        """Take the right to send one letter now (0), or say when its turn will be."""
        domain = self.domain(name, now)
        if domain.bucket.take(now) or domain.bucket.rate is None:
            return 0.0
        start = max(domain.next_slot, now) if domain.next_slot < now + 86_400 else now
        domain.next_slot = start + 1 / domain.bucket.rate
        return domain.next_slot

    def hear(self, name: str, verdict: Verdict, now: float) -> bool:
        """Learn from what became of a letter; True: the domain has closed for it."""
        domain = self.domain(name, now)
        if verdict.action is Action.ACCEPT:
            domain.accepted = True
            domain.changed = domain.changed or domain.closures > 0
            domain.refusals = domain.closures = 0
        elif verdict.slow_down:
            domain.bucket.slow_down(now)
            domain.changed = True
        elif verdict.fault is Fault.POLICY and domain.closed_until <= now:
            domain.refusals += 1  # what was on its way when it closed says nothing new
            if not domain.accepted or domain.refusals >= REFUSALS:
                self._close(domain, now)
                return True
        return False

    def _close(self, domain: Domain, now: float) -> None:
        wait = BREAKER_SECONDS[min(domain.closures, len(BREAKER_SECONDS) - 1)]
        domain.closed_until = now + wait
        domain.closures += 1
        domain.refusals = 0
        domain.changed = True

    def memory(self, now: float) -> dict[str, dict[str, float]]:
        """Return what a later run should know, of the domains where something changed."""
        kept = {}
        for name, domain in self.domains.items():
            if domain.changed:
                facts = {"at": now, "closures": float(domain.closures)}
                facts["closed_until"] = domain.closed_until
                if domain.bucket.rate is not None and domain.bucket.rate != self.ceiling:
                    facts["rate"] = domain.bucket.rate
                kept[name] = facts
        return kept
