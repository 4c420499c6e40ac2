"""Load an index folder: what its manifest says, checked against its records. Nothing that grows is read.

Documents are read when they are needed, and checked then. What the derived files lack, since they are older than the
records or damaged, is made anew in memory.
"""

import gc
import hashlib
import json
import logging
import sys
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from index.arrays import Vectors
from index.errors import IndexDamaged, IndexMismatch, IndexMissing
from index.model.embed import Embedder
from index.store.documents import Documents, Passages
from index.store.engine import Engine, passage_number, passage_numbers
from index.store.files import HASHED_AT_START, whole_folders
from index.store.known import KnownQuestion, KnownVectors, names, place_known
from index.store.local import LocalEngine, Part
from index.store.manifest import RECIPES, Manifest, read_manifest, short_hash
from index.store.records import RecordStore, embedding_key
from index.store.remote import LOCAL, connect
from index.store.segment import Segment, dense_text
from index.store.token_vectors import PackedTokens, book_of
from ingest.document import Document, Passage
from ingest.groups import may_read

logger = logging.getLogger(__name__)

SEGMENT_PREFIX, KNOWN_PREFIX = "derived-", "known-"
_AT_ONCE = 50_000  # passages of which a segment is made


@dataclass(frozen=True)
class LoadedIndex:
    """A loaded index; its documents are read when they are asked for."""

    manifest: Manifest
    engine: Engine
    documents: Documents

    @cached_property
    def passages(self) -> Passages:
        """Its passages by number, and all of them in order."""
        return Passages(self.engine, self.documents, self.manifest.passage_count)

    def passage(self, passage_id: str) -> Passage | None:
        """Return the passage with an id, or None where there is none."""
        try:
            passage = self.passages[passage_number(passage_id)]
        except KeyError:
            return None
        return passage if passage.passage_id == passage_id else None

    @cached_property
    def groups(self) -> frozenset[str]:
        """All groups that documents are kept for; empty where everybody may read all."""
        return frozenset(group for digest in self.engine.digests().values() for group in digest.metadata.groups)


@dataclass(frozen=True)
class Facts:
    """What the records hold, without the documents themselves.

    Attributes:
        heads: document_id -> content hash, in order.
        copies: (document, name of a file with the same text), in order.
    """

    heads: Mapping[str, str]
    copies: Sequence[tuple[str, str]]
    known: Sequence[KnownQuestion]

    @classmethod
    def of(cls, store: RecordStore) -> "Facts":
        """Read them."""
        return cls(store.heads(), store.copy_names(), store.known_questions())

    def corpus_hash(self) -> str:
        """Return a SHA-256 over all of it."""
        lines = [*self.heads.items(), *self.copies, *(one.row for one in self.known)]
        return hashlib.sha256("\n".join(map(json.dumps, lines)).encode()).hexdigest()

    def named(self) -> dict[str, str]:
        """Return those documents that a known question may be about."""
        ids, found = list(self.heads), set[str]()
        for prefix in {one.doc for one in self.known}:
            begun = ids[bisect_left(ids, prefix) : bisect_left(ids, prefix + chr(sys.maxunicode))]
            found.update(one for one in begun if names(prefix, one))
        return {document_id: self.heads[document_id] for document_id in sorted(found)}

    def known_name(self) -> str:
        """Return the folder of the known questions, after all that their places follow from."""
        return KNOWN_PREFIX + short_hash(RECIPES.model_dump(), self.named(), [one.row for one in self.known])


@contextmanager
def keeping_all() -> Iterator[None]:
    """Let Python look for garbage only afterwards: what is made here stays, and looking took a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def settle() -> None:
    """Let Python look no more for garbage in all that is there now: with a million passages a look takes half a second.

    What was there before and is not used any more goes first.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@keeping_all()
