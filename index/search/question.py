"""What a Dutch question asks for: years, the kind of answer, whether it compares or asks for the latest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from index.store.years import periods_in, without_open, years_in
from index.terms import STOPWORDS, terms, words_of
from ingest.dutch import join_lines


class Expected(StrEnum):
    """Kind of answer that a question expects."""

    DATE = "datum"
    NUMBER = "getal"
    NAME = "naam"
    DEFINITION = "definitie"
    REASON = "reden"
    MAIL = "mailadres"
    PHONE = "telefoonnummer"
    ANY = "alles"


EXACT = frozenset({Expected.MAIL, Expected.PHONE})  # a text without one is no answer
_LONGEST_ACRONYM = 6  # letters
_ANY_YEAR = re.compile(r"(?:19|20)\d{2}")
_BEGIN = r"^\W{0,5}(?:(?:en|maar|door|aan|met|van|voor|bij) )?"
_ASKED_FOR = r"(?:^|\b(?:welke?|wat)\b.{0,60})\b"  # before the name of what is asked for; else it is only spoken of
_QUANTITIES = "percentage|bedrag|budget|aandeel|aantal|krediet|som|prijs|tarief"
_EXPECTED = (
    # The word with which a question begins goes before what it is about: "Waarom daalde het aantal?"
    (Expected.REASON, rf"{_BEGIN}(?:waarom|om welke reden|hoe komt het)\b"),
    (Expected.NAME, rf"{_BEGIN}wie\b"),
    # These ask for a condition, not for a day: "Wanneer heb ik recht op een premie?"
    (Expected.ANY, rf"{_BEGIN}wanneer (?:he(?:b|eft)|kom)\w{{0,3}}\b.{{1,60}}(?<!het )\b(?:recht op|in aanmerking)\b"),
    (
        Expected.DATE,
        r"\bwanneer\b|\bwelke? (\w+ )?(datum|dag|maand|jaar)\b|\b\w*datum\b|\bdeadline\b|\bhoe ?lang\b|\btermijn\b",
    ),
    (  # "Welke instellingen vallen buiten het budget?"
        Expected.NAME,
        rf"{_BEGIN}welke (?!(?:\w+ )?(?:{_QUANTITIES})|\w*graad\b)\w+",
    ),
    (
        Expected.NUMBER,
        rf"\bhoeveel\w*|\bwelke? (\w+ )?({_QUANTITIES})\b"
        r"|\bhoe (groot|hoog|veel|vaak|oud)\b|\b(budget|bedrag|aantal|percentage|aandeel|krediet|\w*graad)\b|%",
    ),
    (Expected.MAIL, rf"{_ASKED_FOR}e?-?mail-?adres\w*"),
    (Expected.PHONE, rf"{_ASKED_FOR}(?:telefoon|tel\.? ?|gsm)-?(?:nummers?|nr)\b"),
    (
        Expected.DEFINITION,
        r"\bwat (is|zijn|betekent|houdt)\b|\bwaar(voor)? staat\b|\bbetekenis\b|\bdefinitie\b|\bverstaan onder\b"
        r"|\bwat wil .{1,200} zeggen\b",
    ),
    (Expected.REASON, r"\bwaarom\b|\bom welke reden\b|\bhoe komt het\b"),
    (Expected.NAME, r"\bwie\b|\bwelke? \w+|\bwaar\b"),
)
_EXPECTED_RULES = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _EXPECTED)
_SEVERAL_YEARS = re.compile(
    r"(?<![\d.,/])(?:19|20)\d{2}(?:(?:\s*,\s*|\s+(?:en|of|met|versus|vs\.?|tegenover|t\.o\.v\.)\s+)(?:(?:dat|die)\s+)?"
    r"(?:(?:in|van|voor)\s+)?(?:19|20)\d{2})+(?![\d.,]\d|\d)",
    re.IGNORECASE,
)
_COMPARE_FIRST = re.compile(r"^\s*vergelijk\s+", re.IGNORECASE)
_COMPARES = re.compile(
    r"\b(tegenover|versus|vs|vergeleken|vergelijk\w*|verschil\w*|(meer|minder) .{0,200} dan|evolutie"
    r"|evolueerde|beide)\b",
    re.IGNORECASE,
)
_UNTIL = re.compile(  # without accents it may be what something is for: "het budget voor 2018"
    r"\bvóór\s+(?:(?:1 januari|begin)\s+|((?:\d{1,2}\s+)?[a-z]+\s+))?((?:19|20)\d{2})\b", re.IGNORECASE
)
_LATEST = re.compile(
    r"\b(nog|nu|intussen|ondertussen|vandaag|huidige?|momenteel|laatste?|recent\w*|actueel|actuele|al)\b", re.IGNORECASE
)
ANY_MONTH = "januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december"
_DATE = re.compile(
    rf"\b(?:\d{{1,2}}\s+)?(?:{ANY_MONTH})\b(?:\s+\d{{4}})?|\b\d{{1,2}}[/-]\d{{1,2}}[/-]\d{{2,4}}\b|\b(?:19|20)\d{{2}}\b",
    re.IGNORECASE,
)
_NUMBER_WORDS = "twee|drie|vier|vijf|zes|zeven|acht|negen|tien|elf|twaalf|helft|derde|kwart|dubbel|geen enkele?"
MAIL_ADDRESS = r"(?<![\w.-])[\w.-]{1,64}@[\w.-]{1,64}\w"
PHONE_NUMBER = r"(?<![\w.,/-])(?:\+\d{2}|0)(?:[ ./()-]{0,2}\d){8,10}(?!\w)"
_FORMS = {
    Expected.MAIL: re.compile(MAIL_ADDRESS),
    Expected.PHONE: re.compile(PHONE_NUMBER),
    Expected.NUMBER: re.compile(rf"(?<![\w.])\d[\d.,]*\s?%?|\b(?:{_NUMBER_WORDS})\b", re.I),
}
_ASKING = (  # beside the name of what a question asks for
    "afkorting begrip term definitie betekent betekenis bedoeld verstaan onder houdt in staat staan waar waarvoor "
    "precies juist eigenlijk"
)
_DEFINES = re.compile(r"\W{0,5}(?P<name>\w.{1,80}?)\W{1,4}(?:is|zijn|betekent|omvat|staat voor|wil)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, read for what it asks.

    Attributes:
        text: its words, without a time that is open at an end ("na 2013").
        years: that it names, in its order.
        compares: whether it sets two things side by side.
        latest: whether the time of the answer matters ("nog", "intussen").
        periods: times that it asks for by where they begin and end, those that are open too.
    """

    text: str
    expected: Expected
    years: tuple[int, ...]
    compares: bool
    latest: bool
    periods: tuple[range, ...] = ()


