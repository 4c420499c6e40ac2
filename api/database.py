"""Small SQLite files of the service: for its own account only, and each change is all or nothing."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_BUSY_S = 10.0


@contextmanager
def changing(path: Path, schema: tuple[str, ...]) -> Iterator[sqlite3.Connection]:
    """Open a file, made where it is not there, for one transaction; a process that ends inside it changes nothing.

    `schema` makes its tables; `PRAGMA user_version` is 0 where they were made just now.

    Raises:
        sqlite3.Error: it is damaged, locked, or cannot be written.
        OSError: it cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    with closing(sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S)) as connection:
        connection.execute("PRAGMA secure_delete = ON")  # what is removed leaves no trace in the file
        connection.execute("BEGIN IMMEDIATE")
        with connection:  # commits, or rolls back
            if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                for statement in schema:
                    connection.execute(statement)
            yield connection


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a file that is there, to read only: that needs no place on the disk.

    Raises:
        sqlite3.Error: it is damaged, locked, or not there.
    """
    address = f"{path.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, isolation_level=None, timeout=_BUSY_S)) as connection:
        yield connection
