"""What templates may say of dates, counts and lists, in English. Pure.

Others count in words, too, as what is done after each run: nothing slow is loaded here.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

# strftime would speak the language of whoever started the program.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six",
    "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
PLURALS = {"is": "are", "it": "them"}


def long_day(day: date) -> str:
    """Say a day in full: Monday, 23 November 2026."""
    return f"{WEEKDAYS[day.weekday()]}, {full_day(day)}"


def full_day(day: date) -> str:
    """Say a day without its weekday: 23 November 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def short_day(day: date) -> str:
    """Say a day of this year: 23 November."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def number(count: int) -> str:
    """Say a count: in words up to twelve, as 1,234 beyond."""
    return NUMBERS[count] if 0 <= count < len(NUMBERS) else f"{count:,}"


def plural(word: str, count: int) -> str:
    """Choose singular or plural: ("paper", 2) gives papers."""
    return word if count == 1 else PLURALS.get(word, word + "s")


def capital(text: str) -> str:
    """Begin with a capital letter, and leave the others as they are."""
    return text[:1].upper() + text[1:]


def opening(word: str, name: str) -> str:
    """Begin a sentence, unless a name already did."""
    return word if name else capital(word)


def unbroken(text: str) -> str:
    """Keep a few words on one line."""
    return text.replace(" ", "\xa0")


def listed(items: Sequence[object]) -> str:
    """Join as in speech: a, b and c."""
    if len(items) < 2:
        return "".join(map(str, items))
    *most, last = map(str, items)
    return f"{', '.join(most)} and {last}"


FILTERS: dict[str, Callable[..., Any]] = {
    "capital": capital,
    "day": long_day,
    "listed": listed,
    "number": number,
    "opening": opening,
    "plural": plural,
    "shortday": short_day,
    "unbroken": unbroken,
}
