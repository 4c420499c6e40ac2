"""Mail -> elements: its subject, who sent it to whom and when, and what it says."""

import datetime
import email
import email.policy
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from email.message import EmailMessage, MIMEPart
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
    raw = {name.title(): value for name, value in reversed(list(mail.raw_items()))}  # of two the first
    heads = {name: _head(path, raw[name]) for name in ("Subject", *_HEADS) if name in raw}
    if sent:
        heads["Date"] = f"{sent:%d/%m/%Y %H:%M}"
    elements = [Element(heads.get("Subject") or path.stem, BlockKind.HEADING, 1)]
    elements += [Element(f"{label}: {heads[name]}") for name, label in _HEADS.items() if heads.get(name)]
    parts: list[tuple[bool, Element]] = []
    notes: tuple[str, ...] = ()
    found = [body for body in map(mail.get_body, (("plain",), ("html",))) if isinstance(body, EmailMessage)]
    inside = list(mail.walk())
    is_twice = any(part.get_content_type() == "multipart/alternative" for part in inside)  # in both forms
    bodies = found if is_twice else sorted(found, key=inside.index)[:1]
    if bodies:
        parts, notes = _read(path, bodies[0])
    for body in bodies[1:]:
        with suppress(UnreadableFile, RecursionError):
            rich, others = _read(path, body)
            if _says_more([element for _, element in rich], [element for _, element in parts]):
                parts, notes = rich, others
    for part in mail.iter_parts() if mail.get_content_subtype() != "alternative" else ():
        inner = part.get_payload(0) if part.get_content_type() == "message/rfc822" else None
        name = part.get_filename() or (isinstance(inner, EmailMessage) and inner["Subject"])
        if any(body in part.walk() for body in bodies):
            continue
        if part.get_content_type() in ("text/plain", "text/html") and not (name or part.is_attachment()):
            more, others = _read(path, part)  # what goes on below an attachment, or is added by a server
            parts += more
        else:
            shown = clean(name or "zonder naam")
            others = (f"{path.name}: bijlage '{shown}' is niet gelezen; bewaar ze apart in de map.",)
        notes += others
    return [*elements, *_in_threads(parts)], notes, sent.date() if sent else None


def _head(path: Path, raw: object) -> str:
    """Return a line of the heads as it is written: as a list of addresses Python leaves out what it cannot read."""
    text, _ = decode(path, str(raw).encode(errors="surrogateescape"))
    return clean(str(email.policy.default.header_factory("Subject", text)))


def _read(path: Path, body: MIMEPart) -> tuple[list[tuple[bool, Element]], tuple[str, ...]]:
    """Return what a text of a mail says, as `_paragraphs` does, with notes."""
    text, notes = decode(path, bytes(body.get_payload(decode=True)), declared=body.get_content_charset(""))
    if body.get_content_subtype() == "plain":
        return list(_paragraphs(text)), notes
    elements, lost = read_html(path, text)
    return [(False, element) for element in elements], notes + lost


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
