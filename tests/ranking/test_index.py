"""The index grows day by day and keeps what a rebuild would give."""

import numpy as np
import pytest

from digest.ranking import index as module
from digest.ranking.index import Index
from tests.ranking.papers import make_papers


def test_day_by_day_counts_as_all_at_once() -> None:
    """Three days and one rebuild count the same terms."""
    papers = make_papers(90)
    daily = Index.empty()
    for start in range(0, 90, 30):
        daily = daily.extended(papers[start : start + 30])
    whole = Index.empty().extended(papers)
    assert daily.papers == whole.papers == 90
    assert daily.keys == whole.keys
    np.testing.assert_array_equal(daily.terms, whole.terms)
    np.testing.assert_array_equal(daily.frequency, whole.frequency)


def test_a_paper_counts_once() -> None:
    """Extending twice with the same papers changes nothing."""
    papers = make_papers(20)
    once = Index.empty().extended(papers)
    assert once.extended(papers) is once
    assert Index.empty().extended([*papers, *papers]).papers == 20


def test_bytes_and_back() -> None:
    """What is stored comes back the same."""
    index = Index.empty().extended(make_papers(80))
    again = Index.from_bytes(index.to_bytes())
    assert again.keys == index.keys
    assert (again.papers, again.words, again.basis_papers) == (80, index.words, 80)
    np.testing.assert_array_equal(again.basis.rows, index.basis.rows)
    assert again.to_bytes() == index.to_bytes()


@pytest.mark.parametrize("body", [b"", b"nonsense", b"PK\x03\x04broken"])
def test_a_damaged_body_is_refused(body: bytes) -> None:
    """What cannot be read is a ValueError, never half an index."""
    with pytest.raises(ValueError, match="cannot be read"):
        Index.from_bytes(body)


@pytest.mark.parametrize("name", [b"frequency", b"basis_mean", b"head"])
def test_a_body_without_one_of_its_arrays_is_refused(name: bytes) -> None:
    """A bad byte may hit a name, too, which no checksum of the body covers."""
    body = Index.empty().to_bytes().replace(name, b"x" * len(name))
    with pytest.raises(ValueError, match="cannot be read"):
        Index.from_bytes(body)


def test_a_bad_bit_among_the_flags_is_a_damage() -> None:
    """A body that seems to be encrypted, or compressed in an unknown way, cannot be read."""
    body = Index.empty().to_bytes()
    place = body.index(b"PK\x01\x02") + 8  # flags in the directory of the archive, then the way
    for at, value in ((place, 1), (place + 2, 99)):
        with pytest.raises(ValueError, match="cannot be read"):
            Index.from_bytes(body[:at] + bytes([value]) + body[at + 1 :])


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of another version must be rebuilt."""
    body = Index.empty().to_bytes()
    monkeypatch.setattr(module, "INDEX_VERSION", "next")
    with pytest.raises(ValueError, match="version"):
        Index.from_bytes(body)


def test_the_window_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts stay, only the newest papers' terms are kept."""
    monkeypatch.setattr(module, "WINDOW_PAPERS", 50)
    papers = make_papers(80)
    index = Index.empty().extended(papers[:40]).extended(papers[40:])
    assert index.papers == 80
    assert index.keys == tuple(paper.id for paper in papers[30:])
    assert len(index.bags) == 50
