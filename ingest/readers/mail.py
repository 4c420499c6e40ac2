"""Mail -> elements: its subject, who sent it to whom and when, and what it says."""

import datetime
import email
import email.policy
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

from ingest.document import BlockKind
from ingest.errors import UnreadableFile
from ingest.readers.encoding import decode
from ingest.readers.flow import Element, clean
from ingest.readers.markup import read_html

_HEADS = {"From": "Van", "To": "Aan", "Cc": "Kopie", "Date": "Datum"}
_QUOTE_MARKS = re.compile(r"^\s?>[>\s]*")
# How a mail before it begins: a line between two mails (group 1), the heads of that mail, or who wrote it when.
_EARLIER = re.compile(
    r"(-{3,}\s*(?i:oorspronkelijk|doorgestuurd|original|forwarded|message d'origine).*|Begin doorgestuurd bericht:)"
    r"|\W?(?:Van|From|De)\W?\s?:.{1,200}\s\W?(?:Verzonden|Datum|Aan|Onderwerp|Sent|Date|To|Subject|Envoyé|À)\W?\s?:"
    r"|(?:Op|On|Le)\s(?=.{0,60}\d)(?:.|(?<![.!?:\n])\n){1,200}?\s"
    r"(?:schreef\s+\W?(?:[A-ZÀ-Ý]|\S{1,60}@)(?:.|(?<!\n)\n){0,120}|wrote|geschreven|a écrit)\s?:$",
    re.MULTILINE,
)
_LABELLED = r"(?=.{1,50}$)[A-ZÀ-Ý][^:.!?]{0,30}: \S"
_BEGINS = re.compile(rf"(?:[-–*•▪◦]|\d{{1,2}}[.)]|[a-z]\))\s+\S|--$|{_LABELLED}")  # a line that goes on with no other
_ENDS = re.compile(rf"--$|.*:$|{_LABELLED}")
_WORD, _SOLID = re.compile(r"\w+"), re.compile(r"\S+")


def read_mail(path: Path, data: bytes) -> tuple[list[Element], tuple[str, ...], datetime.date | None]:
    """Read a mail as it is saved (RFC 5322): its elements, notes in Dutch, and the day on which it was sent.

    Its plain text is read where that says enough; attachments are named in a note.
    """
    mail = email.message_from_bytes(data, EmailMessage, policy=email.policy.default)
    sent = mail["Date"].datetime if mail["Date"] else None
    heads = {"Date": f"{sent:%d/%m/%Y %H:%M}"} if sent else {}
    elements = [Element(clean(mail["Subject"] or path.stem), BlockKind.HEADING, 1)]
    elements += [
        Element(f"{label}: {clean(heads.get(name) or str(mail[name]))}") for name, label in _HEADS.items() if mail[name]
    ]
    notes: tuple[str, ...] = ()
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    parts: list[tuple[bool, Element]] = []
    if isinstance(plain, EmailMessage):
        text, notes = _text(path, plain)
        parts = list(_paragraphs(text))
    chosen = plain is None or "multipart/alternative" in {part.get_content_type() for part in mail.walk()}
    if chosen and isinstance(rich, EmailMessage):
        text, others = _text(path, rich)
        try:
            more, lost = read_html(path, text)
        except (UnreadableFile, RecursionError):
            if plain is None:
                raise
            more, lost = [], ()
        if plain is None or _says_more(more, [element for _, element in parts]):
            parts, notes = [(False, element) for element in more], others + lost
    elements += _in_threads(parts)
    names = [clean(part.get_filename() or "zonder naam") for part in mail.iter_attachments()]
    notes += tuple(f"{path.name}: bijlage '{name}' is niet gelezen; bewaar ze apart in de map." for name in names)
    return elements, notes, sent.date() if sent else None


def _text(path: Path, body: EmailMessage) -> tuple[str, tuple[str, ...]]:
    """Return the text of a mail, with notes; where no such encoding exists, it is that of a file."""
    try:
        return str(body.get_content()), ()
    except (LookupError, ValueError):
        return decode(path, bytes(body.get_payload(decode=True)))


def _says_more(rich: Sequence[Element], plain: Sequence[Element]) -> bool:
    """Whether the plain text of a mail only stands in for its HTML: that is longer, with a third not in the other."""
    html, text = (Counter(_WORD.findall(" ".join(item.text for item in part))) for part in (rich, plain))
    return html.total() > text.total() and 3 * (html - text).total() > html.total()


def _paragraphs(text: str) -> Iterator[tuple[bool, Element]]:
    """Yield the paragraphs of a plain text, and whether they are marked (>) as said in a mail before it.

    As in a text file, lines and the gaps in them stay as they are, and what has a tab is a row.
    """
    raw = text.splitlines()
    quoted = [_QUOTE_MARKS.match(line) is not None for line in raw]
    lines = [_SOLID.sub(lambda solid: clean(solid[0]), _QUOTE_MARKS.sub("", line)).strip() for line in raw]
    start = 0
    for i, line in enumerate([*lines, ""]):
        if (
            not line
            or quoted[i] != quoted[i - 1]
            or "\t" in line + lines[i - 1]
            or _BEGINS.match(line)
            or _EARLIER.match("\n".join(lines[i : i + 2]))
            or (i and _ENDS.match(lines[i - 1]) and not line[0].islower())
        ):
            if said := "\n".join(lines[start:i]):
                yield quoted[start], Element(said, BlockKind.ROW if "\t" in said else BlockKind.PARAGRAPH)
            start = i + (not line)


def _in_threads(parts: Sequence[tuple[bool, Element]]) -> Iterator[Element]:
    """Head each mail that is quoted, and what the sender says below it; leave out signatures."""
    earlier = headed = signed = before = False
    marked: bool | None = None  # whether the quoted mail ends where its marks (>) do; None until its text begins
    for i, (quoted, element) in enumerate(parts):
        begun = _EARLIER.match("\n".join(other.text for _, other in parts[i : i + 2]))
        signed = element.text == "--" or (signed and quoted == before and not begun)
        before = quoted
        if signed:
            continue
        if begun or (quoted and not earlier):
            if not headed:
                yield Element("Eerder bericht", BlockKind.HEADING, 2)
            earlier, marked, headed = True, quoted or None, True
            if begun and begun[1]:
                continue
        elif earlier and marked is None:
            marked = quoted
        elif earlier and marked and not quoted:
            yield Element("Dit bericht", BlockKind.HEADING, 2)
            earlier = False
        headed = False
        yield replace(element, level=element.level + 1 + earlier) if element.kind is BlockKind.HEADING else element
