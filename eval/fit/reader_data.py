"""What the pair reader learns from: questions, what a search finds for them, and which units of that answer.

`data/reader.jsonl` was labelled by reading: which unit answers each question of `corpus/questions.jsonl` and
`data/train_decisions.jsonl`, and with which words. A row about the corpus quotes the unit; one about a decision, whose
text is not ours to publish, gives its places in the text of a BEIR folder. Of the questions of a parliament only the
answer as a whole is known.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
from pydantic import BaseModel, Field

from eval.beir import read_collection, text_name, write_texts
from eval.fit.pairs import fold, says_same
from eval.measure import covers, letters_of, word_grams
from eval.questions import Question
from eval.variants import EncodedQueries
from index.answer.reader import READ, Reader
from index.arrays import Mask, Vectors
from index.errors import TuningError
from index.model.embed import Embedder
from index.search.rank import Searcher
from index.store.intake import Progress
from index.store.known import names
from index.store.load import load_index
from index.store.update import update_index
from ingest.document import Document
from ingest.dutch import join_lines
from ingest.jsonl import read_rows

POOL = 2 * READ  # passages a question: twice what answering reads, so that each view can hold others
_DEEP = 64  # passages among which one that answers is looked for, where it is not in the pool
WHOLE = 0.5  # weight of a question of which only the whole answer is known
_OTHERS = 500  # decisions that no row is about, to search among
_SAME = 0.6  # share of terms from which a passage says the same as one that answers, and may not count as wrong
_NUMBER = re.compile(r"\A(?:\d{1,2}|[a-z])[.)]\s{0,3}")  # before a question
_ASKED, _ANSWERED = range(15, 401), 40  # characters of a question, and least of an answer, of a parliament


class ReaderRow(BaseModel):
    """One line of labels: a question with the units that answer it, best first; none where no unit does.

    `quote` is the text of each on one line, `span` words of the first; or `places` are [start, end) in the text of a
    collection, and `span` is as well.
    """

    question: Annotated[str, Field(min_length=3)]
    doc: Annotated[str, Field(min_length=1)]
    quote: str | list[str] = []
    places: list[tuple[int, int]] | None = None
    span: str | tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what answers it."""

    question: str
    answers: tuple[tuple[str, str], ...]  # document (its id or the start of it) and text of each unit, best first
    span: str | None = None  # words of the first that answer
    weight: float = 1.0  # how much it counts
    about: str | None = None  # the document that it was written about, searched even where it holds no answer


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found for a question."""

    text: str  # as it was embedded
    place: str  # title and heading that it stands under
    terms: frozenset[str]
    units: tuple[tuple[int, ...], ...]  # of each unit which of the passage's tokens are its own, one at least
    late: Vectors  # of each unit its late interaction with the question, float32 (n_units,)
    right: Mask  # whether each unit answers, bool (n_units,)
    span: tuple[int, int, int] | None  # a unit, and the first and last of its own tokens that hold what answers


@dataclass(frozen=True, slots=True)
class Task:
    """A question with the passages that were found for it, best first."""

    asked: Asked
    found: tuple[Found, ...]

    @property
    def is_found(self) -> bool:
        """Whether a unit that answers is among what was found."""
        return any(one.right.any() for one in self.found)


class _Unread(EncodedQueries):
    """An embedder without a pair reader: what is found may not depend on the reader that is being made."""

    @property
    def pair_reader(self) -> None:
        """None."""


def read_labels(path: Path, beirs: Sequence[Path], refused: Iterable[str]) -> list[list[Asked]]:
    """Return labelled questions about the corpus, then those about each BEIR folder; about other texts are left out.

    None of the refused questions, kept to test with, may be among them.

    Raises:
        RowsError: the file cannot be read.
        TuningError: a test question is among the rows.
    """
    folders, tested = [read_collection(beir).texts for beir in beirs], {fold(question) for question in refused}
    asked: list[list[Asked]] = [[] for _ in range(1 + len(folders))]
    for row in read_rows(path, ReaderRow):
        if fold(row.question) in tested:
            raise TuningError(f"{path} bevat de testvraag '{row.question}'; haal testvragen weg.")
        if row.places is None:
            quotes = [row.quote] if isinstance(row.quote, str) else row.quote
            answers = tuple((row.doc, quote) for quote in quotes)
            asked[0].append(Asked(row.question, answers, str(row.span or "") or None, about=row.doc))
            continue
        for i, texts in enumerate(folders, start=1):
            if text := texts.get(row.doc):
                span = text[slice(*row.span)] if isinstance(row.span, tuple) else None
                answers = tuple((text_name(row.doc), text[start:end]) for start, end in row.places)
                asked[i].append(Asked(row.question, answers, span, about=row.doc))
    return asked


def judged(questions: Sequence[Question]) -> list[Asked]:
    """Return questions with their grade-2 quotes, to judge by."""
    return [
        Asked(q.question, tuple((a.doc, a.quote) for a in q.answers if a.grade == 2 and a.quote)) for q in questions
    ]


def parliament(documents: Iterable[Document]) -> list[Asked]:
    """Return the questions of members of parliament in documents, each with its whole answer."""
    asked = []
    for document in documents:
        for pair in document.pairs:
            question = _NUMBER.sub("", join_lines(document.quote(pair.question)))
            answer = document.quote(pair.answer)
            if len(question) in _ASKED and len(answer) >= _ANSWERED:
                asked.append(Asked(question, ((document.document_id, answer),), weight=WHOLE))
    return asked


def gather(
    searcher: Searcher,  # over the corpus
    asked: Sequence[Sequence[Asked]],  # questions about it, then those about texts of each of `beirs`
    beirs: Sequence[Path],  # BEIR folders; other texts of them are searched among as well
    lines: Path | None,  # file with a question of a parliament and its answer a line
    show: Progress,  # called after each step
) -> list[Task]:
    """Return all there is to learn from, each question searched for among its own kind."""
    tasks = find_tasks(searcher, asked[0], quoted, show)
    with TemporaryDirectory() as scratch:
        for i, (beir, some) in enumerate(zip(beirs, asked[1:], strict=True)):
            collection, wanted = read_collection(beir), {one.about for one in some if one.about}
            rest = sorted(collection.texts.keys() - wanted, key=lambda doc: hashlib.sha256(doc.encode()).hexdigest())
            texts = {doc: collection.texts[doc] for doc in sorted(wanted.union(rest[:_OTHERS]))}
            write_texts(replace(collection, texts=texts), Path(scratch) / f"texts-{i}")
            found = search_files(Path(scratch) / f"beir-{i}", Path(scratch) / f"texts-{i}", searcher.embedder, show)
            tasks += find_tasks(found, some, quoted, show)
        if lines:
            found = search_files(Path(scratch) / "lines", lines, searcher.embedder, show)
            tasks += find_tasks(found, parliament(found.index.documents.values()), quoted, show)
    return tasks


def search_files(folder: Path, files: Path, embedder: Embedder, show: Progress | None = None) -> Searcher:
    """Return a search over files, its index made in `folder`."""
    update_index(folder, [files], embedder, show)
    return Searcher(load_index(folder, embedder), embedder)


def quoted(unit: str, answer: str) -> bool:
    """Whether a unit is an answer, a part of it, or holds it."""
    own, whole = letters_of(unit), letters_of(answer)
    return whole in own or own in whole


def covered(unit: str, answer: str) -> bool:
    """Whether a unit holds half of a quote: how answers are measured."""
    return covers(word_grams(unit), word_grams(answer))


def find_tasks(
    searcher: Searcher, asked: Sequence[Asked], holds: Callable[[str, str], bool], show: Progress = lambda *_: None
) -> list[Task]:
    """Search for questions as answering does; `holds` says whether a unit's text is, or holds, an answer."""
    embedder = _Unread(searcher.embedder)
    embedder.prepare([one.question for one in asked])
    reader, tasks = Reader(searcher.with_embedder(embedder)), []
    for i, one in enumerate(asked, start=1):
        tasks.append(Task(one, _find(reader, one, holds)))
        show("zoeken", i, len(asked))
    return tasks


