"""What a language model wrote, sentence by sentence: kept only if it shortens one sentence of a quote that it cites.

A shortened sentence has the words of the quote in the order of the quote. Little may go: articles, a noun that only
says what a name is ("de maatregel"), what stands in brackets but after a figure, and the end after a comma. All else,
each figure, name, preposition and "niet", stands in both or in neither: amounts and roles cannot change places and
nothing can be added, so no list of what may not be said is needed. The guard errs towards removing: what goes is not
lost, the quotes stay.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from index.terms import STOPWORDS, fold, word_terms
from ingest.dutch import join_lines, sentence_spans

MAX_SENTENCES = 5
MAX_SENTENCE_CHARS = 500
_MAX_READ = 50  # sentences looked at

_MARKS = re.compile(r"\[\s*[0-9]{1,3}(?:\s*[,;]\s*[0-9]{1,3})*\s*\]")
_MARKS_AFTER_END = re.compile(rf"([.!?][\"'”’)]*)((?:\s*{_MARKS.pattern})+)")
_BULLET = re.compile(r"^\s*(?:[-*•–—>#]+|\d{1,2}[.)])\s+")
_EMPHASIS = re.compile(r"\*{1,3}|__+")
_PLAIN = re.compile(r"[0-9A-Za-zÀ-ÖØ-öø-ɏ .,;:!?…'\"‘’“”„«»()%€&+§°/‐‑–—-]+")
_LINE_ENDS = re.compile(r"[\r\n\u2028\u2029\x0b\x0c\x85]+")
_EDGES = ".,;:!?…'\"‘’“”„«»()"
_BRACKETS = re.compile(r"(?<![\d%]) \([^()]*\)(?![^\W_])")  # after a figure they hold its unit
_LIST_HEAD = re.compile(r":\s*(?:\n|[-*•–(]|\w{1,2}[.)])")
_FRACTION = re.compile(r"\b([Ee]en)\s+(?=kwart|half|halve|\w+(?:de|ste)\b)")  # "een derde" is not "de derde"
_HYPHENS = re.compile("[‐‑‒–—−]")

_FREE = frozenset("de het een er ook daarnaast bovendien verder".split())  # may come and go: they state nothing
_BEFORE_NOUN = frozenset("aan bij door in met naar op over uit van voor".split())
# In what is left out: function words that tie it to nothing else, and words that limit or scale what stands outside.
_LOOSE = _FREE | frozenset("aan door in naar op uit van".split())
_LIMITS = re.compile(
    r"uiterlijk|vroegst|minst|hoogst|m[ai]xim|minim|behalve|behoudens|tenzij|mits|indien|wanneer|zolang|zover"
    r"|vanaf|sinds|sedert|per$|enkel|alleen|slechts|uitsluitend|louter|nooit|niemand|nergens|noch|evenmin|geenszins|nauwelijks"
    r"|mag$|mogen|mocht|moe[ts]t|hoe[fv]|dien(en|t)|volgens|aldus|zei|binnen|tijdens|ondanks|tijdelijk|voorlopig|gemiddeld"
    r"|.*(lijks|elijk)$|misschien|wellicht|waarschijnlijk|hal(f|ve)|helft"
    r"|excl|incl|raming|schatting|bruto|netto|duizend|miljoen|miljard|mln|mld|[kx]$|1?(\.?000){1,3}$"
)
_FINITE = re.compile(r"\d|(?:[tn]|de|te)\Z")  # looks like "zegt", "liepen", "stelde"; or is a figure
_NUMBER = re.compile(r"\d+")
_SPACED_END = re.compile(r" ([.,;:!?])")
_SPACE = re.compile(r"[^\S\n]")
_PREFIXES = ("be", "er", "her", "ont", "ver")  # of a participle without "ge"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the model: its text without marks, the numbers that it cites, each once, and whether it holds."""

    text: str
    citations: tuple[int, ...]
    holds: bool = False


def guard(text: str, quotes: Mapping[int, str]) -> tuple[Sentence, ...]:
    """Check each sentence that a model wrote against the quotes that it cites, at its end as [1] or [1][3].

    Its sentences come back each once, up to the fifth that holds; one that holds cites the one quote that it shortens.
    """
    checked: dict[str, Sentence] = {}
    for sentence in islice(split_sentences(text), _MAX_READ):
        proof = [number for number in sentence.citations if _shortens(sentence.text, quotes.get(number, ""))]
        if proof and quotes.keys() >= set(sentence.citations):
            sentence = Sentence(sentence.text, (proof[0],), holds=True)
        checked.setdefault(sentence.text.lower(), sentence)
        if sum(one.holds for one in checked.values()) == MAX_SENTENCES:
            break
    return tuple(checked.values())


