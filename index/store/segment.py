"""A segment: documents with all that finds their passages, written once, then mapped from disk and never changed.

What changes is which of its documents still count. An update writes the new documents as a segment of their own, so
that it costs what changed; small segments are joined (`join`) as they come. Source: O'Neil et al. (1996), The
log-structured merge-tree, https://doi.org/10.1007/s002360050048.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from pickle import PicklingError
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from index.arrays import Mask, Rows, Vectors
from index.store.acronyms import digest_of
from index.store.dense import Dense
from index.store.engine import ABOVE, Digest, passage_numbers
from index.store.postings import Arrays, Postings, Small, mapped, term_key
from index.store.token_vectors import PackedTokens, book_of
from index.store.years import years_of
from index.terms import pairs, terms, words_of
from ingest.document import Document, Kind, Passage, Topic

KINDS, TOPICS = list(Kind), list(Topic)
FIRST_YEAR, _YEARS = 1900, 200  # what `years_in` can find
_DIGESTS, _VOCABULARY = "digests.json", "vocabulary.npy"
_TOKENS = ("tokens.codes.npy", "tokens.offsets.npy", "tokens.book.npy")
_LISTED: TypeAdapter[tuple[Digest, ...]] = TypeAdapter(tuple[Digest, ...])


@dataclass(frozen=True, slots=True)
class Columns(Arrays):
    """What is known of n passages.

    Attributes:
        numbers: int64 (n,), see `passage_number`.
        documents: int32 (n,): which of the segment's documents.
        ordinals: int32 (n,): which of the passages of that.
        spots: int32 (n, 3): page, start and end that its id names.
        topics: uint8 (n,): a bit for each of `TOPICS`.
        years: uint8 (n, 25): a bit for each year from FIRST_YEAR.
        lengths: int32 (n,): index terms.
    """

    numbers: Rows
    documents: Small
    ordinals: Small
    spots: Small
    topics: npt.NDArray[np.uint8]
    years: npt.NDArray[np.uint8]
    lengths: Small


@dataclass(frozen=True)
class Segment:
    """Documents, in order of id, with what finds their passages.

    Attributes:
        terms: postings of their index terms, with how often each occurs.
        words: postings of their `placed_words`, with where each stands.
        letters: those words, in order, a line each, UTF-8.
        folder: where it is written; None of one in memory.
    """

    digests: tuple[Digest, ...]
    columns: Columns
    dense: Dense
    tokens: PackedTokens
    terms: Postings
    words: Postings
    letters: npt.NDArray[np.uint8]
    folder: Path | None = None

    @classmethod
    def build(cls, documents: Sequence[tuple[Document, str]], vectors: Vectors, tokens: PackedTokens) -> "Segment":
        """Build from documents with their content hashes, and the vectors of their passages, in the same order."""
        passages = [(document, passage) for document, _ in documents for passage in document.passages]
        lexical = [terms(text) + pairs(text) for text in (lexical_text(*one) for one in passages)]
        words = [placed_words(document, i) for document, _ in documents for i in range(len(document.passages))]
        years = np.zeros((len(passages), _YEARS), np.bool_)
        for row, one in enumerate(passages):
            years[row, [y - FIRST_YEAR for y in years_of(*one) if 0 <= y - FIRST_YEAR < _YEARS]] = True
        digests = tuple(digest_of(*one) for one in documents)
        firsts = (passage.own[0] for _, passage in passages)
        columns = Columns(
            passage_numbers(passage.passage_id for _, passage in passages),
            _owners(digests),
            np.array([ordinal for digest in digests for ordinal in range(digest.passages)], np.int32),
            np.array([(first.page, first.start, first.end) for first in firsts], np.int32).reshape(-1, 3),
            np.array([sum(1 << TOPICS.index(topic) for topic in set(p.topics)) for _, p in passages], np.uint8),
            np.packbits(years, axis=1),
            np.array([len(one) for one in lexical], np.int32),
        )
        letters = _written({word for one in words for word in one if not word.startswith(ABOVE)})
        counted, placed = Postings.counted(lexical), Postings.placed(words)
        return cls(digests, columns, Dense.build(vectors), tokens, counted, placed, letters)

    @classmethod
    def join(cls, parts: Sequence[tuple["Segment", Mask]]) -> "Segment":
        """Join segments, of each the documents that still count; the same as `build` of all of them."""
        segments = [segment for segment, _ in parts]
        kept = sorted(
            (segment.digests[i].document_id, which, i)
            for which, (segment, counts) in enumerate(parts)
            for i in np.flatnonzero(counts).tolist()
        )
        digests = tuple(segments[which].digests[i] for _, which, i in kept)
        starts = [list(accumulate((one.passages for one in segment.digests), initial=0)) for segment in segments]
        origins = [(which, row) for _, which, i in kept for row in range(starts[which][i], starts[which][i + 1])]
        bases = list(accumulate((segment.size for segment in segments), initial=0))
        rows = np.array([bases[which] + row for which, row in origins], np.int64)
        moved = np.full(bases[-1], -1, np.int32)
        moved[rows] = np.arange(len(rows))
        places = np.split(moved, bases[1:-1])
        held = {one.name: [getattr(s.columns, one.name) for s in segments] for one in fields(Columns)}
        columns = {name: np.concatenate(arrays)[rows] for name, arrays in held.items()}
        columns["documents"] = _owners(digests)
        vectors = np.concatenate([s.dense.vectors(np.arange(s.size)) for s in segments])[rows]
        packed = [segments[which].tokens.codes_of(row).tobytes() for which, row in origins]
        words = Postings.join([(s.words, place) for s, place in zip(segments, places, strict=True)])
        keys = set(words.keys.tolist())
        return cls(
            digests,
            Columns(**columns),
            Dense.build(vectors),
            PackedTokens.join(packed, segments[0].tokens.book),
            Postings.join([(s.terms, place) for s, place in zip(segments, places, strict=True)]),
            words,
            _written({word for segment in segments for word in segment.vocabulary if int(term_key(word)) in keys}),
        )

    @classmethod
    def load(cls, folder: Path) -> "Segment":
        """Map what `save` wrote.

        Raises:
            OSError, RuntimeError, ValueError: a file is missing or damaged.
        """
        return cls(
            _LISTED.validate_json((folder / _DIGESTS).read_bytes()),
            Columns.load(folder),
            Dense.load(folder),
            _load_tokens(folder),
            Postings.load(folder, "terms."),
            Postings.load(folder, "words."),
            mapped(folder / _VOCABULARY),
            folder,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process as its folder, which that maps too."""
        if self.folder is None:
            raise PicklingError("it is in memory only")
        return Segment.load, (self.folder.resolve(),)

    def save(self, folder: Path) -> None:
        """Write into a folder."""
        (folder / _DIGESTS).write_bytes(_LISTED.dump_json(self.digests))
        np.save(folder / _VOCABULARY, self.letters)
        self.columns.save(folder)
        np.save(folder / _TOKENS[0], self.tokens.codes)
        np.save(folder / _TOKENS[1], self.tokens.offsets)
        np.save(folder / _TOKENS[2], np.array([self.tokens.book.name, self.tokens.book.dimension]))
        self.dense.save(folder)
        self.terms.save(folder, "terms.")
        self.words.save(folder, "words.")

    @property
    def size(self) -> int:
        """Number of passages."""
        return len(self.columns.numbers)

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Its folded words."""
        return tuple(self.letters.tobytes().decode().split("\n"))

    @cached_property
    def by_id(self) -> Mapping[str, int]:
        """Which of its documents has an id."""
        return {digest.document_id: i for i, digest in enumerate(self.digests)}

    @cached_property
    def order(self) -> Rows:
        """Rows by ascending number."""
        return np.argsort(self.columns.numbers, kind="stable")

    @cached_property
    def kinds(self) -> npt.NDArray[np.uint8]:
        """Kind of each document, a place in KINDS."""
        return np.array([KINDS.index(digest.metadata.kind) for digest in self.digests], np.uint8)

    @cached_property
    def periods(self) -> Small:
        """First and last day of each document, (documents, 2), as ordinals; 0 where it is not known."""
        periods = [digest.metadata.period for digest in self.digests]
        days = [[day.toordinal() for day in one] if one else [0, 0] for one in periods]
        return np.array(days, np.int32).reshape(-1, 2)

    def ids(self, rows: Rows) -> list[tuple[str, str]]:
        """Return the ids of passages, each with that of its document."""
        names = [self.digests[document].document_id for document in self.columns.documents[rows].tolist()]
        spots = self.columns.spots[rows].tolist()
        return [(f"{name}:{page}:{start}-{end}", name) for name, (page, start, end) in zip(names, spots, strict=True)]


def dense_text(passage: Passage) -> str:
    """Return what the embedding model reads of a passage: the text without its headings (ADR 4)."""
    return passage.search_text


def lexical_text(document: Document, passage: Passage) -> str:
    """Return what word search reads of a passage: title, headings and text."""
    return " ".join((document.metadata.title, *passage.section, passage.search_text))


def placed_words(document: Document, ordinal: int) -> list[str]:
    """Return what phrases are looked for in: the words of a passage, after them those of the headings that it begins.

    The first passage begins the title too. Before each heading, and where it begins none, comes the whole as one word.
    """
    title, passages = document.metadata.title, document.passages
    above = (title, *passages[ordinal].section)
    before = (title, *passages[ordinal - 1].section) if ordinal else ()
    words = words_of(passages[ordinal].search_text)
    for depth, heading in enumerate(map(words_of, above), start=1):
        words.append(ABOVE + ABOVE.join(heading))  # it also keeps what is not one text apart
        words += heading if above[:depth] != before[:depth] else []
    return words


def _owners(digests: Sequence[Digest]) -> Small:
    """Return which of some documents each of their passages is of."""
    return np.repeat(np.arange(len(digests), dtype=np.int32), [digest.passages for digest in digests])


def _load_tokens(folder: Path) -> PackedTokens:
    codes, offsets, (book, dimension) = (mapped(folder / name) for name in _TOKENS)
    tokens = PackedTokens(codes, offsets, book_of(str(book), int(dimension)))
    if codes.shape[1] != tokens.book.size:
        raise ValueError("the token vectors are packed by another book")
    return tokens


def _written(words: set[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("\n".join(sorted(words)).encode(), np.uint8)
