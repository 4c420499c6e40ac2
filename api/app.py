"""The FastAPI application."""

import importlib.util
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from api.access import login_page
from api.access.door import Door
from api.access.keys import KeyStore
from api.assistants import chat
from api.assistants.tools import McpRoute, make_server
from api.errors import error_response, register_errors, wants_page
from api.feedback import FeedbackStore
from api.guard import Guard
from api.intake import Changes
from api.metrics import Metrics
from api.quota import Quota
from api.rankers import Rankers
from api.routes import api_router
from api.service import SearchService
from api.settings import Settings
from api.status import status_router
from api.turns import Queued, Turns
from api.web import (
    about_page,
    collection_page,
    document_list,
    document_page,
    dossier_page,
    feedback_page,
    holdings_page,
    occurrences,
    search_page,
)
from api.web.render import STATIC, error_page
from index.model.embed import Embedder

_DESCRIPTION = "Zoekt geciteerde passages in beleidsbrieven en antwoorden op parlementaire vragen (sociale economie)."
_PAGES = (
    search_page, dossier_page, occurrences, collection_page, document_list, document_page,
    holdings_page, feedback_page, about_page, login_page,
)  # fmt: skip


def create_app(settings: Settings, embedder: Embedder | None = None) -> FastAPI:
    """Return the application; `embedder` is a model already loaded, else it is loaded at the first question."""
    app = _Application(
        title="Beleidswijzer", description=_DESCRIPTION, version=version("beleidswijzer"), docs_url=None, redoc_url=None
    )
    app.state.settings = settings
    app.state.service = SearchService(settings, embedder, Rankers(settings.workers))
    app.state.keys = KeyStore(settings.access_path())
    app.state.changes = Changes(settings, app.state.service.embedder, app.state.keys)
    app.state.turns = Turns(settings.workers, settings.queue)
    app.state.metrics = Metrics(app.state.turns, app.state.service)
    app.state.feedback = FeedbackStore(settings.feedback_path(), settings.feedback_days)
    app.state.feedback_quota = Quota(settings.feedback_per_hour)
    register_errors(app, error_page)
    for router in (status_router, api_router, chat.router):
        app.include_router(router)
    if importlib.util.find_spec("mcp"):
        mcp = McpRoute(lambda: make_server(app.state.service.answerer, app.version, settings.site()))
        app.router.routes.append(Route("/mcp", mcp, methods=["POST"], include_in_schema=False))
    for page in _PAGES:
        app.include_router(page.router, include_in_schema=False)
    files = StaticFiles(directory=STATIC, packages=[("fastapi_offline", "static")])  # Swagger UI
    app.mount("/static", files, name="static")
    return app


class _Application(FastAPI):
    """An application of which every answer is guarded and logged, also that of an unexpected error.

    Middleware that is added the usual way lies inside the layer that answers those.
    """

    def build_middleware_stack(self) -> ASGIApp:
        settings: Settings = self.state.settings
        queued = Queued(super().build_middleware_stack(), self.state.turns, settings.request_timeout_s, _refuse)
        proxy = str(settings.trusted_proxy) if settings.trusted_proxy else None
        door: ASGIApp = Door(queued, self.state.keys, proxy, _refuse)
        if settings.cors_origins:  # outside the door: a browser asks first, without saying who asks
            door = CORSMiddleware(
                door,
                allow_origins=settings.cors_origins,
                allow_methods=["GET", "POST"],
                allow_headers=["authorization", "content-type"],
            )
        return Guard(door, settings, self.state.metrics, _refuse)


def _refuse(request: Request, status: int, message: str) -> Response:
    """Return what a visitor sees whose request no route gets; one who is not known may say who they are."""
    if not wants_page(request):
        return error_response(request.url.path, status, [message])
    if status == 401 and request.method in ("GET", "HEAD"):
        address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return login_page.login_page(request, status, message, address)
    return error_page(request, status, [message])