def split_sentences(text: str) -> list[Sentence]:
    """Cut a model's text into sentences with the numbers that each cites; control characters and emphasis go.

    >>> [(one.text, one.citations) for one in split_sentences("De steun stijgt. [1][3] Ze **daalt** niet [2].")]
    [('De steun stijgt.', (1, 3)), ('Ze daalt niet.', (2,))]
    """
    sentences = []
    for line in _LINE_ENDS.split(unicodedata.normalize("NFC", text)):
        line = _EMPHASIS.sub("", _BULLET.sub("", _visible(line)))
        line = _MARKS_AFTER_END.sub(lambda match: f" {match[2]}{match[1]}", line)
        for start, end in sentence_spans(line, 0, len(line)):
            own = line[start:end]
            cited = [int(number) for marks in _MARKS.findall(own) for number in _NUMBER.findall(marks)]
            words = _SPACED_END.sub(r"\1", " ".join(_MARKS.sub(" ", own).split()))
            if any(character.isalnum() for character in words):
                words = words if words[-1] in ".!?…" else words.rstrip(" ,;:") + "."
                sentences.append(Sentence(words, tuple(dict.fromkeys(cited))))
    return sentences


def _visible(text: str) -> str:
    """Return text with one kind of space and without characters that nobody sees."""
    text = _SPACE.sub(" ", text)
    return "".join(one for one in text if one == "\n" or not unicodedata.category(one).startswith("C"))


def _shortens(text: str, quote: str) -> bool:
    """Whether a text is one sentence of a quote, or less of it that says the same."""
    if len(text) > MAX_SENTENCE_CHARS or not _PLAIN.fullmatch(text):
        return False
    said = [_key(word) for word in _words(text) if _key(word) not in _FREE]
    asks = text.endswith("?")
    return len(said) > 1 and any(asks == ("?" in piece[-1]) and _covers(piece, said) for piece in _pieces(quote))


@lru_cache(64)
def _pieces(quote: str) -> frozenset[tuple[str, ...]]:
    """Return the words of each sentence of a quote, with and without what stands in brackets.

    A table or a list stays whole, since its head speaks for all that follows.
    """
    flat = _visible(join_lines(unicodedata.normalize("NFC", quote)))
    pieces = [flat]
    if "\t" not in quote and not _LIST_HEAD.search(quote):
        pieces = [flat[start:end] for start, end in sentence_spans(flat, 0, len(flat))]
        pieces += [part for sentence in pieces if ":" not in sentence for part in sentence.split("; ")]
    pieces += [_BRACKETS.sub(lambda match: "" if _is_loose(_words(match[0])) else match[0], piece) for piece in pieces]
    return frozenset(tuple(words) for words in map(_words, pieces) if words)


def _words(text: str) -> list[str]:
    text = _FRACTION.sub(r"\1_", _HYPHENS.sub("-", _BULLET.sub("", text)))
    return [word for word in text.split() if word.strip(_EDGES)]


@lru_cache(20_000)
def _key(word: str) -> str:
    """Return what a word is compared by: the stem of a word that says something, anything else as it stands."""
    own = word.strip(_EDGES).lower()
    return word_terms(fold(own))[0] if own.isalpha() and fold(own) not in STOPWORDS else own


def _covers(quote: Sequence[str], said: Sequence[str]) -> bool:
    """Whether the said words are the quote's, in its order, and what the quote has besides may go."""
    found = 0
    for place, word in enumerate(quote):
        key = _key(word)
        if key not in _FREE and key == said[found]:
            found += 1
            if found == len(said):
                return _may_end(word, quote[place + 1 :])
        elif key not in _FREE and not _only_names_the_kind(quote[max(0, place - 2) : place + 2], min(place, 2)):
            return False
    return False


def _only_names_the_kind(words: Sequence[str], place: int) -> bool:
    """Whether a noun stands between its article and a name, as in "bij het departement WSE"."""
    if place == 0 or words[place - 1].lower() not in ("de", "het") or not words[-1][0].isupper():
        return False
    noun = words[place]
    follows_preposition = place == 1 or words[0].lower() in _BEFORE_NOUN
    return follows_preposition and noun.isalpha() and noun.islower() and noun[-1] != "e" and not _LIMITS.match(noun)


def _may_end(before: str, words: Sequence[str]) -> bool:
    """Whether the end of a sentence may go: after a comma, and with no verb, which stands first or last in it."""
    keys = [_key(word) for word in words]
    if _FREE.issuperset(keys):
        return True
    last = words[-1].strip(_EDGES)
    says_who = keys[0] not in _FREE and (keys[0] in STOPWORDS or _FINITE.search(words[0]))
    can_be_verb = last.islower() and (len(last) < 6 or last[-1] in "dtn")
    return before.endswith(",") and not says_who and not can_be_verb and _is_loose(words)


def _is_loose(words: Sequence[str]) -> bool:
    """Whether words neither limit, deny nor list what stands outside them, and hold no participle."""
    return not any(
        (word in STOPWORDS and word not in _LOOSE)
        or _LIMITS.match(word)
        or (word.endswith(("d", "t", "en")) and ("ge" in word or word.startswith(_PREFIXES)))
        for word in (word.strip(_EDGES).lower() for word in words)
    )
