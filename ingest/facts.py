"""What a document plainly says about itself: kind, number, session, date, member, minister; nothing is guessed."""

import re
from collections.abc import Sequence

from ingest.dates import ANY_DATE, DATE, read_date, session_of
from ingest.document import Block, Kind, Page, Span
from ingest.names import FULL_NAME, names_of_ministers, written_name
from ingest.question_letter import Letter, is_prose, letter_starts, read_letter
from ingest.questions import pair_questions

_HEAD_PAGES, _HEAD_CHARS = 2, 3000  # where a document says what it is
_KINDS = (
    (Kind.BELEIDSBRIEF, re.compile(r"^[^\w\n]*beleidsbrief\b", re.I | re.M)),
    (Kind.BELEIDSNOTA, re.compile(r"^[^\w\n]*beleidsnota\b", re.I | re.M)),
    (Kind.REGEERAKKOORD, re.compile(r"^[^\n]{0,60}\bregeerakkoord\b", re.I | re.M)),
    # A title, not a sentence about a report: "Verslag van de werkgroep", never "Het verslag werd opgesteld".
    (
        Kind.VERSLAG,
        re.compile(
            r"^(?!\W{0,5}(?:bijlage|zie)\b)(?:[^\n.?!]{0,80}[:–-]\s{1,3})?"
            r"\W{0,5}(?:(?!(?:het|dit|dat|een|de|in|uit|elk|zie|volgens)\b)[^\W\d]{1,30}\s{1,3})?"
            r"(?:(?:vergader|zittings)?verslag|notulen)"
            r"(?:\W{0,5}$|\s{0,3}(?:van|over|namens|uitgebracht|nr|\d|[–:-]|[^\W\d]{0,20}(?:vergadering|overleg|werkgroep|"
            r"raad|comité|groep|commissie|zitting)\b)[^\n.?!]{0,120}$)",
            re.I | re.M,
        ),
    ),
)
# Minutes may say so nowhere, but they open with who was there, and with when and where or who wrote them.
_PRESENT = re.compile(r"^\W{0,5}(?:aanwezig(?:en|heden)?|deelnemers)\W{0,3}(?:$|:|\t)", re.I | re.M)
_MEETING_LABELS = (
    r"verslaggever|verslag|notulist|verontschuldigd|afwezig|voorzitter|secretaris|locatie|plaats|"
    r"datum(?:\svergadering)?"
)
_MEETING = re.compile(rf"^\W{{0,5}}(?:{_MEETING_LABELS})(?:en)?\s{{0,2}}[:\t]", re.I | re.M)
# A line of a letterhead, which is no title: "Aan: de raad van bestuur".
_HEADER = re.compile(
    rf"(?:{_MEETING_LABELS}|van|aan|cc|kopie|betreft|onderwerp|auteur|(?:ons|uw)\s{{1,3}}kenmerk|aanwezig(?:heden)?|"
    r"deelnemers)(?:en)?\W{0,3}(?:[:\t]|$)",
    re.I,
)
# Kinds that only a title tells: "Decreet van 12 juli 2013", never "Besluit" alone, which may be that of a text.
_TITLED = re.compile(
    r"(?:ministerieel\s|koninklijk\s)?(?P<kind>decreet|besluit|beslissing|advies|resolutie|"
    r"(?P<sure>omzendbrief|conceptnota|beleidsnota|beleidsbrief|regeerakkoord))"
    r"(?(sure)(?![\w'’-])|\s{1,3}(?:van|tot|houdende|betreffende|over|inzake|nr|aan|\d|[A-Z]+/))",
    re.I,
)
_KIND_FIRST = re.compile(r"\W{0,9}(?P<kind>decreet|besluit|beslissing|advies|resolutie)\W{0,9}$", re.I | re.M)
# The day of what such a title names: "Besluit van de Vlaamse Regering van 17 februari 2017". What comes after "over" or
# after the name of another act is the day of that one: "Advies over het decreet van 12 juli 2013".
_ACTS = r"(?:decreet|besluit|beslissing|omzendbrief|resolutie|advies|nota|verslag|notulen)"
_TITLE_DATE = re.compile(
    rf"(?:ministerieel\s|koninklijk\s|concept|vergader|zittings)?{_ACTS}"
    r"(?:\s{1,3}(?!(?:over|tot|houdende|betreffende|inzake|bij|omtrent|rond|periode|ontwerp|voorstel)\b)"
    rf"(?![^\W\d]{{0,30}}(?:{_ACTS}|wet|verordening|richtlijn|overeenkomst|akkoord)\b)\S{{1,40}}){{0,12}}?"
    rf"\s{{1,3}}van\s{{1,3}}{DATE}\b",
    re.I,
)
# A line of its own, with at most the number of the page after it, or the day: a sentence that cites a paper is none.
_PARLIAMENTARY = re.compile(
    r"^\W{0,5}(?:vlaams\s+parlement\W{1,5})?(?:stuk\W{1,5})?(?P<number>\d{1,5})\W{1,5}\((?P<session>\d{4}-\d{4})\)"
    r"\s{0,3}[–-]\s{0,3}Nr\.?\s{0,3}(?P<volume>\d{1,5})(?:\W{1,3}(?:\d{1,4}|(?:van|ingediend)\s[^\n]{0,80}))?\W{0,5}$",
    re.I | re.M,
)
# A label opens its line, or comes after another label with its value: "Ons kenmerk: WSE/12 datum: 3 maart 2022"; in
# "Contact: An uiterste datum: 3 maart 2022" the small letters before it are part of the label, but for a gap.
_OPENED = r"^(?:[^\n:]{1,40}:(?:[^\n]{0,150}?\s(?-i:(?![a-zà-ÿ]{1,40}\s)\S{0,60}))?\s{1,9}(?=[a-z ]{1,30}:))?\W{0,5}"
_LABELLED = re.compile(
    _OPENED + r"(?:datum(?:\s{1,3}(?:van\s{1,3})?(?:de\s{1,3})?(?:vergadering|indiening))?|"
    r"ingediend\s{1,3}(?:op|door\b[^\n]{0,200}(?:\n[^\n]{0,200}){0,4}(?=\n))|indiening|antwoord(?:datum)?)"
    rf"(?P<colon>\W{{0,3}}:)?\W{{1,4}}{DATE}(?(colon)|(?:\s\(\d{{4}}-\d{{4}}\))?\W{{0,5}}$)",
    re.I | re.M,
)
# Of a page or a new version, so that the day in a title comes before it.
_PUBLISHED = re.compile(
    r"^\W{0,5}(?:publicatiedatum|gepubliceerd|(?:laatst\s{1,3})?bijgewerkt)(?:\s{1,3}op)?"
    rf"\W{{1,4}}{DATE}\W{{0,5}}$",
    re.I | re.M,
)
# Of a letter: "Brussel, 3 maart 2022".
_DATELINE = re.compile(rf"^\W{{0,5}}{FULL_NAME},\s{{1,3}}(?i:(?:de|op)\s{{1,3}})?(?i:{DATE})\W{{0,3}}$", re.M)
_SUBJECT = re.compile(
    rf"{_OPENED}(?:betreft|onderwerp)\W{{0,3}}[:\t]\W{{0,5}}(?P<subject>[^\n]{{2,249}}?[^\s*_])"
    r"(?:[ \t*_]{0,9}$|(?:\t|[ ]{2})\s{0,9}[a-z][a-z ]{0,29}:)",  # another label may come after a gap
    re.I | re.M,
)
_AGENDA = re.compile(r"\W{0,5}1[.)]\s")  # the first item of minutes
_KIND_ALONE = re.compile(r"(?:beleidsbrief|beleidsnota|regeerakkoord|verslag|nota|advies|resolutie)", re.I)
_NO_TITLE = re.compile(
    r"\W*(?:ingediend\b|(?:vlaams\s*)?(?:parlement)?$|vlaams\s+parlement|stuk\b|(?:vice)?minister|vlaams\s+minister|\d|"
    r"(?:geachte|beste)\b[^.]{0,60},\W*$|"
    r"(?:pagina|pag\.|page|p\.|blz\.?|bladzijde)\s{0,3}\d{1,4}(?:\s{0,3}(?:van|of|/)\s{0,3}\d{1,4})?\W{0,3}$)",
    re.I,
)
_YEARS = re.compile(r"(?:\w{1,25}\s)?(\d{4}-\d{4})$")  # below the subject: "Beleidsprioriteiten 2011-2012"
_MAX_TITLE_LINE, _COVER_LINES = 120, 15  # characters of a title on a cover, and lines of that cover
_MAX_TITLE = 250  # characters
_SENTENCE = re.compile(r".{20,249}?[.?!](?=\s)")
_COMMON = frozenset("de het een van en in is dat op te voor met die niet aan".split())
_MIN_COMMON = 0.15  # share of these words; Dutch reports have 0.25 to 0.35, English and French ones below 0.08
_HAS_WORD = re.compile(r"[^\W\d_]{2}")
_WORD = re.compile(r"[a-zà-ÿ]+")
_ORNAMENT = re.compile(r"[\W_]*")  # before a title: the marks of a heading, dashes
_FOUR_DIGITS = re.compile(r"\d{4}")
_LISTS = "document, genummerde vragen en antwoorden"
Facts = dict[str, tuple[object, str]]  # field of `Metadata` -> value and where it was found, in Dutch
# Whom a letter is for: "Aan mevrouw X," and below it "Vlaams minister van Y".
_ADDRESSED = re.compile(
    r"^\W{0,5}(?:aan|t\.?a\.?v\.?|geachte)\b[^\n]{0,200}(?:\n[^\n]{0,80}\bminister\b[^\n]{0,200})?", re.I | re.M
)


