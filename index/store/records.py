"""Records: the documents of an index with their known questions, and the vectors already computed.

Everything else in an index folder is derived from these records and can be made again from them. A document is one row
of JSON. Each row carries a SHA-256 over all of it, so that a damaged date, number or page is never cited.
"""

import hashlib
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from index.arrays import Vectors
from index.errors import EngineMissing, IndexMissing
from index.model.embed import Encoded
from index.store.database import Database, Sqlite, marks, seal
from index.store.known import KnownQuestion
from index.store.manifest import Manifest
from index.store.token_vectors import PackedTokens, TokenBook
from ingest.document import Document, from_json, to_json

_AT_ONCE = 500  # keys a statement
_PUT = "SELECT document_id, recipe FROM document UNION SELECT document_id, recipe FROM copy"


class RecordStore(AbstractContextManager["RecordStore"]):
    """The records of one index, in either of the two databases, see Database.

    Args:
        folder: index folder.
        records: address of the PostgreSQL that holds them; "" where the folder does.
        writable: open for writing, and make what is not there yet.

    Raises:
        IndexMissing: there are no records and `writable` is false.
        IndexMismatch: they are of another version and `writable` is false.
        IndexReadOnly: they cannot be written and `writable` is true.
        IndexDamaged: they cannot be used.
        EngineMissing: their server does not answer.
    """

    def __init__(self, folder: Path, records: str = "", *, writable: bool = False) -> None:
        self.db: Database = _open(records, writable) if records else Sqlite(folder, writable=writable)
        self.transaction = self.db.transaction

    def __exit__(self, *_: object) -> None:
        self.db.close()

    def recipes(self) -> dict[str, tuple[str, str]]:
        """Return document_id -> (recipe, source path) of all documents; what is damaged here is read from its file."""
        return {row[0]: row[1:] for row in self.db.select("SELECT document_id, recipe, source_path FROM document")}

    def publish(self, manifest: Manifest) -> None:
        """Say that all that follows from these records is there now, so that other machines load it."""
        with self.transaction():
            self.db.replace("meta", "manifest", manifest.sealed().model_dump_json())
            self.db.replace("meta", "published", str(time.time_ns()))

    def published(self) -> int | None:
        """Return when that was last said, in ns since 1970; None where it never was."""
        found = self.db.select("SELECT value FROM meta WHERE key = 'published'")
        return int(found[0][0]) if found else None

    def manifest(self) -> Manifest:
        """Return what was last published.

        Raises:
            IndexMissing: nothing was.
            IndexDamaged: it was changed since.
        """
        found = self.db.select("SELECT value FROM meta WHERE key = 'manifest'")
        if not found:
            raise IndexMissing.at(self.db.place)
        try:
            return Manifest.model_validate_json(found[0][0])
        except ValueError as error:
            raise self.db.damaged("het manifest is onleesbaar, gewijzigd of van een andere versie") from error

    def copies(self) -> dict[str, tuple[str, str, str]]:
        """Return document_id -> (recipe, source path, id of the original) of files with known text."""
        return {row[0]: (row[3], row[2], row[4]) for row in self.db.sealed("bestand", "SELECT * FROM copy")}

    def copy_names(self) -> list[tuple[str, str]]:
        """Return (id of the original, name of the file) of files with known text, in order."""
        rows = self.db.sealed("bestand", "SELECT * FROM copy ORDER BY original, file_name")
        return [(row[4], row[1]) for row in rows]

    def put_copy(self, document: Document, source_path: str, recipe: str, original: str) -> None:
        """Remember a file whose text is already there; call inside a transaction, after its original is."""
        self.db.put("copy", document.document_id, document.file_name, source_path, recipe, original)

    def stage(self, document_id: str, recipe: str, document: bytes) -> None:
        """Keep a document that was read until it is put: after a stop it need not be read again."""
        with self.transaction():
            self.db.put("staged", document_id, recipe, document)

    def staged(self, document_id: str, recipe: str) -> bytes | None:
        """Return a staged document, if it was read by this recipe and is whole."""
        query = "SELECT * FROM staged WHERE document_id = ? AND recipe = ?"
        rows = self.db.select(query, (document_id, recipe))
        return next((bytes(row[2]) for *row, sha256 in rows if seal(row) == sha256), None)

    def clear_staged(self) -> None:
        """Drop all staged documents, but those that another machine is still to put; call inside a transaction."""
        put = f" WHERE (document_id, recipe) IN ({_PUT})" if self.db.shared else ""
        self.db.execute(f"DELETE FROM staged{put}")

    def put_document(self, document: Document, source_path: str, recipe: str, twin: str = "") -> None:
        """Add or replace a document with its pages and passages; call inside a transaction.

        `recipe` is what it follows from, `twin` what it shares with documents that are the same.
        """
        self.remove_document(document.document_id)
        content = to_json(replace(document, copies=()))
        self.db.put("document", document.document_id, source_path, recipe, content, _sha256(content), twin)

    def remove_document(self, document_id: str) -> None:
        """Remove a document with its pages and passages, or what is known of a copy; call inside a transaction."""
        self.db.execute("DELETE FROM document WHERE document_id = ?", (document_id,))
        self.db.execute("DELETE FROM copy WHERE document_id = ?", (document_id,))

    def known_questions(self) -> list[KnownQuestion]:
        """Return all known questions, in order.

        Raises:
            IndexDamaged: one differs from its hash.
        """
        rows = self.db.sealed("de bekende vragen van", "SELECT * FROM known ORDER BY question, doc, passage")
        return [KnownQuestion(*row[1:]) for row in rows]

    def put_known_questions(self, folders: Mapping[Path, Sequence[KnownQuestion]]) -> None:
        """Replace the known questions of folders and of all that lies in them; call inside a transaction."""
        for (stored,) in self.db.select("SELECT DISTINCT folder FROM known"):
            if any(Path(stored).is_relative_to(folder) for folder in folders):
                self.db.execute("DELETE FROM known WHERE folder = ?", (stored,))
        for folder, known in folders.items():
            for one in known:
                self.db.put("known", str(folder), *one.row)

    def start_vectors(self, recipe: str) -> bool:
        """Drop all vectors where they were made by another recipe, and return whether they were.

        An index without this fact has those of 1.1.
        """
        stored = dict(self.db.select("SELECT key, value FROM meta"))
        stale = bool(stored.get("vectors", "1.1") != recipe)
        with self.transaction():
            if stale:
                self.db.execute("DELETE FROM embedding")
            self.db.replace("meta", "vectors", recipe)
        return stale

    def known_embeddings(self, keys: Iterable[str]) -> set[str]:
        """Return those keys for which a vector is stored."""
        query = "SELECT key FROM embedding WHERE key IN ({})"
        return {key for some in _some(keys) for (key,) in self.db.select(query.format(marks(some)), some)}

    def count_embeddings(self) -> int:
        """Return how many vectors are stored."""
        return int(self.db.select("SELECT COUNT(*) FROM embedding")[0][0])

    def put_embeddings(self, keys: Sequence[str], encoded: Encoded, book: TokenBook) -> None:
        """Store what the model made of the texts with these keys, at once: it is never computed again."""
        packed = PackedTokens.pack(encoded.tokens, book)
        with self.transaction():
            for i, key in enumerate(keys):
                self.db.put("embedding", key, encoded.vectors[i].tobytes(), packed.codes_of(i).tobytes())

    def keep_embeddings(self, keys: Iterable[str]) -> None:
        """Drop all vectors but those of the keys; call inside a transaction."""
        for some in _some({key for (key,) in self.db.select("SELECT key FROM embedding")}.difference(keys)):
            self.db.execute(f"DELETE FROM embedding WHERE key IN ({marks(some)})", some)

    def read_embeddings(self, keys: Sequence[str], book: TokenBook) -> tuple[Vectors, PackedTokens]:
        """Return the vectors of the keys, float32 (len(keys), dimension), and their token vectors.

        Raises:
            IndexDamaged: a vector is missing, has another length or differs from its hash.
        """
        vectors = np.empty((len(keys), book.dimension), np.float32)
        parts: list[bytes] = []
        query = "SELECT * FROM embedding WHERE key IN ({})"
        for start, some in enumerate(_some(keys)):
            found = {key: rest for key, *rest in self.db.sealed("vector", query.format(marks(some)), *some)}
            for row, key in enumerate(some, start=_AT_ONCE * start):
                vector, codes = found.get(key, (b"", b""))
                if len(vector) != 4 * book.dimension:
                    raise self.db.damaged("er ontbreekt een vector")
                vectors[row] = np.frombuffer(vector, "<f4")
                parts.append(codes)
        try:
            return vectors, PackedTokens.join(parts, book)
        except ValueError as error:
            raise self.db.damaged(str(error)) from error

    def check(self) -> None:
        """Look through the whole database, which takes time in proportion to its size.

        Raises:
            IndexDamaged: it is not whole, or a row differs from its hash.
        """
        self.known_questions()
        for some in _some(key for (key,) in self.db.select("SELECT key FROM embedding")):
            deque(self.db.sealed("vector", f"SELECT * FROM embedding WHERE key IN ({marks(some)})", *some), maxlen=0)
        self.read_documents()

    def heads(self) -> dict[str, str]:
        """Return document_id -> content hash of all documents, in order of it, without reading them."""
        return dict(self.db.select("SELECT document_id, content FROM document ORDER BY document_id"))

    def with_twin(self, twin: str) -> list[str]:
        """Return the documents that share something, see `put_document`."""
        return [row[0] for row in self.db.select("SELECT document_id FROM document WHERE twin = ? ORDER BY 1", (twin,))]

    def read_document(self, document_id: str, content: str) -> Document:
        """Read a document with a content hash, with the errors of `read_some`."""
        return self.read_some({document_id: content})[document_id]

    def read_some(self, contents: Mapping[str, str]) -> dict[str, Document]:
        """Read documents, given by id with their content hash.

        Raises:
            IndexDamaged: one is missing or differs from a hash.
        """
        documents: dict[str, Document] = {}
        for some in _some(contents):
            places = marks(some)
            rows = self.db.sealed("document", f"SELECT * FROM document WHERE document_id IN ({places})", *some)
            found = {row[0]: row[3:5] for row in rows}
            copies: dict[str, list[str]] = {document_id: [] for document_id in some}
            query = f"SELECT * FROM copy WHERE original IN ({places}) ORDER BY file_name"
            for _, name, _, _, original in self.db.sealed("bestand", query, *some):
                copies[original].append(name)
            for document_id in some:
                data, content = found.get(document_id, (b"", ""))
                if contents[document_id] != content or _sha256(data) != content:
                    raise self.db.damaged(f"document {document_id} is gewijzigd sinds het inlezen")
                documents[document_id] = replace(from_json(data), copies=tuple(copies[document_id]))
        return documents

    def read_documents(self) -> tuple[Document, ...]:
        """Read all documents, in order of document_id.

        Raises:
            IndexDamaged: the database is damaged, or a document differs from its hash.
        """
        documents = tuple(self.read_some(self.heads()).values())
        self.db.check()  # last, since it names none
        return documents


def _open(records: str, writable: bool) -> Database:
    try:
        from index.store.postgres import Postgres
    except ImportError as error:
        raise EngineMissing(
            "De pakketten sqlalchemy en pg8000 ontbreken; installeer beleidswijzer[postgres], of laat "
            "BELEIDSWIJZER_RECORDS leeg."
        ) from error
    return Postgres(records, writable=writable)


def _some(keys: Iterable[str]) -> Iterator[list[str]]:
    """Yield keys, as many at a time as go into one statement."""
    rest = iter(keys)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def embedding_key(model: str, text: str) -> str:
    """Return the key under which the vector of a text by a model is stored."""
    return hashlib.sha256(f"{model}\0{text}".encode()).hexdigest()
