"""The words of a statement that answer: the date, amount, name or reason asked for, by the form of both."""

import re
from collections.abc import Iterator, Sequence

from index.search.question import ANY_MONTH, EXACT, MAIL_ADDRESS, PHONE_NUMBER, Expected, Question
from index.store.years import reached, years_in
from index.terms import STOPWORDS, stems, tokens, words_of
from ingest.dutch import dutch_words, sentence_spans

_YEAR = r"(?:19|20)\d{2}"
_FIGURE = r"(?:\d{1,3}(?:[. \xa0]\d{3})+|\d+)(?:,\d+)?"
_UNITS = "een|één|twee|drie|vier|vijf|zes|zeven|acht|negen"
_WORDS = (
    rf"(?:(?:{_UNITS})(?:en|ën))?(?:twin|der|veer|vijf|zes|zeven|tach|negen)tig|(?:der|veer|vijf|zes|zeven|acht|negen)tien"
    rf"|(?!een\b)(?:{_UNITS})|tien|elf|twaalf|(?:{_UNITS})?(?:honderd|duizend)"
)
_RANGE = r" (?:tot(?: en met)?|à) "
_NUMBER = rf"(?:(?:\d+{_RANGE})?\d+|(?:{_WORDS}))"
_TIME = r"(?:(?:(?:werk|kalender)?dag(?:en)?|we(?:ek|ken)|maand(?:en)?|ja(?:ar|ren))\b)"
_DAYS = rf"\b(?:\d{{1,2}} )?(?:{ANY_MONTH})(?: {_YEAR})?\b|\b\d{{1,2}}[/.-]\d{{1,2}}[/.-]{_YEAR}\b|\b{_YEAR}\b"
_DATES = re.compile(rf"{_DAYS}|\b{_NUMBER} {_TIME}\b", re.IGNORECASE)
_NO_FIGURE = re.compile(  # with the numbers of articles and of items
    rf"{_DAYS}|\b(?:art(?:\.|ikel(?:en)?)|hoofdstuk|paragraaf|bijlage|punt|lid|nr\.?) ?\d+|§ ?\d+"
    r"|^\s{0,9}\d{1,3}[.)](?=\s)",
    re.IGNORECASE | re.MULTILINE,
)
_THEN = re.compile(rf"\b(?:in|eind|begin|medio|voor|over|tijdens) ({_YEAR})\b", re.IGNORECASE)
_TIMES = re.compile(rf"\b{_YEAR}(?: ?(?:[-–/]|tot(?: en met)?|en) ?{_YEAR})?\b", re.IGNORECASE)
_PARTED = re.compile(r"[,;.:] |\b(?:en|of|dan|tot|naar|tegenover|maar|terwijl)\b", re.IGNORECASE)
_CLOSED = re.compile(r"[^()]{0,80}\)")  # behind a year that is told within brackets
_LAST = r"uiterlijk|uiterste|ten laatste|sluit\w{0,9}|eindig\w{0,9}|deadline|verval\w{0,9}"
_ASKS_LAST = re.compile(rf"\b(?:(?:tot|tegen) (?:wanneer|welke?|hoe ?lang)|{_LAST})\b", re.IGNORECASE)
_ASKS_FIRST = re.compile(r"\b(?:vanaf|sinds|start\w*|beg[io]n\w*|open(?:t|de|en))\b", re.IGNORECASE)
_BEFORE_LAST = re.compile(
    rf"(?:\b(?:tot|tegen|{_LAST})\b[^\d;.]{{0,40}}|\b(?:t\.e\.m\.|v[oó]{{2}}r) |\btussen [^;]{{5,30}} en )$",
    re.IGNORECASE,
)
_LASTING = re.compile(
    rf"(?<!tot )(?<!tegen )\bhoe ?lang\b|\bhoe oud\b|(?<!(?:lange|korte) )\btermijn\b|\bhoeveel (?:tijd|{_TIME})",
    re.IGNORECASE,
)
_LASTS = re.compile(rf" {_TIME}", re.IGNORECASE)
_WHENEVER = re.compile(r"(?:^|[?.,:] )wanneer\b", re.IGNORECASE)
_CONDITION = re.compile(  # "als" before other words may mean "as"
    r"\b(?:als (?:het|de|er|je|u|men|ze|zij|hij|we|wij|iemand|uw)|wanneer|zodra|indien)\b(?:[^.,;]|[.,](?=\d)){1,300}",
    re.IGNORECASE,
)
_PART_OF = re.compile(rf"(?:\d|\b(?:{_WORDS})) (?:van|op) (?:de |in totaal )?$", re.IGNORECASE)  # "twaalf van de 412"
_CONTRASTS = (
    ("eerste", "tweede", "derde", "vierde", "vijfde", "laatste"),
    ("voorjaar lente", "zomer", "najaar herfst", "winter"),
    ("minstens minimaal minimum minste", "hoogstens maximaal maximum hoogste"),
)
_SIDES = {word: (i, j) for i, sides in enumerate(_CONTRASTS) for j, side in enumerate(sides) for word in side.split()}
_OFFICE = re.compile(r" \([^)]{1,80}\)|, (?!\w{1,40} (?:is|was)\b)[^,;.(]{1,80}")  # behind the name of who has it
_OFFICE_BEFORE = re.compile(
    r"\b(\w{3,40})(?: van [^,;.]{1,40})?(?: is| was|:) (?:professor |prof\. |dr\. |de heer |mevrouw )?$"
)
_NAME = r"[A-Z][\w&'’|-]{1,40}(?: (?:(?:van|de|den|der|voor) ){0,3}[A-Z][\w&'’|-]{1,40}){0,9}"
_QUOTED = r"‘[^’]{3,80}’|(?<=[ (])'[^']{3,80}'"
_ADDRESS = rf"{MAIL_ADDRESS}|(?<![\w-])[\w-]{{1,64}}\.(?:be|eu|org)\b"
_MONEY = re.compile(
    r"\b(\w*budget|\w*krediet\w*|bedrag\w*|euro|geld|middelen|kost\w*|subsidie\w*"
    r"|\w*(?:toelage|premie|vergoeding|steun|loon|boete|bijdrage|prijs|tarief))\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(  # not "hoeveel bedraagt"
    r"\b(?:hoeveel (?!\w{1,30}t\b|(?:is|was|zijn|waren|kan|kon|kunnen|konden|mag|mogen|zal|zou)\b)(\w+)"
    r"|aantal|hoe vaak)\b",
    re.IGNORECASE,
)
_BETWEEN = " \n\t\xa0\xad-"  # characters that a line end adds or takes away
_ORDINARY = 1.6e-4  # share of all words above which a first word is hardly a name; "Jan" lies just below
_FAR = 200  # characters from which on a word is no nearer than any other
_RULES = {
    Expected.MAIL: re.compile(MAIL_ADDRESS),
    Expected.PHONE: re.compile(PHONE_NUMBER),
    Expected.DATE: _DATES,
    Expected.NUMBER: re.compile(
        rf"(?<![\w.,/-])(?:(?<=tussen ){_FIGURE}(?: ?%| procent| euro)? en )?"
        rf"[+-]?{_FIGURE}(?:(?: ?%)?{_RANGE}{_FIGURE})?(?![\w/°-]|[.,]\d)(?: ?%| procent\b)?"
        rf"(?: (?:miljoen|miljard))?(?: (?:euro|VTE|{_TIME})\b)?"
        rf"|\b(?:{_WORDS})\b(?: {_TIME})?|\b(?:de helft|niets|gratis|kosteloos)\b",
        re.IGNORECASE,
    ),
    Expected.NAME: re.compile(
        rf"{_ADDRESS}|(?:{_QUOTED})(?: en (?:{_QUOTED})){{0,9}}"
        rf"|(?:(?<=[\w,;:('‘\"*] )|(?:(?<![^\n])|(?<=[.!?] ))(?=\w+ [A-Z])){_NAME}"
        rf"(?:(?: en |, (?!(?>{_NAME})(?: \(| (?!en )[a-z]))){_NAME}){{0,9}}|\b[A-Z]{{2,}}\b"
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

    Of the pieces of the kind that is asked for, without those that the question names itself and those on another side
    ("de eerste ..., de laatste ..."), the one counts that fits best; of equals that of the asked year, of the first or
    last day as asked, or of the asked office, then the one nearest to the question's words. Words that a reader found
    narrow them down, and stand where there are none. Asked when something holds, the condition counts where the
    sentence of the question's words has no date.
    """
    named = frozenset(stems(question))
    shared = [(start + end) / 2 for word, start, end in tokens(text) if not named.isdisjoint(stems(word))]
    pieces = list(_fitting(question, expected, text))
    told = {span: sum(span[0] <= at < span[1] for at in shared) for span in sentence_spans(text, 0, len(text))}
    if expected is Expected.DATE and _WHENEVER.search(question) and any(told.values()):
        first, last = max(told, key=lambda span: told[span])
        clause = _CONDITION.search(text, first, last)
        dated = any(first <= start < last for _, (start, _) in pieces)
        if clause and not dated and not set(stems(clause[0])) <= named:
            return clause.span()
    if not pieces:
        return read
    asked = years_in(question) if expected is Expected.NUMBER else ()
    others = {piece: _is_of_others(piece, text, asked) for _, piece in pieces}
    sides = _sides(question)
    pieces = [
        one for one in pieces if others[one[1]] < 1 and sides.items() <= (sides | _sides(text[: one[1][0]])).items()
    ]
    asks_last = bool(_ASKS_LAST.search(question))
    has_side = expected is Expected.DATE and (asks_last or bool(_ASKS_FIRST.search(question)))

    def order(one: tuple[float, tuple[int, int]]) -> tuple[float, float, bool, float]:
        fit, (start, end) = one
        misses = others[start, end] or bool(_PART_OF.search(text[max(0, start - 40) : start]))
        if has_side:
            misses = bool(_BEFORE_LAST.search(text[max(0, start - 60) : start])) != asks_last
        elif expected is Expected.NAME:
            offices = (_OFFICE.match(text, end), _OFFICE_BEFORE.search(text[max(0, start - 90) : start]))
            misses = named.isdisjoint(stem for office in offices if office for stem in stems(office[office.re.groups]))
        alone = not any(count for (first, last), count in told.items() if first <= start < last)
        return -fit, misses, alone, sum(min(abs((start + end) / 2 - at), _FAR) for at in shared)

    if read and expected not in EXACT:
        within = [one for one in pieces if one[1][0] < read[1] and read[0] < one[1][1]]
        if expected is Expected.NAME and not within:  # what answers "welke ..." need not be a name
            return read
        pieces = within if within and min(map(order, within))[:2] == min(map(order, pieces))[:2] else pieces
    return min(pieces, key=order)[1] if pieces else None


def find_words(text: str, words: str) -> tuple[int, int] | None:
    """Return [start, end) of words in a text, whatever white space and hyphens stand between; None: not there."""
    places = [at for at, character in enumerate(text) if character not in _BETWEEN]
    wanted = "".join(character for character in words if character not in _BETWEEN)
    first = "".join(text[at] for at in places).find(wanted)
    return (places[first], places[first + len(wanted) - 1] + 1) if wanted and first >= 0 else None


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
    named = frozenset(stems(question))
    counted = frozenset(stems(" ".join(_COUNTED.findall(question))))
    rule, is_figure = _RULES.get(expected), expected is Expected.NUMBER
    read = _NO_FIGURE.sub(lambda match: " " * len(match[0]), text) if is_figure else text
    for match in rule.finditer(read) if rule else ():
        start, end = match.span()
        if expected is Expected.NAME and text[max(0, start - 3) : start].rstrip()[-1:] in ".!?":
            first, _, rest = match[0].partition(" ")
            is_ordinary = first.lower() in STOPWORDS or dutch_words().get(first.lower(), 0) > _ORDINARY
            start = end - len(rest) if rest and is_ordinary else start
        piece = text[start:end]
        is_time = is_figure and _LASTS.search(piece) and not _LASTING.search(question)
        own = set(stems(piece))  # none of "niets"
        if not is_time and not (own and own <= named):
            after = text[end:].split()[:5]
            beside = frozenset(stems(" ".join((piece, *(after if after[:1] in (["van"], ["op"]) else after[:2])))))
            yield (_has_unit(question, piece) + (not counted or not beside.isdisjoint(counted))) / 2, (start, end)


def _is_of_others(piece: tuple[int, int], text: str, asked: Sequence[int]) -> float:
    """How sure a figure is of other years than those asked for, in [0, 1]: "640 in 2017, in 2019 waren het er 512".

    A year counts that stands in its clause, else the last one before; 0 where a text does not tell the asked one.
    """
    if not asked:
        return 0
    times = [(match.span(), {*years_in(match[0]), *reached(match[0], asked)}) for match in _TIMES.finditer(text)]
    if not any(years.intersection(asked) for _, years in times):
        return 0
    earlier = [(end, piece[0], years) for (_, end), years in times if end <= piece[0]]
    before = [one for one in earlier if not _CLOSED.match(text, one[0], piece[0])][-1:]
    behind = [(piece[1], start, years) for (start, _), years in times if start >= piece[1]][:1]
    beside = [years for first, last, years in before + behind if not _PARTED.search(text, first, last)]
    if beside:
        return beside[0].isdisjoint(asked)
    return 1 if before and before[0][2].isdisjoint(asked) else 0.5


def _sides(text: str) -> dict[int, int]:
    """Return of each contrast which side a text named last."""
    return dict(_SIDES[word] for word in words_of(text) if word in _SIDES)


def _has_unit(question: str, piece: str) -> bool:
    """Whether a piece has the unit that the question asks for; true where it asks for none."""
    if _LASTING.search(question):
        return bool(_LASTS.search(piece))
    is_share = "%" in piece or "procent" in piece
    if _SHARE.search(question):
        return is_share or "," in piece
    if is_share or ("euro" in piece and not _MONEY.search(question)):
        return not (_COUNTED.search(question) or _MONEY.search(question))
    return not _MONEY.search(question) or "euro" in piece or sum(character.isdigit() for character in piece) > 4
