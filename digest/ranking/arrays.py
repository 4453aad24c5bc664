"""The kinds of arrays that ranking computes with: at unit length, and as bytes for the state."""

import io
import json
from collections.abc import Mapping
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.uint32]  # of terms, as `tokens.term_number` gives them
Counts = npt.NDArray[np.int32]  # of papers that hold each term
Rows = npt.NDArray[np.int64]  # places in a table; -1: none
Places = npt.NDArray[np.int32]  # the same where sparse matrices take them or they are very many


def unit_length(rows: Array) -> Array:
    """Return each row at length 1; what is zero stays so."""
    unit: Array = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit


def unit_cells(
    values: npt.NDArray[np.floating], owner: Rows, rows: int
) -> npt.NDArray[np.floating]:
    """Return the cells of a sparse table with its rows at length 1.

    Args:
        owner: the row that each cell is in.
        rows: how many there are.
    """
    norms = np.sqrt(np.bincount(owner, values * values, minlength=rows))
    unit: npt.NDArray[np.floating] = values / np.maximum(norms, 1e-9)[owner]
    return unit


def pack(head: Mapping[str, Any], **arrays: Any) -> bytes:
    """Return arrays and what JSON can say of them as one body."""
    body = io.BytesIO()
    np.savez(body, head=np.frombuffer(json.dumps(head).encode(), np.uint8), **arrays)
    return body.getvalue()


def unpack(body: bytes, *names: str) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Read what `pack` wrote: the head, and the arrays of these names.

    Raises:
        ValueError: the body is damaged, or an array is not in it.
    """
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as stored:
            return json.loads(stored["head"].tobytes()), {name: stored[name] for name in names}
    except (KeyError, OSError, EOFError, RuntimeError, ValueError, BadZipFile) as e:
        raise ValueError(f"the stored arrays cannot be read: {e}") from e
