"""The database of an index folder: its tables, and rows that carry a SHA-256 over all of their values."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from index.errors import IndexDamaged, IndexMismatch, IndexMissing, IndexReadOnly

RECORDS_NAME = "records.sqlite"
# 1 had no copies, notes, staged documents and confidence; 2 no known questions; 3 a column for each field, no hashes;
# 4 no column by which documents are told apart without reading them; 5 token vectors of a byte a dimension
_SCHEMA_VERSION = 6
_SCHEMA = """
CREATE TABLE IF NOT EXISTS document (
    document_id TEXT PRIMARY KEY, source_path TEXT NOT NULL, recipe TEXT NOT NULL, document BLOB NOT NULL,
    content TEXT NOT NULL, twin TEXT NOT NULL, sha256 TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS head ON document (document_id, content);
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
_OLD_TABLES = ("passage", "page", "copy", "document", "staged", "known", "embedding")

_Value = str | bytes
_MAPPED = 2**40  # bytes; SQLite takes no more than it is compiled for, and no memory of the process


class Database:
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
        self.db.text_factory = lambda data: data.decode(errors="replace")  # its hash then says that it is damaged

    def _connect_writable(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._read_only(error.strerror or str(error)) from error
        with self._writing():
            self.db = sqlite3.connect(self.path, isolation_level=None, timeout=30)
            self.db.execute("PRAGMA foreign_keys = ON")
            self.db.execute("PRAGMA journal_mode = WAL")
            if self._version() != _SCHEMA_VERSION:
                self._migrate()

    def _migrate(self) -> None:
        """Make the tables; of another version, documents are read and embedded again."""
        drop = "".join(f"DROP TABLE IF EXISTS {table};" for table in _OLD_TABLES)
        self.db.executescript(f"BEGIN;{drop}{_SCHEMA}PRAGMA user_version = {_SCHEMA_VERSION};COMMIT")

    def _connect_readable(self) -> None:
        if not self.path.exists():
            raise IndexMissing(f"Er is nog geen index in {self.path.parent}; draai eerst 'beleidswijzer ingest'.")
        try:
            self.db = sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True, timeout=30, check_same_thread=False)
            try:
                self.db.execute("SELECT 1 FROM document LIMIT 1")
            except sqlite3.OperationalError:
                # WAL needs a writable folder even to read; on a read-only disk nobody writes, so immutable is true.
                self.db.close()
                self.db = sqlite3.connect(f"{self.path.as_uri()}?immutable=1", uri=True, check_same_thread=False)
                self.db.execute("SELECT 1 FROM document LIMIT 1")
            if self._version() != _SCHEMA_VERSION:
                self.db.close()
                raise IndexMismatch(
                    f"De index in {self.path.parent} is gemaakt door een andere versie; draai 'beleidswijzer ingest'."
                )
            self.db.execute(f"PRAGMA mmap_size = {_MAPPED}")
            self.db.execute("BEGIN")
        except sqlite3.DatabaseError as error:
            raise self.damaged(str(error)) from error

    def _version(self) -> int:
        return int(self.db.execute("PRAGMA user_version").fetchone()[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: commit at the end, roll back on any error."""
        with self._writing():
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    def put(self, table: str, *values: _Value) -> None:
        """Add or replace a row, with its hash."""
        marks = ", ".join("?" * (len(values) + 1))
        self.db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", (*values, seal(values)))

    def sealed(self, what: str, query: str, *values: _Value) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table without their hash, after checking it."""
        for *row, sha256 in self.select(query, values):
            if seal(row) != sha256:
                raise self.damaged(f"{what} {row[0]} is gewijzigd sinds het inlezen")
            yield tuple(row)

    def select(self, query: str, values: Sequence[_Value] = ()) -> list[tuple[Any, ...]]:
        """Return rows."""
        try:
            return self.db.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise self.damaged(str(error)) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise self._read_only(str(error)) from error
        except sqlite3.DatabaseError as error:
            raise self.damaged(str(error)) from error

    def damaged(self, what: str) -> IndexDamaged:
        """Return the error for what is wrong."""
        return IndexDamaged(
            f"De index in {self.path.parent} is beschadigd ({what}); verwijder die map en draai 'beleidswijzer ingest'."
        )

    def _read_only(self, what: str) -> IndexReadOnly:
        return IndexReadOnly(
            f"De map van de index {self.path.parent} kan niet beschreven worden ({what}); kijk de rechten en de vrije "
            "schijfruimte na, of stel BELEIDSWIJZER_INDEX_DIR in."
        )


def seal(values: Iterable[_Value]) -> str:
    """Return a SHA-256 over all values of a row, hexadecimal."""
    digest = hashlib.sha256()
    for value in values:
        data = value if isinstance(value, bytes) else value.encode()
        digest.update(b"%d:%b" % (len(data), data))
    return digest.hexdigest()
