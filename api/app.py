"""The FastAPI application."""

import hashlib
import json
import logging
import secrets
import time
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import error_response, register_errors
from api.routes import api_router
from api.service import SearchService
from api.settings import Settings
from api.web import web_router
from api.web.error_page import error_page
from api.web.render import STATIC
from index.model.embed import Embedder

access_logger = logging.getLogger("beleidswijzer.access")

_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # 'no-referrer' would hide from us that a form is our own
}
_LOG_KEY = secrets.token_bytes(16)  # new at each start, so that no list of questions can be compared with the log
_CLIENT_LEFT = 499  # in the log only; the number that nginx uses for a client that left
_DESCRIPTION = "Zoekt geciteerde passages in beleidsbrieven en antwoorden op parlementaire vragen (sociale economie)."


def create_app(settings: Settings, embedder: Embedder | None = None) -> FastAPI:
    """Return the application.

    Args:
        settings: the settings.
        embedder: a model already loaded, else it is loaded at the first question.

    Returns:
        An ASGI application.
    """
    app = _Application(
        title="Beleidswijzer",
        description=_DESCRIPTION,
        version=version("beleidswijzer"),
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.service = SearchService(settings, embedder)
    register_errors(app, error_page)
    app.include_router(api_router)
    app.include_router(web_router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


class _Application(FastAPI):
    """An application of which every answer is guarded and logged, also that of an unexpected error.

    Middleware that is added the usual way lies inside the layer that answers those.
    """

    def build_middleware_stack(self) -> ASGIApp:
        return _Guard(super().build_middleware_stack(), self.state.settings.max_body_bytes)


class _Guard:
    """Refuse a body that is too large or of unknown size; give every answer its headers and its line in the log."""

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        scope.setdefault("state", {})
        status = 500  # where no answer begins at all

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(scope, MutableHeaders(scope=message))
            await send(message)

        try:
            await (self._refusal(Headers(scope=scope)) or self._app)(scope, receive, send_guarded)
        except ClientDisconnect:
            status = _CLIENT_LEFT
        finally:
            _log(scope, status, time.perf_counter() - started)

    def _refusal(self, headers: Headers) -> Response | None:
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self._max_body_bytes:
            return error_response(413, [f"De aanvraag is te groot; stuur hoogstens {self._max_body_bytes} bytes."])
        if "chunked" in headers.get("transfer-encoding", ""):
            return error_response(411, ["De lengte van de aanvraag ontbreekt; stuur ze mee als Content-Length."])
        return None


def _add_headers(scope: Scope, headers: MutableHeaders) -> None:
    for name, value in _SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    if not scope["path"].startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")  # pages and answers repeat the question
    elif scope["query_string"]:  # its address changes with its content
        headers["Cache-Control"] = "public, max-age=31536000, immutable"


def _log(scope: Scope, status: int, seconds: float) -> None:
    """Write one JSON line a request; of a question only a keyed hash, since no question may be kept or guessed."""
    line: dict[str, object] = {
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "took_ms": round(1000 * seconds, 1),
    }
    query = scope["state"].get("query")
    if query is not None:
        line["query_hash"] = hashlib.blake2b(query.encode(), digest_size=8, key=_LOG_KEY).hexdigest()
        line["hits"] = scope["state"].get("hit_ids", [])
    access_logger.info("%s", json.dumps(line))
