"""What a question names: documents by number, title, kind or person, and years."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import chain

from index.search.exact import number_fits, years_of_document
from index.store.engine import Digest
from index.store.years import without_open, years_in
from index.terms import STOPWORDS, stems, tokens, words_of
from ingest.document import Kind
from ingest.dutch import dutch_words


class NamedBy(StrEnum):
    """What a document is named by."""

    NUMBER = "nummer"
    TITLE = "titel"
    KIND = "soort"
    PERSON = "naam"
    YEAR = "jaar"


@dataclass(frozen=True, slots=True)
class Named:
    """Something that a question names, as a reader knows it, with its documents: at least one, but for a year."""

    by: NamedBy
    text: str
    documents: frozenset[str]

    @property
    def key(self) -> str:
        """Name by which it can be switched off."""
        return f"{self.by}:{self.text}"


_NUMBER = re.compile(
    r"(?:\b(?P<of>\d{4}-\d{2,4}),\s{1,3})?"
    r"(?:\b(?P<label>stuk(?:ken)?|sv|(?:schriftelijke |parlementaire )?vraag|document)\s{1,3})?"
    r"(?:(?P<nr>\b(?:nrs?\b\.?|nummer)\s{0,3})|(?<![\w.,/-]))(?P<number>\d{1,6}(?:/\d{1,4})?)(?![\w%€]|[.,/-]\d)"
    r"(?:\s{0,3}\((?P<session>\d{4}-\d{2,4})\)(?:\s{0,3}[–-]\s{0,3}nr\.?\s{0,3}(?P<volume>\d{1,4}))?)?",
    re.IGNORECASE,
)
_KINDS = {
    Kind.BELEIDSBRIEF: re.compile(r"\bbeleidsbrie(?:f|ven)\b", re.I),
    Kind.BELEIDSNOTA: re.compile(r"\bbeleidsnota(?:['’]?s)?\b", re.I),
    Kind.REGEERAKKOORD: re.compile(r"\bregeerakkoord(?:en)?\b", re.I),
    Kind.SCHRIFTELIJKE_VRAAG: re.compile(r"\b(?:schriftelijke|parlementaire) vra(?:ag|gen)\b|\bSV\b", re.I),
    Kind.VERSLAG: re.compile(r"\b(?:volgens|in|uit) (?:het|dit|dat) (?:\w{1,30} )?verslag\b", re.I),
}
# What goes before a surname; without it only a capital tells a name from a word.
_BEFORE_NAME = frozenset("minister ministers president staatssecretaris mevrouw mevr heer dhr parlementslid".split())
_ROLES = frozenset({"minister", "staatssecretaris", "eerste", "vlaams", "viceminister"})
_RARE = 1e-5  # share of words from which on a surname is a word too ("Vogels")
_MARKS = ".,;:?!()'\"“”‘’"
_COVERED = 0.6  # share of a title, by the rarity of its words, that a question must have word for word
_RUN = 2  # words of a title that must follow each other in the question


class Names:
    """The names of a corpus's documents."""

    def __init__(self, documents: Iterable[Digest]) -> None:
        self._documents = tuple(documents)
        self._ids = {d.document_id.lower(): d.document_id for d in self._documents}
        self._of_year: dict[int, set[str]] = defaultdict(set)
        self._of_kind: dict[Kind, set[str]] = defaultdict(set)
        self._people: dict[str, list[tuple[tuple[str, ...], bool, str, str]]] = defaultdict(list)
        self._titles: dict[str, list[str]] = {}
        self._with_stem: dict[str, set[str]] = defaultdict(set)
        for document in self._documents:
            self._of_kind[document.metadata.kind].add(document.document_id)
            if not document.metadata.title.endswith("."):  # else it is a first sentence, and not what it is called
                self._titles[document.document_id] = stems(document.metadata.title)
                for stem in self._titles[document.document_id]:
                    self._with_stem[stem].add(document.document_id)
            for year in years_of_document(document):
                self._of_year[year].add(document.document_id)
            for name in _people(document):
                for words, is_surname in _called(name):
                    self._people[words[0]].append((words, is_surname, name, document.document_id))

    def find(self, question: str) -> tuple[Named, ...]:
        """Return what a question names, each once; what no document has is not named."""
        found = [*self._by_number(question), *self._by_title(question), *self._by_person(question)]
        years = [(year, self._of_year.get(year, ())) for year in years_in(without_open(question))]
        of_years = (Named(NamedBy.YEAR, str(year), frozenset(documents)) for year, documents in years)
        return (*found, *self._by_kind(question), *of_years)

    def _by_number(self, question: str) -> Iterator[Named]:
        told = set()
        for match in _NUMBER.finditer(question):
            bare = not (match["label"] or match["nr"] or match["session"] or "/" in match["number"])
            if bare and match[0].strip() != question.strip(" ?.!"):
                continue
            number = f"{match['number']}/{match['volume']}" if match["volume"] else match["number"]
            named = frozenset(
                d.document_id for d in self._documents if number_fits(d.metadata.number, number) and _is_such(d, match)
            )
            if named and number not in told:
                told.add(number)
                yield Named(NamedBy.NUMBER, number, named)
        for word in dict.fromkeys(word.strip(_MARKS).lower() for word in question.split()):
            named_id = self._ids.get(word)
            if named_id and len(named_id) > len("2017") and any(char.isdigit() for char in named_id):
                yield Named(NamedBy.NUMBER, named_id, frozenset({named_id}))

    def _by_title(self, question: str) -> Iterator[Named]:
        """Yield the title of which a question has most, word after word."""
        asked = stems(question)
        runs = SequenceMatcher(None, (), asked, autojunk=False)
        shared = Counter(name for stem in set(asked) for name in self._with_stem.get(stem, ()))
        best: dict[str, float] = {}
        for document_id in (name for name, count in shared.items() if count >= _RUN):
            title = self._titles[document_id]
            runs.set_seq1(title)
            run = runs.find_longest_match()
            if run.size >= _RUN:
                best[document_id] = self._weight(title[run.a : run.a + run.size]) / self._weight(title)
        most = max(best.values(), default=0.0)
        if most >= _COVERED:
            named = frozenset(name for name, covered in best.items() if covered == most)
            text = next(d.metadata.title for d in self._documents if d.document_id in named)
            yield Named(NamedBy.TITLE, text, named)

    def _weight(self, stems: Sequence[str]) -> float:
        return sum(math.log(1 + len(self._documents) / len(self._with_stem[stem])) for stem in stems)

    def _by_person(self, question: str) -> Iterator[Named]:
        asked = list(tokens(question))
        words = [word for word, _, _ in asked]
        found: dict[str, set[str]] = defaultdict(set)
        for i, word in enumerate(words):
            for called, is_surname, name, document_id in self._people.get(word, ()):
                last = i + len(called) - 1
                # The first word of a question has a capital, whatever it is.
                if tuple(words[i : last + 1]) == called and (
                    not is_surname
                    or (i and words[i - 1] in _BEFORE_NAME)
                    or (question[asked[last][1]].isupper() and (last or dutch_words().get(word, 0) < _RARE))
                ):
                    found[name].add(document_id)
        yield from (Named(NamedBy.PERSON, name, frozenset(named)) for name, named in found.items())

    def _by_kind(self, question: str) -> Iterator[Named]:
        for kind, pattern in _KINDS.items():
            named = frozenset(self._of_kind.get(kind, ()))
            if 0 < len(named) < len(self._documents) and pattern.search(question):
                yield Named(NamedBy.KIND, kind.replace("_", " "), named)


