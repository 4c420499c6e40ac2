"""Training pairs: a question and the passage that answers it, read from files and checked before any work is done."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from eval.beir import Text
from index.errors import TuningError
from index.store.known import PassageMatcher
from ingest.document import Document
from ingest.jsonl import read_rows

MIN_PAIRS = 60  # fewer say nothing, since a part is held back to judge by


@dataclass(frozen=True, slots=True)
class Pair:
    """A question with the text of a passage that answers it; `corpus` tells which passages compete."""

    question: str
    passage: str
    corpus: str


class PairRow(BaseModel):
    """One line of a file of pairs; without a passage, `doc` is looked up in a BEIR folder."""

    question: Annotated[str, Field(min_length=3)]
    doc: Annotated[str, Field(min_length=1)]
    passage: str | None = None


def read_pairs(
    paths: Sequence[Path], documents: Sequence[Document], beir: Path | None, refused: Iterable[str]
) -> list[Pair]:
    """Return training pairs without doubles, in the order of the files, of which each line is one.

    A pair's passage becomes the one of the documents of today that says the same, so that what is learnt is what is
    searched, also after a change in splitting. Pairs without a passage refer to the `corpus.jsonl` of the BEIR folder;
    None leaves them out. The refused questions are kept to test with, and may not be trained on.

    Raises:
        RowsError: a file cannot be read.
        TuningError: a test question is among the pairs, or too few are left.
    """
    texts = {row.id: row.text for row in read_rows(beir / "corpus.jsonl", Text)} if beir else {}
    matcher = PassageMatcher(documents)
    tested = {fold(question) for question in refused}
    pairs: dict[str, Pair] = {}
    for path in paths:
        for row in read_rows(path, PairRow):
            if fold(row.question) in tested:
                raise TuningError(f"{path} bevat de testvraag '{row.question}'; haal testvragen weg.")
            passage = texts.get(row.doc)
            if row.passage is not None:
                found = matcher.find(row.passage, row.doc)
                passage = row.passage if found is None else matcher.texts[found]
            if passage:
                corpus = "pairs" if row.passage is not None else "beir"
                pairs.setdefault(fold(row.question), Pair(row.question, passage, corpus))
    if len(pairs) < MIN_PAIRS:
        raise TuningError(f"{len(pairs)} verschillende paren zijn te weinig; geef er minstens {MIN_PAIRS}.")
    return list(pairs.values())


def says_same(one: Set[str], other: Set[str], share: float) -> bool:
    """Whether two passages share so much of the terms of the shorter one that they say the same."""
    return len(one & other) >= share * max(1, min(len(one), len(other)))


def fold(question: str) -> str:
    """Return a question without capitals and signs, so that it is known again however it is typed."""
    return " ".join("".join(c if c.isalnum() else " " for c in question.lower()).split())
