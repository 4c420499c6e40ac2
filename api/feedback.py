"""Feedback of users, kept in a file on this machine: candidates for judging, see eval.judge."""

import datetime
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import Field, field_validator

from api.database import changing
from api.errors import ApiError
from api.schemas import MAX_ID_CHARS, QuestionText
from eval.judge import Candidate
from ingest.document import Document
from ingest.jsonl import scan_rows

logger = logging.getLogger(__name__)

_MAX_TEXT_CHARS = 10_000
_MAX_PAGES = 50_000  # of 4,096 bytes
_IMPORTED = 1  # user_version of a file into which the rows of 0.5.0 were taken over
_SCHEMA = (
    "CREATE TABLE feedback (id INTEGER PRIMARY KEY, date TEXT NOT NULL, question TEXT NOT NULL, "
    "document_id TEXT NOT NULL, text TEXT NOT NULL, verdict TEXT NOT NULL) STRICT",
    "CREATE INDEX by_date ON feedback (date)",
)


class Feedback(Candidate):
    """A candidate as the page may send it: bounded, and of a day at most."""

    question: QuestionText
    document_id: str = Field(default="", max_length=MAX_ID_CHARS)
    text: str = Field(default="", max_length=_MAX_TEXT_CHARS)

    @field_validator("text")
    @classmethod
    def _line_ends(cls, text: str) -> str:
        return text.replace("\r\n", "\n")  # a form sends every line end so


class FeedbackStore:
    """The file with feedback, of which what is older than so many days is removed.

    Rows of 0.5.0, in JSON lines beside it under the same name, are taken over once.
    """

    def __init__(self, path: Path, days: int) -> None:
        self._path = path
        self._days = days

    def keep(self, feedback: Feedback, documents: dict[str, Document]) -> None:
        """Add feedback, with the day and nothing else about who gave it.

        Raises:
            ApiError: 422 where it names a document that is not there, 503 where it cannot be kept.
        """
        missing = feedback.verdict == "ontbreekt"
        if not missing and feedback.document_id not in documents:
            raise ApiError(422, f"Het document '{feedback.document_id}' bestaat niet; zoek opnieuw en beoordeel dan.")
        of_a_passage = {"document_id": "", "text": ""} if missing else {}
        row = Candidate(**feedback.model_dump() | of_a_passage | {"date": datetime.date.today()})
        with self._changing() as connection:
            _insert(connection, row)

    def read(self) -> list[Candidate]:
        """Read all feedback, the oldest first; raises ApiError, 503, where it cannot be read."""
        if not (self._path.exists() or self._path.with_suffix(".jsonl").exists()):
            return []
        with self._changing() as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute("SELECT date, question, document_id, text, verdict FROM feedback ORDER BY id")
            return [Candidate.model_validate(dict(row)) for row in rows]

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        try:
            with changing(self._path, _SCHEMA) as connection:
                connection.execute(f"PRAGMA max_page_count = {_MAX_PAGES}")
                self._take_over(connection)
                first = datetime.date.today() - datetime.timedelta(days=self._days)
                connection.execute("DELETE FROM feedback WHERE date < ?", (first.isoformat(),))
                yield connection
        except (sqlite3.Error, OSError, ValueError) as error:
            logger.error("%s: %s", self._path, error)
            raise ApiError(503, _told(error, self._path.name)) from error

    def _take_over(self, connection: sqlite3.Connection) -> None:
        if connection.execute("PRAGMA user_version").fetchone()[0] == _IMPORTED:
            return
        if (legacy := self._path.with_suffix(".jsonl")).exists():
            rows, faults = scan_rows(legacy, Candidate)
            for row in rows:
                _insert(connection, row)
            for fault in faults:
                logger.warning("%s", fault)
            logger.info("%d beoordelingen van %s zijn overgenomen; dat bestand is niet meer nodig.", len(rows), legacy)
        connection.execute(f"PRAGMA user_version = {_IMPORTED}")


def _insert(connection: sqlite3.Connection, row: Candidate) -> None:
    connection.execute(
        "INSERT INTO feedback (date, question, document_id, text, verdict) VALUES (?, ?, ?, ?, ?)",
        ((row.date or datetime.date.today()).isoformat(), row.question, row.document_id, row.text, row.verdict),
    )


def _told(error: Exception, name: str) -> str:
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return f"Voor uw beoordeling is geen plaats meer; de beheerder moet plaats maken op de schijf van {name}."
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or isinstance(error, ValueError):
        return f"Het bestand met beoordelingen is niet leesbaar; de beheerder moet {name} nakijken of wegzetten."
    return f"Uw beoordeling kon niet bewaard worden; de beheerder moet nakijken of {name} beschrijfbaar is."
