"""Forms are taken from our own pages only: another site could make a visitor's browser send one too."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from api.access.door import visitor
from api.errors import ApiError
from api.forms import MOST_BYTES, UNREADABLE, read_form

_ELSEWHERE = "Dit formulier komt niet van een pagina van Beleidswijzer; open de pagina en probeer opnieuw."
_FOR_ANOTHER = "Deze pagina is niet meer geldig; open ze opnieuw en verstuur het formulier dan nog eens."


FormWithFiles = tuple[dict[str, str], list[tuple[str, bytes]]]  # the fields; the name and content of each file


async def site_form(request: Request) -> dict[str, str]:
    """Return the fields of a form; raises ApiError, 403 where no page of ours sent it, 422 where it is unreadable."""
    _check_site(request)
    return (await read_form(request))[0]


async def own_form(request: Request) -> dict[str, str]:
    """Return the fields as `site_form` does, of a page made for this visitor; where not, it raises ApiError, 403."""
    return (await own_form_with_files(request))[0]


OwnForm = Annotated[dict[str, str], Depends(own_form)]


async def own_form_with_files(
    request: Request, files: int = 0, part_bytes: int = MOST_BYTES, unreadable: str = UNREADABLE
) -> FormWithFiles:
    """Return fields and files as `read_form` does, with the errors of `own_form`."""
    _check_site(request)
    fields, sent = await read_form(request, files, part_bytes, unreadable)
    if not visitor().sent_token(fields.pop("token", "")):
        raise ApiError(403, _FOR_ANOTHER)
    return fields, sent


def _check_site(request: Request) -> None:
    """Browsers say where a form comes from: Sec-Fetch-Site where the address is trusted, Origin everywhere.

    Source: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    try:
        is_here = origin is not None and urlsplit(origin.lower()).netloc == request.headers.get("host", "").lower()
    except ValueError:  # no address
        is_here = False
    if not (is_here if site is None else site == "same-origin"):
        raise ApiError(403, _ELSEWHERE)


def own_path(address: str) -> str:
    """Return an address if it is a path on this site, else that of the first page.

    >>> own_path("/?q=a#passage"), own_path("//kwaad.example"), own_path("https://kwaad.example/")
    ('/?q=a#passage', '/', '/')
    """
    is_path = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if is_path and address.isprintable() else "/"
