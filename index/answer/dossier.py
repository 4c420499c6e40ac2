"""An incoming written question -> for each thing it asks: earlier answers, passages, what is newer, what is missing.

Nothing is written here: all that is shown are questions and answers as they stand.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from index.answer.answer import Answer, Answerer, Look
from index.answer.citation import Citation
from index.answer.evidence import Rarity
from index.answer.newer import Later
from index.answer.precedent import Precedent, group_pairs, newest_first
from index.answer.same import SAME, same_chance
from index.search.exact import FIELDS
from index.search.followup import LIGHT
from index.search.hit import Filters
from index.terms import STOPWORDS, fold, stems, terms, tokens, word_terms, words_of
from ingest.asked import Asked, SubQuestion, without_number
from ingest.document import Document

_SEARCHED = 50  # hits among which earlier questions are looked for
_RELATED = 3  # questions on the matter that are not the same
# Chance from which one is on the matter; read on questions of the Chamber, below it they share chance words.
_LIKE = 0.04
_AMONG = 10  # hits in which those must be
_SHORT = 3  # letters of a word that says little
_ASKING = frozenset({"graag", "kunt", "gelieve", "minister", "zult", "bent", "sinds"})  # words of asking itself
_SAY_NOTHING = STOPWORDS | LIGHT | _ASKING
_RARE = 0.5  # of the weight of a word that stands nowhere: it is in at most some square root of all passages
_MISSING = 6  # words told that nothing has
# What read_operators reads: marks and hyphens, which go, and fields and OR, which a comma ends.
_MARK = re.compile(r"[\"“”„«»]|(?<![^\s\"“”„«»])-(?=[\w\"“”„«»])")
_OPERATOR = re.compile(rf"\b(?:((?i:{'|'.join(FIELDS)})):-{{0,9}}(?=\S)|(OR)(?:\s|$))")
MAX_QUESTIONS = 30
MAX_CHARS = 1000  # of a question as it is searched


class Found(StrEnum):
    """What there is for a sub-question."""

    BEFORE = "eerder beantwoord"
    CITED = "passages gevonden"
    PERHAPS = "misschien passages"
    NOTHING = "niets gevonden"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A question that was answered before.

    Attributes:
        chance: that it is the same question, in [0, 1].
        same_minister: whether a minister who is asked now answered then.
        later: a newer passage on the matter of the answer, if there is one.
    """

    precedent: Precedent
    chance: float
    same_minister: bool
    later: Later | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A sub-question with what was found for it.

    Attributes:
        searched: how the sub-question was searched, with what it is about.
        same: the same question before, newest first.
        related: other questions on the matter, newest first.
        passages: citations of the answer that stand in no answer to the same question, with what is newer.
        missing: words of the sub-question that stand in nothing that was found.
    """

    asked: SubQuestion
    searched: str
    same: tuple[Earlier, ...]
    related: tuple[Earlier, ...]
    answer: Answer
    passages: tuple[Citation, ...]
    missing: tuple[str, ...]

    @property
    def found(self) -> Found:
        """What there is, in one word."""
        if self.same:
            return Found.BEFORE
        looks = {Look.SURE: Found.CITED, Look.UNSURE: Found.PERHAPS, Look.NOTHING: Found.NOTHING}
        return looks[self.answer.look]


@dataclass(frozen=True, slots=True)
class Dossier:
    """All of them."""

    asked: Asked
    parts: tuple[Part, ...]

    def count(self, found: Found) -> int:
        """Return for how many sub-questions there is that."""
        return sum(part.found is found for part in self.parts)


def make_dossier(answerer: Answerer, asked: Asked, filters: Filters | None = None) -> Dossier:
    """Look up each sub-question, at most MAX_QUESTIONS; subject or introduction says what each is about."""
    parts = (_part(answerer, asked, question, filters) for question in asked.questions[:MAX_QUESTIONS])
    return Dossier(asked, tuple(parts))


def _part(answerer: Answerer, asked: Asked, question: SubQuestion, filters: Filters | None) -> Part:
    text = _worded(without_number(question.text))
    searched = _with_subject(text, _worded(asked.subject or asked.introduction)[:200])
    answer = answerer.answer(searched, (), filters, _SEARCHED)
    first = {(hit.document.document_id, hit.passage.pair) for hit in answer.hits[:_AMONG]}
    groups = group_pairs((hit.document, hit.passage) for hit in answer.hits)
    earlier = [_earlier(answerer, one, asked, text) for group in groups for one in group]
    same = _newest(answerer, [one for one in earlier if one.chance >= SAME])
    told = {one.precedent.document.document_id for one in same}
    on_matter = [
        one for one in earlier if _LIKE <= one.chance < SAME and _key(one) in first and _key(one)[0] not in told
    ]
    related = _newest(answerer, on_matter[:_RELATED])
    answered = [one.precedent.document.quote(one.precedent.pair.answer) for one in same]
    new = tuple(one for one in answer.citations if not any(one.quote in quote for quote in answered))
    pairs = [(one.precedent.document, one.precedent.pair) for one in (*same, *related)]
    quotes = [document.quote((*pair.question, *pair.answer)) for document, pair in pairs]
    quotes += [one.quote for one in new]
    missing = _missing(answerer.rarity, text, quotes) if quotes else ()
    return Part(question, searched, tuple(same), tuple(related), answer, new, missing)


def _missing(rarity: Rarity, text: str, quotes: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a question that no quote has, the rarest first."""
    held = {term for quote in quotes for word in words_of(quote) for term in word_terms(word)}
    absent = {
        word: text[start:end]
        for word, start, end in tokens(text)
        if len(word) > _SHORT and word not in _SAY_NOTHING and held.isdisjoint(word_terms(word))
    }
    rarest = sorted(absent, key=lambda word: -rarity.weight(word_terms(word)[0]))
    return tuple(absent[word] for word in rarest[:_MISSING])