def find_facts(pages: Sequence[Page], title: str | None, blocks: Sequence[Block]) -> Facts:
    """Find what the first pages say about the document; without a title of its layout the first line is taken."""
    facts: Facts = {}
    head = "\n".join(page.text for page in pages[:_HEAD_PAGES])[:_HEAD_CHARS]
    where = "document, eerste bladzijden" if len(pages) > 1 else "document"
    several = len(letter_starts(blocks)) > 1  # what the letterhead of one question says is not true of the others
    cover = "" if several else _above_prose(pages, blocks)
    kind = next((kind for kind, pattern in _KINDS if pattern.search(head)), None)
    if kind is None and _PRESENT.search(head) and _MEETING.search(head):
        kind = Kind.VERSLAG
    shown, origin = _title(title, head, cover, is_minutes=kind is Kind.VERSLAG)
    if shown and not several:
        facts["title"] = shown, f"document, {origin}"
    letter = None if several else read_letter(blocks)
    if letter or pair_questions(blocks):
        facts["kind"] = Kind.SCHRIFTELIJKE_VRAAG, "document, briefhoofd" if letter else _LISTS
    elif kind:
        facts["kind"] = kind, where
    elif match := _TITLED.match(shown) or _KIND_FIRST.match(head):
        facts["kind"] = Kind(match["kind"].lower()), "document, titel"
    if letter:
        facts |= _of_letter(letter, where)
    elif match := _PARLIAMENTARY.search(cover):
        facts["number"] = f"{match['number']}/{match['volume']}", where
        facts["session"] = match["session"], where
    # With more than one date in a title it may be another's.
    named = _TITLE_DATE.match(shown) if len(ANY_DATE.findall(shown)) == 1 else None
    for day, place in (
        (_LABELLED.search(cover) or _DATELINE.search(cover), where),
        (named if named and named["month"] else None, "document, titel"),
        (_PUBLISHED.search(cover), where),
    ):
        if "date" not in facts and day and (date := read_date(day)):
            facts["date"] = date, place
    if "minister" not in facts and (names := names_of_ministers(_ADDRESSED.sub("", cover))):
        facts["minister"] = ", ".join(written_name(name, head) for name, _ in names), where
    words = _WORD.findall(" ".join(page.text for page in pages[:20]).lower())
    if len(words) >= 20 and sum(word in _COMMON for word in words) >= _MIN_COMMON * len(words):
        facts["language"] = "nl", "document, woorden"
    return facts