def load_index(folder: Path, embedder: Embedder, engine: str = LOCAL, records: str = "") -> LoadedIndex:
    """Load an index folder, checking that all of it fits together and with the model.

    From then on BLAS computes in the thread that asks, as FAISS does (see `stay_in_thread`): with two processes on two
    cores a search took 190 ms of processor time, of which 150 went into threads that waited for each other.

    The passages are where `engine` says: LOCAL in the folder, else see `connect`; for `records` see RecordStore. Where
    those are in PostgreSQL the folder may be empty: it only spares what would be made again.

    Raises:
        IndexMissing: there is no index.
        IndexMismatch: it was built with another model, or its vectors by another version.
        IndexDamaged: it is not whole.
        EngineMissing: the engine or the records are elsewhere and do not answer.
    """
    threadpool_limits(1, user_api="blas")
    store, manifest = open_index(folder, records)
    check_model(folder, manifest, embedder)
    if manifest.recipes.vectors != RECIPES.vectors:
        raise IndexMismatch(
            f"De vectoren van de index in {folder} zijn gemaakt door een andere versie; draai 'beleidswijzer ingest'."
        )
    facts = Facts.of(store)
    whole = whole_folders(folder, manifest)
    if engine != LOCAL:
        return _over(connect(engine, embedder), store, facts, load_known(folder, whole, facts), embedder)
    segments = load_segments(folder, manifest, whole)
    parts = assemble(store, facts, segments, embedder)
    described = describe(facts, sum(part.size for part in parts), embedder)
    of_records = manifest.model_copy(update={"files": {}, "seal": ""})
    stale = of_records != described or any(part.segment.folder is None for part in parts)
    if stale or store.db.size() <= HASHED_AT_START:
        store.check()
    if stale:
        logger.warning(
            "De afgeleide bestanden van %s zijn verouderd of beschadigd en worden in het geheugen opnieuw gemaakt; "
            "draai 'beleidswijzer ingest'",
            folder,
        )
    known = load_known(folder, whole, facts) or place_vectors(store, facts, embedder)
    local = LocalEngine(parts, known)
    return LoadedIndex(described, local, Documents(store, local.digests()))


def open_index(folder: Path, records: str = "") -> tuple[RecordStore, Manifest]:
    """Open the records of an index, with its manifest: that of the folder, or what was published where others read too.

    Raises:
        IndexMissing, IndexMismatch, IndexDamaged, EngineMissing: see `load_index`.
    """
    if not records:
        manifest = read_manifest(folder)
        return RecordStore(folder), manifest
    store = RecordStore(folder, records)
    manifest = store.manifest()  # which names no files
    with suppress(IndexMissing, IndexDamaged):
        own = read_manifest(folder)
        if own.recipes == manifest.recipes:
            manifest = manifest.model_copy(update={"files": own.files})
    return store, manifest


def _over(
    engine: Engine, store: RecordStore, facts: Facts, known: KnownVectors | None, embedder: Embedder
) -> LoadedIndex:
    """Return the index of an engine that has the documents of some facts."""
    digests = engine.digests()
    if {document_id: digest.content for document_id, digest in digests.items()} != facts.heads:
        raise IndexDamaged(
            f"De zoekmachine heeft andere documenten dan {store.db.place}; draai 'beleidswijzer ingest', of wacht tot "
            "dat op een andere machine klaar is."
        )
    described = describe(facts, sum(digest.passages for digest in digests.values()), embedder)
    known = known or place_vectors(store, facts, embedder)
    return LoadedIndex(described, engine.with_known(known), Documents(store, digests))


def readable(index: LoadedIndex, groups: Collection[str], embedder: Embedder) -> LoadedIndex:
    """Return an index as if the documents that someone may not read were not there.

    Each count, weight of a word, correction and hint follows from the engine, so that nothing else need know that
    there are more.
    """
    everything = index.engine.digests()
    if all(may_read(digest.metadata.groups, groups) for digest in everything.values()):
        return index
    store, engine = index.documents.store, index.engine.of(groups)
    digests, facts = engine.digests(), Facts.of(store)
    heads = {document_id: digest.content for document_id, digest in digests.items()}
    copies = [copy for copy in facts.copies if copy[0] in digests]
    return _over(engine, store, Facts(heads, copies, facts.known), None, embedder)


def check_model(folder: Path, manifest: Manifest, embedder: Embedder) -> None:
    """Raise IndexMismatch where the vectors of an index are not those of this model."""
    if (manifest.model, manifest.dimension) != (embedder.name, embedder.dimension):
        raise IndexMismatch(
            f"De index in {folder} is gemaakt met het model {manifest.model} ({manifest.dimension}), niet met "
            f"{embedder.name} ({embedder.dimension}); kies dat model, of verwijder de map en draai "
            "'beleidswijzer ingest'."
        )


