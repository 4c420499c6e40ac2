"""An uploaded written question -> its text, read in a process of its own, as everything that is ingested."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import Depends, Request

from api.dossier import MAX_CHARS
from api.errors import ApiError
from api.forms import read_form
from ingest.about import CatalogueEntry
from ingest.errors import UnreadableFile
from ingest.pool import Job, read_documents
from ingest.read import READERS

_NOTHING = "Er is geen vraag meegestuurd; plak haar tekst of kies een bestand (PDF of Word)."
_TOO_LONG = f"De vraag is te lang; geef hoogstens {f'{MAX_CHARS:,}'.replace(',', '.')} tekens, zonder bijlagen."


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a form sent: a text, and a file with its name, either of which may be empty."""

    text: str
    name: str = ""
    data: bytes = b""

    def read(self) -> str:
        """Return the text, that of a file where there is one; raises ApiError, 422, where it is empty or too long."""
        text = _text_of(self.name, self.data) if self.data else self.text
        if not text.strip():
            raise ApiError(422, _NOTHING)
        if len(text) > MAX_CHARS:
            raise ApiError(422, _TOO_LONG)
        return text


async def _sent(request: Request) -> Incoming:
    fields, files = await read_form(request, files=1, part_bytes=4 * MAX_CHARS)
    return Incoming(fields.get("text", ""), *(files[0] if files else ()))


IncomingDep = Annotated[Incoming, Depends(_sent)]


def _text_of(name: str, data: bytes) -> str:
    suffix = Path(name).suffix.lower()
    if suffix not in READERS:
        raise ApiError(422, "Dit soort bestand wordt niet gelezen; geef een PDF of een Word-bestand (.docx).")
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"vraag{suffix}"
        path.write_bytes(data)
        ((_, read),) = read_documents([Job(path, CatalogueEntry())], workers=1)
    if isinstance(read, UnreadableFile):
        raise ApiError(422, str(read).replace(path.name, name[:100]))
    return "\n".join(page.text for page in read.pages)