def calm(text: str) -> str:
    """Return a question that is all in capitals in small letters, which a model reads as words; acronyms alone stay.

    >>> calm("WAT IS MAATWERK?"), calm("LDE VDAB"), calm("Wat is LDE?")
    ('wat is maatwerk?', 'LDE VDAB', 'Wat is LDE?')
    """
    is_told = any(word in STOPWORDS or len(word) > _LONGEST_ACRONYM for word in words_of(text))
    return text.lower() if text.isupper() and is_told else text


def read_question(text: str) -> Question:
    """Read a question by its words; the first rule that fits decides the kind of answer."""
    last = [part for part in text.split("?") if part.strip()][-1:] or [text]  # a follow-up stands behind its question
    expected = next((kind for kind, rule in _EXPECTED_RULES if rule.search(last[0])), Expected.ANY)
    asked = _UNTIL.sub("", without_open(text))
    years = years_in(asked)
    compares = bool(_COMPARES.search(text)) or len(years) > 1
    periods = [*periods_in(text), *(range(int(match[2]) + bool(match[1])) for match in _UNTIL.finditer(text))]
    return Question(asked, expected, years, compares, bool(_LATEST.search(text)), tuple(periods))


def share_of_years(asked: Sequence[int], held: frozenset[int]) -> float:
    """Return the share of the years asked for that are held, in [0, 1]; 1 where none is asked for."""
    return sum(year in held for year in asked) / len(asked) if asked else 1.0


def holds_expected(expected: Expected, text: str) -> bool:
    """Whether a text holds an address, or a figure, of the kind that is asked for."""
    return bool(_FORMS[expected].search(_DATE.sub(" ", text) if expected is Expected.NUMBER else text))


def subject(question: str) -> frozenset[str]:
    """Return the terms of a question that asks what something is, but those that ask: the name of that."""
    return frozenset(terms(question)).difference(terms(_ASKING))


def defines(names: Sequence[frozenset[str]], text: str) -> bool:
    """Whether a sentence begins with a name of something, given by its terms, and says what that is.

    >>> defines([subject("Wat is een zeppelin?")], "Een zeppelin is een luchtschip.")
    True
    >>> defines([subject("Wat is een zeppelin?")], "Het voordeel van een zeppelin op zee is groot.")
    False
    """
    match = _DEFINES.match(join_lines(text))
    told = frozenset(terms(match["name"])) if match else frozenset()
    return any(name and name <= told for name in names) and len(told.difference(*names)) <= 1


def one_year_each(question: str) -> list[tuple[int, str]]:
    """Return a question about several years as one question for each, with its year; empty if it is not one.

    >>> one_year_each("Vergelijk het krediet van 2012 en dat van 2018")
    [(2012, 'het krediet van 2012'), (2018, 'het krediet van 2018')]
    """
    match = _SEVERAL_YEARS.search(question)
    if match is None:
        return []
    years = dict.fromkeys(_ANY_YEAR.findall(match[0]))
    before, after = _COMPARE_FIRST.sub("", question[: match.start()]), question[match.end() :]
    return [(int(year), f"{before}{year}{after}") for year in years]
