"""Which passages hold a term: an inverted index in four arrays, mapped from disk and never loaded.

A term goes by a hash of 64 bits. What a posting carries is how often the term occurs, or where.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from index.arrays import Mask

Keys = npt.NDArray[np.uint64]
Small = npt.NDArray[np.int32]
Values = npt.NDArray[np.uint16]
_MOST = 2**16 - 1


@dataclass(frozen=True, slots=True)
class Arrays:
    """Arrays that are kept in a folder, each in a file that has its name."""

    prefix: ClassVar[str] = ""

    @classmethod
    def load(cls, folder: Path, name: str = "") -> Self:
        """Map what `save` wrote.

        Raises:
            OSError, ValueError: a file is missing or damaged.
        """
        return cls(*(mapped(folder / f"{name}{cls.prefix}{field.name}.npy") for field in fields(cls)))

    def save(self, folder: Path, name: str = "") -> None:
        """Write into a folder."""
        for field in fields(self):
            np.save(folder / f"{name}{self.prefix}{field.name}.npy", getattr(self, field.name))


@dataclass(frozen=True, slots=True)
class Postings(Arrays):
    """Postings of all terms of a segment.

    Attributes:
        keys: of the terms, ascending, (k,).
        offsets: int64 (k + 1,); the postings of term i are offsets[i] to offsets[i + 1].
        rows: (m,), of one term ascending: the passages.
        values: (m,): how often, or at which word.
    """

    keys: Keys
    offsets: npt.NDArray[np.int64]
    rows: Small
    values: Values

    @classmethod
    def build(cls, keys: Keys, rows: Small, values: Values) -> "Postings":
        """Build from one key, row and value a posting, in any order."""
        order = np.lexsort((values, rows, keys))
        found, starts = np.unique(keys[order], return_index=True)
        offsets = np.append(starts, len(keys)).astype(np.int64)
        return cls(found, offsets, rows[order].astype(np.int32), values[order].astype(np.uint16))

    @classmethod
    def counted(cls, lists: Sequence[Sequence[str]]) -> "Postings":
        """Build from the terms of each passage; values are how often each occurs."""
        counts = [Counter(one) for one in lists]
        keys, rows, _ = _triples([list(one) for one in counts])
        values = np.fromiter((times for one in counts for times in one.values()), np.int64, len(keys))
        return cls.build(keys, rows, np.minimum(values, _MOST).astype(np.uint16))

    @classmethod
    def placed(cls, lists: Sequence[Sequence[str]]) -> "Postings":
        """Build from the words of each passage; values are their places in it."""
        return cls.build(*_triples(lists))

    @classmethod
    def join(cls, parts: Sequence[tuple["Postings", Small]]) -> "Postings":
        """Join postings, each with the new row of each of its rows; -1 leaves one out."""
        keys, rows, values = [], [], []
        for one, places in parts:
            moved = places[one.rows]
            kept = moved >= 0
            keys.append(np.repeat(one.keys, np.diff(one.offsets))[kept])
            rows.append(moved[kept])
            values.append(one.values[kept])
        return cls.build(np.concatenate(keys), np.concatenate(rows), np.concatenate(values))

    def of(self, term: str) -> tuple[Small, Values]:
        """Return rows and values of a term, both empty where no passage has it."""
        key = term_key(term)
        place = int(np.searchsorted(self.keys, key))
        there = place < len(self.keys) and self.keys[place] == key
        part = slice(self.offsets[place], self.offsets[place + 1]) if there else slice(0)
        return self.rows[part], self.values[part]

    def holding(self, phrase: Sequence[str], size: int) -> Mask:
        """Return for each of `size` passages whether the words of a phrase follow each other in it."""
        held = np.zeros(size, np.bool_)
        ends: npt.NDArray[np.int64] | None = None
        for i, word in enumerate(phrase):
            rows, places = self.of(word)
            starts = rows.astype(np.int64) * (_MOST + 1) + places - i
            ends = starts if ends is None else np.intersect1d(ends, starts, assume_unique=True)
        if ends is not None:
            held[ends // (_MOST + 1)] = True
        return held


def mapped(path: Path) -> npt.NDArray[Any]:
    """Map an array from disk; as a plain one, whose parts cost less to make than those of numpy's memmap."""
    array: npt.NDArray[Any] = np.load(path, mmap_mode="r").view(np.ndarray)
    return array


@lru_cache(maxsize=200_000)
def term_key(term: str) -> np.uint64:
    """Return the key of a term."""
    return np.uint64(int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8).digest(), "little"))


def _triples(lists: Sequence[Sequence[str]]) -> tuple[Keys, Small, Values]:
    """Return key, row and place of each term of each passage."""
    numbers: dict[str, int] = {}
    ids = np.fromiter((numbers.setdefault(term, len(numbers)) for terms in lists for term in terms), np.int64)
    keys = np.fromiter((term_key(term) for term in numbers), np.uint64, len(numbers))
    sizes = np.array([len(terms) for terms in lists], np.int64)
    rows = np.repeat(np.arange(len(lists), dtype=np.int32), sizes)
    places = np.arange(len(ids)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return keys[ids], rows, np.minimum(places, _MOST).astype(np.uint16)


def among(rows: Small, mask: Mask | None) -> Small:
    """Return those of some rows that a mask allows."""
    return rows if mask is None else rows[mask[rows]]
