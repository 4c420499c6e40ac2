"""Small pure functions on Dutch text: joining hard-wrapped lines, cutting sentences."""

import re
from collections.abc import Container, Iterator, Sequence
from functools import cache

from ingest.document import Document, Span

# A point after these does not end a sentence.
_ABBREVIATIONS = (
    "art bv bijv blz ca cfr dhr dr drs e.d enz evt excl g i.f.v i.h.k.v i.k.v i.p.v i.s.m i.v.m incl ing ir jl m.a.w "
    "m.b.t m.b.v max mevr min mr mw n.a.v nl nr nrs o.a o.b.v o.l.v o.m p pag par prof resp st stk t.a.v t.b.v t.e.m "
    "t.g.v t.o.v tel vb vgl vnl zgn"
).split()
_SENTENCE_END = re.compile(
    r"(?=[.!?][)\"'”’]*(?:\^\d{1,3})?\s+[\"'“‘(]?[A-Z0-9À-Ý])(?:[!?]|(?<!\w\.\w)(?<!\b"
    + r")(?<!\b".join(re.escape(word) for word in _ABBREVIATIONS)
    + r")(?<!(?<!['’])\b[A-Z0-9])\.)[)\"'”’]*(?:\^\d{1,3})?",  # the "s" of "kmo's" is no initial
    re.IGNORECASE,
)
# Tried only where a word starts, and never given back, so that a word of any length costs its length.
LINE_HYPHEN = re.compile(r"(?<![^\W\d_])(?P<left>[^\W\d_]++)-[^\S\n]*+\n\s*+(?P<right>[^\W\d_]++)")
_LAST_LETTERS, _FIRST_LETTERS = re.compile(r"(?<![^\W\d_])[^\W\d_]++$"), re.compile(r"[^\W\d_]+")
_ADDRESS = re.compile(r"://|^www\.|@|/\S*/")  # a hyphen is part of it, also at a line end
_FIRST_ADJECTIVE = re.compile(r"(isch|lijk|ief|eel|aal|air|iek)e?$")
_ADJECTIVE = re.compile(r"(isch|lijk|ief|eel|aal|air|iek)e?$|(ieve|ele|ale)$|^priva(at|te)$")
# Woordenlijst Nederlandse Taal, leidraad 6: first parts that keep their hyphen, and second parts that keep it.
_PREFIXES = frozenset("niet non ex semi pseudo e oud quasi kandidaat it eu".split())
_TITLES = frozenset({"vice", "adjunct"})
_ACRONYMS = frozenset("kmo ngo mvo ocmw cao ict lde gesco".split())
_LAST_PARTS = frozenset("generaal president generaals presidenten up down off out how house".split())
_VOWELS = frozenset("aeiouyàáâäèéêëìíîïòóôöùúûü")
_COMMON = 5e-7  # of all words; what is rarer may be a slip of the writers that the list counts
# Woordenlijst Nederlandse Taal, leidraad 6.3: a hyphen stands between vowels that would otherwise be read as one sound.
_CLASHES = frozenset("aa ae ai au ee ei eu ie ii oe oi oo ou ui uu ij".split())
_DOTS = str.maketrans("eiou", "ëïöü")  # which print leaves out where it breaks a word before them: "herori-entatie"
_FAR_MORE_OFTEN = 10
_CONJUNCTIONS = frozenset({"en", "of", "tot", "als"})  # "beheers- en beleidscyclus" keeps hyphen and space


@cache
def dutch_words() -> dict[str, float]:
    """Return lower-case Dutch words with their frequency (share of all words).

    Source: wordfreq 3.1, its "best" Dutch list of words seen at least once per 100 million (Speer, 2022,
    https://doi.org/10.5281/zenodo.7199437).
    """
    import wordfreq  # takes a third of the time in which a command starts

    return wordfreq.get_frequency_dict("nl", wordlist="best")


def is_dutch(word: str) -> bool:
    """Return whether a lower-case word is Dutch, or two Dutch words of four letters or more, with an s between or not.

    >>> is_dutch("omzettingsregelgeving"), is_dutch("dttrars")
    (True, False)
    """
    words = dutch_words()
    halves = ((word[:i], word[i:]) for i in range(4, len(word) - 3))
    return word in words or any((a in words or a.removesuffix("s") in words) and b in words for a, b in halves)


def foreign_words() -> Iterator[dict[str, float]]:
    """Yield some 10,000 to 30,000 frequent lower-case words of each other language, as `dutch_words`."""
    import wordfreq

    for language in sorted(set(wordfreq.available_languages("small")) - {"nl", "ja", "ko", "zh"}):
        yield wordfreq.get_frequency_dict(language, wordlist="small")


