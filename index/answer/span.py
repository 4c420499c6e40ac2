"""The words of a statement that answer: the date, amount, name or reason asked for, by the form of both."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from index.answer.units import POINTS_BACK
from index.search.question import ANY_MONTH, EXACT, MAIL_ADDRESS, PHONE_NUMBER, Expected, Question
from index.store.years import reached, years_in
from index.terms import STOPWORDS, fold, stems, terms, tokens, word_terms, words_of
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
_NO_FIGURE = re.compile(  # with the numbers of articles and of items
    rf"{_DAYS}|\b(?:art(?:\.|ikel(?:en)?)|hoofdstuk|paragraaf|bijlage|punt|lid|nr\.?) ?\d+|§ ?\d+"
    r"|^\s{0,9}\d{1,3}[.)](?=\s)",
    re.IGNORECASE | re.MULTILINE,
)
_THEN = re.compile(rf"\b(?:in|eind|begin|medio|voor|over|tijdens) {_YEAR}\b", re.IGNORECASE)
_TIMES = re.compile(rf"\b{_YEAR}(?: ?(?:[-–/]|tot(?: en met)?|en) ?{_YEAR})?\b", re.IGNORECASE)
_CLOSED = re.compile(r"[^()]{0,80}\)")  # behind a year that is told within brackets
_PARTED = re.compile(  # between clauses
    r"[,;.] |(?<!\d): |\b(?:(?P<of>waarvan|waaronder)|en|tot|maar|terwijl|tegenover|naar(?= $))\b", re.IGNORECASE
)
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
_LASTS = re.compile(rf"(?<!elk)(?<!elke)(?<!ieder)(?<!iedere) {_TIME}", re.IGNORECASE)
_MONTHS = frozenset(ANY_MONTH.split("|"))
_OFTEN = re.compile(r"\bhoe vaak\b|(?:maal| keer)\b", re.IGNORECASE)
_WHENEVER = re.compile(r"(?:^|[?.,:] )wanneer\b", re.IGNORECASE)
_CONDITION = re.compile(  # "als" before other words may mean "as"
    r"\b(?:als (?:het|de|er|je|u|men|ze|zij|hij|we|wij|iemand|uw)|wanneer|zodra|indien)\b(?:[^.,;]|[.,](?=\d)){1,300}",
    re.IGNORECASE,
)
_PART_OF = re.compile(rf"(?:\d|\b(?:{_WORDS})) (?:van|op) (?:de |in totaal )?$", re.IGNORECASE)  # "twaalf van de 412"
_CONTRASTS = (
    ("eerste", "tweede", "derde", "vierde", "vijfde", "laatste"),
    ("voorjaar lente", "zomer", "najaar herfst", "winter"),
    ("minstens minimaal minimale minimum minste", "hoogstens maximaal maximale maximum hoogste"),
)
_SIDES = {word: (i, j) for i, sides in enumerate(_CONTRASTS) for j, side in enumerate(sides) for word in side.split()}
_OFFICE = re.compile(r" \([^)]{1,80}\)|, (?!\w{1,40} (?:is|was)\b)[^,;.(]{1,80}")  # behind the name of who has it
_OFFICE_BEFORE = re.compile(
    r"\b(\w{3,40})(?: van [^,;.]{1,40})?(?: is| was|:|(?<=[a-z],)) (?:professor |prof\. |dr\. |de heer |mevrouw )?$"
)
_PROPER = r"[A-Z][\w&'’|-]{1,40}+(?!:)"  # not "Aanwezig:"
_NAME = rf"{_PROPER}(?: (?:(?:van|de|den|der|voor) ){{0,3}}{_PROPER}){{0,9}}"
_SERVICE = r"\b(?:\w{0,30}dienst|[Aa]gentschap|[Dd]epartement|[Aa]fdeling) (?:van |voor )?"
_SERVICED = re.compile(_SERVICE)
_QUOTED = r"‘[^’]{3,80}’|(?<=[ (])'[^']{3,80}'"
_ADDRESS = rf"{MAIL_ADDRESS}|(?<![\w-])[\w-]{{1,64}}\.(?:be|eu|org)\b"
_PAID = r"kre+g\w*|krijg\w*|beta+l\w*|ontv[ai]ng\w*"
_MONEY = re.compile(
    rf"\b(\w*krediet\w*|\w*bedrag\w*|euro|geld|middelen|kost\w*|subsidie\w*|uitgaven|inkomsten|hoeveel (?:{_PAID})"
    r"|\w*(?:budget|subsidie|toelage|premie|vergoeding|steun|loon|boete|bijdrage|prijs|tarief))\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(  # not "hoeveel bedraagt"
    rf"\b(?:hoeveel (?!{_PAID}|\w{{1,30}}t\b|(?:is|was|zijn|waren|kan|kon|kunnen|konden|mag|mogen|zal|zou)\b)(\w+)"
    r"|aantal|hoe vaak)\b",
    re.IGNORECASE,
)
_VOTES = re.compile(r"\b(?:voor|tegen)(?= ?(?:[,.;?]|$|en\b))")  # which no noun follows
_GROUP = re.compile(r"\b(?:(voor|in|bij) (?:een |de |het )?|een )(\w+)")  # or place that a question asks about
_FOR_WHOM = re.compile(  # of an acronym nothing tells which words it stands for
    r"\bvoor (?!(?:hoeveel|welke?|wie|elke?|de periode|(?:de |het )?(?-i:[A-Z]{2,}))\b)(?:een |de |het )?"
    r"([a-z][\w-]*(?: [a-z][\w-]*){0,2})",
    re.IGNORECASE,
)
_RATE = re.compile(r"(?<![\d.,])\d[\d.,]{0,20} ?(?:euro|%|procent) per \w+", re.IGNORECASE)
_VALUED = re.compile(rf"\b(?:{_PAID}|bedra\w*|kost\w*)\b", re.IGNORECASE)
_EUROS = re.compile(r"euro?\b|€", re.IGNORECASE)
_PRICE = re.compile(rf"{_EUROS.pattern}|mi(?:ljoen|ljard|o)|mln|niets|gratis|kosteloos", re.IGNORECASE)
_THINGS = re.compile(r" (?!ge)\w{2,40}(?:en|s)\b")  # a plural behind its figure
_BETWEEN = " \n\t\xa0\xad-"  # characters that a line end adds or takes away
_ORDINARY = 1.6e-4  # share of all words above which a first word is hardly a name; "Jan" lies just below
_RULES = {
    Expected.MAIL: re.compile(MAIL_ADDRESS),
    Expected.PHONE: re.compile(PHONE_NUMBER),
    Expected.DATE: re.compile(
        rf"{_DAYS}|\b(?:{_NUMBER}|elke?|iedere?) {_TIME}|\bde \d{{1,2}}(?:ste|de)\b(?= (?:van|dag)\b|[,.;)]|$)",
        re.IGNORECASE,
    ),
    Expected.NUMBER: re.compile(
        rf"(?<![\w.,/-])(?:(?<=tussen ){_FIGURE}(?: ?%| procent| euro)? en )?"
        rf"[+-]?{_FIGURE}(?:(?: ?%)?{_RANGE}{_FIGURE})?(?![\w/°-]|[.,]\d)(?: ?%| procent\b)?"
        rf"(?: (?:miljoen|miljard|mio|mln))?(?: ?€| (?:euro|EUR|VTE|keer|maal|{_TIME})\b)?"
        rf"|\b(?:{_WORDS})\b(?: (?:keer|maal|{_TIME})\b)?|\b(?:{_UNITS})maal\b|\b(?:de helft|niets|gratis|kosteloos)\b",
        re.IGNORECASE,
    ),
    Expected.NAME: re.compile(
        rf"{_ADDRESS}|{_SERVICE}{_NAME}(?: (?:in|en) {_NAME})?|(?:{_QUOTED})(?: en (?:{_QUOTED})){{0,9}}"
        rf"|(?:(?<=[\w,;:('‘\"*] )|(?:(?<![^\n])|(?<=[.!?] ))(?=\w+ [A-Z])){_NAME}"
        rf"(?:(?: en |, (?!(?>{_NAME})(?: \(|,? (?!en )[a-z]))){_NAME}){{0,9}}|\b[A-Z]{{2,}}\b"
    ),
    Expected.REASON: re.compile(
        r"\b(?:omdat|aangezien|doordat|wegens|als gevolg van|met het oog op|te wijten aan|zodat)\s[^.;]+", re.IGNORECASE
    ),
}
_Piece = tuple[tuple[bool, bool], tuple[int, int]]  # has the asked unit, is what is counted; [start, end)
_SHARE = re.compile(r"\b(procent|percentage|aandeel|\w*graad)\b|%", re.IGNORECASE)


def answer_span(asked: Question, text: str, read: tuple[int, int] | None = None) -> tuple[int, int] | None:
    """Return [start, end) of the words in a statement that answer a question, or None where its form does not tell.

    Of the pieces of the kind that is asked for, without those that the question names itself and those on another side
    ("de eerste ..., de laatste ..."), the one counts that has the asked unit; of equals that of the asked year, of the
    clause that alone has words of the question, beside what is counted, of the first or last day or the office as
    asked, then the one nearest to the question's words. None where they compete for a group that none of them is of.
    Words that a reader found narrow them down, and stand where there are none. Asked when something holds, the
    condition counts where the sentence of the question's words has no date.
    """
    question, expected = asked.text, asked.expected
    is_figure, is_date = expected is Expected.NUMBER, expected is Expected.DATE
    named = frozenset(stems(question))
    shared = [(start + end) / 2 for word, start, end in tokens(text) if not named.isdisjoint(stems(word))]
    pieces = list(_fitting(question, expected, text))
    if is_date and shared and _WHENEVER.search(question):
        sentences = sentence_spans(text, 0, len(text))
        first, last = max(sentences, key=lambda span: sum(span[0] <= at < span[1] for at in shared))
        clause = _CONDITION.search(text, first, last)
        dated = any(first <= start < last for _, (start, _) in pieces)
        if clause and not dated and not set(stems(clause[0])) <= named:
            return clause.span()
    each = asked.years if is_figure and len(asked.years) > 1 and not asked.periods else ()
    told = (answer_span(replace(asked, years=(year,)), text) for year in each if year in years_in(text))
    if len(both := {span for span in told if span and _has_unit(question, text[slice(*span)])}) > 1:
        return min(start for start, _ in both), max(end for _, end in both)
    if not pieces:
        return None if read and _EUROS.search(text[slice(*read)]) and _asks_things(question) else read
    within_time = [year for year in years_in(text) if any(year in time for time in asked.periods)]
    years = asked.years or within_time or [0] * bool(asked.periods)
    of_year = is_figure or (expected is Expected.NAME and bool(asked.years or asked.periods))
    others = {piece: _is_of_others(piece, text, years) if of_year else 0.0 for _, piece in pieces}
    if read and any(other >= 1 and start < read[1] and read[0] < end for (start, end), other in others.items()):
        read = None
    elsewhere = any(counted and others[piece] >= 1 for (_, counted), piece in pieces)
    sides = _sides(question)
    own_sides = {at: _sides(text[: at[0]]) | _sides(_PARTED.split(text[at[1] :], 1)[0]) for _, at in pieces}
    pieces = [one for one in pieces if others[one[1]] < 1 and sides.items() <= (sides | own_sides[one[1]]).items()]
    own = _own_words(question, text, [piece for _, piece in pieces]) if pieces and (is_figure or is_date) else {}
    asks_last = bool(_ASKS_LAST.search(question))
    has_side = is_date and (asks_last or bool(_ASKS_FIRST.search(question)))

    def order(one: _Piece) -> tuple[bool, float, tuple[float, ...], bool, bool, bool, float, float]:
        (has_unit, counted), (start, end) = one
        before = text[max(0, start - 90) : start]
        of_other = bool(_BEFORE_LAST.search(before)) != asks_last if has_side else others[start, end]
        misses = bool(_PART_OF.search(before))
        if expected is Expected.NAME:
            offices = (_OFFICE.match(text, end), _OFFICE_BEFORE.search(before))
            misses = named.isdisjoint(stem for office in offices if office for stem in stems(office[office.re.groups]))
        is_unread = expected in EXACT or one not in within  # by the reader
        far = sum(abs((start + end) / 2 - at) for at in shared)
        is_placed = has_side or bool(years)  # else what has no year only goes before its equals
        alone = own.get((start, end), ())
        return not has_unit, of_other * is_placed, alone, not counted, misses, is_unread, of_other, far

    within = [one for one in pieces if read and one[1][0] < read[1] and read[0] < one[1][1]]
    if read and expected is Expected.NAME and not within:  # what answers "welke ..." need not be a name
        return None if text[read[0] :].startswith(("niet ", "geen ")) else read
    best = min(pieces, key=order, default=None)
    is_amount = all(map(_MONEY.search, _COUNTED.findall(question)))  # "hoeveel budget", or nothing is counted
    is_other = best and is_figure and ((elsewhere and not best[0][1]) or (is_amount and not best[0][0]))
    if not best or (is_other and _THINGS.match(text, best[1][1])):
        return None
    groups = [by or "voor" for by, group in _GROUP.findall(question) if not set(stems(group)) <= set(stems(text))]
    competes = own and sum(order(one)[:4] == order(best)[:4] for one in pieces) > 1
    is_rate = not sides and any(rate in text for rate in _RATE.findall(question))  # what it comes to is not told
    is_others = is_figure and (is_rate or _is_of_others_group(question, text, best[1]))
    lacks = any(frozenset(terms(text)).isdisjoint(terms(group)) for group in _FOR_WHOM.findall(question))
    is_unclear = competes and (lacks or any(words_of(text).count(by) > 1 for by in groups))
    return None if is_others or is_unclear else best[1]


def _is_of_others_group(question: str, text: str, piece: tuple[int, int]) -> bool:
    """Whether the sentence of a figure tells of whom it is ("voor een woonboot"), and not of those that are asked.

    What is asked with "een" is another than what has the last part of its compound alone in common.
    """
    sentences = sentence_spans(text, 0, len(text))
    whole = next((text[start:end] for start, end in sentences if start <= piece[0] < end), text)
    named, held = frozenset(terms(_VALUED.sub("", question))), frozenset(terms(whole))
    lacks = [group for group in _FOR_WHOM.findall(question) if held.isdisjoint(terms(group))]
    others = [group for group in _FOR_WHOM.findall(whole) if named.isdisjoint(terms(group))]
    asked = [parts for parts in (word_terms(fold(group)) for _, group in _GROUP.findall(question)) if len(parts) > 1]
    kin = {parts[-1] for parts in map(word_terms, words_of(whole)) if len(parts) > 1 and parts[0] not in named}
    return bool(lacks and others) or any(parts[0] not in held and parts[-1] in kin for parts in asked)


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
    if question.expected is not Expected.NUMBER or not question.years or "\t" in text or not _THEN.search(text):
        return False
    return {*years_in(text), *reached(text, question.years)}.isdisjoint(question.years)


def fit_of_span(question: str, expected: Expected, text: str) -> float:
    """Return how well the words fit that `answer_span` finds, in [0, 1]; 0 where it finds none."""
    return max((sum(fit) / 2 for fit, _ in _fitting(question, expected, text)), default=0.0)


def _fitting(question: str, expected: Expected, text: str) -> Iterator[_Piece]:
    """Yield the pieces of the kind that is asked for, but those that the question names."""
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
        own = set(stems(_SERVICED.sub("", piece)))  # none of "niets"
        is_paid = is_figure and _EUROS.search(piece) and _asks_things(question)
        if not is_time and not is_paid and not (own <= named and (own or piece in question)):
            after = text[end:].split()[:5]
            beside = frozenset(stems(" ".join((piece, *(after if after[:1] in (["van"], ["op"]) else after[:2])))))
            yield (_has_unit(question, piece), not counted or not beside.isdisjoint(counted)), (start, end)


def _own_words(question: str, text: str, pieces: Sequence[tuple[int, int]]) -> dict[tuple[int, int], tuple[float, ...]]:
    """Return what ranks each piece: asked words that only its clause has, then the later clause, then all it has.

    What stands in its sentence before the first piece goes for all.
    """
    starts, ends, places, whole = [pieces[0][0]], [], [0], [0]
    for (_, end), (start, _) in pairwise(pieces):  # those that nothing parts stand in one clause
        if cuts := list(_PARTED.finditer(text, end, start)):
            whole.append(whole[-1] if any(cut["of"] for cut in cuts) else len(starts))
            starts.append(cuts[0].end())
            ends.append(cuts[-1].start())
        places.append(len(ends))
    before = text[text.rfind(". ", 0, starts[0]) + 1 : starts[0]]
    asked = {*stems(question), *_VOTES.findall(question)}.difference(stems(before))
    told = [
        asked.intersection([*stems(text[start:end]), *_VOTES.findall(text, start, end)])
        for start, end in zip(starts, [*ends, len(text)], strict=True)
    ]
    told = [one | told[at - 1] if at and POINTS_BACK.match(text, starts[at]) else one for at, one in enumerate(told)]
    held = Counter(word for words in told for word in words)
    counted = stems(" ".join(word for word in _COUNTED.findall(question) if word.endswith(("en", "s"))))  # tells less
    own = [sum((held[word] == 1) * (0.5 if word in counted else 1) for word in words) for words in told]
    own = [share + own[of] * (of < at) for at, (share, of) in enumerate(zip(own, whole, strict=True))]
    ranks = [(-own[at], -whole[at] if own[at] else 0, -len(told[at] | told[whole[at]])) for at in places]
    return dict(zip(pieces, ranks, strict=True))


def _is_of_others(piece: tuple[int, int], text: str, asked: Sequence[int]) -> float:
    """How sure a figure is of other years than those asked for, in [0, 1]: "640 in 2017, in 2019 waren het er 512".

    A year counts that stands in its clause, else the last one before, in its sentence where a text does not tell the
    asked one. Where none is asked, what has no year goes first.
    """
    times = [(match.span(), {*years_in(match[0]), *reached(match[0], asked)}) for match in _TIMES.finditer(text)]
    earlier = [(end, piece[0], years) for (_, end), years in times if end <= piece[0]]
    before = [one for one in earlier if not _CLOSED.match(text, one[0], piece[0])][-1:]
    behind = [(piece[1], start, years) for (start, _), years in times if start >= piece[1]][:1]
    if not any(years.intersection(asked) for _, years in times):
        before, behind = ([one for one in some if ". " not in text[one[0] : one[1]]] for some in (before, behind))
    beside = [years for first, last, years in before + behind if not _PARTED.search(text, first, last)]
    if not asked:
        return 0.5 * bool(before or behind)
    if beside or before:
        return [*beside, *(years for _, _, years in before)][0].isdisjoint(asked)
    return 0.5 * bool(behind)


def _sides(text: str) -> dict[int, int]:
    """Return of each contrast which side a text named last."""
    return dict(_SIDES[word] for word in words_of(text) if word in _SIDES)


def _has_unit(question: str, piece: str) -> bool:
    """Whether a piece has the unit that the question asks for; true where it asks for none, and it is no bare month."""
    if _LASTING.search(question):
        return bool(_LASTS.search(piece))
    is_month = piece.lower() in _MONTHS and "maand" not in question
    if is_month or bool(_OFTEN.search(question)) != bool(_OFTEN.search(piece)):
        return False
    is_share = "%" in piece or "procent" in piece
    if _SHARE.search(question):
        return is_share or "," in piece
    asks_money = bool(_MONEY.search(question)) and not _asks_things(question)
    if is_share or (_EUROS.search(piece) and not asks_money):
        return not (_COUNTED.search(question) or asks_money)
    return not asks_money or bool(_PRICE.search(piece)) or sum(character.isdigit() for character in piece) > 4


def _asks_things(question: str) -> bool:
    """Whether a question counts things, which are no euros: "Hoeveel projecten kregen geld?"."""
    counted = (question[match.start(1) :].split()[:2] for match in _COUNTED.finditer(question) if match[1])
    return any(words[0].endswith(("en", "s")) and not _MONEY.search(" ".join(words)) for words in counted)
