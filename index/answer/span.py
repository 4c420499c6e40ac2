"""The words of a statement that answer: the date, amount, name or reason asked for, by the form of both."""

import re
from collections.abc import Iterator, Sequence

from index.search.question import ANY_MONTH, EXACT, MAIL_ADDRESS, PHONE_NUMBER, Expected, Question
from index.store.years import reached, years_in
from index.terms import STOPWORDS, terms, tokens

_YEAR = r"(?:19|20)\d{2}"
_DATES = re.compile(
    rf"\b(?:\d{{1,2}} )?(?:{ANY_MONTH})(?: {_YEAR})?\b|\b\d{{1,2}}[/.-]\d{{1,2}}[/.-]{_YEAR}\b|\b{_YEAR}\b"
    r"|\b\d+ (?:(?:werk)?dag(?:en)?|we(?:ek|ken)|maand(?:en)?|ja(?:ar|ren))\b",
    re.IGNORECASE,
)
_THEN = re.compile(rf"\b(?:in|eind|begin|medio|voor|over|tijdens) ({_YEAR})\b", re.IGNORECASE)
_DAY = re.compile(rf"\b\d{{1,2}}[/.-]\d{{1,2}}[/.-](?={_YEAR}\b)")  # a column "31/12/2010" is of 2010
_FIGURE = r"(?:\d{1,3}(?:[. \xa0]\d{3})+|\d+)(?:,\d+)?"
_WORDS = "één|twee|drie|vier|vijf|zes|zeven|acht|negen|tien|elf|twaalf|de helft"
_NAME = r"[A-Z][\w&'’|-]{1,40}(?: (?:(?:van|de|den|der|voor) ){0,3}[A-Z][\w&'’|-]{1,40}){0,9}"
_QUOTED = r"‘[^’]{3,80}’|(?<=[ (])'[^']{3,80}'"
_ADDRESS = rf"{MAIL_ADDRESS}|(?<![\w-])[\w-]{{1,64}}\.(?:be|eu|org)\b"
_MONEY = re.compile(r"\b(\w*budget|\w*krediet\w*|bedrag\w*|euro|geld|middelen|kost\w*|subsidie\w*)\b", re.IGNORECASE)
_COUNTED = re.compile(r"\bhoeveel (\w+)", re.IGNORECASE)
_BETWEEN = " \n\t\xa0\xad-"  # characters that a line end adds or takes away
_FAR = 200  # characters from which on a word is no nearer than any other
_RULES = {
    Expected.MAIL: re.compile(MAIL_ADDRESS),
    Expected.PHONE: re.compile(PHONE_NUMBER),
    Expected.DATE: _DATES,
    Expected.NUMBER: re.compile(
        rf"(?<![\w.,/-])[+-]?{_FIGURE}(?: (?:tot(?: en met)?|à) {_FIGURE})?(?![\w/°-]|[.,]\d)(?: ?%| procent\b)?"
        rf"(?: (?:miljoen|miljard))?(?: (?:euro|VTE)\b)?|\b(?:{_WORDS})\b",
        re.IGNORECASE,
    ),
    Expected.NAME: re.compile(
        rf"{_ADDRESS}|(?:{_QUOTED})(?: en (?:{_QUOTED})){{0,9}}"
        rf"|(?<=[\w,;:('‘\"*] ){_NAME}(?:(?:, | en ){_NAME}){{0,9}}|\b[A-Z]{{2,}}\b"
    ),
    Expected.REASON: re.compile(
        r"\b(?:omdat|aangezien|doordat|wegens|als gevolg van|met het oog op|te wijten aan|zodat)\s[^.;]+", re.IGNORECASE
    ),
}
_SHARE = re.compile(r"\b(procent|percentage|aandeel|\w*graad)\b|%", re.IGNORECASE)


def answer_span(
    question: str, expected: Expected, text: str, read: tuple[int, int] | None = None
) -> tuple[int, int] | None:
    """Return [start, end) of the words in a statement that answer a question, or None where its form does not tell.

    Of the pieces of the kind that is asked for, without those that the question names itself, the one counts that
    fits best; of equals the one nearest to the question's words. Words that a reader found narrow them down, and stand
    where there are none.
    """
    named = frozenset(terms(question))
    shared = [
        (start + end) / 2 for word, start, end in tokens(text) if word not in STOPWORDS and set(terms(word)) & named
    ]
    pieces = list(_fitting(question, expected, text))
    if not pieces:
        return read
    if read and expected not in EXACT:
        within = [one for one in pieces if one[1][0] < read[1] and read[0] < one[1][1]]
        if expected is Expected.NAME and not within:  # what answers "welke ..." need not be a name
            return read
        pieces = within if within and max(within)[0] == max(pieces)[0] else pieces

    def order(one: tuple[float, tuple[int, int]]) -> tuple[float, float]:
        fit, piece = one
        return -fit, sum(min(abs(sum(piece) / 2 - at), _FAR) for at in shared)

    return min(pieces, key=order)[1]


