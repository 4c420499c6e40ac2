"""Feedback of users, kept in a file on this machine: candidates for judging, see eval.judge."""

import datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from api.errors import ApiError
from api.schemas import MAX_ID_CHARS, MAX_QUERY_CHARS
from eval.errors import QuestionsError
from eval.judge import Candidate
from eval.questions import append_row
from ingest.document import Document
from ingest.errors import RowsError
from ingest.jsonl import read_rows

_MAX_TEXT_CHARS = 10_000
_MAX_FILE_BYTES = 20_000_000


class Feedback(Candidate):
    """A candidate as the page may send it: bounded, and of a day at most."""

    question: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUERY_CHARS)]
    document_id: Annotated[str, Field(max_length=MAX_ID_CHARS)] = ""
    text: Annotated[str, Field(max_length=_MAX_TEXT_CHARS)] = ""

    @field_validator("text")
    @classmethod
    def _line_ends(cls, text: str) -> str:
        return text.replace("\r\n", "\n")  # a form sends every line end so


def keep(path: Path, feedback: Feedback, documents: dict[str, Document]) -> None:
    """Add feedback to the file, with the day and nothing else about who gave it.

    Raises:
        ApiError: 422 where it names a document that is not there, 503 where it cannot be kept.
    """
    missing = feedback.verdict == "ontbreekt"
    if not missing and feedback.document_id not in documents:
        raise ApiError(422, f"Het document '{feedback.document_id}' bestaat niet; zoek opnieuw en beoordeel dan.")
    of_a_passage = {"document_id": "", "text": ""} if missing else {}
    row = Candidate(**feedback.model_dump() | of_a_passage | {"date": datetime.date.today()})
    try:
        if path.exists() and path.stat().st_size > _MAX_FILE_BYTES:
            raise ApiError(503, f"Het bestand met beoordelingen is vol; de beheerder moet {path.name} wegzetten.")
        append_row(path, row)
    except (OSError, QuestionsError) as error:
        raise ApiError(
            503, f"Uw beoordeling kon niet bewaard worden; de beheerder moet nakijken of {path.name} beschrijfbaar is."
        ) from error


def read(path: Path) -> list[Candidate]:
    """Read all feedback, the oldest first.

    Raises:
        ApiError: 503 where the file is damaged.
    """
    try:
        return read_rows(path, Candidate) if path.exists() else []
    except RowsError as error:
        raise ApiError(
            503, f"Het bestand met beoordelingen is niet leesbaar; de beheerder moet {path.name} nakijken."
        ) from error