def _above_prose(pages: Sequence[Page], blocks: Sequence[Block]) -> str:
    """The letterhead or cover: what stands on the first pages above the first sentence."""
    prose = (block.spans[0] for block in blocks if is_prose(block) and not _PUBLISHED.match(block.text))
    end = next(prose, Span(_HEAD_PAGES + 1, 0, 0))
    texts = [page.text if page.number < end.page else page.text[: end.start] for page in pages[:_HEAD_PAGES]]
    return "\n".join(texts[: end.page])[:_HEAD_CHARS]


def _title(title: str | None, head: str, cover: str, *, is_minutes: bool) -> tuple[str, str]:
    """The title and where it stands: in the layout, else the subject that is named as such, or the first line."""
    lines = [line.strip("#*_ \t") for line in head.splitlines() if _HAS_WORD.search(line) or _YEARS.match(line)]
    lines = [line for line in lines if not _DATELINE.match(line)]
    subject = _SUBJECT.search(cover)
    if title and (_DATELINE.match(title) or _SUBJECT.match(title) or (is_minutes and _AGENDA.match(title))):
        title = None
    origin = "opmaak van de titel" if title else "onderwerp" if subject else "eerste regel"
    named = subject["subject"] if subject else ""
    first = next((line for line in lines if not _NO_TITLE.match(line)), lines[0] if lines else "")
    if "\t" in first:
        first = ""  # a row of a table says too little about the whole document
    shown = _whole_title(title or named or first, lines, named)
    if len(shown) > _MAX_TITLE:  # of a whole paragraph its first sentence; else the file's name says more
        sentence = _SENTENCE.match(shown)
        shown = sentence[0] if sentence else ""
    return shown, origin


