"""Build or update an index folder from files.

What is written, in this order, so that a stop at any moment leaves a searchable index behind:
1. documents, one by one as they are read, into a waiting room of the records: they are never read twice;
2. vectors, batch by batch, into the records: they are never computed twice;
3. documents, copies and known questions, in one transaction;
4. the FAISS and BM25 files, built aside in a folder named after the hash of all that they follow from;
5. manifest.json, replaced in one step. If that was not reached, its hash is not that of the records, so that loading
   derives the files in memory. Hashes are computed from the records that were read, and nowhere kept apart from them.
"""

import logging
import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
from filelock import AcquireReturnProxy, FileLock, Timeout

from index.errors import IndexDamaged, IndexMissing, IndexReadOnly
from index.model.embed import Embedder, Encoded
from index.store.intake import Progress, Report, take_in
from index.store.known import place_known
from index.store.load import (
    DERIVED_PREFIX,
    check_model,
    dense_text,
    derive,
    derived_folder,
    describe_index,
    known_keys,
    passage_keys,
    query_model,
)
from index.store.manifest import MANIFEST_NAME, RECIPES, Manifest, file_sha256, read_manifest
from index.store.records import RecordStore, embedding_key
from index.store.rows import FILES, LocalBackend

logger = logging.getLogger(__name__)

_EMBED_BATCH = 32  # texts between two commits: about three seconds of work on two cores for passages
_BUILDING_PREFIX = ".building-"


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
        with suppress(IndexMissing, IndexDamaged):  # a damaged manifest is written anew
            check_model(folder, read_manifest(folder), embedder)
        store.start_vectors(RECIPES.vectors)
        intake = take_in(store, paths, keep_copies=keep_copies, progress=progress)
        report = intake.report
        documents = {document.document_id: document for document in store.read_documents()} | intake.kept
        passages = [dense_text(passage) for document in documents.values() for passage in document.passages]
        report.embedded = _embed(store, passages, embedder.name, embedder.embed_passages, progress)
        questions = [one.question for known in (store.known_questions(), *intake.known.values()) for one in known]
        _embed(store, questions, query_model(embedder), partial(_without_tokens, embedder), progress)
        with store.transaction():
            intake.put(store)
        _finish(folder, store, embedder, report)
    return report


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
        store.keep_embeddings([*passage_keys(documents, embedder), *known_keys(known, embedder)])
    described = describe_index(documents, questions, embedder)
    target = derived_folder(folder, described)
    backend = derive(store, documents, questions, embedder)
    try:
        files = _write_derived(backend, target)
        _write_manifest(folder, described.model_copy(update={"files": files}).sealed())
    except (OSError, RuntimeError, ValueError) as error:
        raise _unwritable(folder, error) from error
    for other in [*folder.glob(f"{DERIVED_PREFIX}*"), *folder.glob(f"{_BUILDING_PREFIX}*")]:
        if other != target:
            shutil.rmtree(other, ignore_errors=True)


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    building = folder / f".{MANIFEST_NAME}"
    building.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    os.replace(building, folder / MANIFEST_NAME)


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
