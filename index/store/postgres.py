"""The records in PostgreSQL: several machines read them, and several may write, one transaction after the other.

Each version of the tables is a schema of its own, so that servers of the version before answer on while the next one is
filled, and no table is ever changed under a reader.
"""

import logging
import ssl
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from index.errors import EngineMissing, IndexMismatch, IndexMissing, IndexReadOnly, RetrievalError
from index.store.database import KEYS, SCHEMA, SCHEMA_VERSION, Database, Value
from ingest.reasons import reason_of

_NAME = f"beleidswijzer_{SCHEMA_VERSION}"
# Sorted and compared as Python does, whatever the language of the server.
_TYPES = SCHEMA.replace("TEXT", 'TEXT COLLATE "C"').replace("BLOB", "BYTEA").replace(" STRICT", "")
_TABLES = f"CREATE SCHEMA IF NOT EXISTS {_NAME};{_TYPES}"
_SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITING, _DERIVING = 7_236_101, 7_236_102  # locks of PostgreSQL that only this program takes, each in its database
_TIMEOUT_S, _POLL_S = 20, 0.1
# A snapshot stays for as long as an index is in use; what a machine that lost its power held, is free after a minute.
_SESSION = {"search_path": _NAME, "idle_in_transaction_session_timeout": "0", "tcp_keepalives_idle": "60"}
_REFUSED = ("25006", "42501", "53100")  # read only, no right, disk full
_BROKEN = ("XX", "42", "22")  # classes: damaged, tables that are not ours, values that cannot be
_SAID = {
    "28P01": "de naam of het wachtwoord klopt niet",
    "28000": "de server laat deze gebruiker niet toe",
    "3D000": "die databank bestaat niet",
    "53300": "de server heeft te veel verbindingen",
    "57P03": "de server start of stopt",
    "25006": "daar kan alleen gelezen worden",
    "42501": "deze gebruiker heeft het recht niet",
    "53100": "de schijf is vol",
}  # SQLSTATE -> why, in Dutch; other messages are in the language of the server

logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)  # it shouts of connections that end as they are closed


class Postgres(Database):
    """The records at postgresql://user:password@host:port/name, see Database, and RecordStore for its errors.

    With ?sslmode=require it speaks TLS.
    """

    shared = True
    remedy = f"zet een back-up terug, of verwijder daar het schema {_NAME}"

    def __init__(self, address: str, *, writable: bool = False) -> None:
        self._engine = _engine(address)
        self.place = self._engine.url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
        self._writable, self._lock = writable, threading.Lock()
        self._connect()

    def _connect(self) -> None:
        try:
            self._connection = self._engine.connect()
        except (SQLAlchemyError, OSError, TypeError) as error:
            raise self._unreachable(error) from None  # what the driver was given, has the password
        self._letting_go = weakref.finalize(self, _close, self._connection)
        named = self._run("SELECT nspname FROM pg_namespace WHERE nspname LIKE ?", ("beleidswijzer_%",))
        if (_NAME,) in named and not self._writable:
            self._run(_SNAPSHOT)
            self._run("SELECT 1 FROM document LIMIT 1")
        elif (_NAME,) not in named and self._writable:
            with self.transaction():
                for statement in _TABLES.strip().removesuffix(";").split(";"):
                    self._run(statement)
        elif not self._writable:
            self.close()
            if named:
                raise IndexMismatch(
                    f"De index in {self.place} is gemaakt door een andere versie; draai 'beleidswijzer ingest'."
                )
            raise IndexMissing.at(self.place)

    def close(self) -> None:
        """See Database."""
        self._letting_go()

    def select(self, query: str, values: Sequence[Value] = ()) -> list[tuple[Any, ...]]:
        """See Database; where the server ended a connection that only reads, over a new one."""
        with self._lock:
            try:
                return self._run(query, values)
            except EngineMissing:
                if self._writable:
                    raise
            self.close()
            self._connect()
            return self._run(query, values)

    def execute(self, statement: str, values: Sequence[Value] = ()) -> None:
        """See Database."""
        self._run(statement, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See Database."""
        self._run("BEGIN")
        try:
            self._wait_for(f"pg_try_advisory_xact_lock({_WRITING})")
            yield
            self._run("COMMIT")
        except BaseException:
            self._give_up("ROLLBACK")
            raise

    @contextmanager
    def alone(self) -> Iterator[None]:
        """See Database."""
        self._wait_for(f"pg_try_advisory_lock({_DERIVING})")
        try:
            yield
        finally:
            self._give_up(f"SELECT pg_advisory_unlock({_DERIVING})")

    def size(self) -> int:
        """See Database."""
        tables = " + ".join(f"pg_total_relation_size('{table}')" for table in KEYS)
        return int(self.select(f"SELECT {tables}")[0][0])

    def _wait_for(self, lock: str) -> None:
        while not self._run(f"SELECT {lock}")[0][0]:
            time.sleep(_POLL_S)

    def _give_up(self, statement: str) -> None:
        try:
            self._run(statement)
        except RetrievalError:  # the connection is gone, and so is what it held
            self.close()

    def _run(self, statement: str, values: Sequence[Value] = ()) -> list[tuple[Any, ...]]:
        try:
            found = self._connection.exec_driver_sql(statement.replace("?", "%s"), tuple(values))
            return [tuple(row) for row in found] if found.returns_rows else []
        except (SQLAlchemyError, OSError) as error:  # of a connection that is cut, the driver passes on the system's
            raise self._told(error) from None

    def _told(self, error: Exception) -> RetrievalError:
        code, reason = _code_and_reason(error)
        if code in _REFUSED:
            return IndexReadOnly(
                f"De records in {self.place} kunnen niet beschreven worden ({reason}); kijk de rechten en de vrije "
                "schijfruimte van PostgreSQL na."
            )
        return self.damaged(reason) if code.startswith(_BROKEN) else self._unreachable(error)

    def _unreachable(self, error: Exception) -> EngineMissing:
        return EngineMissing(
            f"De databank {self.place} is niet bereikbaar ({_code_and_reason(error)[1]}); start PostgreSQL, of kijk "
            "BELEIDSWIJZER_RECORDS na."
        )


@cache
def _engine(address: str) -> Engine:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername != "postgresql" or not url.database:
        raise EngineMissing(
            "BELEIDSWIJZER_RECORDS is geen adres van PostgreSQL; schrijf het als "
            "postgresql://gebruiker:wachtwoord@host/naam."
        ) from None
    options: dict[str, Any] = {"timeout": _TIMEOUT_S, "startup_params": _SESSION}
    if url.query.get("sslmode", "disable") != "disable":
        options["ssl_context"] = ssl.create_default_context()
    return create_engine(
        url.set(drivername="postgresql+pg8000").difference_update_query(["sslmode"]),
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
        hide_parameters=True,
        connect_args=options,
    )


def _code_and_reason(error: Exception) -> tuple[str, str]:
    """Return the SQLSTATE, "" where it is not the server that speaks, and why in one line."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    told = origin.args[0] if origin is not None and origin.args else ""
    if isinstance(told, dict):
        code = str(told.get("C", ""))
        return code, _SAID.get(code) or f'"{told.get("M", "")}"'
    return "", reason_of(origin or error)


def _close(connection: Connection) -> None:
    with suppress(SQLAlchemyError, OSError):  # the server may have gone
        connection.close()
