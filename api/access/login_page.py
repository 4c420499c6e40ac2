"""The pages to log in and out with a key, without JavaScript."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.access.door import COOKIE, LOGIN
from api.access.keys import KeyStore
from api.web.own_page import own_form, own_path, site_form
from api.web.render import templates

router = APIRouter()
_WRONG = "Deze sleutel bestaat niet of is ingetrokken; kijk na of u ze helemaal overnam, of vraag een nieuwe."


def login_page(request: Request, status: int, message: str = "", back: str = "/") -> HTMLResponse:
    """Return the page with the form."""
    context = {"message": message, "back": own_path(back)}
    return templates.TemplateResponse(request, "login.html", context, status_code=status)


@router.get(LOGIN)
def log_in_page(request: Request, terug: Annotated[str, Query(max_length=20_000)] = "/") -> HTMLResponse:
    """Ask for a key."""
    return login_page(request, 200, back=terug)


@router.post(LOGIN)
def log_in(request: Request, fields: Annotated[dict[str, str], Depends(site_form)]) -> Response:
    """Begin a session with a key and go on to where the visitor was."""
    keys: KeyStore = request.app.state.keys
    back, key = own_path(fields.get("back", "/")), keys.find(fields.get("key", "").strip())
    if key is None:
        return login_page(request, 401, _WRONG, back)
    response = RedirectResponse(back, status_code=303)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, keys.begin_session(key), httponly=True, samesite="lax", secure=secure)
    return response


@router.post("/afmelden", dependencies=[Depends(own_form)])
def log_out(request: Request) -> Response:
    """End the session."""
    if token := request.cookies.get(COOKIE):
        request.app.state.keys.end_session(token)
    response = RedirectResponse(LOGIN, status_code=303)
    response.delete_cookie(COOKIE)
    return response