def join_lines(text: str) -> str:
    r"""Return text on one line: hard line ends become spaces, hyphens that only broke a word disappear.

    Whether a hyphen at a line end belongs to the word is decided by the Dutch word list: "onder-\nsteuning" is
    joined, "administratief-\ntechnisch" keeps its hyphen.

    >>> join_lines("met onder-\nsteuning van het administratief- \ntechnisch comité")
    'met ondersteuning van het administratief-technisch comité'
    """
    return " ".join(LINE_HYPHEN.sub(_join_hyphen, text).split())


def _join_hyphen(match: re.Match[str]) -> str:
    left, right = match["left"], match["right"]
    if right.lower() in _CONJUNCTIONS:
        return f"{left}- {right}"
    if right[0].islower() and left + right != left.upper() and (left + right).lower() in dutch_words():
        return left + right
    return f"{left}-{right}"


def join_broken(left: str, right: str, seen: Container[str]) -> str:
    """Join the two halves of a word that a printed line end broke, with or without the hyphen between them.

    In print a hyphen at a line end nearly always only breaks the word, so it stays only for a reason: an abbreviation,
    a number or a name, the rest of a shared compound, two adjectives side by side, vowels that would run together.
    `seen` are lower-case words that stand unbroken elsewhere in the document.

    >>> join_broken("onder", "steuning", ()), join_broken("administratief", "technisch", ())
    ('ondersteuning', 'administratief-technisch')
    >>> join_broken("loop", "baan- en", ()), join_broken("KMO", "portefeuille", ()), join_broken("beheers", "en", ())
    ('loopbaan- en', 'KMO-portefeuille', 'beheers- en')
    >>> join_broken("financi", "en.", ()), join_broken("mede", "eigenaar", ()), join_broken("alumini", "um", ())
    ('financiën.', 'mede-eigenaar', 'aluminium')
    """
    stem, rest = _LAST_LETTERS.search(left), _FIRST_LETTERS.match(right)
    if not stem or not rest or not rest[0][0].islower() or _ADDRESS.search(left):
        return f"{left}-{right}"
    first, second = stem[0], rest[0]
    if second in _CONJUNCTIONS and len(right) == len(second):
        return f"{left}- {right}"
    whole, dotted = (first + second).lower(), second[0].translate(_DOTS) + second[1:]
    often = dutch_words().get((first + dotted).lower(), 0.0) if dotted != second and whole not in seen else 0.0
    if often > _FAR_MORE_OFTEN * dutch_words().get(whole, 0.0):
        return left + dotted + right[len(second) :]
    if whole in seen or (f"{first}-{second}".lower() not in seen and not _keeps_hyphen(first, second, len(left) == 1)):
        return left + right
    return f"{left}-{right}"


def _keeps_hyphen(first: str, second: str, is_letter: bool) -> bool:
    """Whether Dutch spelling puts a hyphen between the parts, as in "secretaris-generaal" or "btw-plichtig"."""
    words, start = dutch_words(), first.lower()
    if first.isupper() and (len(first) > 1 or is_letter):
        return True
    if start == second or (len(start) > 1 and _VOWELS.isdisjoint(start)):
        return True
    if start in _ACRONYMS:
        return start + second not in words
    if second not in words:
        return False
    if start in _TITLES:
        return True
    if second in _LAST_PARTS:
        return start in words and len(start) > (2 if len(second) < 6 else 4)
    adjectives = len(start) > 4 and _FIRST_ADJECTIVE.search(start) and _ADJECTIVE.search(second)
    if adjectives and not second.startswith("recht"):  # "publiekrechtelijk"
        return True
    is_common = words.get(start + second, 0) >= _COMMON
    clash = start[-1] + second[0] in _CLASHES and start in words and (start + second not in words or len(second) > 4)
    return not is_common and (start in _PREFIXES or clash)


def sentence_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield [start, end) of each sentence of `text[start:end]`, without the white space around it."""
    position = start
    for match in _SENTENCE_END.finditer(text, start, end):
        yield from trimmed(text, position, match.end())
        position = match.end()
    yield from trimmed(text, position, end)


def block_sentences(document: Document, spans: Sequence[Span]) -> Iterator[tuple[Span, ...]]:
    """Yield the sentences of a block; one that runs on over a page end has a span on each page."""
    text = "\n".join(document.pages[span.page - 1].text[span.start : span.end] for span in spans)
    for start, end in sentence_spans(text, 0, len(text)):
        found, offset = [], 0
        for span in spans:
            size = span.end - span.start
            left, right = max(start - offset, 0), min(end - offset, size)
            if left < right:
                found.append(Span(span.page, span.start + left, span.start + right))
            offset += size + 1
        yield tuple(found)


def trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield [start, end) without the white space around it, where anything is left."""
    if solid := text[start:end].strip():
        left = text.index(solid, start)
        yield left, left + len(solid)
