"""Mail -> elements: its subject, who sent it to whom and when, and what it says."""

import datetime
import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from ingest.document import BlockKind
from ingest.readers.encoding import decode
from ingest.readers.flow import Element, clean
from ingest.readers.markup import read_html

_HEADS = {"From": "Van", "To": "Aan", "Cc": "Kopie", "Date": "Datum"}


def read_mail(path: Path, data: bytes) -> tuple[list[Element], tuple[str, ...], datetime.date | None]:
    """Read a mail as it is saved (RFC 5322), the text before the HTML; attachments are named in a note.

    Returns:
        Elements, notes in Dutch, and the day on which it was sent.
    """
    mail = email.message_from_bytes(data, EmailMessage, policy=email.policy.default)
    sent = mail["Date"].datetime if mail["Date"] else None
    heads = {"Date": f"{sent:%d/%m/%Y %H:%M}"} if sent else {}
    elements = [Element(clean(mail["Subject"] or path.stem), BlockKind.HEADING, 1)]
    elements += [
        Element(f"{label}: {clean(heads.get(name) or str(mail[name]))}") for name, label in _HEADS.items() if mail[name]
    ]
    notes: tuple[str, ...] = ()
    body = mail.get_body(("plain", "html"))
    if isinstance(body, EmailMessage):
        text, notes = _text(path, body)
        if body.get_content_subtype() == "html":
            more, others = read_html(path, text)
            elements += more
            notes += others
        else:
            elements += [Element(clean(part)) for part in text.replace("\r\n", "\n").split("\n\n")]
    names = [clean(part.get_filename() or "zonder naam") for part in mail.iter_attachments()]
    notes += tuple(f"{path.name}: bijlage '{name}' is niet gelezen; bewaar ze apart in de map." for name in names)
    return elements, notes, sent.date() if sent else None


def _text(path: Path, body: EmailMessage) -> tuple[str, tuple[str, ...]]:
    """Return the text of a mail, with notes; where no such encoding exists, it is that of a file."""
    try:
        return str(body.get_content()), ()
    except (LookupError, ValueError):
        return decode(path, bytes(body.get_payload(decode=True)))
