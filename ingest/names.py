"""Names of members and ministers, told apart from the roles that stand beside them."""

import re

ROLE = (
    r"(?:vlaamse?\s{1,3})?(?:vice-?eerste\s?minister|vice-?minister(?:-president)?|minister(?:-president)?|"
    r"eerste\s{1,3}minister|staatssecretaris)\b"
)
_WORD = rf"(?!(?i:{ROLE}|vlaamse?\b|regering\b))[A-ZÀ-Ý][\w.’'-]{{0,30}}"
_MORE = rf"(?:[ \xa0]{{1,3}}(?:(?:van|de|den|der|ter|ten|het)\b|{_WORD}))"
FULL_NAME = rf"{_WORD}{_MORE}{{0,6}}"
_POLITE = r"(?:(?i:mevrouw|de\s{1,3}heer|mevr\.|dhr\.)\s{1,3})?"
_BEFORE_ROLE = re.compile(
    rf"(?:^(?:(?i:en)\s{{1,3}})?|\b(?i:aan|door)\s{{1,3}}){_POLITE}(?P<name>{_WORD}{_MORE}{{1,6}}),?\s{{1,4}}(?=(?i:{ROLE}))",
    re.M,  # more than a word: "De minister" names nobody
)
_AFTER_ROLE = re.compile(
    rf"\b(?i:door|aan|namens|van)\s{{1,3}}{_POLITE}(?:(?i:de)\s{{1,3}})?(?i:{ROLE})\s{{1,3}}(?P<name>(?=\w[^\W\d_A-Z])"
    rf"{FULL_NAME})"
)
_SUBMITTED = re.compile(rf"\b(?i:ingediend\s{{1,3}}door)\s{{1,3}}{_POLITE}(?P<name>{FULL_NAME})")
_NUMBERED = re.compile(
    rf"\b(?P<name>{FULL_NAME})\s{{1,3}}\((?:(?i:vraag)\s{{1,3}})?(?i:nr)\.?\s{{0,3}}(?P<number>\d{{1,5}})\)"
)
_SMALL = frozenset("der den het ter ten".split())
_PART = re.compile(r"[^\W_]+")


def names_of_ministers(text: str) -> list[tuple[str, str | None]]:
    """Find ministers with the number that a question to them has, where the text gives it.

    >>> names_of_ministers("aan BRAM DE COSTERE VLAAMS MINISTER VAN WERK")
    [('BRAM DE COSTERE', None)]
    >>> names_of_ministers("gesteld aan de ministers Peeters (vraag nr. 86) en De Bock (vraag nr. 131).")
    [('Peeters', '86'), ('De Bock', '131')]
    """
    numbered: list[tuple[str, str | None]] = [(match["name"], match["number"]) for match in _NUMBERED.finditer(text)]
    found = [m["name"] for pattern in (_BEFORE_ROLE, _AFTER_ROLE, _SUBMITTED) for m in pattern.finditer(text)]
    return numbered or [(name, None) for name in dict.fromkeys(" ".join(name.split()) for name in found)]


def written_name(name: str, text: str) -> str:
    """Return a name in capitals as the text writes it elsewhere, else with capitals where a name has them.

    >>> written_name("BRAM DE COSTERE", "ANTWOORD van Bram de Costere"), written_name("AN VAN DER ELST-D'HAENE", "")
    ('Bram de Costere', "An Van der Elst-D'Haene")
    """
    name = " ".join(name.split())
    if not name.isupper():
        return name
    spaced = r"\s{1,3}".join(re.escape(word) for word in name.split())
    elsewhere = (" ".join(match[0].split()) for match in re.finditer(spaced, text, re.I))
    cased = (found for found in elsewhere if not found.isupper() and not found.islower())
    return next(cased, None) or " ".join(
        word.lower() if word.lower() in _SMALL else _PART.sub(lambda part: part[0].capitalize(), word)
        for word in name.split()
    )
