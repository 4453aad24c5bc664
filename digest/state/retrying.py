"""Says when a letter is tried again: arithmetic only, no clock and no disk."""

from hashlib import blake2b

RETRY_SECONDS = (900, 1_800, 3_600, 7_200, 14_400)  # 15 min, 30 min, 1 h, 2 h, then every 4 h
JITTER = 0.1  # of the wait, to both sides
UNCERTAIN_SECONDS = 900  # before the one repetition of a letter whose fate is unknown
SANE_WAIT_SECONDS = 86_400.0  # a next try further off was written by a clock that was wrong


def next_try(letter_id: str, attempts: int, now: float) -> float:
    """Return when a deferred letter is tried again, in Unix seconds.

    The wait doubles up to four hours (RFC 5321 4.5.4.1 asks for at least 30 minutes on average,
    and for a few quick tries first). The jitter hangs on the letter, so that it can be replayed.

    Args:
        attempts: how often it was tried, this time included; at least 1.
    """
    wait = RETRY_SECONDS[min(max(attempts, 1), len(RETRY_SECONDS)) - 1]
    digest = blake2b(f"{letter_id}:{attempts}".encode(), digest_size=4).digest()
    spread = int.from_bytes(digest, "big") / 0xFFFF_FFFF * 2 - 1
    return now + wait * (1 + JITTER * spread)
