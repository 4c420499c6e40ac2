"""A follow-up question and the questions before it -> one question that stands alone."""

import re
from collections.abc import Sequence

from index.search.question import Expected, read_question, years_in
from index.terms import STOPWORDS, tokens

_OPENING = re.compile(r"^(en|maar|of|ook)\b[\s,]*(?=\S)", re.IGNORECASE)
# Words that point back: "Wanneer was dat?", "Hoeveel begeleiders moeten er dan mee?"
_POINTING = frozenset(
    "dat dit die deze daar daarvan daarvoor daarbij daarover daarna dan er ervan ervoor hier hiervan hiervoor hij zij "
    "ze hun hen het zo zoiets diezelfde dezelfde hetzelfde laatste eerste vorige".split()
)
_PREPOSITIONS = (
    "aan bij binnen door in met naar onder op over rond sinds tegen tot tussen uit van vanaf via voor".split()
)
_ANY_OF_THEM = "|".join(_PREPOSITIONS)
_BEGINS = re.compile(rf"\b(?:{_ANY_OF_THEM})\s+(?!(?:{_ANY_OF_THEM})\b)\w", re.IGNORECASE)
_PHRASE = re.compile(rf"\b(?P<preposition>{_ANY_OF_THEM})\s+(?P<rest>[^?.!,;:]+)", re.IGNORECASE)
_BOUNDARY = re.compile(rf"(?<!\s)\s++(?=(?:{_ANY_OF_THEM})\b)|(?=[?.!,;:]|$)", re.IGNORECASE)
# Words that every question may have, so that they say nothing about what it is about.
_LIGHT = frozenset(
    "wie wat waar wanneer waarom welk welke hoe hoeveel hoelang vaak veel lang groot hoog moet moeten mag mogen kan "
    "kunnen zal zullen gaat gaan komt komen wordt worden werd werden was waren bestaat bestaan juist precies eigenlijk "
    "minstens hoogstens nog al ook wel niet geen mee".split()
)
_PLACE = frozenset({"bij", "binnen", "in", "voor"})  # prepositions that may stand for each other in a follow-up
_ACRONYM = re.compile(r"\b[A-Z][A-Z&]+\b")
_FEW = 3  # content words up to which a question that points at nothing may still lean on the one before
_MOST = 300  # characters of what is carried over


def standalone_question(question: str, history: Sequence[str]) -> str:
    """Resolve a follow-up against the questions before it.

    "En voor arbeidszorg?" takes the place of the like phrase of the question before, "en in 2018?" that of its year;
    another question that leans on the one before ("Wanneer was dat?") is put behind it.

    Args:
        question: what is asked now.
        history: the questions before it, oldest first.

    Returns:
        A question that can be searched without the others; the question itself where it stands alone.
    """
    resolved = ""
    for asked in (*history, question):
        asked = " ".join(asked.split())
        resolved = _resolve(asked, resolved) if resolved else asked
    return resolved


def _resolve(question: str, before: str) -> str:
    opening = _OPENING.match(question)
    if not opening and not _leans(question):
        return question
    rest = question[opening.end() :].strip() if opening else question
    if opening:
        replaced = _replace_year(rest, before) or _replace_acronym(rest, before) or _replace_phrase(rest, before)
        if replaced:
            return replaced
    return f"{before[-_MOST:]} {question}"


def _leans(question: str) -> bool:
    asked = [word for word, _, _ in tokens(question)]
    content = [word for word in asked if word not in STOPWORDS | _LIGHT | _POINTING]
    if not content:
        return True
    is_question = question.endswith("?") or asked[0] in _LIGHT
    names_something = any(char.isupper() for char in question[1:])
    if len(content) > _FEW or not is_question or read_question(question).expected is Expected.DEFINITION:
        return False
    return not _POINTING.isdisjoint(asked) or not names_something


def _replace_year(rest: str, before: str) -> str | None:
    """Put a year in the place of the one asked about before, if nothing else is asked."""
    asked, there = years_in(rest), years_in(before)
    other = [word for word, _, _ in tokens(rest) if word not in STOPWORDS and word not in _PREPOSITIONS]
    if len(asked) == 1 and len(there) == 1 and other == [str(asked[0])]:
        return before.replace(str(there[0]), str(asked[0]))
    return None


def _replace_acronym(rest: str, before: str) -> str | None:
    """Put an acronym in the place of the only one asked about before."""
    asked, there = (_ACRONYM.findall(text) for text in (rest, before))
    if len(asked) == 1 and rest.strip("?.! ") == asked[0] and len(set(there)) == 1:
        return before.replace(there[0], asked[0])
    return None


def _replace_phrase(rest: str, before: str) -> str | None:
    """Put a phrase ("voor arbeidszorg") in the place of the last one like it, where it is clear where that one ends."""
    new = _PHRASE.fullmatch(rest.rstrip("?.! "))
    if new is None:
        return None
    phrases = [
        (match["preposition"].lower(), match.start(), _BOUNDARY.search(before, match.start("rest")))
        for match in _starts(before)
    ]
    for same in (True, False):
        for preposition, start, end in reversed(phrases):
            if end is None or years_in(before[start : end.start()]):
                continue
            if same and preposition != new["preposition"].lower():
                continue
            if same or ({preposition, new["preposition"].lower()} <= _PLACE and _ends_sentence(before, end.start())):
                return f"{before[:start]}{new[0]}{before[end.start() :]}"
    return None


def _starts(before: str) -> list[re.Match[str]]:
    """Return each prepositional phrase; of "op in de werkplaatsen" the first word belongs to the verb."""
    starts = (found.start() for found in _BEGINS.finditer(before))
    return [match for start in starts if (match := _PHRASE.match(before, start))]


def _ends_sentence(text: str, position: int) -> bool:
    return not text[position:].strip(" ?.!")
