"""Forms are taken from our own pages only: another site could make a visitor's browser send one too."""

from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request

from api.access.door import visitor
from api.errors import ApiError
from api.forms import UNREADABLE

_MAX_FIELDS = 20
TOKEN_FIELD = "token"


async def own_form(request: Request) -> dict[str, str]:
    """Return the fields of a form on a page that was made for this visitor.

    Raises:
        ApiError: those of `site_form`; 403 where the page was made for another.
    """
    fields = await site_form(request)
    check_token(fields)
    return fields


OwnForm = Annotated[dict[str, str], Depends(own_form)]


async def site_form(request: Request) -> dict[str, str]:
    """Return the fields of a form.

    Raises:
        ApiError: 403 where it does not come from a page of ours, 422 where it cannot be read.
    """
    check_site(request)
    try:
        text = (await request.body()).decode("ascii")
        return dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True, max_num_fields=_MAX_FIELDS))
    except ValueError as error:
        raise ApiError(422, UNREADABLE) from error


def check_site(request: Request) -> None:
    """Raise ApiError, 403, where a form does not come from a page of ours."""
    if not _is_own(request):
        raise ApiError(
            403, "Dit formulier komt niet van een pagina van Beleidswijzer; open de pagina en probeer opnieuw."
        )


def check_token(fields: dict[str, str]) -> None:
    """Take the token out of the fields of a form; raise ApiError, 403, where it was made for another visitor."""
    if not visitor().sent_token(fields.pop(TOKEN_FIELD, "")):
        raise ApiError(403, "Deze pagina is niet meer geldig; open ze opnieuw en verstuur het formulier dan nog eens.")


def _is_own(request: Request) -> bool:
    """Browsers say where a form comes from: Sec-Fetch-Site where the address is trusted, Origin everywhere.

    Source: https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    try:
        return origin is not None and urlsplit(origin.lower()).netloc == request.headers.get("host", "").lower()
    except ValueError:  # no address
        return False


def own_path(address: str) -> str:
    """Return an address if it is a path on this site, else that of the first page.

    >>> own_path("/?q=a#passage"), own_path("//kwaad.example"), own_path("https://kwaad.example/")
    ('/?q=a#passage', '/', '/')
    """
    is_path = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_path and address.isprintable() and "\\" not in address else "/"
