"""Bytes -> text: UTF-8 and UTF-16 where the bytes say so, else what the file declares, else Windows-1252."""

import codecs
import re
import unicodedata
from pathlib import Path

from ingest.errors import UnreadableFile

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(rb"(?:charset|encoding)\s{0,9}=\s{0,9}[\"']?([\w.:-]{1,40})", re.I)
_HEAD_BYTES = 4096  # where a page declares its encoding; the HTML standard looks at the first 1,024
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")  # in no text; tab, line ends, form feed and escape aside
_STRAY = 0.005  # share of the characters; a file of another kind has ten times as many


def decode(path: Path, data: bytes, *, declares: bool = False, declared: str = "") -> tuple[str, tuple[str, ...]]:
    """Read the bytes of a text file as characters, composed (NFC), with a note in Dutch where its encoding was guessed.

    With `declares` it may say its encoding, as HTML does, or it is `declared` as in a mail; UTF-8 that is valid is
    UTF-8 whatever it says.

    Raises:
        UnreadableFile: it is no text.
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), _guess(data))
    if declares and (said := _DECLARED.search(data[:_HEAD_BYTES])):
        declared = said[1].decode()
    notes: tuple[str, ...] = ()
    try:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            known = _known(declared)
            text = data.decode(known or "cp1252")
            if not known:
                notes = (f"{path.name} is gelezen als Windows-1252; kijk na of letters als é en ë juist staan.",)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"{path.name} is geen UTF-8, UTF-16 of Windows-1252 (byte {error.start}); bewaar het als UTF-8."
        ) from error
    text, strays = _CONTROL.subn(" ", text)  # a program that copies text may leave one
    if strays > _STRAY * len(text):
        raise UnreadableFile(f"{path.name} is geen tekst maar een binair bestand; geef het de juiste extensie.")
    return unicodedata.normalize("NFC", text), notes


def _guess(data: bytes) -> str:
    """UTF-16 without a mark has a zero byte beside nearly each Latin letter."""
    even, odd = data[::2].count(0), data[1::2].count(0)
    if len(data) % 2 or 4 * (even + odd) <= len(data) or (even and odd):
        return "utf-8"
    return "utf-16-le" if odd else "utf-16-be"


def _known(name: str) -> str | None:
    """Return an encoding of a byte a letter as Python knows it; None where it is no such one."""
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return None
    if found in ("iso8859-1", "ascii"):  # the HTML standard reads these as Windows-1252
        return "cp1252"
    return found if found.startswith(("iso8859", "cp", "mac", "koi8")) else None
