"""Keys, the sessions that are begun with them, and the trail of what was changed; of secrets only hashes are kept.

A key is 256 random bits, so that one SHA-256 is enough: nobody can try them out.
"""

import datetime
import hashlib
import logging
import os
import pwd
import secrets
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from api.database import changing, reading
from ingest.reasons import reason_of

logger = logging.getLogger(__name__)

PREFIX = "bw_"  # of each key
_GROUP = "group:"  # before a group among the scopes
_SESSION = datetime.timedelta(hours=12)
_USE_NOTED = datetime.timedelta(minutes=1)  # a row for each request would wear the disk and tell too much
_SCHEMA = (
    "CREATE TABLE key (key_id TEXT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL, "
    "made TEXT NOT NULL, used TEXT, revoked TEXT) STRICT",
    "CREATE TABLE session (hash TEXT PRIMARY KEY, key_id TEXT NOT NULL, ends TEXT NOT NULL) STRICT",
    "CREATE TABLE trail (id INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, "
    "about TEXT NOT NULL) STRICT",
    "CREATE TRIGGER kept BEFORE DELETE ON trail BEGIN SELECT RAISE(ABORT, 'the trail only grows'); END",
    "CREATE TRIGGER unchanged BEFORE UPDATE ON trail BEGIN SELECT RAISE(ABORT, 'the trail only grows'); END",
)
_COLUMNS = "key.key_id, name, scopes, made, used, revoked"


class Right(StrEnum):
    """What a key allows."""

    READ = "read"
    INGEST = "ingest"
    EVALUATE = "evaluate"
    ADMIN = "admin"


def allowed(scopes: Collection[Right]) -> frozenset[Right]:
    """Return what keys with these scopes may do: each also allows to read, ADMIN all."""
    if Right.ADMIN in scopes:
        return frozenset(Right)
    return frozenset({*scopes, Right.READ}) if scopes else frozenset()


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret; times are in UTC, `used` to the minute; `groups` are those of documents."""

    key_id: str
    name: str
    scopes: frozenset[Right]
    made: datetime.datetime
    used: datetime.datetime | None
    revoked: datetime.datetime | None
    groups: frozenset[str] = frozenset()

    @classmethod
    def of(cls, row: tuple[str, str, str, str, str | None, str | None]) -> "Key":
        """Return a row of the table."""
        key_id, name, told, made, *times = row
        used, revoked = (datetime.datetime.fromisoformat(time) if time else None for time in times)
        groups = frozenset(scope.removeprefix(_GROUP) for scope in told.split() if scope.startswith(_GROUP))
        scopes = frozenset(Right(scope) for scope in told.split() if not scope.startswith(_GROUP))
        return cls(key_id, name, scopes, datetime.datetime.fromisoformat(made), used, revoked, groups)


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the trail: when, who, what, about what."""

    at: str
    who: str
    what: str
    about: str


