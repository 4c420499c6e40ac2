"""Training pairs: a question and the passage that answers it, read from files and checked before any work is done."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from index.errors import TuningError
from index.store.known import PairRow, PassageMatcher
from ingest.document import Document

MIN_PAIRS = 60  # fewer say nothing, since a part is held back to judge by


@dataclass(frozen=True, slots=True)
class Pair:
    """A question with the text of a passage that answers it; `corpus` tells which passages compete."""

    question: str
    passage: str
    corpus: str


def read_pairs(
    paths: Sequence[Path], documents: Sequence[Document], beir: Path | None, refused: Iterable[str]
) -> list[Pair]:
    """Read training pairs.

    Args:
        paths: files with one JSON object a line.
        documents: documents of today: a pair's passage becomes the one of them that says the same, so that what is
            learnt is what is searched, also after a change in splitting.
        beir: folder with the `corpus.jsonl` that pairs without a passage refer to; None leaves those pairs out.
        refused: questions that are kept to test with, which may not be trained on.

    Returns:
        Pairs without doubles, in the order of the files.

    Raises:
        TuningError: a file cannot be read, a test question is among the pairs, or too few are left.
    """
    texts = _read_texts(beir) if beir else {}
    matcher = PassageMatcher(documents)
    tested = {_fold(question) for question in refused}
    pairs: dict[str, Pair] = {}
    for path in paths:
        for row in read_rows(path):
            if _fold(row.question) in tested:
                raise TuningError(f"{path} holds the test question '{row.question}'; take test questions out.")
            passage = texts.get(row.doc)
            if row.passage is not None:
                found = matcher.find(row.passage, row.doc)
                passage = row.passage if found is None else matcher.texts[found]
            if passage:
                corpus = "pairs" if row.passage is not None else "beir"
                pairs.setdefault(_fold(row.question), Pair(row.question, passage, corpus))
    if len(pairs) < MIN_PAIRS:
        raise TuningError(f"{len(pairs)} different pairs are too few to tune with; give at least {MIN_PAIRS}.")
    return list(pairs.values())


def pairs_sha256(pairs: Sequence[Pair]) -> str:
    """Return the SHA-256 over pairs, hexadecimal."""
    return hashlib.sha256(json.dumps([[p.question, p.passage] for p in pairs]).encode()).hexdigest()


def read_rows(path: Path) -> list[PairRow]:
    """Read the lines of a file of pairs.

    Raises:
        TuningError: it cannot be read or a line is no pair.
    """
    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [PairRow.model_validate_json(line) for line in lines]
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise TuningError(f"{path} cannot be read as pairs ({str(error).splitlines()[0]}); check it.") from error


def _read_texts(beir: Path) -> dict[str, str]:
    path = beir / "corpus.jsonl"
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return {row["_id"]: row["text"] for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TuningError(f"{path} cannot be read as a BEIR corpus ({error}); check the folder.") from error


def _fold(question: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in question.lower()).split())