def asks_for_document(question: str, named: Sequence[Named]) -> frozenset[str]:
    """Return the documents that a question names by number where it asks nothing more ("stuk 1328"), else none.

    >>> loods = Named(NamedBy.NUMBER, "1328", frozenset({"loods"}))
    >>> asks_for_document("stuk 1328?", [loods]), asks_for_document("Wat kost de loods in stuk 1328?", [loods])
    (frozenset({'loods'}), frozenset())
    """
    numbered = [one for one in named if one.by is NamedBy.NUMBER]
    rest = _NUMBER.sub(" ", question).lower()
    for one in numbered:
        rest = rest.replace(one.text.lower(), " ")
    asks = not STOPWORDS.issuperset(words_of(rest))
    return frozenset().union(*(one.documents for one in numbered if not asks))


def named_strengths(named: Sequence[Named]) -> dict[str, float]:
    """Return of each document that is some of what is named, how much of it: a share in (0, 1].

    Years are what a passage speaks about (signal `years`), unless something else is named too.
    """
    if all(one.by is NamedBy.YEAR for one in named):
        return {}
    counts = Counter(chain.from_iterable(one.documents for one in named))
    return {name: count / len(named) for name, count in counts.items()}


def _people(document: Digest) -> Iterator[str]:
    """Yield ministers and member of a document; "Burton, Emmanuel" is one person."""
    if document.metadata.minister:
        yield from document.metadata.minister.split(", ")
    if document.metadata.member:
        yield " ".join(reversed(document.metadata.member.split(", ")))


def _called(name: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Yield how a person may be called, and whether that is a surname alone."""
    words = tuple(words_of(name))
    if len(words) > 1:
        yield words, False
    if len(words) == 1 or (words and words[0] not in _ROLES and not STOPWORDS.issuperset(words[1:])):
        yield words[1:] or words, True


def _is_such(document: Digest, match: re.Match[str]) -> bool:
    """Whether a document is of the session, and of the kind, that its number is called by."""
    session = match["session"] or match["of"]
    if session and (document.metadata.session or session)[:4] != session[:4]:  # "2016-17"
        return False
    label = (match["label"] or "").lower()
    is_question = document.metadata.kind is Kind.SCHRIFTELIJKE_VRAAG
    return not label or label == "document" or is_question != label.startswith("stuk")
