"""Vectors of a segment: exact up to a size that is measured, above it inverted lists that are mapped from disk.

Rule (docs/schaal.md): a segment of more than `EXACT_UP_TO` passages gets lists (FAISS IVF, Jégou et al., 2011,
https://doi.org/10.1109/TPAMI.2010.57) of one byte a dimension, 4·√n of them, of which those are looked through that
hold `_LOOKED_AT` vectors together. What they find is scored with the whole vectors. Where a filter leaves fewer than a
20th, all of those are scored. Measured on one core: of 250,000 vectors 99.3 % of the 10 nearest and 98.1 % of the 50 in
1.0 ms (twice as many looked at: 99.9 and 99.6 % in 1.7 ms). At 20,000, which stay in the processor's cache, the whole
takes 1.0 ms.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.arrays import Mask, Rows, Vectors

EXACT_UP_TO = 25_000
_FLAT, _LISTS = "dense.faiss", "lists.faiss"
_LOOKED_AT = 8_000  # vectors
_FEW = 1 / 20
_MORE = 4  # times as many are taken from the lists, whose scores are rounded
_READ_AHEAD = 4  # threads
_TRAINED_ON = 64  # vectors a list


def stay_in_thread() -> None:
    """Let FAISS compute in the thread that asks, alone.

    Requests are served side by side, and what they ask is small: helpers take longer to start than the work takes (344
    ms a search instead of 21). OpenMP keeps this number for each thread apart, so it is said where the work is done.
    """
    faiss.omp_set_num_threads(1)


class Dense:
    """Vectors of length 1, nearest by inner product: all of them, and where there are many, lists of the same rows."""

    def __init__(self, flat: faiss.IndexFlatIP, lists: faiss.Index | None) -> None:
        self._flat, self._lists = flat, lists
        held = faiss.rev_swig_ptr(flat.get_xb(), flat.ntotal * flat.d)  # the same memory, mapped
        self._vectors: Vectors = held.reshape(flat.ntotal, flat.d)

    @classmethod
    def build(cls, vectors: Vectors) -> "Dense":
        """Build from vectors, float32 (n, dimension)."""
        size, dimension = vectors.shape
        flat = faiss.IndexFlatIP(dimension)
        flat.add(vectors)
        return cls(flat, _build_lists(vectors) if size > EXACT_UP_TO else None)

    @classmethod
    def load(cls, folder: Path) -> "Dense":
        """Map what `save` wrote.

        Raises:
            RuntimeError, ValueError: a file is missing or damaged.
        """
        flat = faiss.read_index(str(folder / _FLAT), faiss.IO_FLAG_MMAP_IFC)
        path = folder / _LISTS
        lists = faiss.read_index(str(path), faiss.IO_FLAG_MMAP) if path.exists() else None
        if not isinstance(flat, faiss.IndexFlatIP) or not isinstance(lists, faiss.IndexIVF | None):
            raise ValueError("it is another sort of index")
        if lists is not None:  # by default each search starts 32 threads that read ahead: longer than the search takes
            on_disk: Any = faiss.downcast_InvertedLists(lists.invlists)  # type: ignore[arg-type]  # SWIG
            on_disk.prefetch_nthread = _READ_AHEAD
        return cls(flat, lists)

    def save(self, folder: Path) -> None:
        """Write into a folder."""
        faiss.write_index(self._flat, str(folder / _FLAT))
        if self._lists is not None:
            faiss.write_index(self._lists, str(folder / _LISTS))

    def vectors(self, rows: Rows | Sequence[int]) -> Vectors:
        """Return the vectors of rows, float32 (n, dimension)."""
        return self._vectors[np.asarray(rows, np.int64)]

    def nearest(self, vector: Vectors, depth: int, mask: Mask | None) -> Rows:
        """Return at most `depth` rows of the nearest vectors, of those that a mask allows."""
        size = int(self._flat.ntotal)
        allowed = size if mask is None else int(np.count_nonzero(mask))
        if not allowed or depth < 1:
            return np.empty(0, np.int64)
        if self._lists is None or depth >= allowed:
            return self._search(self._flat, vector, depth, mask)
        if mask is not None and allowed < _FEW * size:
            rows = np.flatnonzero(mask)
        else:
            rows = self._search(self._lists, vector, _MORE * depth, mask)
        return rows[np.argsort(-(self.vectors(rows) @ vector), kind="stable")[:depth]]

    def _search(self, index: faiss.Index, vector: Vectors, depth: int, mask: Mask | None) -> Rows:
        stay_in_thread()
        bits = None if mask is None else np.packbits(mask, bitorder="little")
        selector = None if bits is None else faiss.IDSelectorBitmap(len(bits), faiss.swig_ptr(bits))
        parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # SWIG
        if isinstance(index, faiss.IndexIVF):
            lists = max(1, round(_LOOKED_AT * index.nlist / index.ntotal))
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=lists)  # type: ignore[call-arg]  # SWIG
        _, rows = index.search(vector[None, :], min(depth, index.ntotal), params=parameters)
        found: Rows = rows[0][rows[0] >= 0]
        return found


def _build_lists(vectors: Vectors) -> faiss.Index:
    size, dimension = vectors.shape
    lists = int(4 * size**0.5)
    index = faiss.index_factory(dimension, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
    chosen = np.random.default_rng(0).choice(size, min(size, _TRAINED_ON * lists), replace=False)
    index.train(vectors[np.sort(chosen)])
    index.add(vectors)
    return index
