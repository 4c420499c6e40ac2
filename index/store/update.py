"""Build or update an index folder from files, and load it again.

What is written, in this order, so that a stop at any moment leaves a searchable index behind:
1. documents, one by one as they are read, into a waiting room of the records: they are never read twice;
2. vectors, batch by batch, into the records: they are never computed twice;
3. documents, copies and known questions, in one transaction;
4. the FAISS and BM25 files, built aside in a folder named after the hash of all that they follow from;
5. manifest.json, replaced in one step. If that was not reached, its hash is not that of the records, so that loading
   derives the files in memory. Hashes are computed from the records that were read, and nowhere kept apart from them.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from filelock import AcquireReturnProxy, FileLock, Timeout

from index.errors import IndexDamaged, IndexMismatch, IndexMissing, IndexReadOnly
from index.model.embed import Embedder, Encoded
from index.store.intake import Progress, Report, take_in
from index.store.known import KnownQuestion, KnownVectors, place_known
from index.store.manifest import MANIFEST_NAME, RECIPES, Manifest, file_sha256, read_manifest
from index.store.records import RecordStore, embedding_key
from index.store.rows import FILES, LocalBackend
from index.terms import pairs, terms
from ingest.document import Document, Passage, to_json

logger = logging.getLogger(__name__)

_EMBED_BATCH = 32  # texts between two commits: about three seconds of work on two cores for passages
_DERIVED_PREFIX = "derived-"
_BUILDING_PREFIX = ".building-"


@dataclass(frozen=True)
class LoadedIndex:
    """A loaded index: row i of the backend is `passages[i]`; the manifest says what these records are."""

    manifest: Manifest
    documents: dict[str, Document]
    passages: tuple[Passage, ...]
    backend: LocalBackend

    def row(self, passage: Passage) -> int:
        """Return the row of a passage."""
        return self._rows[passage.passage_id]

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {passage.passage_id: row for row, passage in enumerate(self.passages)}


def update_index(
    folder: Path,
    paths: Sequence[Path],
    embedder: Embedder,
    progress: Progress | None = None,
    *,
    keep_copies: bool = False,
) -> Report:
    """Bring an index folder up to date with files and folders.

    New and changed files are read, split and embedded; unchanged ones are left as they are. Documents whose file has
    gone from a folder that is in `paths` are removed. A file that cannot be read is reported and does not stop the
    others; a document that was indexed before from that file stays as it was.

    Args:
        folder: index folder; made if it is not there.
        paths: files and folders to read.
        embedder: model for the passages.
        progress: called after each step.
        keep_copies: store a document also where another has the same text, as a test collection wants.

    Returns:
        What was done.

    Raises:
        UnreadableFile: a path does not exist or holds nothing to read.
        CatalogueError: a catalogue is wrong.
        RetrievalError: the folder cannot be written, is damaged, or is being updated by another process.
    """
    with RecordStore(folder, writable=True) as store, _lock(folder):
        with suppress(IndexMissing, IndexDamaged):  # a damaged manifest is written anew
            _check_model(folder, read_manifest(folder), embedder)
        store.start_vectors(RECIPES.vectors)
        intake = take_in(store, paths, keep_copies=keep_copies, progress=progress)
        report = intake.report
        documents = {document.document_id: document for document in store.read_documents()} | intake.kept
        passages = [dense_text(passage) for document in documents.values() for passage in document.passages]
        report.embedded = _embed(store, passages, embedder.name, embedder.embed_passages, progress)
        questions = [one.question for known in (store.known_questions(), *intake.known.values()) for one in known]
        _embed(store, questions, _query_model(embedder), partial(_without_tokens, embedder), progress)
        with store.transaction():
            intake.put(store)
        _finish(folder, store, embedder, report)
    return report


def load_index(folder: Path, embedder: Embedder) -> LoadedIndex:
    """Load an index folder, checking that all of it fits together and with the model.

    Args:
        folder: index folder.
        embedder: the model that queries will be embedded with.

    Returns:
        The index.

    Raises:
        IndexMissing: there is no index.
        IndexMismatch: it was built with another model, or its vectors by another version.
        IndexDamaged: it is not whole.
    """
    manifest = read_manifest(folder)
    _check_model(folder, manifest, embedder)
    if manifest.recipes.vectors != RECIPES.vectors:
        raise IndexMismatch(
            f"De vectoren van de index in {folder} zijn gemaakt door een andere versie; draai 'beleidswijzer ingest'."
        )
    with RecordStore(folder) as store:
        documents, known = store.read_documents(), store.known_questions()
        facts = _facts(documents, known, embedder)
        backend = _load_derived(folder, manifest) if manifest.facts == facts else None
        if backend is None:
            logger.warning(
                "De afgeleide bestanden van %s zijn verouderd of beschadigd en worden in het geheugen opnieuw gemaakt; "
                "draai 'beleidswijzer ingest'",
                folder,
            )
            backend = _derive(store, documents, known, embedder)
    by_id = {document.document_id: document for document in documents}
    passages = tuple(passage for document in documents for passage in document.passages)
    return LoadedIndex(facts, by_id, passages, backend)


def dense_text(passage: Passage) -> str:
    """Return what the embedding model reads of a passage.

    The text alone: with the headings in front, nDCG@10 of the untuned model falls from 72.7 to 68.6.
    """
    return passage.search_text


def lexical_text(document: Document, passage: Passage) -> str:
    """Return what word search reads of a passage: title, headings and text."""
    return " ".join((document.metadata.title, *passage.section, passage.search_text))


def _lock(folder: Path) -> AcquireReturnProxy[FileLock]:
    try:
        return FileLock(folder / "ingest.lock", blocking=False).acquire()
    except Timeout as error:
        raise IndexReadOnly(
            f"Een ander proces werkt de index in {folder} bij; probeer opnieuw als dat klaar is."
        ) from error
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: Exception) -> IndexReadOnly:
    reason = getattr(error, "strerror", None) or str(error)  # numpy and FAISS give no strerror where a disk is full
    return IndexReadOnly(
        f"De map van de index {folder} kan niet beschreven worden ({reason}); kijk de rechten en de vrije schijfruimte "
        "na."
    )


def _check_model(folder: Path, manifest: Manifest, embedder: Embedder) -> None:
    if (manifest.model, manifest.dimension) != (embedder.name, embedder.dimension):
        raise IndexMismatch(
            f"De index in {folder} is gemaakt met het model {manifest.model} ({manifest.dimension}), niet met "
            f"{embedder.name} ({embedder.dimension}); kies dat model, of verwijder de map en draai "
            "'beleidswijzer ingest'."
        )


def _embed(
    store: RecordStore,
    texts: Sequence[str],
    model: str,
    encode: Callable[[Sequence[str]], Encoded],
    progress: Progress | None,
) -> int:
    """Store the vectors of those texts that have none yet; return how many those were."""
    by_key = {embedding_key(model, text): text for text in texts}
    known = store.known_embeddings(by_key)
    # Longest first: texts of like length share a batch, and the estimate of the time left errs on the safe side.
    todo = sorted((key for key in by_key if key not in known), key=lambda key: (-len(by_key[key]), key))
    for start in range(0, len(todo), _EMBED_BATCH):
        keys = todo[start : start + _EMBED_BATCH]
        store.put_embeddings(keys, encode([by_key[key] for key in keys]))
        if progress:
            progress("inbedden", start + len(keys), len(todo))
    return len(todo)


def _query_model(embedder: Embedder) -> str:
    """Return the name under which vectors of queries are stored, which the model makes in another way."""
    return f"{embedder.name}, queries"


def _without_tokens(embedder: Embedder, queries: Sequence[str]) -> Encoded:
    """Embed known questions; they are matched as a whole, so that their tokens need no room."""
    vectors = embedder.embed_queries(queries).vectors
    return Encoded(vectors, (np.zeros((0, embedder.dimension), np.float32),) * len(queries))


def _finish(folder: Path, store: RecordStore, embedder: Embedder, report: Report) -> None:
    """Write what is derived from the records, and the manifest last."""
    documents, questions = store.read_documents(), store.known_questions()
    report.documents = len(documents)
    report.pages = sum(len(document.pages) for document in documents)
    report.passages = sum(len(document.passages) for document in documents)
    if not report.passages:  # nothing could be read yet: there is no index to write
        return
    known = place_known(questions, documents)
    report.known = len(known)
    with store.transaction():
        store.keep_embeddings([*_passage_keys(documents, embedder), *_known_keys(known, embedder)])
    facts = _facts(documents, questions, embedder)
    target = _derived_folder(folder, facts)
    backend = _derive(store, documents, questions, embedder)
    try:
        files = _write_derived(backend, target)
        _write_manifest(folder, facts.model_copy(update={"files": files}).sealed())
    except (OSError, RuntimeError, ValueError) as error:
        raise _unwritable(folder, error) from error
    for other in [*folder.glob(f"{_DERIVED_PREFIX}*"), *folder.glob(f"{_BUILDING_PREFIX}*")]:
        if other != target:
            shutil.rmtree(other, ignore_errors=True)


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    building = folder / f".{MANIFEST_NAME}"
    building.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    os.replace(building, folder / MANIFEST_NAME)


def _facts(documents: Sequence[Document], known: Sequence[KnownQuestion], embedder: Embedder) -> Manifest:
    """Return what a manifest of these records must say, without the derived files."""
    corpus = hashlib.sha256()
    source = hashlib.sha256(json.dumps([embedder.name, RECIPES.model_dump(), dict(LocalBackend.BM25)]).encode())
    for document in documents:
        corpus.update(to_json(document) + b"\n")
        for passage in document.passages:
            source.update(json.dumps([dense_text(passage), lexical_text(document, passage)]).encode())
    for question in known:
        line = json.dumps(astuple(question)).encode()
        corpus.update(line)
        source.update(line)
    return Manifest(
        model=embedder.name,
        dimension=embedder.dimension,
        corpus_hash=corpus.hexdigest(),
        document_count=len(documents),
        passage_count=sum(len(document.passages) for document in documents),
        source_hash=source.hexdigest(),
    )


def _derived_folder(folder: Path, manifest: Manifest) -> Path:
    return folder / f"{_DERIVED_PREFIX}{manifest.source_hash[:16]}"


def _passage_keys(documents: Sequence[Document], embedder: Embedder) -> list[str]:
    return [embedding_key(embedder.name, dense_text(p)) for document in documents for p in document.passages]


def _known_keys(known: Sequence[tuple[int, str]], embedder: Embedder) -> list[str]:
    return [embedding_key(_query_model(embedder), question) for _, question in known]


def _derive(
    store: RecordStore, documents: Sequence[Document], questions: Sequence[KnownQuestion], embedder: Embedder
) -> LocalBackend:
    vectors, tokens = store.read_embeddings(_passage_keys(documents, embedder), embedder.dimension)
    texts = [lexical_text(document, p) for document in documents for p in document.passages]
    term_lists = [terms(text) + pairs(text) for text in texts]
    known = place_known(questions, documents)
    asked, _ = store.read_embeddings(_known_keys(known, embedder), embedder.dimension)
    rows = np.array([row for row, _ in known], np.int64)
    return LocalBackend.build(vectors, tokens, term_lists, KnownVectors(rows, asked))


def _write_derived(backend: LocalBackend, target: Path) -> dict[str, str]:
    building = target.parent / f"{_BUILDING_PREFIX}{os.getpid()}"  # rights as those of the records, unlike mkdtemp
    shutil.rmtree(building, ignore_errors=True)
    try:
        building.mkdir()
        backend.save(building)
        LocalBackend.load(building)  # a full disk may cut the last bytes of a file without an error
        files = {name: file_sha256(building / name) for name in FILES}
        if target.exists():  # the same sources, perhaps damaged since
            shutil.rmtree(target)
        os.replace(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return files


def _load_derived(folder: Path, manifest: Manifest) -> LocalBackend | None:
    """Load the derived files if they are the ones that the manifest names."""
    target = _derived_folder(folder, manifest)
    try:
        if {name: file_sha256(target / name) for name in FILES} != manifest.files:
            return None
        return LocalBackend.load(target)
    except (OSError, RuntimeError, ValueError):
        return None
