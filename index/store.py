"""Records in SQLite: the documents, pages and passages of an index, and the vectors already computed.

Everything else in an index folder is derived from these records and can be made again from them.
"""

import datetime
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple
from pathlib import Path

import numpy as np

from index.embed import Encoded, Vectors
from index.errors import IndexDamaged, IndexMismatch, IndexMissing, IndexReadOnly
from index.known import KnownQuestion
from index.late import PackedTokens
from ingest.document import Document, Kind, Metadata, Page, Passage, Span, Topic
from ingest.errors import SpanError
from ingest.text import join_lines

RECORDS_NAME = "records.sqlite"
_SCHEMA_VERSION = 3  # 1 had no copies, notes, staged documents and confidence; 2 no known questions
_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    document_id TEXT PRIMARY KEY, file_name TEXT NOT NULL, source_path TEXT NOT NULL, sha256 TEXT NOT NULL,
    recipe TEXT NOT NULL, metadata TEXT NOT NULL, notes TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS copy (
    document_id TEXT PRIMARY KEY, file_name TEXT NOT NULL, source_path TEXT NOT NULL, recipe TEXT NOT NULL,
    original TEXT NOT NULL REFERENCES document ON DELETE CASCADE
) STRICT;
CREATE TABLE IF NOT EXISTS staged (document_id TEXT PRIMARY KEY, recipe TEXT NOT NULL, document BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS page (
    document_id TEXT NOT NULL REFERENCES document ON DELETE CASCADE, number INTEGER NOT NULL, label TEXT,
    text TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (document_id, number)
) STRICT;
CREATE TABLE IF NOT EXISTS passage (
    passage_id TEXT PRIMARY KEY, document_id TEXT NOT NULL REFERENCES document ON DELETE CASCADE,
    ordinal INTEGER NOT NULL, section TEXT NOT NULL, spans TEXT NOT NULL, search_text TEXT NOT NULL,
    topics TEXT NOT NULL, confidence REAL
) STRICT;
CREATE TABLE IF NOT EXISTS known (
    folder TEXT NOT NULL, question TEXT NOT NULL, doc TEXT NOT NULL, passage TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS embedding (
    key TEXT PRIMARY KEY, vector BLOB NOT NULL, codes BLOB NOT NULL, scales BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


class RecordStore:
    """The records of one index folder.

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

    def _connect_writable(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=30)
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA journal_mode = WAL")
            if self._version() < _SCHEMA_VERSION:  # documents are read again; vectors, which are dear, are kept
                self._db.executescript(
                    "DROP TABLE IF EXISTS passage; DROP TABLE IF EXISTS page; DROP TABLE IF EXISTS document"
                )
            self._db.executescript(_SCHEMA)
            self._db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        except OSError as error:
            raise self._read_only(error.strerror or str(error)) from error
        except sqlite3.OperationalError as error:
            raise self._read_only(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise self._damaged(str(error)) from error

    def _connect_readable(self) -> None:
        if not self.path.exists():
            raise IndexMissing(f"There is no index in {self.path.parent}; run 'beleidswijzer ingest' first.")
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
                    f"The index in {self.path.parent} was made by another version; run 'beleidswijzer ingest'."
                )
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
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise self._read_only(str(error)) from error

    def recipes(self) -> dict[str, tuple[str, str]]:
        """Return document_id -> (recipe, source path) of all documents."""
        rows = self._db.execute("SELECT document_id, recipe, source_path FROM document")
        return {document_id: (recipe, source_path) for document_id, recipe, source_path in rows}

    def copies(self) -> dict[str, tuple[str, str, str]]:
        """Return document_id -> (recipe, source path, id of the original) of files with known text."""
        rows = self._db.execute("SELECT document_id, recipe, source_path, original FROM copy")
        return {document_id: (recipe, source_path, original) for document_id, recipe, source_path, original in rows}

    def put_copy(self, document: Document, source_path: str, recipe: str, original: str) -> None:
        """Remember a file whose text is already there; call inside a transaction, after its original is."""
        self._db.execute(
            "INSERT OR REPLACE INTO copy VALUES (?, ?, ?, ?, ?)",
            (document.document_id, document.file_name, source_path, recipe, original),
        )

    def stage(self, document_id: str, recipe: str, document: bytes) -> None:
        """Keep a document that was read until it is put: after a stop it need not be read again."""
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO staged VALUES (?, ?, ?)", (document_id, recipe, document))

    def staged(self, document_id: str, recipe: str) -> bytes | None:
        """Return a staged document, if it was read by this recipe."""
        row = self._db.execute(
            "SELECT document FROM staged WHERE document_id = ? AND recipe = ?", (document_id, recipe)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def clear_staged(self) -> None:
        """Drop all staged documents; call inside the transaction that puts them."""
        self._db.execute("DELETE FROM staged")

    def put_document(self, document: Document, source_path: str, recipe: str) -> None:
        """Add or replace a document with its pages and passages; call inside a transaction."""
        self.remove_document(document.document_id)
        metadata = json.dumps(asdict(document.metadata), default=str, ensure_ascii=False)
        notes = json.dumps(document.notes, ensure_ascii=False)
        document_id = document.document_id
        self._db.execute(
            "INSERT INTO document VALUES (?, ?, ?, ?, ?, ?, ?)",
            (document_id, document.file_name, source_path, document.sha256, recipe, metadata, notes),
        )
        self._db.executemany(
            "INSERT INTO page VALUES (?, ?, ?, ?, ?)",
            [(document_id, page.number, page.label, page.text, page.sha256) for page in document.pages],
        )
        self._db.executemany(
            "INSERT INTO passage VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    passage.passage_id,
                    document_id,
                    ordinal,
                    json.dumps(passage.section, ensure_ascii=False),
                    json.dumps([(span.page, span.start, span.end) for span in passage.spans]),
                    passage.search_text,
                    json.dumps(passage.topics),
                    passage.confidence,
                )
                for ordinal, passage in enumerate(document.passages)
            ],
        )

    def remove_document(self, document_id: str) -> None:
        """Remove a document with its pages and passages, or what is known of a copy; call inside a transaction."""
        self._db.execute("DELETE FROM document WHERE document_id = ?", (document_id,))
        self._db.execute("DELETE FROM copy WHERE document_id = ?", (document_id,))

    def known_questions(self) -> list[KnownQuestion]:
        """Return all known questions, in order."""
        rows = self._db.execute("SELECT question, doc, passage FROM known ORDER BY question, doc, passage")
        return [KnownQuestion(*row) for row in rows]

    def put_known_questions(self, folders: Mapping[Path, Sequence[KnownQuestion]]) -> None:
        """Replace the known questions of folders and of all that lies in them; call inside a transaction."""
        for (stored,) in self._db.execute("SELECT DISTINCT folder FROM known").fetchall():
            if any(Path(stored).is_relative_to(folder) for folder in folders):
                self._db.execute("DELETE FROM known WHERE folder = ?", (stored,))
        self._db.executemany(
            "INSERT INTO known VALUES (?, ?, ?, ?)",
            [(str(folder), *astuple(one)) for folder, known in folders.items() for one in known],
        )

    def known_embeddings(self, keys: Iterable[str]) -> set[str]:
        """Return those keys for which a vector is stored."""
        stored = {key for (key,) in self._db.execute("SELECT key FROM embedding")}
        return stored.intersection(keys)

    def put_embeddings(self, keys: Sequence[str], encoded: Encoded) -> None:
        """Store what the model made of the texts with these keys, at once: it is never computed again."""
        packed = PackedTokens.pack(encoded.tokens)
        with self.transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO embedding VALUES (?, ?, ?, ?)",
                [(key, encoded.vectors[i].tobytes(), *packed.of(i)) for i, key in enumerate(keys)],
            )

    def keep_embeddings(self, keys: Iterable[str]) -> None:
        """Drop all vectors but those of the keys; call inside a transaction."""
        unused = {key for (key,) in self._db.execute("SELECT key FROM embedding")}.difference(keys)
        self._db.executemany("DELETE FROM embedding WHERE key = ?", [(key,) for key in unused])

    def read_embeddings(self, keys: Sequence[str], dimension: int) -> tuple[Vectors, PackedTokens]:
        """Return the vectors of the keys, float32 (len(keys), dimension), and their token vectors.

        Raises:
            IndexDamaged: a vector is missing or has another length.
        """
        vectors = np.empty((len(keys), dimension), np.float32)
        parts: list[tuple[bytes, bytes]] = []
        for row, key in enumerate(keys):
            found = self._db.execute("SELECT vector, codes, scales FROM embedding WHERE key = ?", (key,)).fetchone()
            if found is None or len(found[0]) != 4 * dimension:
                raise self._damaged("a vector is missing")
            vectors[row] = np.frombuffer(found[0], "<f4")
            parts.append((found[1], found[2]))
        try:
            return vectors, PackedTokens.join(parts, dimension)
        except ValueError as error:
            raise self._damaged(str(error)) from error

    def get_meta(self, key: str) -> str | None:
        """Return a stored fact about the whole, or None."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def put_meta(self, key: str, value: str) -> None:
        """Store a fact about the whole; call inside a transaction."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def read_documents(self) -> tuple[Document, ...]:
        """Read all documents, in order of document_id, and prove that each passage can still be quoted.

        Raises:
            IndexDamaged: the database is damaged, a page differs from its hash, or a passage from its page.
        """
        try:
            if self._db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise self._damaged("quick_check failed")
            return tuple(
                self._read_document(*row)
                for row in self._db.execute(
                    "SELECT document_id, file_name, sha256, metadata, notes FROM document ORDER BY document_id"
                ).fetchall()
            )
        except (sqlite3.DatabaseError, ValueError, TypeError, KeyError, SpanError) as error:
            raise self._damaged(str(error)) from error

    def _read_document(self, document_id: str, file_name: str, sha256: str, metadata: str, notes: str) -> Document:
        pages = []
        for number, label, text, page_sha256 in self._db.execute(
            "SELECT number, label, text, sha256 FROM page WHERE document_id = ? ORDER BY number", (document_id,)
        ):
            page = Page(number, label, text)
            if page.sha256 != page_sha256:
                raise self._damaged(f"page {number} of {document_id} differs from its hash")
            pages.append(page)
        passages = tuple(
            Passage(
                passage_id,
                document_id,
                tuple(json.loads(section)),
                tuple(Span(*span) for span in json.loads(spans)),
                search_text,
                tuple(Topic(topic) for topic in json.loads(topics)),
                confidence,
            )
            for passage_id, section, spans, search_text, topics, confidence in self._db.execute(
                "SELECT passage_id, section, spans, search_text, topics, confidence FROM passage WHERE document_id = ? "
                "ORDER BY ordinal",
                (document_id,),
            )
        )
        fields = json.loads(metadata)
        fields["kind"] = Kind(fields["kind"])
        fields["date"] = datetime.date.fromisoformat(fields["date"]) if fields["date"] else None
        fields["themes"] = tuple(fields.get("themes", ()))
        copies = self._db.execute("SELECT file_name FROM copy WHERE original = ? ORDER BY file_name", (document_id,))
        document = Document(
            document_id,
            file_name,
            sha256,
            Metadata(**fields),
            tuple(pages),
            passages,
            tuple(json.loads(notes)),
            tuple(name for (name,) in copies),
        )
        for passage in passages:
            if join_lines(document.quote(passage.spans)) != passage.search_text:
                raise self._damaged(f"passage {passage.passage_id} differs from its page")
        return document

    def _damaged(self, what: str) -> IndexDamaged:
        return IndexDamaged(
            f"The index in {self.path.parent} is damaged ({what}); remove that folder and run 'beleidswijzer ingest'."
        )

    def _read_only(self, what: str) -> IndexReadOnly:
        return IndexReadOnly(
            f"The index folder {self.path.parent} cannot be written ({what}); check its rights and the free disk "
            "space, or set BELEIDSWIJZER_INDEX_DIR."
        )


def embedding_key(model: str, text: str) -> str:
    """Return the key under which the vector of a text by a model is stored."""
    return hashlib.sha256(f"{model}\0{text}".encode()).hexdigest()