def _find(reader: Reader, asked: Asked, holds: Callable[[str, str], bool]) -> tuple[Found, ...]:
    analysed = reader.searcher.analyse(asked.question)
    hits = reader.searcher.search_analysed(analysed, _DEEP)
    deep = (hit for hit in hits[POOL:] if _answers(hit.document.document_id, hit.passage.search_text, asked, holds))
    pool = [*hits[:POOL], *islice(deep, 2)]
    found: list[Found] = []
    for start in range(0, len(pool), READ):
        evidence = reader.read(asked.question, analysed, pool[start : start + READ])
        lates = iter(evidence.signals["late"])
        for one in evidence.read:
            read = [(part, late) for part, late in zip(one.parts.units, lates, strict=False) if part.tokens]
            name, text = one.hit.document.document_id, one.hit.passage.search_text
            right = np.array([_answers(name, join_lines(part.text), asked, holds) for part, _ in read], np.bool_)
            spans = (
                (i, *span)
                for i in np.flatnonzero(right).tolist()
                if asked.span and (span := span_tokens(text, one.parts.offsets, read[i][0].tokens, asked.span))
            )
            units, own = tuple(part.tokens for part, _ in read), np.array([late for _, late in read], np.float32)
            found.append(Found(text, one.place, one.parts.terms, units, own, right, next(spans, None)))
    known = [one.terms for one in found if one.right.any()]
    return tuple(
        one for one in found if one.right.any() or not any(says_same(one.terms, other, _SAME) for other in known)
    )


def span_tokens(
    text: str, offsets: Sequence[tuple[int, int]], tokens: Sequence[int], span: str
) -> tuple[int, int] | None:
    """Return the first and last of some tokens of a text that hold words, or None where they do not."""
    marks = [(sign, i) for i, token in enumerate(tokens) for sign in letters_of(text[slice(*offsets[token])])]
    words = letters_of(span)
    at = "".join(sign for sign, _ in marks).find(words)
    return (marks[at][1], marks[at + len(words) - 1][1]) if words and at >= 0 else None


def _answers(name: str, text: str, asked: Asked, holds: Callable[[str, str], bool]) -> bool:
    return any(names(doc, name) and holds(text, answer) for doc, answer in asked.answers)
