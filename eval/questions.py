"""Questions with their answers as verbatim quotes: judgments that hold however documents are split."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from eval.errors import QuestionsError


class Answer(BaseModel):
    """A quote that answers a question, or part of it."""

    doc: Annotated[str, Field(min_length=1, description="what the document_id starts with")]
    quote: Annotated[str, Field(min_length=1, description="verbatim text")]
    grade: Annotated[int, Field(ge=1, le=2, description="2 answers the question, 1 is partial or context")]


class Question(BaseModel):
    """A question; without answers it is one that the corpus does not answer."""

    id: Annotated[str, Field(min_length=1)]
    question: Annotated[str, Field(min_length=1)]
    style: str = "all"
    answers: list[Answer]


@dataclass(frozen=True, slots=True)
class FoundHit:
    """A hit as a run records it: the document and the text that a reader sees."""

    document_id: str
    text: str


def read_questions(path: Path) -> list[Question]:
    """Read a file of questions, one JSON object a line.

    Raises:
        QuestionsError: the file cannot be read, or a line is no question.
    """
    questions = []
    number = 0
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            number += 1
            if line.strip():
                questions.append(Question.model_validate_json(line))
    except OSError as error:
        raise QuestionsError(f"{path} cannot be read ({error.strerror}); check the path.") from error
    except UnicodeDecodeError as error:
        raise QuestionsError(f"{path} is not UTF-8 text; save it as UTF-8.") from error
    except ValidationError as error:
        what = error.errors()[0]
        where = ".".join(str(part) for part in what["loc"]) or "the line"
        raise QuestionsError(f"Line {number} of {path} is no question ({where}: {what['msg']}).") from error
    if not questions:
        raise QuestionsError(f"{path} holds no questions; add at least one line.")
    return questions


def write_run(path: Path, run: dict[str, list[FoundHit]]) -> None:
    """Write a run as JSON lines: {"id", "hits": [{"document_id", "text"}, ...]}, best hit first.

    Raises:
        QuestionsError: the file cannot be written.
    """
    lines = (
        json.dumps(
            {"id": name, "hits": [{"document_id": hit.document_id, "text": hit.text} for hit in hits]},
            ensure_ascii=False,
        )
        for name, hits in run.items()
    )
    try:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise QuestionsError(f"{path} cannot be written ({error.strerror}); check the path.") from error
