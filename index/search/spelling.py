"""Correct typing errors in Dutch queries: an unknown word becomes the near word of the corpus, known words stay."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from index.search.followup import QUESTION_WORDS
from index.terms import fold, split_compound, tokens
from ingest.dutch import dutch_words

_MIN_LETTERS = 5  # shorter words have too many neighbours
_LONG = 8  # letters from which on two edits are believed; below, one
_MIN_FREQUENCY = 1e-7  # share of words from which on a Dutch word is known; rarer ones are often errors themselves
_COMMON_FREQUENCY = 1e-6  # the same for parts of compounds, where chance hits are likelier ("doelgroep-werken-mers")
_MIN_PART = 4  # letters
_FAR_RARER = 100  # times rarer than the question word that is one edit away: a Dutch list holds errors like "waneer"
_MIN_PASSAGES = 2  # a corpus word that Dutch does not know is proposed only if it is no slip of one passage
# Particles that Dutch puts before verbs and nouns ("nakijkt", "bijkwamen"), too short for `split_compound`.
_PARTICLES = (
    "aan achter af bij binnen boven buiten door her in mee mede na neer niet om on onder op over rond samen tegen "
    "terecht terug toe tussen uit vast voor voort weer weg"
).split()
# Endings of forms and derivations, and those of the words that they come from ("uitbetaalt": "uitbetaal").
_ENDINGS = ("", "e", "en", "er", "ers", "heid", "ing", "ingen", "s", "t")
_BASE_ENDINGS = ("", "e", "en", "ing")
_DOUBLE = re.compile(r"(.)\1")
_CHUNK = re.compile(r"\S+")
_ADDRESS = re.compile(r"@|://|\w\.[^\W\d]")  # in a chunk: e-mail, web, "i.v.m."
_ABBREVIATED = re.compile(r"\.\s+[^\W\dA-Z]")  # after an abbreviation: a point that ends no sentence
_SENTENCE_END = re.compile(r"[.!?:]")


class Speller:
    """Corrects query words to words of one corpus.

    A word is left alone if the corpus has it, if it is Dutch (a known word, an inflection of one, or a compound of
    known words), if it has a digit or fewer than five letters. Otherwise it becomes the corpus word within one edit
    (two from eight letters on); an edit is an inserted, left out or wrong letter, or two neighbours swapped (optimal
    string alignment; Damerau, 1964, https://doi.org/10.1145/363958.363994). A word with two edits also stays if a
    common Dutch word that the corpus lacks is nearer: that was meant. A question word needs no place in the corpus.

    Args:
        count: number of passages that a folded word (`index.terms.fold`) occurs in.
        vocabulary: words that may occur in any; asked for only where a word is not known.
    """

    def __init__(self, count: Callable[[str], int], vocabulary: Callable[[], Iterable[str]]) -> None:
        self._passages = lru_cache(10_000)(count)
        self._groups = cache(lambda: _grouped(vocabulary()))

    def correct_query(self, query: str) -> str:
        """Replace the wrong words of a query.

        Acronyms ("SIFO"), names with inner capitals, abbreviations ("maatsch. ondernemen") and addresses are no
        typing errors. A capital inside a sentence makes a name likely: there only one edit is believed, from eight
        letters on, and not in the first. All but the wrong words stays as given; a replaced word keeps its capital.
        """
        pieces: list[str] = []
        done = 0
        for word, start, end, is_name in _suspects(query):
            if found := self.correct(word, is_name=is_name):
                pieces += query[done:start], found.capitalize() if query[start].isupper() else found
                done = end
        return "".join([*pieces, query[done:]])

    def correct(self, word: str, *, is_name: bool = False) -> str | None:
        """Return the corpus word that was meant by a folded query word; None if that is fine or nothing is near.

        The nearest, then that in most passages, then the first in the alphabet.
        """
        if len(word) < (_LONG if is_name else _MIN_LETTERS) or not word.isalpha() or self._passages(word):
            return None
        if not is_name and (asked := _question_word(word)):
            return asked
        if self._is_dutch(word):
            return None
        most = 2 if len(word) >= _LONG and not is_name else 1
        close = _near(word, self._groups(), most)
        trusted = [
            (distance, -passages, found)
            for found, distance in close
            if (passages := self._passages(found))
            and (found[0] == word[0] or not is_name)
            and (passages >= _MIN_PASSAGES or self._is_dutch(found))
        ]
        distance, _, meant = min(trusted, default=(0, 0, None))
        is_other = distance > 1 and any(_near(word, _common_groups(), 1))  # a slip in a word that the corpus has not
        return None if is_other else meant

    def _is_dutch(self, word: str) -> bool:
        """Whether a word is Dutch: known, a form of a known word, or put together from known words."""
        if word in _known_words() or any(self._is_part(form) for form in _forms(word)):
            return True
        parts = split_compound(word)
        return len(parts) > 1 and all(map(self._is_part, parts))

    def _is_part(self, word: str) -> bool:
        """Whether a word is so well known that others may be made from it."""
        return self._passages(word) > 0 or _known_words().get(word, 0) >= _COMMON_FREQUENCY


def _suspects(query: str) -> Iterator[tuple[str, int, int, bool]]:
    """Yield the words of a query that may be typing errors: folded, with offsets and whether it may be a name."""
    addresses = [match.span() for match in _CHUNK.finditer(query) if _ADDRESS.search(match[0])]
    previous = None
    for word, start, end in tokens(query):
        starts_sentence = previous is None or _SENTENCE_END.search(query, previous, start)
        previous = end
        in_address = any(first <= start < last for first, last in addresses)
        has_inner_capital = any(character.isupper() for character in query[start + 1 : end])
        if not (in_address or has_inner_capital or _ABBREVIATED.match(query, end)):
            yield word, start, end, query[start].isupper() and not starts_sentence


def _question_word(word: str) -> str | None:
    """Return the question word that a far rarer word is one edit away from, or doubles other letters of ("waroom")."""
    known, single = _known_words(), _DOUBLE.sub(r"\1", word)
    for asked in QUESTION_WORDS:
        far_rarer = len(asked) >= _MIN_LETTERS and known.get(word, 0) * _FAR_RARER < known[asked]
        near = OSA.distance(word, asked) == 1 or single == _DOUBLE.sub(r"\1", asked)
        if far_rarer and near and word[0] == asked[0]:
            return asked
    return None


def _forms(word: str) -> Iterator[str]:
    """Yield what a Dutch word may have been made from: without its particle, or with another ending."""
    for particle in _PARTICLES:
        if word.startswith(particle) and len(word) >= len(particle) + _MIN_PART:
            yield word.removeprefix(particle)
    for ending in _ENDINGS:
        base = word.removesuffix(ending)
        if word.endswith(ending) and len(base) >= _MIN_PART:
            yield from (base + other for other in _BASE_ENDINGS if other != ending)


@cache
def _known_words() -> dict[str, float]:
    """Return the folded Dutch words that are no rarity, with their frequency (share of all words)."""
    known: dict[str, float] = {}
    for word, frequency in dutch_words().items():
        if frequency >= _MIN_FREQUENCY:
            folded = fold(word)
            known[folded] = max(frequency, known.get(folded, 0))
    return known


@cache
def _common_groups() -> Mapping[tuple[str, int], Sequence[str]]:
    """Return the known words that are common enough to be a part of others, grouped."""
    return _grouped(word for word, frequency in _known_words().items() if frequency >= _COMMON_FREQUENCY)


def _grouped(words: Iterable[str]) -> Mapping[tuple[str, int], Sequence[str]]:
    """Group the words of plain letters by first letter ("a*") or last ("*a") and length, each in alphabetical order."""
    groups: dict[tuple[str, int], list[str]] = {}
    for word in sorted(words):
        if len(word) >= _MIN_PART and word.isascii() and word.isalpha():
            for letter in (word[0] + "*", "*" + word[-1]):
                groups.setdefault((letter, len(word)), []).append(word)
    return groups


def _near(word: str, groups: Mapping[tuple[str, int], Sequence[str]], most: int) -> Iterator[tuple[str, int]]:
    """Yield the words within some edits of a word, with their distance.

    The first letter may be wrong if that is the only edit; then the last one is right, so that either names a group.
    """
    for letter, limit in ((word[0] + "*", most), ("*" + word[-1], 1)):
        for length in range(len(word) - limit, len(word) + limit + 1):
            group = groups.get((letter, length), ())
            for found, distance, _ in process.extract(word, group, scorer=OSA.distance, score_cutoff=limit, limit=None):
                if letter[0] != "*" or found[0] != word[0]:
                    yield found, int(distance)
