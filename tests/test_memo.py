"""What is remembered of objects is remembered of these very objects."""

from digest.memo import Memo


def test_each_object_is_looked_at_once() -> None:
    """Equal ones are not the same; one that is held gives nobody else its identity."""
    seen: list[list[int]] = []

    def total(numbers: list[int], more: list[int]) -> int:
        seen.append(numbers)
        return sum(numbers) + sum(more)

    memo, one, two = Memo(100, total), [1], [1]
    assert [memo(one, two), memo(one, two), memo(two, one)] == [2, 2, 2]
    assert len(seen) == 2
    assert all(memo([number], one) == number + 1 for number in range(50))  # the lists die at once
    assert len(seen) == 52


def test_of_many_few_are_held() -> None:
    """At the limit all are forgotten."""
    made: list[str] = []
    memo, names = Memo(2, made.append), ["a", "b", "c"]
    for name in (*names, "c", "b"):
        memo(name)
    assert made == ["a", "b", "c", "b"]
