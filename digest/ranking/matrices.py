"""SciPy's sparse matrices, loaded without what they do not need.

SciPy copies every name that numpy lists, and numpy loads what stands behind a name when it is
copied: its test tools, its translator of Fortran. That is a quarter of what SciPy takes to load. So
numpy lists none but what is loaded already, for that moment.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from digest.ranking.arrays import Array, Places

LISTS = ("__all__", "__dir__")  # a module's own answers to what is in it


@contextmanager
def only_what_is_loaded() -> Iterator[None]:
    """Let numpy list but the names that it has already."""
    numpy = vars(np)
    own = {name: numpy[name] for name in LISTS if name in numpy}
    loaded = list(numpy)
    numpy.update(__all__=[one for one in np.__all__ if one in numpy], __dir__=lambda: loaded)
    try:
        yield
    finally:
        for name in LISTS:
            del numpy[name]
        numpy.update(own)


with only_what_is_loaded():
    from scipy import sparse

__all__ = ["cells_of", "sparse"]


def cells_of(rows: sparse.csr_array, row: int) -> tuple[Places, Array]:
    """Return the columns that one row of a matrix holds, in its order, and its values there."""
    span = slice(rows.indptr[row], rows.indptr[row + 1])
    return rows.indices[span], rows.data[span]
