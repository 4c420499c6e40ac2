"""Question -> answer: the few sentences, rows and items that answer it, each with its place, or an honest refusal."""

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice

from index.answer.calibration import Calibration, read_calibration
from index.answer.cells import (
    articles_in,
    articles_of,
    asked_cell,
    lacks_cell,
    named_address,
    named_article,
    named_row,
    names_whom,
    share_of_whose,
)
from index.answer.citation import Citation
from index.answer.newer import NewerPassages
from index.answer.precedent import Precedent, group_pairs, newest_first
from index.answer.reader import READ, Candidate, Reader
from index.answer.span import answer_span, is_of_another_year
from index.answer.statement import citation_of, is_new, is_prose, with_neighbours
from index.answer.verdict import Verdict, asks_yes_or_no, content, verdict_of
from index.search.followup import standalone_question
from index.search.hit import Analysed, Filters, Hit
from index.search.named import asks_for_document
from index.search.question import EXACT, Expected, Question, calm, defines, holds_expected, subject
from index.search.rank import Searcher
from index.store.years import spoken_of, years_in
from index.terms import terms
from ingest.document import Kind

MAX_STATEMENTS = 3
# Chosen on eval/data/answer_fit.jsonl, so that half of all answers stay below 60 words: docs/evaluatie.md.
_ALSO = 0.15  # share from which a unit is a statement of its own
_ALSO_ROW = 0.2  # the same for a row of a table: mostly of something else than is asked
_ALSO_OF_SEVERAL = 0.05  # the same for either where a question has several parts
_PRECEDENTS_AMONG = 10  # hits; further down they ask something else
_DEFINED = 0.95  # confidence where a document's own list of acronyms gives the answer
_NAMED = 0.8  # confidence where a question names row and column of one cell, or whose address it asks for
_STANDS_FOR = re.compile(r"\bwaar(?:voor)?\s+sta(?:at|an)\b|\bafkorting", re.IGNORECASE)


class Look(StrEnum):
    """How an answer may be shown: as an answer, as something that may be about the question, or not at all."""

    SURE = "zeker"
    UNSURE = "misschien"
    NOTHING = "niets"