class KeyStore:
    """The file with keys, sessions and trail; without one there are no keys."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._had_keys = False  # a file that goes away while the service runs opens nothing

    def _select(self, statement: str, *values: str) -> list[Any]:
        """Return rows; none without a file, or before the first change is whole, when SQLite leaves it empty."""
        if not self._path.exists() or not self._path.stat().st_size:
            if self._had_keys:
                raise sqlite3.OperationalError(f"{self._path} is gone")
            return []
        with reading(self._path) as connection:
            return connection.execute(statement, values).fetchall()

    def in_use(self) -> bool:
        """Whether a key was ever made, also if it was revoked: from then on nobody comes in without one.

        Raises sqlite3.Error where the file cannot be read.
        """
        self._had_keys = bool(self._select("SELECT 1 FROM key LIMIT 1")) or self._had_keys
        return self._had_keys

    def make(self, name: str, scopes: Iterable[Right], groups: Iterable[str] = ()) -> str:
        """Make a key and return it; it can never be shown again."""
        secret, key_id = PREFIX + secrets.token_urlsafe(32), secrets.token_hex(4)
        told = " ".join([*sorted(scopes), *sorted(_GROUP + group for group in groups)])
        with changing(self._path, _SCHEMA) as connection:
            row = (key_id, name, _hash(secret), told, _now().isoformat())
            connection.execute("INSERT INTO key (key_id, name, hash, scopes, made) VALUES (?, ?, ?, ?, ?)", row)
            _note(connection, "sleutel gemaakt", f"{key_id} {name}: {told}")
        return secret

    def read(self) -> list[Key]:
        """Return all keys, the oldest first."""
        return [Key.of(row) for row in self._select(f"SELECT {_COLUMNS} FROM key ORDER BY made")]

    def revoke(self, key_id: str) -> bool:
        """Revoke a key and end its sessions; return whether there was one to revoke."""
        if not self.in_use():
            return False
        with changing(self._path, _SCHEMA) as connection:
            row = (_now().isoformat(), key_id)
            changed = connection.execute("UPDATE key SET revoked = ? WHERE key_id = ? AND revoked IS NULL", row)
            connection.execute("DELETE FROM session WHERE key_id = ?", (key_id,))
            if changed.rowcount:
                _note(connection, "sleutel ingetrokken", key_id)
        return bool(changed.rowcount)

    def find(self, secret: str) -> Key | None:
        """Return the key of a secret, unless it was revoked; note that it was used."""
        return self._find("key WHERE hash = ?", _hash(secret))

    def find_session(self, token: str) -> Key | None:
        """Return the key of a session that has not ended."""
        table = "key JOIN session USING (key_id) WHERE session.hash = ? AND ends > ?"
        return self._find(table, _hash(token), _now().isoformat())

    def _find(self, table: str, *values: str) -> Key | None:
        rows = self._select(f"SELECT {_COLUMNS} FROM {table} AND revoked IS NULL", *values)
        key = Key.of(rows[0]) if rows else None
        if key and (key.used is None or _now() - key.used >= _USE_NOTED):
            try:
                minute = _now().replace(second=0).isoformat()
                self._change("UPDATE key SET used = ? WHERE key_id = ?", minute, key.key_id)
            except (sqlite3.Error, OSError) as error:  # a full disk keeps nobody out
                logger.warning("Het gebruik van sleutel %s is niet genoteerd (%s).", key.key_id, reason_of(error))
        return key

    def _change(self, statement: str, *values: str) -> None:
        with changing(self._path, _SCHEMA) as connection:
            connection.execute(statement, values)

    def begin_session(self, key: Key) -> str:
        """Begin a session and return its token."""
        token, now = secrets.token_urlsafe(32), _now()
        with changing(self._path, _SCHEMA) as connection:
            connection.execute("DELETE FROM session WHERE ends <= ?", (now.isoformat(),))
            row = (_hash(token), key.key_id, (now + _SESSION).isoformat())
            connection.execute("INSERT INTO session (hash, key_id, ends) VALUES (?, ?, ?)", row)
        return token

    def end_session(self, token: str) -> None:
        """End a session."""
        self._change("DELETE FROM session WHERE hash = ?", _hash(token))

    def note(self, what: str, about: str, who: str = "") -> None:
        """Add to the trail what somebody did, else this account; that it cannot be written is only logged."""
        try:
            with changing(self._path, _SCHEMA) as connection:
                _note(connection, what, about, who)
        except (sqlite3.Error, OSError) as error:
            logger.warning("'%s' is niet genoteerd in %s (%s).", what, self._path, reason_of(error))

    def trail(self) -> list[Step]:
        """Return the trail, the oldest step first."""
        return [Step(*row) for row in self._select("SELECT at, who, what, about FROM trail ORDER BY id")]


def _note(connection: sqlite3.Connection, what: str, about: str, who: str = "") -> None:
    told = about.encode(errors="replace").decode()  # a name of a file may hold bytes that are no text
    row = (_now().isoformat(), who or _account(), what, told)
    connection.execute("INSERT INTO trail (at, who, what, about) VALUES (?, ?, ?, ?)", row)


def _account() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container an account need not have a name
        return f"uid {os.getuid()}"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)
