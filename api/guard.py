"""What stands before every route: it refuses what may not come in, and gives every answer its headers and log line."""

import hashlib
import json
import logging
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.door import Refuse
from api.access.hosts import host_name, is_allowed
from api.logs import begin_request
from api.metrics import Metrics
from api.settings import Settings

access_logger = logging.getLogger("beleidswijzer.access")

_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # 'no-referrer' would hide from us that a form is our own
}
_VERSIONED = "/api/v1/"  # the API as it is today; another version would have another number
_LOG_KEY = secrets.token_bytes(16)  # new at each start, so that no list of questions can be compared with the log
_METHODS = {name: name for name in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")}  # bounds the labels
_UPLOADS = frozenset({"/api/dossier", "/dossier", "/inlezen", "/map"})  # addresses that take a file
_NO_LENGTH = "De lengte van de aanvraag ontbreekt; stuur ze mee als Content-Length."
_CLIENT_LEFT = 499  # in the log only; the number that nginx uses for a client that left


class Guard:
    """Refuse a foreign host and a body that is too large or of unknown size; add headers; log.

    Routes see HEAD as GET, of which the body then stays here.
    """

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics, refuse: Refuse) -> None:
        self._app = app
        self._refuse = refuse
        self._metrics = metrics
        self._settings = settings
        self._names = settings.host_names()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        scope.setdefault("state", {})
        request_id = begin_request()
        status = 500  # where no answer begins at all
        head = scope["method"] == "HEAD"

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                _add_headers(scope, headers)
                headers["X-Request-ID"] = request_id
            elif head:
                message = {**message, "body": b""}
            await send(message)

        seen = {**self._public(scope), "method": "GET"} if head else self._public(scope)
        try:
            await (self._refusal(scope, seen["path"]) or self._app)(seen, receive, send_guarded)
        except ClientDisconnect:
            status = _CLIENT_LEFT
        finally:
            seconds = time.perf_counter() - started
            route = getattr(seen.get("route"), "path", None) or ""  # its template; "" for files and what has no route
            self._metrics.observe(_METHODS.get(scope["method"], "other"), route, status, seconds)
            _log(scope, status, seconds)

    def _refusal(self, scope: Scope, path: str) -> Response | None:
        request, headers = Request(scope), Headers(scope=scope)
        if not is_allowed(headers, scope.get("server"), self._names):
            return self._refuse(request, 421, _foreign(headers.get("host", "")))
        length = headers.get("content-length", "0")
        is_upload = path in _UPLOADS and headers.get("content-type", "").startswith("multipart/form-data")
        most = self._settings.max_upload_bytes if is_upload else self._settings.max_body_bytes
        if not (length.isascii() and length.isdigit()) or int(length) > most:
            return self._refuse(request, 413, f"De aanvraag is te groot; stuur hoogstens {most} bytes.")
        if "chunked" in headers.get("transfer-encoding", ""):
            return self._refuse(request, 411, _NO_LENGTH)
        return None

    def _public(self, scope: Scope) -> Scope:
        """Return what every route sees: the site as it is asked for from outside, and /api where /api/v1 was asked."""
        if scope["path"].startswith(_VERSIONED):
            scope = {**scope, "path": "/api/" + scope["path"].removeprefix(_VERSIONED)}
        if self._settings.public_url is None:
            return scope
        headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
        headers.append((b"host", self._settings.public_host().encode()))
        return {**scope, "scheme": self._settings.public_url.scheme, "headers": headers}


def _foreign(host: str) -> str:
    name = host_name(host)
    if name is None:
        return "De aanvraag zegt niet voor welke computer ze is; stuur één geldige kopregel Host mee."
    return (
        f"Deze dienst antwoordt niet op de naam {name}; gebruik het adres dat de beheerder gaf, of laat hem de naam "
        "toevoegen aan BELEIDSWIJZER_ALLOWED_HOSTS."
    )


def _add_headers(scope: Scope, headers: MutableHeaders) -> None:
    for name, value in _SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    if not scope["path"].startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")  # pages and answers repeat the question
    elif scope["query_string"]:  # its address changes with its content
        headers["Cache-Control"] = "public, max-age=31536000, immutable"


def _log(scope: Scope, status: int, seconds: float) -> None:
    """Write one JSON line a request; of a question only a keyed hash, since no question may be kept or guessed."""
    line = {"method": scope["method"], "path": scope["path"], "status": status, "took_ms": round(1000 * seconds, 1)}
    query = scope["state"].get("query")
    if query is not None:
        line["query_hash"] = hashlib.blake2b(query.encode(), digest_size=8, key=_LOG_KEY).hexdigest()
        line["hits"] = scope["state"].get("hit_ids", [])
    access_logger.info("%s", json.dumps(line), extra={"fields": line})