def _whole_title(title: str, lines: Sequence[str], named: str) -> str:
    """The title on a cover is the kind with the subject: "Beleidsbrief" and "Sociale Economie" below it, or `named`."""
    title = _ORNAMENT.sub("", title, count=1)
    folded = [line.casefold() for line in lines[:_COVER_LINES]]
    at = next((i for i, line in enumerate(folded) if _KIND_ALONE.fullmatch(line)), None)
    if at is None or not (_KIND_ALONE.fullmatch(title) or title.casefold() in folded[at + 1 : at + 5]):
        return title
    after = [line for line in lines[at + 1 : _COVER_LINES] if _YEARS.match(line) or not _NO_TITLE.match(line)]
    subject = title if not _KIND_ALONE.fullmatch(title) else after[0] if after else ""
    if _HEADER.match(subject):
        return f"{title}: {named}" if named else title
    if not subject or len(subject) > _MAX_TITLE_LINE or subject.endswith((".", ":", ";")):
        return title
    years = _YEARS.match(after[1]) if len(after) > 1 and not _FOUR_DIGITS.search(subject) else None
    return " ".join([lines[at], subject, *([years[1]] if years else [])])


def _of_letter(letter: Letter, where: str) -> Facts:
    """What the letterhead of a written question says."""
    told: Facts = {
        "title": (letter.subject, "document, onderwerp van de vraag"),
        "number": (", ".join(letter.numbers), where),
        "date": (letter.date, where),
        "session": (letter.date and session_of(letter.date), "afgeleid van de datum"),
        "member": (letter.member, where),
        "minister": (", ".join(letter.ministers), where),
    }
    return {name: (value, origin) for name, (value, origin) in told.items() if value}
