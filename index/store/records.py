"""Records in SQLite: the documents of an index with their known questions, and the vectors already computed.

Everything else in an index folder is derived from these records and can be made again from them. A document is one row
of JSON. Each row carries a SHA-256 over all of it, so that a damaged date, number or page is never cited.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np

from index.arrays import Vectors
from index.errors import IndexDamaged, IndexMismatch, IndexMissing, IndexReadOnly
from index.model.embed import Encoded
from index.store.known import KnownQuestion
from index.store.token_vectors import PackedTokens
from ingest.document import Document, from_json, to_json

RECORDS_NAME = "records.sqlite"
# 1 had no copies, notes, staged documents and confidence; 2 no known questions; 3 a column for each field, no hashes
_SCHEMA_VERSION = 4
_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    document_id TEXT PRIMARY KEY, source_path TEXT NOT NULL, recipe TEXT NOT NULL, document BLOB NOT NULL,
    sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS copy (
    document_id TEXT PRIMARY KEY, file_name TEXT NOT NULL, source_path TEXT NOT NULL, recipe TEXT NOT NULL,
    original TEXT NOT NULL REFERENCES document ON DELETE CASCADE, sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS staged (
    document_id TEXT PRIMARY KEY, recipe TEXT NOT NULL, document BLOB NOT NULL, sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS known (
    folder TEXT NOT NULL, question TEXT NOT NULL, doc TEXT NOT NULL, passage TEXT NOT NULL, sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS embedding (
    key TEXT PRIMARY KEY, vector BLOB NOT NULL, codes BLOB NOT NULL, scales BLOB NOT NULL, sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""
_OLD_TABLES = ("passage", "page", "copy", "document", "staged", "known")

_Value = str | bytes


class RecordStore:
    """The records of one index folder; what is read is one state of them, also while another process writes.

    Args:
        folder: index folder.
        writable: open for writing, and make folder and tables where they are not there yet.

    Raises:
        IndexMissing: there are no records and `writable` is false.
        IndexReadOnly: the folder cannot be written and `writable` is true.
        IndexDamaged: the file is not a usable database.
    """

    def __init__(self, folder: Path, *, writable: bool = False) -> None:
        self.path = folder.resolve() / RECORDS_NAME
        if writable:
            self._connect_writable(folder)
        else:
            self._connect_readable()
        self._db.text_factory = lambda data: data.decode(errors="replace")  # its hash then says that it is damaged

    def _connect_writable(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._read_only(error.strerror or str(error)) from error
        with self._writing():
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=30)
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA journal_mode = WAL")
            if self._version() != _SCHEMA_VERSION:
                self._migrate()

    def _migrate(self) -> None:
        """Make the tables; of another version, documents are read again and vectors, which are dear, are kept."""
        drop = "".join(f"DROP TABLE IF EXISTS {table};" for table in _OLD_TABLES)
        columns = {row[1] for row in self._db.execute("PRAGMA table_info(embedding)")}
        seal = ""
        if columns and "sha256" not in columns:
            self._db.create_function("seal", -1, lambda *values: _seal(values), deterministic=True)
            seal = (
                "ALTER TABLE embedding ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';"
                "UPDATE embedding SET sha256 = seal(key, vector, codes, scales);"
            )
        self._db.executescript(f"BEGIN;{drop}{seal}{_SCHEMA}PRAGMA user_version = {_SCHEMA_VERSION};COMMIT")

    def _connect_readable(self) -> None:
        if not self.path.exists():
            raise IndexMissing(f"Er is nog geen index in {self.path.parent}; draai eerst 'beleidswijzer ingest'.")
        try:
            self._db = sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True, timeout=30)
            try:
                self._db.execute("SELECT 1 FROM document LIMIT 1")
            except sqlite3.OperationalError:
                # WAL needs a writable folder even to read; on a read-only disk nobody writes, so immutable is true.
                self._db.close()
                self._db = sqlite3.connect(f"{self.path.as_uri()}?immutable=1", uri=True)
                self._db.execute("SELECT 1 FROM document LIMIT 1")
            if self._version() != _SCHEMA_VERSION:
                self._db.close()
                raise IndexMismatch(
                    f"De index in {self.path.parent} is gemaakt door een andere versie; draai 'beleidswijzer ingest'."
                )
            self._db.execute("BEGIN")
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def __enter__(self) -> "RecordStore":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: commit at the end, roll back on any error."""
        with self._writing():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def recipes(self) -> dict[str, tuple[str, str]]:
        """Return document_id -> (recipe, source path) of all documents; what is damaged here is read from its file."""
        rows = self._select("SELECT document_id, recipe, source_path FROM document")
        return {document_id: (recipe, source_path) for document_id, recipe, source_path in rows}

    def copies(self) -> dict[str, tuple[str, str, str]]:
        """Return document_id -> (recipe, source path, id of the original) of files with known text."""
        return {row[0]: (row[3], row[2], row[4]) for row in self._sealed("bestand", "SELECT * FROM copy")}

    def put_copy(self, document: Document, source_path: str, recipe: str, original: str) -> None:
        """Remember a file whose text is already there; call inside a transaction, after its original is."""
        self._put("copy", document.document_id, document.file_name, source_path, recipe, original)

    def stage(self, document_id: str, recipe: str, document: bytes) -> None:
        """Keep a document that was read until it is put: after a stop it need not be read again."""
        with self.transaction():
            self._put("staged", document_id, recipe, document)

    def staged(self, document_id: str, recipe: str) -> bytes | None:
        """Return a staged document, if it was read by this recipe and is whole."""
        for *row, sha256 in self._select(
            "SELECT * FROM staged WHERE document_id = ? AND recipe = ?", (document_id, recipe)
        ):
            if _seal(row) == sha256:
                return bytes(row[2])
        return None

    def clear_staged(self) -> None:
        """Drop all staged documents; call inside the transaction that puts them."""
        self._db.execute("DELETE FROM staged")

    def put_document(self, document: Document, source_path: str, recipe: str) -> None:
        """Add or replace a document with its pages and passages; call inside a transaction."""
        self.remove_document(document.document_id)
        self._put("document", document.document_id, source_path, recipe, to_json(replace(document, copies=())))

    def remove_document(self, document_id: str) -> None:
        """Remove a document with its pages and passages, or what is known of a copy; call inside a transaction."""
        self._db.execute("DELETE FROM document WHERE document_id = ?", (document_id,))
        self._db.execute("DELETE FROM copy WHERE document_id = ?", (document_id,))

    def known_questions(self) -> list[KnownQuestion]:
        """Return all known questions, in order.

        Raises:
            IndexDamaged: one differs from its hash.
        """
        rows = self._sealed("de bekende vragen van", "SELECT * FROM known ORDER BY question, doc, passage")
        return [KnownQuestion(*row[1:]) for row in rows]

    def put_known_questions(self, folders: Mapping[Path, Sequence[KnownQuestion]]) -> None:
        """Replace the known questions of folders and of all that lies in them; call inside a transaction."""
        for (stored,) in self._select("SELECT DISTINCT folder FROM known"):
            if any(Path(stored).is_relative_to(folder) for folder in folders):
                self._db.execute("DELETE FROM known WHERE folder = ?", (stored,))
        for folder, known in folders.items():
            for one in known:
                self._put("known", str(folder), *astuple(one))

    def start_vectors(self, recipe: str) -> None:
        """Drop all vectors where they were made by another recipe; an index without this fact has those of 1.1."""
        stored = dict(self._select("SELECT key, value FROM meta"))
        with self.transaction():
            if stored.get("vectors", "1.1") != recipe:
                self._db.execute("DELETE FROM embedding")
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('vectors', ?)", (recipe,))

    def known_embeddings(self, keys: Iterable[str]) -> set[str]:
        """Return those keys for which a vector is stored."""
        stored = {key for (key,) in self._select("SELECT key FROM embedding")}
        return stored.intersection(keys)

    def put_embeddings(self, keys: Sequence[str], encoded: Encoded) -> None:
        """Store what the model made of the texts with these keys, at once: it is never computed again."""
        packed = PackedTokens.pack(encoded.tokens)
        with self.transaction():
            for i, key in enumerate(keys):
                self._put("embedding", key, encoded.vectors[i].tobytes(), *packed.of(i))

    def keep_embeddings(self, keys: Iterable[str]) -> None:
        """Drop all vectors but those of the keys; call inside a transaction."""
        unused = {key for (key,) in self._select("SELECT key FROM embedding")}.difference(keys)
        self._db.executemany("DELETE FROM embedding WHERE key = ?", [(key,) for key in unused])

    def read_embeddings(self, keys: Sequence[str], dimension: int) -> tuple[Vectors, PackedTokens]:
        """Return the vectors of the keys, float32 (len(keys), dimension), and their token vectors.

        Raises:
            IndexDamaged: a vector is missing, has another length or differs from its hash.
        """
        vectors = np.empty((len(keys), dimension), np.float32)
        parts: list[tuple[bytes, bytes]] = []
        for row, key in enumerate(keys):
            found = list(self._sealed("vector", "SELECT * FROM embedding WHERE key = ?", key))
            if not found or len(found[0][1]) != 4 * dimension:
                raise self._damaged("er ontbreekt een vector")
            _, vector, codes, scales = found[0]
            vectors[row] = np.frombuffer(vector, "<f4")
            parts.append((codes, scales))
        try:
            return vectors, PackedTokens.join(parts, dimension)
        except ValueError as error:
            raise self._damaged(str(error)) from error

    def read_documents(self) -> tuple[Document, ...]:
        """Read all documents, in order of document_id.

        Raises:
            IndexDamaged: the database is damaged, or a document differs from its hash.
        """
        if self._select("PRAGMA quick_check(1)") != [("ok",)]:
            raise self._damaged("de databank is niet heel")
        names: dict[str, list[str]] = {}
        for row in self._sealed("bestand", "SELECT * FROM copy ORDER BY file_name"):
            names.setdefault(row[4], []).append(row[1])
        return tuple(
            replace(from_json(row[3]), copies=tuple(names.get(row[0], ())))
            for row in self._sealed("document", "SELECT * FROM document ORDER BY document_id")
        )

    def _put(self, table: str, *values: _Value) -> None:
        marks = ", ".join("?" * (len(values) + 1))
        self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", (*values, _seal(values)))

    def _sealed(self, what: str, query: str, *values: _Value) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table without their hash, after checking it."""
        for *row, sha256 in self._select(query, values):
            if _seal(row) != sha256:
                raise self._damaged(f"{what} {row[0]} is gewijzigd sinds het inlezen")
            yield tuple(row)

    def _select(self, query: str, values: Sequence[_Value] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise self._read_only(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, what: str) -> IndexDamaged:
        return IndexDamaged(
            f"De index in {self.path.parent} is beschadigd ({what}); verwijder die map en draai 'beleidswijzer ingest'."
        )

    def _read_only(self, what: str) -> IndexReadOnly:
        return IndexReadOnly(
            f"De map van de index {self.path.parent} kan niet beschreven worden ({what}); kijk de rechten en de vrije "
            "schijfruimte na, of stel BELEIDSWIJZER_INDEX_DIR in."
        )


def embedding_key(model: str, text: str) -> str:
    """Return the key under which the vector of a text by a model is stored."""
    return hashlib.sha256(f"{model}\0{text}".encode()).hexdigest()


def _seal(values: Iterable[_Value]) -> str:
    """Return a SHA-256 over all values of a row, hexadecimal."""
    digest = hashlib.sha256()
    for value in values:
        data = value if isinstance(value, bytes) else value.encode()
        digest.update(b"%d:%b" % (len(data), data))
    return digest.hexdigest()