def _earlier(answerer: Answerer, precedent: Precedent, asked: Asked, text: str) -> Earlier:
    document, pair = precedent.document, precedent.pair
    then, weight = without_number(document.quote(pair.question)), answerer.rarity.weight
    alone = chance = same_chance(text, then, weight)
    if asked.subject or asked.introduction:  # else nothing says what it is about
        chance = same_chance(f"{asked.subject} {text}", f"{document.metadata.title} {then}", weight)
    if asked.introduction and pair.introduction:
        before = document.quote(pair.introduction)
        whole = same_chance(f"{asked.introduction} {text}", f"{before} {then}", weight)
        chance = max(chance, min(whole, alone))
    if set(stems(text)) == set(stems(then)) and _names(text, document.metadata.title, weight):
        chance = max(chance, alone)
    return Earlier(precedent, chance, any(_is_person(name, document) for name in asked.ministers))


def _names(text: str, title: str, weight: Callable[[str], float]) -> bool:
    """Return whether a question says itself, in a rare word, what a title is about, so that it needs no subject.

    Of the sub-questions of the Chamber that stand under several titles, those that ask the same do; "Kunt u die cijfers
    bevestigen?" and its like do not.
    """
    words = [word for word in words_of(text) if word.isalpha() and word not in _SAY_NOTHING]
    named = {term for word in words for term in word_terms(word)}.intersection(terms(title))
    return any(weight(term) >= _RARE * weight(" ") for term in named)  # no term has a space


def _worded(text: str) -> str:
    """Return a text in which nothing is an operator, see read_operators: a letter does not search.

    >>> _worded('Het “loon” -premies, nr:12')
    'Het loon premies, nr, 12'
    """
    return _OPERATOR.sub(r"\1\2, ", _MARK.sub("", text))


def _with_subject(text: str, subject: str) -> str:
    """Return a sub-question that says what it is about, where it does not say so itself."""
    if not subject or set(terms(subject)) <= set(terms(text)):
        return text[:MAX_CHARS]
    return f"{text.rstrip('?.;, ')[: MAX_CHARS - len(subject) - 4]} ({subject})?"


def _key(one: Earlier) -> tuple[str, int | None]:
    return one.precedent.document.document_id, one.precedent.passage.pair


def _newest(answerer: Answerer, earlier: Sequence[Earlier]) -> list[Earlier]:
    """Return those that are shown, newest first, each with what is newer still."""
    found = [replace(one, later=answerer.newer.find(one.precedent.passage)) for one in earlier]
    return sorted(found, key=lambda one: newest_first(one.precedent.document))


def _is_person(name: str, document: Document) -> bool:
    minister = fold(document.metadata.minister or "")
    return bool(minister) and (fold(name) in minister or minister in fold(name))
