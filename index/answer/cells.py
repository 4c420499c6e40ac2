"""What a question names in full: a cell of a table by row and column, an address by whose it is, an article."""

import re
from collections.abc import Sequence

from index.answer.reader import Candidate
from index.answer.verdict import content
from index.search.question import EXACT, Question, holds_expected
from index.store.years import years_in
from index.terms import terms, words_of
from ingest.document import BlockKind
from ingest.tables import TableCell, read_cells

_ADDRESS = re.compile(
    r"\b(?:tele(?:foon|fonisch)|tel|gsm|e?-?mail)\w*(?:[ -]?(?:nummers?|nr|adres\w*))?", re.IGNORECASE
)
_ARTICLE = re.compile(r"\b(?<!-)art(?:ikel(?:en)?|\.)? ?(\d{1,4}\w{0,6}(?:/\d{1,3})?)", re.IGNORECASE)
_HEADED = re.compile(  # what it says follows
    rf"{_ARTICLE.pattern}(?=,?\s{{0,2}}(?:[.:§–]|$|(?-i:[A-Z])))", re.IGNORECASE
)
_STATES = "bepaalt bepalen bepaald zegt zeggen regelt luidt houdt vermeldt voorziet decreet besluit wet"
_PLACED = "staan staat stond stonden zitten zit zat zaten liggen lag lagen"  # say no more than "were"
_APART = frozenset("met zonder geen niet onder tot".split())  # stop words that tell one row from another
_WHOM = re.compile(  # or where; "in totaal" says neither
    r"\b(?:voor|bij|van|met|aan|door|binnen|in|per|naar) (?!totaal\b)(?:een |de |het |hun |onze )?"
    r"(?=([a-z]\w*)(?: (\w+))?)",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(r"\bhoeveel\b", re.IGNORECASE)  # below "Aantal erkend"
_UNIT = re.compile(r"\([^()]{1,40}\)$")  # behind the name of a column
_DAY = re.compile(r"\b\d{1,2}[/.-]\d{1,2}[/.-](?=(?:19|20)\d{2}\b)")  # a column "31/12/2010" is of 2010


def named_row(question: Question, candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the one row of which a question names the label and a column, and that with its caption has all its words.

    What is left out or asked besides ("Hoeveel mannelijke piloten ..."), is a question of another table.
    """
    wanted, words = content(question.text) - content(_PLACED), _telling(question.text)
    rows = [one for one in candidates if one.part.unit.heads and _is_named(question, wanted, words, one)]
    return rows[0] if len(rows) == 1 else None


def named_address(question: Question, candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the one unit with the kind of address that is asked for, that has all other words of the question."""
    named = [one for one in candidates if question.expected in EXACT and share_of_whose(question, one) == 1]
    return named[0] if len(named) == 1 else None


def named_article(question: Question, candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the unit that begins the article of which a question asks what it says, where one document has it."""
    if not (asked := articles_in(question.text)):
        return None
    about = content(_ARTICLE.sub(" ", question.text)) - content(f"{_STATES} {_PLACED}")
    named = [one for one in candidates if (head := _HEADED.match(one.part.text)) and asked == {head[1]}]
    titles = {one.read.hit.document.document_id: one.read.hit.document.metadata.title for one in named}
    of_one = len(titles) == 1 and about.issubset(terms(*titles.values()))
    return named[0] if of_one else None


def articles_in(text: str) -> frozenset[str]:
    """Return the numbers of the articles that a text names."""
    return frozenset(_ARTICLE.findall(text))


def articles_of(one: Candidate) -> frozenset[str]:
    """Return the article that a unit begins or stands under, else those that its passage names."""
    above = (*one.read.hit.passage.section, *(part.text for part in one.read.parts.units[: one.place + 1]))
    own = [match[1] for match in map(_HEADED.match, above) if match]
    return frozenset(own[-1:]) or articles_in(one.read.hit.passage.search_text)


def share_of_whose(question: Question, one: Candidate) -> float:
    """Return the share of the words of a question for an address that say whose, that a unit or its headings have.

    0 where the unit has no address of that kind, or the question does not say whose.
    """
    whose = content(_ADDRESS.sub(" ", question.text))
    held = whose & one.part.terms.union(terms(one.read.place))
    return len(held) / len(whose) if whose and holds_expected(question.expected, one.part.text) else 0


def names_whom(question: Question, one: Candidate) -> bool:
    """Whether the passage of a unit, with its headings and title, names each group and place that a question does."""
    asked = [(first, second) for first, second in _WHOM.findall(question.text) if content(first)]
    phrases = (terms(f"{first} {second}" if first.endswith("e") else first) for first, second in asked)
    return not any(one.read.parts.terms.isdisjoint(phrase) for phrase in phrases)


def _is_named(question: Question, wanted: frozenset[str], words: frozenset[str], row: Candidate) -> bool:
    document, unit = row.read.hit.document, row.part.unit
    captions = [piece for piece in row.read.hit.passage.pieces if piece.kind is BlockKind.CAPTION]
    around = " ".join((row.read.place, *(document.quote(piece.spans) for piece in captions)))
    if not wanted <= row.part.terms.union(terms(around)):
        return False
    cells = read_cells(document, unit.own, unit.heads)
    label = _telling(cells[0].row) if cells else frozenset()
    return bool(label) and label <= words and asked_cell(question, row.part.text, cells) is not None


def _telling(text: str) -> frozenset[str]:
    return _APART.intersection(words_of(text)).union(terms(text))


def asked_cell(question: Question, text: str, cells: Sequence[TableCell]) -> tuple[int, int] | None:
    """Return [start, end) of the one cell of a table row, quoted as `text`, below the column that a question names.

    That of its years alone, else the one of its years of which it has each word; None where there is none or are more.
    """
    years = frozenset(map(str, question.years))
    named = frozenset(terms(_HOW_MANY.sub("aantal", question.text)))
    of_years = [one for one in cells if question.years and _years(one.column) == question.years]
    found = [one.value for one in of_years]
    if len(of_years) != 1:
        words = [(frozenset(terms(_UNIT.sub("", one.column))) - years, one.value) for one in of_years or cells]
        found = [value for own, value in words if own and own <= named]
    places = list(re.finditer(rf"(?<![\w.,]){re.escape(found[0])}(?![\w]|[.,]\d)", text)) if len(found) == 1 else []
    return places[-1].span() if places else None


def lacks_cell(question: Question, text: str, cells: Sequence[TableCell]) -> bool:
    """Whether a table has a column of a year that a question names, in which this row has nothing; see `asked_cell`."""
    of_columns = [years for one in cells if len(years := _years(one.column)) == 1]
    held = set().union(*of_columns, *(years_in(one.row) for one in cells))
    return bool(cells) and not held.issuperset(set(_years(text)).intersection(question.years))


def _years(text: str) -> tuple[int, ...]:
    return years_in(_DAY.sub(" ", text))
