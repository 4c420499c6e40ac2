"""The FastAPI application."""

import hashlib
import json
import logging
import time
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response

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
_DESCRIPTION = "Zoekt geciteerde passages in beleidsbrieven en antwoorden op parlementaire vragen (sociale economie)."


def create_app(settings: Settings, embedder: Embedder | None = None) -> FastAPI:
    """Return the application.

    Args:
        settings: the settings.
        embedder: a model already loaded, else it is loaded at the first question.

    Returns:
        An ASGI application.
    """
    app = FastAPI(
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

    @app.middleware("http")
    async def _guard_and_log(request: Request, call_next: RequestResponseEndpoint) -> Response:
        started = time.perf_counter()
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > settings.max_body_bytes:
            response: Response = error_response(
                413, [f"De aanvraag is te groot; stuur hoogstens {settings.max_body_bytes} bytes."]
            )
        elif "chunked" in request.headers.get("transfer-encoding", ""):
            response = error_response(411, ["De lengte van de aanvraag ontbreekt; stuur ze mee als Content-Length."])
        else:
            response = await call_next(request)
        for name, value in _SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if request.url.path.startswith("/static/") and request.url.query:  # its address changes with its content
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        _log(request, response.status_code, time.perf_counter() - started)
        return response

    return app


def _log(request: Request, status: int, seconds: float) -> None:
    """Write one JSON line a request; of a question only a hash, since no question may be kept."""
    line: dict[str, object] = {
        "method": request.method,
        "path": request.url.path,
        "status": status,
        "took_ms": round(1000 * seconds, 1),
    }
    query = getattr(request.state, "query", None)
    if query is not None:
        line["query_sha256"] = hashlib.sha256(query.encode()).hexdigest()[:16]
        line["hits"] = getattr(request.state, "hit_ids", [])
    access_logger.info("%s", json.dumps(line))
