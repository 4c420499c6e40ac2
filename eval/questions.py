"""Questions with their answers as verbatim quotes: judgments that hold however documents are split."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from filelock import FileLock
from pydantic import BaseModel, Field, model_validator

from eval.errors import QuestionsError
from eval.files import read_by_id

_LOCK_S = 10.0
DATA = Path(__file__).parent / "data"


class Quote(BaseModel):
    """A verbatim quote out of a document."""

    doc: Annotated[str, Field(min_length=1, description="what the document_id starts with, in whole words")]
    quote: Annotated[str | None, Field(min_length=1, description="verbatim text; None wants any text of the document")]


class Answer(Quote):
    """A quote that answers a question, or part of it."""

    grade: Annotated[int, Field(ge=1, le=2, description="2 answers the question, 1 is partial or context")]


class Question(BaseModel):
    """A question; without answers it is one that the corpus does not answer.

    A follow-up may be written as "turns", the last of which is the question and the others its history. Where whole
    documents are judged, "docs" may name those that answer, in the place of "answers".
    """

    id: Annotated[str, Field(min_length=1)]
    question: Annotated[str, Field(min_length=1)]
    history: Annotated[list[str], Field(description="questions before this one, oldest first")] = []
    style: str = "all"
    kind: str = ""
    topic: str = ""
    answers: list[Answer]
    rejected: Annotated[list[Quote], Field(description="quotes that were judged not to answer")] = []

    @model_validator(mode="before")
    @classmethod
    def _read_other_forms(cls, row: Any) -> Any:  # noqa: ANN401 - whatever the line holds
        if not isinstance(row, dict):
            return row
        if isinstance(row.get("turns"), list) and row["turns"] and "question" not in row:
            *history, question = row["turns"]
            row = {**row, "question": question, "history": history}
        if isinstance(row.get("docs"), list) and "answers" not in row:
            row = {**row, "answers": [{"doc": doc, "quote": None, "grade": 2} for doc in row["docs"]]}
        return row

    def facets(self) -> dict[str, list[str]]:
        """Return what figures are broken down by: style, kind, topic and the documents with an answer."""
        groups = {"style": self.style, "kind": self.kind, "topic": self.topic}
        documents = sorted({answer.doc for answer in self.answers})
        return {name: [value] for name, value in groups.items() if value not in ("", "all")} | {"document": documents}


def read_questions(path: Path) -> list[Question]:
    """Read a file of questions, one JSON object a line, as of `read_by_id`; QuestionsError where it holds none."""
    questions = list(read_by_id(path, Question).values())
    if not questions:
        raise QuestionsError(f"{path} bevat geen vragen; voeg minstens een regel toe.")
    return questions


def write_rows(path: Path, rows: Iterable[BaseModel | Mapping[str, object]]) -> None:
    """Write JSON lines; QuestionsError where it cannot be written."""
    lines = (r.model_dump_json() if isinstance(r, BaseModel) else json.dumps(r, ensure_ascii=False) for r in rows)
    write_text(path, "".join(f"{line}\n" for line in lines))


def append_row(path: Path, row: BaseModel) -> None:
    """Add a JSON line to a file at once and in one piece, whoever else writes; QuestionsError where it cannot."""
    with _writing(path), FileLock(f"{path}.lock", timeout=_LOCK_S), path.open("ab+") as file:
        file.seek(max(0, file.tell() - 1))
        begun = file.read() not in (b"", b"\n")  # whoever wrote the last line did not end it
        file.write(b"\n" * begun + row.model_dump_json().encode() + b"\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file, and the folder it stands in; QuestionsError where it cannot be written."""
    with _writing(path):
        path.write_text(text, encoding="utf-8")


def check_writable(path: Path) -> None:
    """Raise QuestionsError where a file cannot be written, before the work that is to go into it."""
    with _writing(path):
        is_new = not path.exists()
        path.open("a", encoding="utf-8").close()
        if is_new:
            path.unlink()


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:  # of a lock that others hold too
        reason = error.strerror or "een ander proces gebruikt het"
        raise QuestionsError(f"{path} kan niet geschreven worden ({reason}); kijk het pad na.") from error