@dataclass(frozen=True, slots=True)
class Searched:
    """What an answer was looked for in: how many documents and passages.

    Attributes:
        kinds: of those documents, sorted.
        period: first and last day of those that tell theirs; None where none does.
        undated: how many do not.
    """

    documents: int
    passages: int
    kinds: tuple[Kind, ...]
    period: tuple[datetime.date, datetime.date] | None
    undated: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known about a question.

    Attributes:
        standalone: the question, to be understood without the questions before it.
        corrected: that with its typing errors corrected, as it was searched.
        confidence: calibrated probability that the statements answer it, in [0, 1].
        look: what that allows; `citations` is empty where it is NOTHING.
        citations: the best first, at most MAX_STATEMENTS.
        verdict: what the first of them itself says to a question that asks yes or no; None of another question.
        hits: the passages found, best first.
        precedents: parliamentary questions among the best of them, those that ask the same together, newest first.
        searched: what was searched; None where there is an answer.
        meant: ids of the documents that the question names, where it asks nothing more ("stuk 1328").
        missing: years that the question names beside others, of which no citation speaks.
        dropped: citations left out because their text was not found back at its place.
        signals: what the confidence was computed from; empty where nothing was found.
    """

    question: str
    standalone: str
    corrected: str
    confidence: float
    look: Look
    citations: tuple[Citation, ...] = ()
    verdict: Verdict | None = None
    hits: tuple[Hit, ...] = ()
    precedents: tuple[tuple[Precedent, ...], ...] = ()
    searched: Searched | None = None
    meant: frozenset[str] = frozenset()
    missing: tuple[int, ...] = ()
    dropped: int = 0
    signals: Mapping[str, float] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        """Whether there are citations."""
        return self.look is not Look.NOTHING

    @property
    def undated(self) -> tuple[int, ...]:
        """Numbers, from 1, of the citations of which the day is not known."""
        return tuple(n for n, one in enumerate(self.citations, start=1) if one.document.metadata.period is None)


class Answerer:
    """Answers questions from one searcher's index, by the shipped calibration unless another is given."""

    def __init__(self, searcher: Searcher, calibration: Calibration | None = None) -> None:
        self.searcher = searcher
        self.glossary = searcher.glossary
        self._reader = Reader(searcher)
        self.rarity = self._reader.rarity
        self.newer = NewerPassages(searcher.index)
        self._given = calibration

    @property
    def calibration(self) -> Calibration:
        """The weights of the signals; read when first needed, so that others can be fitted where these do not fit."""
        return self._given or read_calibration()

    def answer(self, question: str, history: Sequence[str] = (), filters: Filters | None = None, k: int = 10) -> Answer:
        """Answer a question after those before it, oldest first, with at most k hits.

        Without statements where the corpus does not seem to hold the answer.
        """
        standalone = standalone_question(question, history)
        analysed = self.searcher.analyse(standalone)
        hits = tuple(self.searcher.search_analysed(analysed, max(k, READ), filters))
        if not hits:
            searched = self._searched(analysed, filters)
            return Answer(question, standalone, analysed.text, 0.0, Look.NOTHING, searched=searched)
        evidence = self._reader.read(calm(analysed.plain), analysed, hits)
        asked, candidates = evidence.question, evidence.weigh(self.calibration.unit)
        if asked.expected in EXACT:
            candidates = [c for c in candidates if holds_expected(asked.expected, c.part.text)] or candidates
        candidates = [c for c in candidates if not _is_beside(asked, c)] or candidates
        answering = [c for c in candidates if not c.part.asks]
        named = named_row(asked, answering) or named_address(asked, answering) or named_article(asked, answering)
        candidates.sort(key=lambda candidate: candidate is not named)
        signals = evidence.answer_signals(candidates)
        defined = self._definitions(asked, candidates, filters)
        floor = _DEFINED if defined else _NAMED if named else 0
        confidence = max(self.calibration.answer.probability(signals), floor)
        is_none = not (defined or named) and _is_of_another_thing(asked, candidates, signals)
        able = [named] if named and not asked.compares else candidates
        chosen: list[Citation] = []
        if confidence >= self.calibration.threshold and not is_none:
            chosen = defined or self._choose(asked, able)
        kept = [one for one in chosen if one.document.quote(one.spans) == one.quote]
        hit = candidates[0].read.hit
        is_told = names_whom(asked, candidates[0]) and not hit.document.is_asking(hit.passage)
        is_sure = confidence >= self.calibration.sure and (defined or is_told)
        shown = tuple(replace(one, later=self.newer.find(one.passage), answer_span=_marked(asked, one)) for one in kept)
        return Answer(
            question,
            standalone,
            analysed.text,
            confidence,
            (Look.SURE if is_sure else Look.UNSURE) if shown else Look.NOTHING,
            shown,
            verdict_of(analysed.plain, shown[0]) if shown else None,
            hits[:k],
            precedents=group_pairs((hit.document, hit.passage) for hit in hits[:_PRECEDENTS_AMONG]) if shown else (),
            searched=None if shown else self._searched(analysed, filters),
            meant=asks_for_document(standalone, analysed.named_with(filters)),
            missing=_missing(asked, shown),
            dropped=len(chosen) - len(kept),
            signals=signals,
        )

    def _searched(self, analysed: Analysed, filters: Filters | None) -> Searched:
        engine = self.searcher.index.engine
        where = self.searcher.ranker.where(analysed, filters)
        counts = engine.facet("document", replace(where, wanted=(), unwanted=()))  # words that must be there are sought
        documents = [engine.digests()[name].metadata for name in counts]
        known = [one.period for one in documents if one.period]
        return Searched(
            documents=len(documents),
            passages=sum(counts.values()),
            kinds=tuple(sorted({one.kind for one in documents})),
            period=(min(first for first, _ in known), max(last for _, last in known)) if known else None,
            undated=len(documents) - len(known),
        )

    def _choose(self, question: Question, candidates: Sequence[Candidate]) -> list[Citation]:
        """Take the best unit, and more only where they are likely too; of years that are compared one each."""
        chosen: list[Citation] = []
        also, row = (_ALSO_OF_SEVERAL, _ALSO_OF_SEVERAL) if question.compares else (_ALSO, _ALSO_ROW)
        answering = [c for c in candidates if not c.part.asks]
        if question.expected is Expected.DEFINITION:  # what says what it is comes first
            name = subject(question.text)
            answering.sort(key=lambda c: c.share < _ALSO_OF_SEVERAL or not defines([name], c.part.text))
        rest = [c for i, c in enumerate(answering) if not i or c.share >= (row if "\t" in c.part.text else also)]
        years = question.years if len(question.years) > 1 else ()
        about = content(question.text).difference(map(str, years))
        sides = [c for c in answering if not about or about & c.part.terms]
        told = [(c, spoken_of(c.part.text, c.read.hit.document, c.read.hit.passage, years)) for c in sides if years]
        each = [c for year in years for c in islice((c for c, spoken in told if year in spoken), 1)]
        taken: list[Candidate] = []
        for candidate in [*each, *rest]:
            if len(chosen) == MAX_STATEMENTS:
                break
            if candidate in taken:
                continue
            together = with_neighbours(candidate, [other for other in candidates if other not in taken])
            statement = citation_of(together, candidate)
            if is_new(statement, chosen):
                chosen.append(statement)
                taken += together
        if question.latest:
            chosen.sort(key=lambda statement: newest_first(statement.document))
        return chosen

    def _definitions(
        self, question: Question, candidates: Sequence[Candidate], filters: Filters | None
    ) -> list[Citation]:
        """Return what an acronym is, where nothing more is asked: the sentence that says so, and what it stands for.

        Each wording once; that sentence is left out where only what it stands for is asked.
        """
        if question.expected is not Expected.DEFINITION:
            return []
        words = [word.strip("'\"“”‘’.,!:;()") for word in question.text.replace("?", " ").split()]
        explained = {word: self.glossary.explain(word) for word in words}
        acronyms = {term for word, entries in explained.items() if entries for term in terms(word)}
        if not acronyms or subject(question.text) - acronyms:
            return []
        told: list[Citation] = []
        entries = [entry for some in explained.values() for entry in some]
        if not _STANDS_FOR.search(question.text):
            names = [frozenset(terms(name)) for entry in entries for name in (entry.acronym, entry.full)]
            saying = (one for one in candidates if is_prose(one) and defines(names, one.part.text))
            for one in islice(saying, 1):
                after = [c for c in candidates if c.place >= one.place]
                told.append(citation_of(with_neighbours(one, after), one))
        for entry in entries:
            allowed = filters is None or filters.allows(entry.document, entry.passage)
            if allowed and is_new(stands := Citation.of(entry.document, entry.passage, (entry.span,)), told):
                told.append(stands)
        return told[:MAX_STATEMENTS]


