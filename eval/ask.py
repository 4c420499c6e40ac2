"""Put questions to a running service over HTTP and keep its answers."""

import json
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.error import HTTPError

from eval.errors import EvaluationError
from eval.questions import Question, write_rows

_TIMEOUT_S = 120.0


def ask_questions(
    address: str,
    questions: Iterable[Question],
    path: Path,
    progress: Callable[[], object] = lambda: None,
    ids: Mapping[str, str] = MappingProxyType({}),
) -> int:
    """Ask POST /api/ask each question with its history, write the answers as `eval.answers` reads them, and count them.

    Args:
        address: of the service.
        questions: what to ask.
        path: file for the answers.
        progress: called after each.
        ids: document of the service -> how the file names it, where that differs.

    Raises:
        EvaluationError: the service cannot be reached, or does not answer in the form of /api/ask.
        QuestionsError: the file cannot be written.
    """
    rows: list[dict[str, object]] = []
    for question in questions:
        body = {"question": question.question, "history": [{"question": earlier} for earlier in question.history]}
        request = urllib.request.Request(
            f"{address.rstrip('/')}/api/ask", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
                answer = json.load(response)
        except (OSError, ValueError) as error:
            if isinstance(error, HTTPError):
                error.close()
            raise EvaluationError(
                f"{address} gaf geen antwoord op vraag {question.id} ({error}); start daar 'beleidswijzer serve'."
            ) from error
        for cited in (*answer.get("citations", ()), *answer.get("related", ())) if ids else ():
            cited["document_id"] = ids.get(cited["document_id"], cited["document_id"])
        rows.append({**answer, "id": question.id})
        progress()
    write_rows(path, rows)
    return len(rows)
