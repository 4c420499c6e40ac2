"""Operators in a query: what must stand in a passage or head it, what must not, and of which documents it must be.

    "lokale diensteneconomie" budget -2011 doorstroom OR uitstroom soort:beleidsbrief nr:1328 minister:Homans jaar:2018

Words without operator filter nothing: they are searched as ever.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from index.search.followup import LIGHT
from index.store.engine import ABOVE, Digest, Phrase, Where
from index.store.years import years_in
from index.terms import STOPWORDS, fold, words_of
from ingest.document import Kind

FIELDS = ("soort", "nr", "minister", "jaar")
_ITEM = re.compile(
    rf"(?<!\S)(?P<not>-(?=[\w\"“„«]))?(?:(?P<field>{'|'.join(FIELDS)}):(?=\S))?"
    r"(?:[\"“”„«](?P<phrase>[^\"“”„«»]{1,1000})[\"“”»]|(?P<word>\S+))",
    re.IGNORECASE,
)
_YEARS = re.compile(r"(\d{4})(?:\s?[-–]\s?(\d{4}|\d{2}))?")
_LIST = re.compile(r"[,:;\n]\s{0,9}-\w")  # of which no hyphen leaves out
_ENDS = ".,;:?!)"  # of the sentence that a field stands in
# "maatwerkbedrijven en -afdelingen" and "sanering en de -bescherming" leave nothing out, nor does "2021 -2022".
_JOINS = frozenset({"en", "of", "noch", "en/of", "de", "het", "een"})


@dataclass(frozen=True, slots=True)
class Exact:
    """The operators of a query; for `wanted` and `unwanted` see Where.

    Attributes:
        plain: the query without them, as it is searched by meaning; phrases and alternatives are part of it.
        fields: (name, value) of documents; those of one name are alternatives, or not wanted if it begins with "-".
        asks: whether it has words outside its phrases, so that it is a question that quotes something.
    """

    plain: str
    wanted: tuple[tuple[Phrase, ...], ...] = ()
    unwanted: tuple[Phrase, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    asks: bool = False

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted or self.fields)


def read_operators(query: str) -> Exact:
    """Read the operators of a query.

    >>> read_operators('"sociale economie" krediet -2011 jaar:2018')
    Exact(plain='sociale economie krediet', wanted=((('sociale', 'economie'),),), unwanted=(('2011',),), \
fields=(('jaar', '2018'),), asks=True)
    """
    wanted: list[list[Phrase]] = []
    unwanted: list[Phrase] = []
    fields: list[tuple[str, str]] = []
    plain: list[str] = []
    before, joined = "", False
    last: Phrase | None = None
    is_list = _LIST.search(query)
    items = list(_ITEM.finditer(query))
    for match, after in zip(items, [*items[1:], None], strict=False):
        text = match["phrase"] or match["word"]
        words = tuple(words_of(text))
        # "de OR krijgt" is about an ondernemingsraad.
        if match["word"] == "OR" and last and after and not STOPWORDS & {" ".join(last), fold(after["word"] or "")}:
            joined = True
            continue
        if match["field"] and words:
            fields.append((f"{match['not'] or ''}{match['field'].lower()}", text.rstrip(_ENDS)))
        elif match["not"] and words and not (is_list or _continues(before, text)):
            unwanted.append(words)
        else:
            plain.append(text)
            if joined and last and words:
                if not (wanted and wanted[-1][-1] == last):
                    wanted.append([last])
                wanted[-1].append(words)
            elif match["phrase"] and words:
                wanted.append([words])
            last = words or None
        joined, before = False, text
    if not (wanted or unwanted or fields):
        return Exact(query)
    groups = tuple(tuple(dict.fromkeys(group)) for group in wanted)
    text = " ".join(plain) or " ".join(value for name, value in fields if name[0] != "-")
    asks = len(plain) > sum(map(len, wanted))
    return Exact(text, groups, tuple(unwanted), tuple(fields), asks)


def every_word(exact: Exact) -> Exact:
    """Return operators that also want each word outside the phrases, but for words that any question may have.

    >>> every_word(read_operators("Hoeveel doorstroom was er?")).wanted
    ((('doorstroom',),),)
    """
    if exact and not exact.asks:
        return exact
    phrases = {word for group in exact.wanted for phrase in group for word in phrase}
    words = [word for word in words_of(exact.plain) if word not in phrases]
    content = [word for word in words if word not in STOPWORDS | LIGHT] or words
    return replace(exact, wanted=exact.wanted + tuple(((word,),) for word in dict.fromkeys(content)))


def wrong_field(query: str) -> str | None:
    """Return what is wrong with the value of a field in a query, in Dutch; None where nothing is."""
    for name, value in read_operators(query).fields:
        if name.endswith("soort") and not any(_is_kind(kind, value) for kind in Kind):
            return f"De soort in 'soort:{value}' bestaat niet; kies uit {', '.join(Kind)}."
        if name.endswith("jaar") and not _years(value):
            return f"Het jaar in 'jaar:{value}' klopt niet; schrijf het zoals jaar:2018 of jaar:2012-2018."
    return None


def _continues(before: str, text: str) -> bool:
    """Whether a word with a hyphen goes on with the word before it, instead of being left out."""
    is_range = before.isdecimal() and text.isdecimal() and int(before) < int(text)
    return is_range or fold(before) in _JOINS


def narrow(where: Where, exact: Exact, digests: Mapping[str, Digest]) -> Where:
    """Return a filter that lets through only what the operators of a query allow, too."""
    asked: dict[str, list[str]] = {}
    for name, value in exact.fields:
        asked.setdefault(name, []).append(value)
    documents = where.documents
    for name, values in asked.items():
        fits = {key for key, one in digests.items() if any(_fits(one, name, value) for value in values)}
        fitting = frozenset(digests.keys() - fits if name[0] == "-" else fits)
        documents = fitting if documents is None else fitting & documents
    wanted, unwanted = tuple(map(_or_above, exact.wanted)), _or_above(exact.unwanted)
    return replace(where, documents=documents, wanted=wanted, unwanted=unwanted)


def _or_above(phrases: tuple[Phrase, ...]) -> tuple[Phrase, ...]:
    """Return phrases, as they stand in a passage and as the whole of a heading above it or of its title."""
    return phrases + tuple((ABOVE + ABOVE.join(phrase),) for phrase in phrases)


def _fits(document: Digest, name: str, value: str) -> bool:
    metadata = document.metadata
    match name.lstrip("-"):
        case "soort":
            return _is_kind(metadata.kind, value)
        case "nr":
            return number_fits(metadata.number, value)
        case "minister":
            return {*words_of(value)} <= {*words_of(metadata.minister or "")}
        case _:
            return not years_of_document(document).isdisjoint(_years(value))


def _is_kind(kind: Kind, value: str) -> bool:
    return {*words_of(value)} <= {*kind.split("_")}


def _years(value: str) -> range:
    if match := _YEARS.fullmatch(value):
        first, last = match.groups(match[1])
        return range(int(first), int(first[: -len(last)] + last) + 1)  # "2016-17" ends in 2017
    return range(0)


def number_fits(number: str | None, asked: str) -> bool:
    """Whether a document's number is the one asked for; without its volume any volume is.

    >>> number_fits("1328/1", "1328"), number_fits("1328/1", "1328/2"), number_fits("86, 131", "131")
    (True, False, True)
    """
    return any(own == asked or own.split("/")[0] == asked for own in (number or "").split(", "))


def years_of_document(document: Digest) -> frozenset[int]:
    """Return the years that a document is of: those of its date or parliamentary year, and those in its title."""
    period = document.metadata.period
    held = range(period[0].year, period[1].year + 1) if period else ()
    return frozenset({*held, *years_in(document.metadata.title.replace("/", " "))})
