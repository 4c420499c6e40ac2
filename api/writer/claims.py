"""What a sentence states that can be checked word by word: figures, dates, names, and words that turn its meaning."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache

from index.terms import STOPWORDS, fold, tokens, word_terms

_MAX_DIGITS = 20  # a longer run of digits is compared as text
_MONTHS = (
    "januari februari maart april mei juni juli augustus september oktober november december".split(),
    "jan feb mrt apr mei jun jul aug sept okt nov dec".split(),
)
_DATES = (
    re.compile(r"(?<![\d/.,-])(?P<d>\d{1,2})(?P<sep>[/.-])(?P<m>\d{1,2})(?P=sep)(?P<y>\d{4}|\d{2})(?![\d/-])"),
    re.compile(r"(?<![\d/.,-])(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?!\d)"),
    re.compile(
        rf"(?<![\d.,])(?:(?P<d>\d{{1,2}})(?:e|ste|de)?\s+)?(?P<m>{'|'.join(_MONTHS[0])})\b(?:\s+(?P<y>\d{{4}})(?!\d))?",
        re.I,
    ),
    re.compile(
        rf"(?<![\d.,])(?P<d>\d{{1,2}})\s+(?P<m>{'|'.join(_MONTHS[1])})[a-z]?\b\.?(?:\s+(?P<y>\d{{4}})(?!\d))?", re.I
    ),
)
_FIGURE = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?: \d{3})+(?![\d.])(?:,\d+)?|\d+(?:[.,]\d+)*")
_MAGNITUDES = {
    **dict.fromkeys(("honderd",), 100),
    **dict.fromkeys(("duizend",), 1_000),
    **dict.fromkeys(("miljoen", "mln", "mio"), 1_000_000),
    **dict.fromkeys(("miljard", "mld", "mrd"), 1_000_000_000),
}
_MAGNITUDE = re.compile(rf"\s*({'|'.join(_MAGNITUDES)})\b\.?", re.I)
_PERCENT = re.compile(r"\s*(?:%|procent\b|percent\b)", re.I)
_EURO = re.compile(r"\s*(?:€|euro\b|eur\b)", re.I)
_PERCENT_ANYWHERE, _EURO_ANYWHERE = re.compile(r"%|procent|percent", re.I), re.compile(r"€|eur", re.I)
_HYPHEN, _WORD = re.compile(r"[‐‑‒–—−]"), re.compile(r"[^\W\d_]+")
_PAUSE, _DIGIT_BEFORE = re.compile(r"\W*[.,;:!?()]"), re.compile(r"\d\s{0,3}$")
_IN_POINTS = re.compile(r"[1-9]\d{0,2}(\.\d{3})+(,\d+)?")
_IN_COMMAS = re.compile(r"[1-9]\d{0,2}(,\d{3}){2,}(\.\d+)?")
_PLAIN = re.compile(r"\d+([.,]\d+)?")
_EURO_BEFORE = re.compile(r"(?:€|\beuro|\beur)\s*$", re.I)
_FIRST_YEAR, _LAST_YEAR = 1800, 2199

# A word of one of these groups turns what a sentence says; it must have a fellow in what is cited. Folded word starts.
_TURNING = tuple(
    re.compile(group)
    for group in (
        r"stijg|steeg\b|stegen\b|gestegen|toenam|toene|toegenomen|toename|verho[oe]g|hoger|hoogste\b|groei|gegroeid"
        r"|meer\b|meeste\b|vermeerder|uitbreid|uitgebreid|breidt\b",
        r"da(al|alt|alde|alden)\b|dal(en|ing|ingen|ende)\b|gedaald|afnam|afne|afgenomen|afname|verla(ag|g)|lager"
        r"|laagste\b|krimp|gekrompen|minder|minst\b|minste\b|verminder|inperk|teruglop|terugloop|teruggelopen|bezuinig",
        r"verdubbel|dubbel",
        r"verdrievoudig|driedubbel",
        r"halve|half|helft|halver",
        r"kwart",
        r"moet|moest|dient|dienen|diende|verplicht|vereis|noodzak|nodig|hoeft|hoeven",
        r"mag\b|mogen|mocht|toegelaten|toegestaan|toelaat|toelat|toesta",
        r"verbod|verbied|verboden",
        r"vrijwillig|facultatief|optioneel",
        r"enkel\b|alleen|uitsluitend|slechts|louter",
        r"alle\b|allen\b|ieder|elk|altijd|steeds|volledig|geheel|hele\b|iedereen|allemaal",
        r"minstens|minima|minimum|tenminste|ondergrens",
        r"hoogstens|maxima|maximum|bovengrens|plafond",
        r"stopgezet|stopzet|afgeschaft|afschaf|geschrapt|schrap|ingetrokken|intrek|opgeheven|ophef|beeindig|gestopt"
        r"|stopt\b",
        r"vanaf|sinds|sedert",
        r"uiterlijk|deadline",
        r"geweiger|weiger|afgewezen|afwijz|verworp",
        r"goedgekeurd|goedkeur",
        r"tiental|twintigtal|dertigtal|dozijn",
        r"honderd(en|tal)",
        r"duizend(en|tal)",
        r"miljoenen",
        r"miljarden",
        *(
            rf"{ordinal}n?\b"
            for ordinal in "eerste tweede derde vierde vijfde zesde zevende achtste negende tiende".split()
        ),
        r"laatste",
        r"anderhal",
        r"bijna\b|nagenoeg|haast\b",
        r"ruim\b|dik\b|boven\b",
        r"misschien|wellicht|mogelijk\b|vermoedelijk|waarschijnlijk",
        r"per\b|jaarlijks|maandelijks|wekelijks|dagelijks",
        r"maand",
        r"week|weken|wekelijks",
        r"dag\b|dagen\b|dagelijks",
        r"uur\b|uren\b",
    )
)
_NEGATION = frozenset(
    "niet geen niemand niets niks nooit nergens noch zonder evenmin nauwelijks amper geenszins onmogelijk".split()
)


class FactKind(StrEnum):
    """Kind of fact."""

    DATE = "datum"
    NUMBER = "getal"
    NAME = "naam"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a text states.

    Attributes:
        kind: date, number or name.
        value: (year, month, day) with None for what is not said; a number; a folded word.
        unit: "%", "€" or "" of a number.
        at: place in the text, in characters.
        after: the folded word that follows a number, "" where there is none.
    """

    kind: FactKind
    value: tuple[int | None, int | None, int | None] | Decimal | str
    unit: str = ""
    at: int = 0
    after: str = ""