def find_words(text: str, words: str) -> tuple[int, int] | None:
    """Return [start, end) of words in a text, whatever white space and hyphens stand between; None: not there."""
    places = [at for at, character in enumerate(text) if character not in _BETWEEN]
    wanted = "".join(character for character in words if character not in _BETWEEN)
    first = "".join(text[at] for at in places).find(wanted)
    return (places[first], places[first + len(wanted) - 1] + 1) if wanted and first >= 0 else None


def asked_cell(question: Question, text: str, readings: Sequence[str]) -> tuple[int, int] | None:
    """Return [start, end) of the one cell of a table row, quoted as `text`, below the column that a question names.

    That of its years alone, else the one of which it has each word; None where there is none, or there are more.

    Args:
        question: the question.
        text: the row with its heads.
        readings: the row cell by cell, as `ingest.tables.readings` gives it.
    """
    named = frozenset(terms(question.text))
    cells = [reading.rpartition(" = ") for reading in readings]
    columns = [(column.rpartition(" × ")[2], value.partition(", ")[0]) for column, _, value in cells]
    of_years = [
        value for column, value in columns if question.years and years_in(_DAY.sub(" ", column)) == question.years
    ]
    found = of_years or [
        value for column, value in columns if 0 < len(set(terms(column))) == len(named & {*terms(column)})
    ]
    places = list(re.finditer(rf"(?<![\w.,]){re.escape(found[0])}(?![\w]|[.,]\d)", text)) if len(found) == 1 else []
    return places[-1].span() if places else None


def lacks_cell(question: Question, text: str, readings: Sequence[str]) -> bool:
    """Whether a table has a column of a year that a question names, in which this row has nothing; see `asked_cell`."""
    held: set[int] = set()
    for reading in readings:
        row, _, column = reading.rpartition(" = ")[0].rpartition(" × ")
        years = years_in(_DAY.sub(" ", column))
        held |= {*years_in(row), *(years if len(years) == 1 else ())}
    there = set(years_in(_DAY.sub(" ", text)))
    return bool(readings) and not there.intersection(question.years).issubset(held)


def is_of_another_year(question: Question, text: str) -> bool:
    """Whether a sentence says itself that it is of a year that a question for a figure does not name.

    >>> asked = Question("Hoeveel vluchten in 2011?", Expected.NUMBER, (2011,), False, False)
    >>> is_of_another_year(asked, "Eind 2010 waren het 12."), is_of_another_year(asked, "In 2010 12, in 2011 14.")
    (True, False)
    """
    if question.expected is not Expected.NUMBER or not question.years or "\t" in text:
        return False
    told = {int(year) for year in _THEN.findall(text)}
    spoken = {*years_in(text), *reached(text, question.years)}
    return bool(told) and spoken.isdisjoint(question.years)


def fit_of_span(question: str, expected: Expected, text: str) -> float | None:
    """Return how well the words fit that `answer_span` finds, in [0, 1], or None where it finds none."""
    return max((fit for fit, _ in _fitting(question, expected, text)), default=None)


def _fitting(question: str, expected: Expected, text: str) -> Iterator[tuple[float, tuple[int, int]]]:
    """Yield the pieces of the kind that is asked for, but those that the question names, each with its fit."""
    named = frozenset(terms(question))
    counted = frozenset(terms(" ".join(_COUNTED.findall(question))))
    for start, end in _pieces(expected, text):
        piece = text[start:end]
        if not set(terms(piece)) <= named:
            beside = frozenset(terms(piece + " " + " ".join(text[end:].split()[:2])))
            yield (_has_unit(question, piece) + (not counted or not beside.isdisjoint(counted))) / 2, (start, end)


def _pieces(expected: Expected, text: str) -> Iterator[tuple[int, int]]:
    rule = _RULES.get(expected)
    dates = [match.span() for match in _DATES.finditer(text)] if expected is Expected.NUMBER else []
    for match in rule.finditer(text) if rule else ():
        if not any(start <= match.start() < end for start, end in dates):
            yield match.span()


def _has_unit(question: str, piece: str) -> bool:
    """Whether a piece has the unit that the question asks for; true where it asks for none."""
    if _SHARE.search(question):
        return "%" in piece or "procent" in piece or "," in piece
    if "%" in piece or "procent" in piece:
        return False
    return not _MONEY.search(question) or "euro" in piece or sum(character.isdigit() for character in piece) > 4
