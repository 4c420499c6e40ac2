"""Vraag in, dossier uit: the form, the dossier at an address of its own, and the same as a Word file.

The address holds the question itself, packed, so that nothing need be kept here.
"""

import base64
import zlib
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.dossier import MAX_CHARS, TOO_MANY, build
from api.dossier_word import to_word
from api.errors import ApiError
from api.export import ExportForm
from api.incoming import IncomingDep
from api.routes import AnswererDep, attached, base_url
from api.web.flow import flowed
from api.web.render import cut, templates

router = APIRouter()
_MAX_PACKED = 40_000  # characters of an address; the server takes 64 kB of it
_BAD_ADDRESS = "Dit adres van een dossier is niet volledig; kopieer het opnieuw of plak de vraag."
_UNPACKABLE = "Deze vraag is te lang voor een eigen adres; laat bijlagen weg."
Packed = Annotated[str, Query(max_length=_MAX_PACKED, description="de vraag, ingepakt")]


@router.get("/dossier")
def dossier(request: Request, answerer: AnswererDep, v: Packed = "") -> HTMLResponse:
    """Show the form, or the dossier of the question in the address."""
    context: dict[str, Any] = {"dossier": None, "max_chars": MAX_CHARS, "too_many": TOO_MANY}
    if v:
        context |= {"dossier": build(answerer, unpack(v)), "v": v}
        context["differing"] = lambda earlier: cut(flowed(earlier.question), earlier.differs)  # what is not asked now
    return templates.TemplateResponse(request, "dossier.html", context)


@router.post("/dossier")
def make(incoming: IncomingDep) -> RedirectResponse:
    """Take a question and lead to its dossier."""
    packed = pack(incoming)
    if len(packed) > _MAX_PACKED:
        raise ApiError(422, _UNPACKABLE)
    return RedirectResponse(f"/dossier?v={packed}", status_code=303)


@router.get("/dossier.docx")
def word(request: Request, answerer: AnswererDep, v: Packed) -> Response:
    """Give the dossier as a Word file to work on."""
    dossier = build(answerer, unpack(v))
    name = ExportForm.WORD.file_name(f"dossier {dossier.subject or dossier.parts[0].question}")
    return attached(to_word(dossier, base_url(request)), ExportForm.WORD.media_type, name)


def pack(text: str) -> str:
    """Return a text as it stands in an address.

    >>> unpack(pack("Hoeveel één?"))
    'Hoeveel één?'
    """
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def unpack(packed: str) -> str:
    """Return the text of an address; raises ApiError, 422, where it is not whole, or what it holds is too long."""
    try:
        data = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(data, 4 * MAX_CHARS).decode()
    except (zlib.error, ValueError):
        text = ""
    if not text.strip() or len(text) > MAX_CHARS or not unpacking.eof:
        raise ApiError(422, _BAD_ADDRESS)
    return text