def plain(text: str) -> str:
    """Return text as facts are read from it: compatibility forms resolved, one kind of space and of hyphen."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text if unicodedata.category(c) != "Cf")
    return _HYPHEN.sub("-", text)


def dates_and_numbers(text: str) -> list[Fact]:
    """Return the dates and numbers of a text, in digits or in words, in its order.

    >>> [int(fact.value) for fact in dates_and_numbers("1,55 miljoen en 1 550 000 en 1.550.000")]
    [1550000, 1550000, 1550000]
    >>> dates_and_numbers("17/02/2017")[0].value == dates_and_numbers("17 februari 2017")[0].value
    True
    """
    rest, found = plain(text), list[Fact]()
    for pattern in _DATES:
        for match in list(pattern.finditer(rest)):
            date = _date(match)
            if date:
                found.append(Fact(FactKind.DATE, date, at=match.start()))
                rest = rest[: match.start()] + "\n" * len(match[0]) + rest[match.end() :]
    return sorted([*found, *_figures(rest), *_number_words(rest)], key=lambda fact: fact.at)


def _date(match: re.Match[str]) -> tuple[int | None, int | None, int | None] | None:
    parts = match.groupdict()
    month = parts["m"].lower()
    number = next((names.index(month) + 1 for names in _MONTHS if month in names), None) or int(month)
    year = int(parts["y"]) if parts["y"] else None
    if year is not None and year < 100:
        year += 2000 if year < 70 else 1900
    day = int(parts["d"]) if parts["d"] else None
    return (year, number, day) if 1 <= number <= 12 and (day is None or 1 <= day <= 31) else None


def _figures(text: str) -> Iterator[Fact]:
    for match in _FIGURE.finditer(text):
        start, end = match.span()
        letters_before = start > 0 and text[start - 1].isalpha()
        letters_after = end < len(text) and text[end].isalpha() and not _MAGNITUDE.match(text, end)
        value = None if letters_before or letters_after else _value(match[0])
        if value is None:
            while start > 0 and text[start - 1].isalnum():
                start -= 1
            while end < len(text) and text[end].isalnum():
                end += 1
            yield Fact(FactKind.NUMBER, fold(text[start:end]), at=start)
        else:
            yield _with_unit(text, value, start, end)[0]


def _value(figure: str) -> Decimal | None:
    """Read a figure as it is written in Dutch; None where it cannot be one number."""
    figure = figure.replace(" ", "")
    if len(figure) > _MAX_DIGITS:
        return None
    if _IN_POINTS.fullmatch(figure):
        return Decimal(figure.replace(".", "").replace(",", "."))
    if _IN_COMMAS.fullmatch(figure):
        return Decimal(figure.replace(",", ""))
    return Decimal(figure.replace(",", ".")) if _PLAIN.fullmatch(figure) else None


def _with_unit(text: str, value: Decimal, start: int, end: int) -> tuple[Fact, int]:
    """Return a number with the magnitude, the unit and the word that follow it, and where it ends."""
    while magnitude := _MAGNITUDE.match(text, end):
        value *= _MAGNITUDES[magnitude[1].lower()]
        end = magnitude.end()
    unit = ""
    if percent := _PERCENT.match(text, end):
        unit, end = "%", percent.end()
    elif euro := _EURO.match(text, end):
        unit, end = "€", euro.end()
    elif _EURO_BEFORE.search(text, max(0, start - 6), start):
        unit = "€"
    after = next((word for word, _, _ in tokens(text[end : end + 60])), "")
    return Fact(FactKind.NUMBER, value, unit, start, "" if _PAUSE.match(text, end) else after), end


def _number_words(text: str) -> Iterator[Fact]:
    told = 0
    for match in _WORD.finditer(text):
        word = match[0].lower()
        value = 1 if word == "één" else number_word(fold(word))
        of_a_figure = word in _MAGNITUDES and _DIGIT_BEFORE.search(text[max(0, match.start() - 4) : match.start()])
        if value is not None and match.start() >= told and not of_a_figure:
            fact, told = _with_unit(text, Decimal(value), match.start(), match.end())
            yield fact


@cache
def _small_numbers() -> dict[str, int]:
    """Dutch words of 1 to 999, folded."""
    ones = ["", *"een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien".split()]
    ones += "vijftien zestien zeventien achttien negentien".split()
    tens = "twintig dertig veertig vijftig zestig zeventig tachtig negentig".split()
    below = {word: value for value, word in enumerate(ones) if word}
    for index, ten in enumerate(tens, 2):
        below[ten] = 10 * index
        below |= {f"{ones[one]}en{ten}": 10 * index + one for one in range(1, 10)}
    words = dict(below)
    for hundred in range(1, 10):
        head = ("" if hundred == 1 else ones[hundred]) + "honderd"
        words[head] = 100 * hundred
        words |= {head + link + word: 100 * hundred + value for word, value in below.items() for link in ("", "en")}
    return words


def number_word(word: str) -> int | None:
    """Return the value of a folded Dutch number word, or None; "een" is taken for the article.

    >>> [number_word(word) for word in ("vijfentwintig", "tweehonderdduizend", "miljoen", "een", "achterstand")]
    [25, 200000, 1000000, None, None]
    """
    small = _small_numbers()
    if word in ("een", ""):
        return None
    if word == "nul":
        return 0
    if word in small:
        return small[word]
    if word in _MAGNITUDES and word.isalpha() and len(word) > 3:
        return _MAGNITUDES[word]
    head, thousand, rest = word.partition("duizend")
    if thousand and (not head or head in small) and (not rest or rest in small):
        return 1000 * small.get(head, 1) + small.get(rest, 0)
    return None


def names(sentence: str) -> list[Fact]:
    """Return the names of one sentence: words with a capital that do not open it, and acronyms anywhere."""
    text = plain(sentence)
    found = []
    for place, (word, start, end) in enumerate(tokens(text)):
        own = text[start:end]
        acronym = len(own) > 1 and any(c.isupper() for c in own[1:])
        if acronym or (place > 0 and own[0].isupper()):
            found.append(Fact(FactKind.NAME, word, at=start))
    return found


class Held:
    """What a text holds, so that facts can be looked up in it."""

    def __init__(self, text: str) -> None:
        text = plain(text)
        self.words = [word for word, _, _ in tokens(text)]
        self.word_set = frozenset(self.words)
        self.terms = frozenset(term for word in self.words if word not in STOPWORDS for term in word_terms(word))
        self.facts = dates_and_numbers(text)
        self.negated = not _NEGATION.isdisjoint(self.word_set)
        self._values = {(fact.value, fact.unit) for fact in self.facts}
        self._has_unit = {
            "%": _PERCENT_ANYWHERE.search(text) is not None,
            "€": _EURO_ANYWHERE.search(text) is not None,
        }
        self._dates = {fact.value for fact in self.facts if isinstance(fact.value, tuple)}

    def holds(self, fact: Fact) -> bool:
        """Whether a fact stands in the text; a date also within a fuller one, a unit also in a table's header."""
        value = fact.value
        if isinstance(value, str):
            return value in self.word_set or value.removesuffix("s") in self.word_set
        if isinstance(value, tuple):
            return any(
                all(said is None or said == there for said, there in zip(value, date, strict=True))
                for date in self._dates
            )
        if is_moment(fact) and any(date[0] == value for date in self._dates):
            return True
        if (value, fact.unit) in self._values:
            return True
        if fact.unit:
            return (value, "") in self._values and self._has_unit[fact.unit]
        return (value == 1 and "een" in self.word_set) or any((value, unit) in self._values for unit in ("%", "€"))

    def holds_word(self, word: str) -> bool:
        """Whether a folded word stands in the text: its stem, or all parts of the compound."""
        stem, *parts = word_terms(word)
        return word in self.word_set or stem in self.terms or (bool(parts) and self.terms.issuperset(parts))


def is_moment(fact: Fact) -> bool:
    """Whether a fact says when: a date or a year."""
    if fact.kind is FactKind.DATE:
        return True
    value = fact.value
    return isinstance(value, Decimal) and not fact.unit and _FIRST_YEAR <= value <= _LAST_YEAR and value % 1 == 0


def turning_groups(words: Iterable[str]) -> frozenset[int]:
    """Return which groups of words that turn a meaning ("stijgt", "moet", "enkel") folded words belong to."""
    return frozenset().union(*map(_groups_of, words))


@lru_cache(maxsize=20_000)
def _groups_of(word: str) -> frozenset[int]:
    return frozenset(index for index, group in enumerate(_TURNING) if group.match(word))
