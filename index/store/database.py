"""The database of the records: its tables, and rows that carry a SHA-256 over all of their values.

Every statement is the same text in both databases: SQLite in the index folder, and PostgreSQL (`postgres.py`).
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

from index.errors import IndexDamaged, IndexMismatch, IndexMissing, IndexReadOnly
from ingest.reasons import reason_of

RECORDS_NAME = "records.sqlite"
# 1 had no copies, notes, staged documents and confidence; 2 no known questions; 3 a column for each field, no hashes;
# 4 no column by which documents are told apart without reading them; 5 token vectors of a byte a dimension
SCHEMA_VERSION = 6
SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    document_id TEXT PRIMARY KEY, source_path TEXT NOT NULL, recipe TEXT NOT NULL, document BLOB NOT NULL,
    content TEXT NOT NULL, twin TEXT NOT NULL, sha256 TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS head ON document (document_id, content);
CREATE INDEX IF NOT EXISTS sources ON document (document_id, recipe, source_path);
CREATE INDEX IF NOT EXISTS twins ON document (twin, document_id);
CREATE TABLE IF NOT EXISTS copy (
    document_id TEXT PRIMARY KEY, file_name TEXT NOT NULL, source_path TEXT NOT NULL, recipe TEXT NOT NULL,
    original TEXT NOT NULL REFERENCES document ON DELETE CASCADE, sha256 TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS copies ON copy (original, file_name);
CREATE TABLE IF NOT EXISTS staged (
    document_id TEXT PRIMARY KEY, recipe TEXT NOT NULL, document BLOB NOT NULL, sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS known (
    folder TEXT NOT NULL, question TEXT NOT NULL, doc TEXT NOT NULL, passage TEXT NOT NULL, sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS embedding (
    key TEXT PRIMARY KEY, vector BLOB NOT NULL, codes BLOB NOT NULL, sha256 TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""
KEYS = {"document": "document_id", "copy": "document_id", "staged": "document_id", "embedding": "key", "meta": "key"}
_OLD_TABLES = ("passage", "page", "copy", "document", "staged", "known", "embedding")

Value = str | bytes
_MAPPED = 2**40  # bytes; SQLite takes no more than it is compiled for, and no memory of the process


class Database(Protocol):
    """The records of one index; what is read is one state of them, also while another process writes.

    Attributes:
        place: where they are, as a message names it; it has no password.
        remedy: what helps where they are damaged, before they are made again, in Dutch.
        shared: whether other machines read them too.
    """

    place: str
    remedy: str
    shared: bool = False

    def select(self, query: str, values: Sequence[Value] = ()) -> list[tuple[Any, ...]]:
        """Return rows."""

    def execute(self, statement: str, values: Sequence[Value] = ()) -> None:
        """Change rows; call inside a transaction."""

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, and one writer at a time: commit at the end, roll back on any error."""

    def size(self) -> int:
        """Return how large the records are, bytes."""

    def close(self) -> None:
        """Let go of them."""

    def damaged(self, what: str) -> IndexDamaged:
        """Return the error for what is wrong."""
        return IndexDamaged(
            f"De index in {self.place} is beschadigd ({what}); {self.remedy} en draai 'beleidswijzer ingest'."
        )

    def alone(self) -> AbstractContextManager[None]:
        """Let no other machine change documents, nor what is derived from them; on one machine the folder is locked."""
        return nullcontext()

    def check(self) -> None:
        """Raise IndexDamaged where the file is not whole."""
        return None  # a server looks after its own pages

    def replace(self, table: str, *values: Value) -> None:
        """Add a row, or replace the one with its key."""
        if key := KEYS.get(table):
            self.execute(f"DELETE FROM {table} WHERE {key} = ?", values[:1])
        self.execute(f"INSERT INTO {table} VALUES ({marks(values)})", values)

    def put(self, table: str, *values: Value) -> None:
        """Add or replace a row, with its hash."""
        self.replace(table, *values, seal(values))

    def sealed(self, what: str, query: str, *values: Value) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table without their hash, after checking it."""
        for *row, sha256 in self.select(query, values):
            if seal(row) != sha256:
                raise self.damaged(f"{what} {row[0]} is gewijzigd sinds het inlezen")
            yield tuple(row)


class Sqlite(Database):
    """The records in an index folder, see Database, and RecordStore for its errors."""

    remedy = "verwijder die map"

    def __init__(self, folder: Path, *, writable: bool = False) -> None:
        self.path = folder.resolve() / RECORDS_NAME
        self.place = str(self.path.parent)
        if writable:
            self._connect_writable(folder)
        else:
            self._connect_readable()
        self.db.text_factory = lambda data: data.decode(errors="replace")  # its hash then says that it is damaged

    def _connect_writable(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IndexReadOnly.at(self.place, error) from error
        with self._writing():
            self.db = sqlite3.connect(self.path, isolation_level=None, timeout=30)
            self.db.execute("PRAGMA foreign_keys = ON")
            self.db.execute("PRAGMA journal_mode = WAL")
            if self._version() != SCHEMA_VERSION:  # of another version, documents are read and embedded again
                drop = "".join(f"DROP TABLE IF EXISTS {table};" for table in _OLD_TABLES)
                self.db.executescript(f"BEGIN;{drop}{SCHEMA}PRAGMA user_version = {SCHEMA_VERSION};COMMIT")

    def _connect_readable(self) -> None:
        if not self.path.exists():
            raise IndexMissing.at(self.place)
        try:
            self.db = sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True, timeout=30, check_same_thread=False)
            try:
                self.db.execute("SELECT 1 FROM document LIMIT 1")
            except sqlite3.OperationalError as error:
                # WAL needs a writable folder even to read; on a read-only disk nobody writes, so immutable is true. But
                # it leaves out what only the WAL holds, and shows what was changed or removed.
                self.db.close()
                log = Path(f"{self.path}-wal")
                if log.exists() and log.stat().st_size:
                    raise IndexReadOnly(
                        f"De index in {self.place} is gekopieerd terwijl hij in gebruik was, en is daar niet volledig "
                        "te lezen; zet hem in een map waar geschreven mag worden."
                    ) from error
                self.db = sqlite3.connect(f"{self.path.as_uri()}?immutable=1", uri=True, check_same_thread=False)
                self.db.execute("SELECT 1 FROM document LIMIT 1")
            if self._version() != SCHEMA_VERSION:
                self.db.close()
                raise IndexMismatch(
                    f"De index in {self.path.parent} is gemaakt door een andere versie; draai 'beleidswijzer ingest'."
                )
            self.db.execute(f"PRAGMA mmap_size = {_MAPPED}")
            self.db.execute("BEGIN")
        except sqlite3.DatabaseError as error:
            raise self.damaged(reason_of(error)) from error

    def _version(self) -> int:
        return int(self.db.execute("PRAGMA user_version").fetchone()[0])

    def close(self) -> None:
        """See Database."""
        self.db.close()

    def size(self) -> int:
        """See Database."""
        return self.path.stat().st_size

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See Database."""
        with self._writing(), self.db:  # which commits, or rolls back
            self.db.execute("BEGIN IMMEDIATE")
            yield

    def execute(self, statement: str, values: Sequence[Value] = ()) -> None:
        """See Database."""
        self.db.execute(statement, values)

    def select(self, query: str, values: Sequence[Value] = ()) -> list[tuple[Any, ...]]:
        """See Database."""
        try:
            return self.db.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise self.damaged(reason_of(error)) from error

    def check(self) -> None:
        """See Database."""
        if self.select("PRAGMA integrity_check(1)") != [("ok",)]:
            raise self.damaged("de databank is niet heel")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise IndexReadOnly.at(self.place, error) from error
        except sqlite3.DatabaseError as error:
            raise self.damaged(reason_of(error)) from error


def marks(values: Sequence[object]) -> str:
    """Return a place in a statement for each of some values."""
    return ", ".join("?" * len(values))


def seal(values: Iterable[Value]) -> str:
    """Return a SHA-256 over all values of a row, hexadecimal."""
    digest = hashlib.sha256()
    for value in values:
        data = value if isinstance(value, bytes) else value.encode()
        digest.update(b"%d:%b" % (len(data), data))
    return digest.hexdigest()