def question_key(question: str, embedder: Embedder) -> str:
    """Return the key under which the vector of a known question is stored, which the model makes in another way."""
    return embedding_key(f"{embedder.name}, queries", question)


def passage_keys(documents: Iterable[Document], embedder: Embedder) -> Iterator[str]:
    """Yield the keys under which the vectors of all passages are stored, in order."""
    return (embedding_key(embedder.name, dense_text(p)) for document in documents for p in document.passages)


def describe(facts: Facts, passages: int, embedder: Embedder) -> Manifest:
    """Return what a manifest of these records must say, without the derived files."""
    return Manifest(
        model=embedder.name,
        dimension=embedder.dimension,
        corpus_hash=facts.corpus_hash(),
        document_count=len(facts.heads),
        passage_count=passages,
    )


def check_whole(store: RecordStore, folder: Path, manifest: Manifest) -> None:
    """Look through the records and all files of an index folder, which a start does not.

    Raises:
        IndexDamaged: one is not what it was.
    """
    store.check()
    damaged = {name.split("/")[0] for name in manifest.files} - set(whole_folders(folder, manifest, sys.maxsize))
    if damaged:
        raise IndexDamaged(
            f"De map {folder / min(damaged)} is beschadigd; verwijder die map en draai 'beleidswijzer ingest'."
        )


def load_segments(folder: Path, manifest: Manifest, whole: Sequence[str]) -> list[Segment]:
    """Load the segments among whole folders, the largest first; none where they were made by other recipes."""
    if manifest.recipes != RECIPES:
        return []
    segments = []
    for name in whole:
        if name.startswith(SEGMENT_PREFIX):
            try:
                segments.append(Segment.load(folder / name))
            except (OSError, RuntimeError, ValueError):
                logger.info("%s is damaged", folder / name)
    return sorted(segments, key=lambda one: (-one.size, str(one.folder)))


def assemble(store: RecordStore, facts: Facts, segments: Sequence[Segment], embedder: Embedder) -> list[Part]:
    """Return the segments with which of their documents count, and new ones of the documents that none has."""
    left = dict(facts.heads)
    parts = []
    for segment in segments:
        part = Part(segment, np.array([left.get(one.document_id) == one.content for one in segment.digests], np.bool_))
        for digest in part.digests:
            del left[digest.document_id]
        if part.counts.any():
            parts.append(part)
    for documents, vectors, tokens in batches(store, left, embedder):
        segment = Segment.build(documents, vectors, tokens)
        parts.append(Part(segment, np.ones(len(documents), np.bool_)))
    return parts


def batches(
    store: RecordStore, heads: Mapping[str, str], embedder: Embedder
) -> Iterator[tuple[list[tuple[Document, str]], Vectors, PackedTokens]]:
    """Yield documents with their content hashes and the vectors of their passages, some at a time."""
    rest = iter(heads.items())
    for head in rest:
        documents: list[tuple[Document, str]] = []
        keys: list[str] = []
        for document_id, content in chain([head], rest):
            documents.append((store.read_document(document_id, content), content))
            keys += passage_keys([documents[-1][0]], embedder)
            if len(keys) >= _AT_ONCE:
                break
        yield documents, *store.read_embeddings(keys, book_of(embedder.name, embedder.dimension))


def load_known(folder: Path, whole: Sequence[str], facts: Facts) -> KnownVectors | None:
    """Load the known questions if they are those of these records."""
    name = facts.known_name()
    try:
        return KnownVectors.load(folder / name) if name in whole else None
    except (OSError, ValueError):
        return None


def place_vectors(store: RecordStore, facts: Facts, embedder: Embedder) -> KnownVectors:
    """Find the passages of the known questions, and their vectors."""
    placed = place_known(facts.known, (store.read_document(*head) for head in facts.named().items()))
    keys = [question_key(question, embedder) for _, question in placed]
    vectors, _ = store.read_embeddings(keys, book_of(embedder.name, embedder.dimension))
    numbers = passage_numbers(passage_id for passage_id, _ in placed)
    order = np.argsort(numbers, kind="stable")
    return KnownVectors(numbers[order], vectors[order])
