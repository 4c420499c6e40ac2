"""An uploaded written question -> its text, read in a process of its own, as everything that is ingested."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from api.dossier import MAX_CHARS
from api.errors import ApiError
from api.forms import read_form
from ingest.about import CatalogueEntry
from ingest.errors import UnreadableFile
from ingest.pool import Job, read_documents
from ingest.read import READERS

_NOTHING = "Er is geen vraag meegestuurd; plak haar tekst of kies een bestand (PDF of Word)."
_TOO_LONG = f"De vraag is te lang; geef hoogstens {f'{MAX_CHARS:,}'.replace(',', '.')} tekens, zonder bijlagen."


async def _read(request: Request) -> str:
    """Return the text of a form, that of its file where there is one; raises ApiError, 422, where empty or too long."""
    fields, files = await read_form(request, files=1, part_bytes=4 * MAX_CHARS)
    text = await run_in_threadpool(_text_of, *files[0]) if files and files[0][1] else fields.get("text", "")
    if not text.strip():
        raise ApiError(422, _NOTHING)
    if len(text) > MAX_CHARS:
        raise ApiError(422, _TOO_LONG)
    return text


IncomingDep = Annotated[str, Depends(_read)]


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
