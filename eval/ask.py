"""Put questions to a running service over HTTP and keep its answers."""

import json
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.error import HTTPError

from eval.answers import GivenAnswer
from eval.errors import EvaluationError
from eval.questions import Question, check_writable, write_rows
from ingest.reasons import reason_of

KEY_VARIABLE = "EVAL_ASK_KEY"  # no setting of the service; and not on the command line, which others can read
_TIMEOUT_S = 120.0


def ask_questions(
    address: str,
    questions: Iterable[Question],
    path: Path,
    progress: Callable[[], object] = lambda: None,  # called after each
    ids: Mapping[str, str] = MappingProxyType({}),  # document of the service -> its name in the file, if another
    key: str = "",  # with which one may ask; "" where the service wants none
) -> int:
    """Ask POST /api/ask each question with its history, write the answers as `eval.answers` reads them, and count them.

    Those given before a failure are written too.

    Raises:
        EvaluationError: the service cannot be reached, refuses a question, or does not answer in the form of /api/ask.
        QuestionsError: the file cannot be written.
    """
    if not address.startswith(("http://", "https://")):
        raise EvaluationError(f"'{address}' is geen adres van een dienst; geef het als http://naam:poort.")
    check_writable(path)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    rows: list[dict[str, object]] = []
    try:
        for question in questions:
            answer = _ask(address, question, headers)
            for cited in (*answer.get("citations", ()), *answer.get("related", ())):
                cited["document_id"] = ids.get(cited["document_id"], cited["document_id"])
            rows.append(answer)
            progress()
    finally:
        if rows:
            write_rows(path, rows)
    return len(rows)


def _ask(address: str, question: Question, headers: dict[str, str]) -> dict[str, Any]:
    body = {"question": question.question, "history": [{"question": earlier} for earlier in question.history]}
    try:
        request = urllib.request.Request(f"{address.rstrip('/')}/api/ask", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            answer = {**json.load(response), "id": question.id}
        GivenAnswer.model_validate(answer)
        return answer
    except (OSError, ValueError, TypeError, HTTPException) as error:
        if isinstance(error, HTTPError):
            if error.code == HTTPStatus.UNPROCESSABLE_ENTITY:
                with suppress(OSError, LookupError, ValueError, TypeError, HTTPException):  # no service of ours
                    why = str(json.load(error)["error"]).rstrip(".")
                    raise EvaluationError(f"{address} weigert vraag {question.id} ({why}); verbeter ze.") from error
            error.close()
            if error.code == HTTPStatus.UNAUTHORIZED:
                raise EvaluationError(
                    f"{address} antwoordt alleen wie een sleutel heeft; zet een geldige in de omgevingsvariabele "
                    f"{KEY_VARIABLE}."
                ) from error
        raise EvaluationError(
            f"{address} gaf geen antwoord op vraag {question.id} ({reason_of(error)}); start daar "
            "'beleidswijzer serve'."
        ) from error