def _is_of_another_thing(asked: Question, candidates: Sequence[Candidate], signals: Mapping[str, float]) -> bool:
    """Whether the best unit asks, is of another article or of other years, or lacks the address that is asked for."""
    best = candidates[0]
    near = [one.part.text for one in with_neighbours(best, candidates)]
    figures = [text for text in near if holds_expected(Expected.NUMBER, text)]
    of_other_years = not asked.periods and bool(figures) and all(is_of_another_year(asked, text) for text in figures)
    years = best.read.parts.years
    lacks_year = bool(years) and not signals["year"] and not _is_within(asked, years)
    has_none = asked.expected in EXACT and not share_of_whose(asked, best)
    return best.part.asks or _is_beside(asked, best) or of_other_years or lacks_year or has_none


def _is_within(asked: Question, years: Iterable[int]) -> bool:
    """Whether one of some years is asked for, by itself or in a period."""
    return any(year in time for year in years for time in (asked.years, *asked.periods))


def _is_beside(asked: Question, one: Candidate) -> bool:
    """Whether a unit is of a year outside the period of which a figure is asked, or of none of the articles asked."""
    text = one.part.text
    is_outside = bool(asked.periods) and not _is_within(asked, years_in(text))
    if is_outside and is_of_another_year(replace(asked, years=(0,)), text):  # no year that it says is the asked one
        return True
    articles = articles_in(asked.text)
    return bool(articles) and articles.isdisjoint(articles_of(one))


def _missing(asked: Question, shown: Sequence[Citation]) -> tuple[int, ...]:
    """Return the years that a question names beside others, of which no citation speaks."""
    compared = asked.years if shown and len(asked.years) > 1 else ()
    told = {year for one in shown for year in spoken_of(one.text, one.document, one.passage, compared)}
    return tuple(year for year in compared if year not in told)


def _marked(asked: Question, statement: Citation) -> tuple[int, int] | None:
    """Return [start, end) of the words of a statement that answer: of a row one cell, to yes or no what was read."""
    read, text, cells = statement.answer_span, statement.text, statement.cells
    if not cells:
        return read if asks_yes_or_no(asked.text) else answer_span(asked, text, read)
    is_cell = read and any(one.value == text[slice(*read)] for one in cells)
    return asked_cell(asked, text, cells) or (read if is_cell and not lacks_cell(asked, text, cells) else None)
