"""The number with which a question or an answer starts, in every form in which parliaments write it."""

import re

# "1", "1a", "1.a)", "3. b)"; a letter counts only where a sign follows it, since "1. a" may start a sentence.
_UNIT = r"\d{1,2}(?!\d)(?:[.)]?\s?(?!t\s?\.?\s?e)[a-z](?=[.),:]))?[.)]?"
_UP_TO = r"tot(?:\s{1,3}en\s{1,3}met)?|t\s?\.?\s?e\s?\.?\s?m\b\.?|t\s?/\s?m\b|[-–]|à"
_AND = r"(?:,\s{0,3})?(?:en|et|&)\b|[,/;]|&"
_LABEL = (
    r"(?:antwoord(?:en)?\s{1,3})?(?:op\s{1,3})?(?:de\s{1,3})?(?:(?:deel|sub)?vra(?:ag|gen)|punt(?:en)?)|"
    r"antwoord(?:en)?(?:\s{1,3}op)?|ad(?:\s{1,3}vra(?:ag|gen))?"
)
_START = re.compile(
    rf"[*_]{{0,3}}(?P<label>(?=[A-Z])(?i:{_LABEL})\s{{1,3}})?"
    rf"(?P<list>{_UNIT}(?:\s{{0,3}}(?i:{_UP_TO}|{_AND})\s{{0,3}}(?:{_UNIT}|[a-z]\))){{0,20}})"
    r"(?P<close>\s?[.):]{1,3}|\s[-–](?=\s)|)[*_]{0,3}"
    r"(?P<after>\s{0,3}\S?)"
)
_TOKEN = re.compile(rf"(?P<number>\d{{1,2}})|(?P<range>{_UP_TO})|(?P<and>{_AND})|(?P<letter>[a-z])(?=[.),:]|$)", re.I)
_FILE = re.compile(r"\d{9}")  # the Chamber prints the code of a table's file right after the number
_PARTED_LETTER, _FIRST_LETTER = re.compile(r"\d{1,2}[.)]?\s[a-z]"), re.compile(r"(\d{1,2})[.)]?\s(a)[.)]")


def read_numbers(text: str) -> tuple[str, ...]:
    """Return the numbers with which a text starts as an item; empty where it is no numbered item.

    A letter below a single number ("1. a) ...") is left to the text, since "b)" then follows on its own.

    >>> read_numbers("1. tot 3. Ja."), read_numbers("1., 2. en 4. Ja."), read_numbers("Ad 2 Ja.")
    (('1', '2', '3'), ('1', '2', '4'), ('2',))
    >>> read_numbers("1.a) Ja."), read_numbers("1. a) Ja."), read_numbers("Antwoord op vraag 3: ja")
    (('1a',), ('1',), ('3',))
    >>> read_numbers("1.De"), read_numbers("5. a), b) en c)Zie tabel")
    (('1',), ('5a', '5b', '5c'))
    >>> read_numbers("1.1. Doel"), read_numbers("2 en 3 jaar"), read_numbers("vraag nr. 3"), read_numbers("2019. Ja.")
    ((), (), (), ())
    """
    match = _START.match(text)
    if match is None:
        return ()
    closed = match["close"] or match["list"][-1] in ".)"
    after = match["after"]
    glued = match["label"] or after[:1].isupper() or _FILE.match(text, match.start("after"))
    apart = not after or after[0].isspace() or (closed and glued)
    goes_on = not after.strip() or "\n" in after or after.strip().isupper()
    several = not match["list"].strip(".)").isdigit()
    if not apart or not (closed or (goes_on and (match["label"] or several))):
        return ()
    numbers = _expand(match["list"])
    if len(numbers) == 1 and _PARTED_LETTER.match(match["list"]):
        return (str(number_of(numbers[0])),)
    return numbers


def parted_letter(text: str) -> str:
    """Return "1a" of a text that starts with "1. a)", or ""."""
    match = _FIRST_LETTER.match(text)
    return match[1] + match[2] if match else ""


def _expand(listed: str) -> tuple[str, ...]:
    """Read "1., 2. en 4." and "1.a) tot c)" number by number."""
    found: list[str] = []
    number, up_to = 0, False
    for token in _TOKEN.finditer(listed):
        if token["number"]:
            last, number = number, int(token["number"])
            if up_to:
                found += [str(between) for between in range(last + 1, number)]
            found.append(str(number))
        elif token["letter"]:
            letter = token["letter"].lower()
            if found and found[-1] == str(number):
                found[-1] += letter
            else:
                first = ord(found[-1][-1]) + 1 if up_to and found and found[-1][-1].isalpha() else ord(letter)
                found += [f"{number}{chr(code)}" for code in range(first, ord(letter) + 1)]
        up_to = bool(token["range"])
    return tuple(dict.fromkeys(found))


def number_of(key: str) -> int:
    """Return the number of "1a" without its letter."""
    return int(key.rstrip("abcdefghijklmnopqrstuvwxyz"))
