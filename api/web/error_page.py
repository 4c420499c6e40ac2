"""The page that says what went wrong and what to do."""

from collections.abc import Sequence

from fastapi import Request
from fastapi.responses import Response

from api.web.render import templates

_TITLES = {
    401: "Meld u eerst aan",
    403: "Dat mag niet",
    404: "Niet gevonden",
    405: "Dat kan hier niet",
    409: "Even wachten",
    422: "Dat klopt niet helemaal",
    429: "Even wachten",
    503: "Dat kan nu niet",
}


def error_page(request: Request, status: int, messages: Sequence[str]) -> Response:
    """Return the page of an error."""
    context = {"title": _TITLES.get(status, "Er ging iets mis"), "messages": messages}
    return templates.TemplateResponse(request, "error.html", context, status_code=status)
