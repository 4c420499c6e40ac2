"""Build or update an index folder from files.

What is written, in this order, so that a stop at any moment leaves a searchable index behind:
1. documents, one by one as they are read, into a waiting room of the records: they are never read twice;
2. vectors, batch by batch, into the records: they are never computed twice;
3. documents, copies and known questions, in one transaction;
4. new documents as a segment, built aside in a folder named after the hash of all that it follows from;
5. manifest.json, replaced in one step. If that was not reached, it does not describe the records, so that loading makes
   in memory what the segments that it names lack.
"""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
from filelock import AcquireReturnProxy, FileLock, Timeout

from index.errors import IndexDamaged, IndexMissing, IndexReadOnly
from index.model.embed import Embedder, Encoded
from index.store.engine import Digest
from index.store.files import BUILDING_PREFIX, HASHED_AT_START, seal_files, whole_folders, write_folder
from index.store.intake import Progress, Report, take_in
from index.store.known import KnownVectors
from index.store.load import (
    KNOWN_PREFIX,
    SEGMENT_PREFIX,
    Facts,
    assemble,
    batches,
    check_model,
    describe,
    keeping_all,
    load_known,
    load_segments,
    passage_keys,
    place_vectors,
    question_key,
)
from index.store.local import Part
from index.store.manifest import MANIFEST_NAME, RECIPES, Manifest, read_manifest, short_hash
from index.store.records import RecordStore
from index.store.remote import LOCAL, connect
from index.store.segment import Segment, dense_text
from index.store.token_vectors import TokenBook, book_of

_NOTHING = Manifest(model="", dimension=1, corpus_hash="", document_count=0, passage_count=0)  # names no files
_EMBED_BATCH = 96  # texts between two commits: about two seconds of work on two cores for passages
_SMALL = 5_000  # passages that are always in one segment
_LARGEST = 250_000  # passages above which segments are not joined: two minutes of work on one core
_GROWTH = 4  # a segment is joined with one at most so many times as large
_MOST_UNUSED = 1.2  # stored vectors for each that is used, from which on those that are not are dropped


def update_index(
    folder: Path,
    paths: Sequence[Path],
    embedder: Embedder,
    progress: Progress | None = None,
    *,
    keep_copies: bool = False,
    engine: str = LOCAL,
    records: str = "",
) -> Report:
    """Bring an index folder up to date with files and folders.

    New and changed files are read, split and embedded; unchanged ones are left as they are. Documents whose file has
    gone from a folder that is in `paths` are removed. A file that cannot be read is reported and does not stop the
    others; a document that was indexed before from that file stays as it was.

    With `keep_copies` a document is stored also where another has the same text, as a test collection wants. For
    `engine` and `records` see `load_index`; of records in PostgreSQL other machines may update others at the same time.

    Raises:
        UnreadableFile: a path does not exist or holds nothing to read.
        RetrievalError: the folder cannot be written, is damaged, or is being updated by another process.
    """
    with lock_index(folder), RecordStore(folder, records, writable=True) as store:
        made = ""  # recipe of the vectors that all documents have
        with suppress(IndexMissing, IndexDamaged):  # a damaged manifest is written anew
            manifest = store.manifest() if records else read_manifest(folder)
            check_model(folder, manifest, embedder)
            made = manifest.recipes.vectors
        if store.db.size() <= HASHED_AT_START:
            store.check()
        # What was dropped and not made anew before a stop, is dropped no more, but the manifest is of before.
        stale = store.start_vectors(RECIPES.vectors) or made != RECIPES.vectors
        book = book_of(embedder.name, embedder.dimension)
        embedded, put = 0, False
        while not put:  # again only where another machine was there first: nothing is read or embedded twice
            intake = take_in(store, paths, keep_copies=keep_copies, progress=progress)
            documents = {d.document_id: d for d in store.read_documents()} | intake.kept if stale else intake.kept
            texts = [dense_text(passage) for document in documents.values() for passage in document.passages]
            passages = dict(zip(passage_keys(documents.values(), embedder), texts, strict=True))
            known = chain(store.known_questions(), *intake.known.values())
            questions = {question_key(one.question, embedder): one.question for one in known}
            embedded += _embed(store, passages, embedder.embed_passages, book, progress)
            _embed(store, questions, partial(_without_tokens, embedder), book, progress)
            intake.report.embedded = embedded
            keys = passages.keys() | questions.keys()
            with store.db.alone():
                with store.transaction():
                    put = store.known_embeddings(keys) == keys and intake.put(store)
                if put:
                    _finish(folder, store, embedder, intake.report, engine)
    return intake.report


