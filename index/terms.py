"""Dutch words for lexical search: tokens, stems, parts of compounds."""

import itertools
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from math import log

import Stemmer

from ingest.dutch import dutch_words

TERMS_VERSION = 4  # raise it when `terms`, `pairs` or what they are given changes

# A letter may be followed by its accent (NFD) or by what nobody sees, such as a soft hyphen; "1.234" is a whole number,
# but "2.018" no year.
TOKEN = re.compile(r"[^\W_]+(?:[\u0300-\u036f\xad\u200b-\u200d\u2060\ufeff]+[^\W_]*)*(?:(?<=\d)[.,]\d+)*")
_NO_LETTER = frozenset({"Mn", "Cf"})  # Unicode's categories of accents and of signs that nobody sees
_THOUSANDS = re.compile(r"(?!(?:1\.9|2\.0)\d\d$)\d{1,3}(?:\.\d{3}){1,5}(?:,\d{1,9})?")
_STEMMER = Stemmer.Stemmer("dutch")
STOPWORDS = frozenset(  # those of Snowball, https://snowballstem.org/algorithms/dutch/stop.txt
    """
    aan al alles als altijd andere ben bij daar dan dat de der deze die dit doch doen door dus een eens en er ge
    geen geweest haar had heb hebben heeft hem het hier hij hoe hun iemand iets ik in is ja je kan kon kunnen maar
    me meer men met mij mijn moet na naar niet niets nog nu of om omdat onder ons ook op over reeds te tegen toch
    toen tot u uit uw van veel voor want waren was wat werd wezen wie wil worden wordt zal ze zelf zich zij zijn zo
    zonder zou
    """.split()
)
# A compound part: at least this long, and at least this frequent in Dutch (share of words); shorter or rarer "parts"
# are accidents ("stand-er-ing").
_MIN_PART = 4
_MIN_FREQUENCY = 1e-7
_MAX_PARTS = 3
_LINKS = ("", "s", "en", "e")  # tussenklanken between the parts of a Dutch compound


def tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each word with its offsets: folded; figures keep their points and commas.

    >>> [word for word, _, _ in tokens("Coöperatie: 2.715.000 euro")]
    ['cooperatie', '2.715.000', 'euro']
    """
    for match in TOKEN.finditer(text):
        yield fold(match[0]), match.start(), match.end()


def words_of(text: str) -> list[str]:
    """Return the words of a text as `tokens` gives them, without their places."""
    return [word for word, _, _ in tokens(text)]


def fold(word: str) -> str:
    """Return a word in lower case without accents and invisible signs ("Coöperatie" -> "cooperatie")."""
    lower = word.lower()
    if lower.isascii():
        return lower
    decomposed = unicodedata.normalize("NFKD", lower)
    return "".join(one for one in decomposed if unicodedata.category(one) not in _NO_LETTER) or lower


def terms(text: str) -> list[str]:
    """Return the index terms of a text: the stem of each word that is no stop word, and of the parts of a compound.

    "maatwerkbedrijf" shares its parts with "maatwerk bedrijven", so that each finds the other.
    """
    return [term for word in words_of(text) if word not in STOPWORDS for term in word_terms(word)]


def stems(text: str) -> list[str]:
    """Return the stem of each word of a text that is no stop word."""
    return [word_terms(word)[0] for word in words_of(text) if word not in STOPWORDS]


def pairs(text: str) -> list[str]:
    """Return the stems of each two words that follow each other in a text, stop words left out.

    Words that stand together in the query and in a passage say more than the same words apart. Source: Metzler and
    Croft (2005), A Markov Random Field Model for Term Dependencies, https://doi.org/10.1145/1076034.1076115.

    >>> pairs("de erkenning van een maatwerkbedrijf in 2019")
    ['erken maatwerkbedrijf', 'maatwerkbedrijf 2019']
    """
    return [f"{one} {next_one}" for one, next_one in itertools.pairwise(stems(text))]


@lru_cache(maxsize=200_000)
def word_terms(word: str) -> tuple[str, ...]:
    """Return the stem of a folded word, followed by those of its parts if it is a compound."""
    if word[0].isdigit():
        return (word.replace(".", "") if _THOUSANDS.fullmatch(word) else word,)
    return tuple(dict.fromkeys(map(_STEMMER.stemWord, (word, *split_compound(word)))))


@lru_cache(maxsize=200_000)
def split_compound(word: str) -> tuple[str, ...]:
    """Split a Dutch compound into its parts, or return the word alone.

    The split with the highest geometric mean of the parts' frequencies wins, if it beats the word's own frequency.
    Source: Koehn and Knight (2003), Empirical Methods for Compound Splitting, https://aclanthology.org/E03-1076/.

    >>> split_compound("duurzaamheidsverslag")
    ('duurzaamheid', 'verslag')
    """
    best: tuple[str, ...] = (word,)
    best_score = log(dutch_words().get(word, 0) or _MIN_FREQUENCY / 100)
    for parts in _splits(word, _MAX_PARTS):
        score = sum(log(dutch_words()[part]) for part in parts) / len(parts)
        if len(parts) > 1 and score > best_score:
            best, best_score = parts, score
    return best


def _splits(word: str, most: int) -> Iterator[tuple[str, ...]]:
    """Yield all ways to read a word as at most `most` known words with linking letters between them."""
    if dutch_words().get(word, 0) >= _MIN_FREQUENCY:
        yield (word,)
    if most == 1:
        return
    for cut in range(_MIN_PART, len(word) - _MIN_PART + 1):
        head = word[:cut]
        for link in _LINKS:
            stem = head.removesuffix(link)
            if head.endswith(link) and len(stem) >= _MIN_PART and dutch_words().get(stem, 0) >= _MIN_FREQUENCY:
                for rest in _splits(word[cut:], most - 1):
                    yield (stem, *rest)
