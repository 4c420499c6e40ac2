"""Build or update an index folder from files, and load it again.

What is written, in this order, so that a stop at any moment leaves a searchable index behind:
1. documents, one by one as they are read, into a waiting room of the records: they are never read twice;
2. vectors, batch by batch, into the records: they are never computed twice;
3. documents, pages and passages, in one transaction;
4. the FAISS and BM25 files, built aside in a folder named after the corpus hash;
5. manifest.json, replaced in one step. If the step before was not reached, loading derives the files in memory.
"""

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from filelock import AcquireReturnProxy, FileLock, Timeout

from index.analyse import pairs, terms
from index.backend import FILES, LocalBackend
from index.embed import Embedder, Encoded
from index.errors import IndexMismatch, IndexReadOnly
from index.intake import Progress, Report, take_in
from index.known import KnownVectors, place_known
from index.manifest import MANIFEST_NAME, Manifest, code_version, file_sha256, read_manifest
from index.store import RecordStore, embedding_key
from ingest.document import Document, Passage

logger = logging.getLogger(__name__)

_EMBED_BATCH = 32  # texts between two commits: about three seconds of work on two cores for passages
_DERIVED_PREFIX = "derived-"


@dataclass(frozen=True)
class LoadedIndex:
    """A loaded index: row i of the backend is `passages[i]`."""

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
        RetrievalError: the folder cannot be written, is damaged, or is being updated by another process.
    """
    with RecordStore(folder, writable=True) as store, _lock(folder):
        _check_model(folder, embedder)
        intake = take_in(store, paths, keep_copies=keep_copies, progress=progress)
        report = intake.report
        passages = [dense_text(passage) for document in intake.kept.values() for passage in document.passages]
        report.embedded = _embed(store, passages, embedder.name, embedder.embed_passages, progress)
        questions = [one.question for known in intake.known.values() for one in known]
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
        IndexMismatch: it was built with another model.
        IndexDamaged: it is not whole.
    """
    manifest = read_manifest(folder)
    _check_model(folder, embedder)
    with RecordStore(folder) as store:
        documents = store.read_documents()
        corpus_hash = store.get_meta("corpus_hash") or ""
        passages = tuple(passage for document in documents for passage in document.passages)
        backend = _load_derived(folder, manifest) if manifest.corpus_hash == corpus_hash else None
        if backend is None or backend.size != len(passages):
            logger.warning("The derived files of %s are stale or damaged; they are made anew in memory", folder)
            backend = _derive(store, documents, embedder)
    by_id = {document.document_id: document for document in documents}
    return LoadedIndex(manifest, by_id, passages, backend)


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
        raise IndexReadOnly(f"Another process is updating the index in {folder}; try again when it is done.") from error
    except OSError as error:
        raise IndexReadOnly(
            f"The index folder {folder} cannot be written ({error.strerror}); check its rights."
        ) from error


def _check_model(folder: Path, embedder: Embedder) -> None:
    if not (folder / MANIFEST_NAME).exists():
        return
    manifest = read_manifest(folder)
    if (manifest.model, manifest.dimension) != (embedder.name, embedder.dimension):
        raise IndexMismatch(
            f"The index in {folder} was built with the model {manifest.model} ({manifest.dimension}), not with "
            f"{embedder.name} ({embedder.dimension}); choose that model, or remove the folder and run "
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
    documents = store.read_documents()
    report.documents = len(documents)
    report.pages = sum(len(document.pages) for document in documents)
    report.passages = sum(len(document.passages) for document in documents)
    if not report.passages:  # nothing could be read yet: there is no index to write
        return
    known = place_known(store.known_questions(), documents)
    report.known = len(known)
    corpus_hash = _corpus_hash(store)
    with store.transaction():
        store.put_meta("corpus_hash", corpus_hash)
        store.keep_embeddings([*_passage_keys(documents, embedder), *_known_keys(known, embedder)])
    target = folder / f"{_DERIVED_PREFIX}{corpus_hash[:16]}"
    try:
        files = _write_derived(store, documents, embedder, target)
        manifest = Manifest(
            model=embedder.name,
            dimension=embedder.dimension,
            corpus_hash=corpus_hash,
            document_count=report.documents,
            passage_count=report.passages,
            code_version=code_version(),
            files=files,
        )
        building = folder / f".{MANIFEST_NAME}.{os.getpid()}"
        building.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        os.replace(building, folder / MANIFEST_NAME)
    except OSError as error:
        raise IndexReadOnly(
            f"The index folder {folder} cannot be written ({error.strerror}); check its rights and the free space."
        ) from error
    for other in folder.glob(f"{_DERIVED_PREFIX}*"):
        if other != target:
            shutil.rmtree(other, ignore_errors=True)


def _corpus_hash(store: RecordStore) -> str:
    recipes = {document_id: recipe for document_id, (recipe, _) in store.recipes().items()}
    recipes |= {document_id: f"{recipe}={original}" for document_id, (recipe, _, original) in store.copies().items()}
    whole = json.dumps([recipes, [astuple(one) for one in store.known_questions()]], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def _passage_keys(documents: Sequence[Document], embedder: Embedder) -> list[str]:
    return [embedding_key(embedder.name, dense_text(p)) for document in documents for p in document.passages]


def _known_keys(known: Sequence[tuple[int, str]], embedder: Embedder) -> list[str]:
    return [embedding_key(_query_model(embedder), question) for _, question in known]


def _derive(store: RecordStore, documents: Sequence[Document], embedder: Embedder) -> LocalBackend:
    vectors, tokens = store.read_embeddings(_passage_keys(documents, embedder), embedder.dimension)
    texts = [lexical_text(document, p) for document in documents for p in document.passages]
    term_lists = [terms(text) + pairs(text) for text in texts]
    known = place_known(store.known_questions(), documents)
    asked, _ = store.read_embeddings(_known_keys(known, embedder), embedder.dimension)
    rows = np.array([row for row, _ in known], np.int64)
    return LocalBackend.build(vectors, tokens, term_lists, KnownVectors(rows, asked))


def _write_derived(
    store: RecordStore, documents: Sequence[Document], embedder: Embedder, target: Path
) -> dict[str, str]:
    building = Path(tempfile.mkdtemp(prefix=".building-", dir=target.parent))
    try:
        _derive(store, documents, embedder).save(building)
        files = {name: file_sha256(building / name) for name in FILES}
        if target.exists():  # the same corpus, perhaps damaged since
            shutil.rmtree(target)
        os.replace(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return files


def _load_derived(folder: Path, manifest: Manifest) -> LocalBackend | None:
    """Load the derived files if they are the ones that the manifest names."""
    target = folder / f"{_DERIVED_PREFIX}{manifest.corpus_hash[:16]}"
    try:
        if any(file_sha256(target / name) != digest for name, digest in manifest.files.items()):
            return None
        return LocalBackend.load(target)
    except (OSError, RuntimeError, ValueError):
        return None