def lock_index(folder: Path) -> AcquireReturnProxy[FileLock]:
    """Let nobody else change an index while the context is open.

    Raises:
        IndexReadOnly: another process changes it now, or the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return FileLock(folder / "ingest.lock", blocking=False).acquire()
    except Timeout as error:
        raise IndexReadOnly(
            f"Een ander proces werkt de index in {folder} bij; probeer opnieuw als dat klaar is."
        ) from error
    except OSError as error:
        raise IndexReadOnly.at(folder, error) from error


def _embed(
    store: RecordStore,
    texts: Mapping[str, str],
    encode: Callable[[Sequence[str]], Encoded],
    book: TokenBook,
    progress: Progress | None,
) -> int:
    """Store the vectors of those texts, given by key, that have none yet; return how many those were."""
    # Longest first: texts of like length share a batch, and the estimate of the time left errs on the safe side.
    todo = sorted(texts.keys() - store.known_embeddings(texts), key=lambda key: (-len(texts[key]), key))
    for start in range(0, len(todo), _EMBED_BATCH):
        keys = todo[start : start + _EMBED_BATCH]
        store.put_embeddings(keys, encode([texts[key] for key in keys]), book)
        if progress:
            progress("inbedden", start + len(keys), len(todo))
    return len(todo)


def _without_tokens(embedder: Embedder, queries: Sequence[str]) -> Encoded:
    """Embed known questions; they are matched as a whole, so that their tokens need no room."""
    vectors = embedder.embed_queries(queries).vectors
    return Encoded(vectors, (np.zeros((0, embedder.dimension), np.float32),) * len(queries))


@keeping_all()
def _finish(folder: Path, store: RecordStore, embedder: Embedder, report: Report, engine: str) -> None:
    """Write what is derived from the records, and the manifest last."""
    facts = Facts.of(store)
    old = _NOTHING
    with suppress(IndexMissing, IndexDamaged):
        old = read_manifest(folder)
    whole = whole_folders(folder, old)
    parts = assemble(store, facts, load_segments(folder, old, whole), embedder) if engine == LOCAL else []
    digests = [digest for part in parts for digest in part.digests]
    if engine != LOCAL:
        digests = _follow(engine, store, facts, embedder)
    report.documents = len(facts.heads)
    report.pages = sum(digest.pages for digest in digests)
    report.passages = sum(digest.passages for digest in digests)
    if not report.passages:  # nothing could be read yet: there is no index to write
        return
    if store.count_embeddings() > _MOST_UNUSED * (report.passages + len(facts.known)):
        _sweep(store, facts, embedder)
    described = describe(facts, report.passages, embedder)
    known = load_known(folder, whole, facts)
    try:
        joined = join_small(parts)
        stayed = {part.segment.folder.name for part in joined if part.segment.folder}
        kept = {_written(folder, part, embedder) for part in joined} | {facts.known_name()}
        if known is None:
            known = place_vectors(store, facts, embedder)
            write_folder(folder / facts.known_name(), known.save, KnownVectors.load)
        else:
            stayed.add(facts.known_name())
        files = {path: one for path, one in old.files.items() if path.split("/")[0] in stayed}
        for name in kept - stayed:
            files |= seal_files(folder / name)
        building = folder / f".{MANIFEST_NAME}"
        manifest = described.model_copy(update={"files": dict(sorted(files.items()))}).sealed()
        building.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        os.replace(building, folder / MANIFEST_NAME)
        if store.db.shared:
            store.publish(described)
    except (OSError, RuntimeError, ValueError) as error:
        raise IndexReadOnly.at(folder, error) from error
    report.known = len(known.numbers)
    for prefix in (SEGMENT_PREFIX, KNOWN_PREFIX, BUILDING_PREFIX):
        for other in folder.glob(f"{prefix}*"):
            if other.name not in kept:
                shutil.rmtree(other, ignore_errors=True)


def _follow(where: str, store: RecordStore, facts: Facts, embedder: Embedder) -> list[Digest]:
    """Bring an engine elsewhere up to date; what it has is not sent again, so that several machines may do this."""
    engine = connect(where, embedder)
    held = {document_id: digest.content for document_id, digest in engine.digests().items()}
    engine.delete(engine.stored() - facts.heads.keys())
    new = {name: content for name, content in facts.heads.items() if held.get(name) != content}
    for batch in batches(store, new, embedder):
        engine.upsert(*batch)
    return list(engine.digests().values())


def join_small(parts: Sequence[Part]) -> list[Part]:
    """Return segments of which none is small beside the next larger one, so that there are few, and old ones stay.

    A passage is written again only into a segment at least `_GROWTH` times as large as the one that it was in, so that
    all updates together write each a number of times that grows as the logarithm of the number of passages.
    """
    settled: list[Part] = []
    for part in sorted(parts, key=lambda one: -one.size):
        settled.append(part)
        while len(settled) > 1 and _belong_together(*settled[-2:]):
            settled.append(_joined([settled.pop(), settled.pop()]))
    return [_joined([part]) if _is_worn(part) else part for part in settled]


def _belong_together(large: Part, small: Part) -> bool:
    together = large.size + small.size
    return together <= _SMALL or (together <= _LARGEST and small.size * _GROWTH >= large.size)


def _is_worn(part: Part) -> bool:
    """Whether a segment is written again to be rid of what does not count: half of a large one, any of a small one."""
    return part.size < part.segment.size and (part.segment.size <= _SMALL or 2 * part.size < part.segment.size)


def _joined(parts: Sequence[Part]) -> Part:
    segment = Segment.join([(part.segment, part.counts) for part in parts])
    return Part(segment, np.ones(len(segment.digests), np.bool_))


def _written(folder: Path, part: Part, embedder: Embedder) -> str:
    """Write a segment where it is not there yet; return the name of its folder."""
    if part.segment.folder:
        return part.segment.folder.name
    heads = [(digest.document_id, digest.content) for digest in part.segment.digests]
    name = SEGMENT_PREFIX + short_hash(embedder.name, RECIPES.model_dump(), heads)
    write_folder(folder / name, part.segment.save, Segment.load)
    return name


def _sweep(store: RecordStore, facts: Facts, embedder: Embedder) -> None:
    """Drop the vectors of texts that are in no document any more."""
    documents = (store.read_document(*head) for head in facts.heads.items())
    questions = (question_key(one.question, embedder) for one in facts.known)
    with store.transaction():
        store.keep_embeddings([*passage_keys(documents, embedder), *questions])
