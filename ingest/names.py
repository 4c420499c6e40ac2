"""Names of members and ministers, told apart from the roles that stand beside them."""

import re

ROLE = (
    r"(?:vlaamse?\s{1,3})?(?:vice-?eerste\s?minister|vice-?minister(?:-president)?|minister(?:s|-president)?|"
    r"eerste\s{1,3}minister|staatssecretaris)\b"
)
_GAP = r"[ \xa0]{1,3}"
_SMALL_WORD = rf"(?:(?i:van|de|den|der|ter|ten|het|'t){_GAP})"
_WORD = rf"(?!(?i:{ROLE}|vlaamse?\b|regering\b|kabinet\b|{_SMALL_WORD}))[A-ZÀ-Ý][\w.’'-]{{0,30}}"
_LAST = rf"{_SMALL_WORD}{{0,3}}{_WORD}"
FULL_NAME = rf"(?=[A-ZÀ-Ý]){_LAST}(?:{_GAP}{_LAST}){{0,4}}"
_SEVERAL_WORDS = rf"(?=[A-ZÀ-Ý])(?:{_SMALL_WORD}{{1,3}}{_WORD}|{_WORD}{_GAP}{_LAST})(?:{_GAP}{_LAST}){{0,3}}"
_POLITE = r"(?:(?i:mevrouw|de\s{1,3}heer|mevr\.|dhr\.)\s{1,3})"
# "Kabinet van An Peeters": two words after "van", so that the first is none of the name, as in "Jan van Peel".
_OF = rf"\w{{2,30}}{_GAP}(?i:van){_GAP}(?!{_SMALL_WORD})"
_TO = r"\b(?i:door|aan|namens|van)\s{1,3}"
_PATTERNS = tuple(
    re.compile(pattern, re.M)
    for pattern in (
        # "aan AN PEETERS, VLAAMS MINISTER": more than a word, for "De minister" names nobody; or plainly a name
        rf"(?:^(?:{_OF}|(?i:en|kabinet)\s{{1,3}})?|\b(?i:aan|door)\s{{1,3}}){_POLITE}?"
        rf"(?P<name>{_SEVERAL_WORDS}),?\s{{1,4}}(?=(?i:{ROLE}))",
        rf"\b(?i:aan|door)\s{{1,3}}(?:{_POLITE}|(?=[A-ZÀ-Ý]{{2}}))(?P<name>{_WORD}),?\s{{1,4}}(?=(?i:{ROLE}))",
        # "aan minister PEETERS"; after a role in capitals "VAN" opens what the minister is for
        rf"{_TO}{_POLITE}?(?:(?i:de)\s{{1,3}})?(?i:{ROLE}){_GAP}(?!(?<=[A-Z]\s)VAN\b)"
        rf"(?P<name>{FULL_NAME}(?:(?:,{_GAP}{FULL_NAME}){{0,3}}{_GAP}en{_GAP}{FULL_NAME}$)?)",
        rf"\b(?i:ingediend\s{{1,3}}door)\s{{1,3}}{_POLITE}?(?P<name>{FULL_NAME})",
    )
)
_BETWEEN = re.compile(r",\s|\sen\s")
_NUMBERED = re.compile(
    rf"\b(?P<name>{FULL_NAME})\s{{1,3}}\((?:(?i:vraag)\s{{1,3}})?(?i:nr)\.?\s{{0,3}}(?P<number>\d{{1,5}})\)"
)
_SMALL = frozenset("der den het ter ten".split())
_PART = re.compile(r"[^\W_]+")


def names_of_ministers(text: str) -> list[tuple[str, str | None]]:
    r"""Find ministers with the number that a question to them has, where the text gives it.

    >>> names_of_ministers("aan BRAM DE COSTERE VLAAMS MINISTER VAN WERK")
    [('BRAM DE COSTERE', None)]
    >>> names_of_ministers("aan minister HOMANS"), names_of_ministers("AAN DE MINISTER VAN WERK")
    ([('HOMANS', None)], [])
    >>> names_of_ministers("Jo Maes Dienst van de Eerste Minister\\tAn Peeters")  # a list of who was there
    []
    >>> names_of_ministers("gesteld aan de ministers Peeters (vraag nr. 86) en De Bock (vraag nr. 131).")
    [('Peeters', '86'), ('De Bock', '131')]
    """
    numbered: list[tuple[str, str | None]] = [(match["name"], match["number"]) for match in _NUMBERED.finditer(text)]
    found = [name for pattern in _PATTERNS for m in pattern.finditer(text) for name in _BETWEEN.split(m["name"])]
    return numbered or [(name, None) for name in dict.fromkeys(" ".join(name.split()) for name in found)]


def written_name(name: str, text: str) -> str:
    """Return a name in capitals as the text writes it elsewhere, else with capitals where a name has them.

    >>> written_name("BRAM DE COSTERE", "ANTWOORD van Bram de Costere"), written_name("AN VAN DER ELST-D'HAENE", "")
    ('Bram de Costere', "An Van der Elst-D'Haene")
    """
    name = " ".join(name.split())
    if not _is_shouted(name):
        return name
    spaced = r"\s{1,3}".join(re.escape(word) for word in name.split())
    elsewhere = (" ".join(match[0].split()) for match in re.finditer(spaced, text, re.I))
    cased = (found for found in elsewhere if not _is_shouted(found) and not found.islower())
    return next(cased, None) or " ".join(
        word.lower() if word.lower() in _SMALL else _PART.sub(lambda part: part[0].capitalize(), word)
        for word in name.split()
    )


def _is_shouted(name: str) -> bool:
    """Whether a name, or a word of it, is in capitals, initials aside."""
    return name.isupper() or any(word.isupper() and len(word) > 2 for word in name.split())
