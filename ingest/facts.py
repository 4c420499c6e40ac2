"""What a document plainly says about itself: kind, number, session, date, member, minister; nothing is guessed."""

import datetime
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ingest.document import Kind, Page

MONTHS: Mapping[str, int] = MappingProxyType(
    {
        name: number
        for number, name in enumerate(
            "januari februari maart april mei juni juli augustus september oktober november december".split(), start=1
        )
    }
)
DATE = r"(?P<day>\d{1,2})(?:\s+(?P<month>" + "|".join(MONTHS) + r")\s+|[/.-](?P<digits>\d{1,2})[/.-])(?P<year>\d{4})"
_HEAD_PAGES, _HEAD_CHARS = 2, 3000  # where a document says what it is
_NAME = r"[A-ZÀ-Ý][\w.’'-]*(?:\s+(?:van|de|den|der|ter|ten|Van|De|Den|Der|[A-ZÀ-Ý][\w.’'-]*))*"
_KINDS = (
    (Kind.SCHRIFTELIJKE_VRAAG, re.compile(r"^\W*schriftelijke\s+vra(?:ag|gen)\b", re.I | re.M)),
    (Kind.BELEIDSBRIEF, re.compile(r"^\W*beleidsbrief\b", re.I | re.M)),
    (Kind.BELEIDSNOTA, re.compile(r"^\W*beleidsnota\b", re.I | re.M)),
    (Kind.REGEERAKKOORD, re.compile(r"^[^\n]{0,60}\bregeerakkoord\b", re.I | re.M)),
    (Kind.VERSLAG, re.compile(r"^\W*(?:\w+\s+)?verslag\b(?!gever)", re.I | re.M)),
)
_PARLIAMENTARY = re.compile(
    r"(?:\bstuk\s+)?(?P<number>\d{1,5})\s+\((?P<session>\d{4}-\d{4})\)\s*[–-]\s*Nr\.?\s*(?P<volume>\d+)", re.I
)
_QUESTION = re.compile(rf"schriftelijke\s+vraag\s+nr\.?\s*(?P<number>\d+)\s+van\s+{DATE}", re.I)
_QUESTION_HEAD = re.compile(
    rf"schriftelijke\s+vraag\s+nr\.?\s*(?P<number>\d+)\s+van\s+(?-i:(?P<member>{_NAME}))\s+(?:d\.?d\.?|datum:?|van)\s*{DATE}",
    re.I,
)
_LABELLED = re.compile(
    rf"^\W*(?:datum|ingediend\s+op|(?:datum\s+van\s+)?indiening|antwoord(?:datum)?)\s*:?\s+{DATE}", re.I | re.M
)
_MINISTER = re.compile(
    rf"(?:aan|ingediend\s+door(?:\s+(?:mevrouw|de\s+heer))?)\s+(?-i:(?P<name>{_NAME}|[A-ZÀ-Ý' -]{{4,40}})),?\s+"
    r"(?:viceminister-president|vlaams\s+minister|minister)",
    re.I,
)
_COMMON = frozenset("de het een van en in is dat op te voor met die niet aan".split())
_MIN_COMMON = 0.15  # share of these words; Dutch reports have 0.25 to 0.35, English and French ones below 0.08
_HAS_WORD = re.compile(r"[^\W\d_]{2}")
Facts = dict[str, tuple[object, str]]


def find_facts(pages: Sequence[Page], title: str | None, *, is_question: bool) -> Facts:
    """Find what the first pages say about the document.

    Args:
        pages: all pages.
        title: the title that the layout gives; else the first line is taken.
        is_question: numbered questions with their answers were found in it.

    Returns:
        Field of `Metadata` -> value and where it was found, in Dutch.
    """
    facts: Facts = {}
    head = "\n".join(page.text for page in pages[:_HEAD_PAGES])[:_HEAD_CHARS]
    where = "document, eerste bladzijden" if len(pages) > 1 else "document"
    first_line = next((line.strip() for page in pages for line in page.text.splitlines() if _HAS_WORD.search(line)), "")
    if shown := re.sub(r"^[#\W_]+", "", title or first_line)[:200]:
        facts["title"] = shown, "document, opmaak van de titel" if title else "document, eerste regel"
    kind = next((kind for kind, pattern in _KINDS if pattern.search(head)), None)
    if is_question or kind:
        facts["kind"] = (
            (Kind.SCHRIFTELIJKE_VRAAG, "document, genummerde vragen en antwoorden") if is_question else (kind, where)
        )
    if match := _PARLIAMENTARY.search(head):
        facts["number"] = f"{match['number']}/{match['volume']}", where
        facts["session"] = match["session"], where
    if match := _QUESTION_HEAD.search(head) or _QUESTION.search(head):
        if facts.get("kind", (None,))[0] is Kind.SCHRIFTELIJKE_VRAAG:
            facts["number"] = match["number"], where
            _put_date(facts, match, where)
            if "member" in match.groupdict():
                facts["member"] = " ".join(match["member"].split()), where
    if "date" not in facts and (match := _LABELLED.search(head)):
        _put_date(facts, match, where)
    if match := _MINISTER.search(head):
        facts["minister"] = " ".join(match["name"].split()), where
    words = re.findall(r"[a-zà-ÿ]+", " ".join(page.text for page in pages[:20]).lower())
    if len(words) >= 20 and sum(word in _COMMON for word in words) >= _MIN_COMMON * len(words):
        facts["language"] = "nl", "document, woorden"
    return facts


def read_date(match: re.Match[str]) -> datetime.date | None:
    """Return the date of a match of `DATE`, or None where there is no such day."""
    month = MONTHS[match["month"].lower()] if match["month"] else int(match["digits"])
    try:
        return datetime.date(int(match["year"]), month, int(match["day"]))
    except ValueError:
        return None


def find_date(text: str) -> datetime.date | None:
    """Return the date that a text begins with, written as "2022-03-01" or as people write it, or None.

    >>> find_date("2022-03-01T10:00"), find_date("1 maart 2022"), find_date("binnenkort")
    (datetime.date(2022, 3, 1), datetime.date(2022, 3, 1), None)
    """
    try:
        return datetime.date.fromisoformat(text[:10])
    except ValueError:
        match = re.match(DATE, text, re.I)
        return read_date(match) if match else None


def _put_date(facts: Facts, match: re.Match[str], where: str) -> None:
    if date := read_date(match):
        facts["date"] = date, where
