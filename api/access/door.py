"""Who asks, and whether they may: decided once, before any route, from the address alone."""

import hashlib
import hmac
import logging
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.hosts import LOOPBACK_NAMES, host_name, is_loopback, plain_address
from api.access.keys import PREFIX, Key, KeyStore, Right, allowed
from api.quota import client_network

logger = logging.getLogger(__name__)

COOKIE = "beleidswijzer_sessie"
LOGIN = "/aanmelden"
_PUBLIC = frozenset({"/livez", "/readyz", LOGIN})
_RIGHTS = {"/feedback/export": Right.EVALUATE, "/metrics": Right.ADMIN}
_CHANGES = "/inlezen"  # below it documents come in and go out
_GROUP_PREFIX = "beleidswijzer-"
_TOKEN_KEY = secrets.token_bytes(32)
Refuse = Callable[[Request, int, str], Response]  # makes the answer of a refusal: request, status, sentence
_UNKNOWN = "Meld u aan met een sleutel; vraag er een aan de beheerder."
_UNREADABLE = "Het bestand met sleutels is niet leesbaar; de beheerder moet access.sqlite nakijken."


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and what they may do."""

    name: str  # of the user, the key, or the network where nobody must say who they are
    came_by: Literal["open", "key", "session", "proxy"]  # how they said so
    rights: frozenset[Right]
    secret: str = ""  # of the session or the user, from which form tokens are made
    groups: frozenset[str] | None = frozenset()  # of documents; None reads all: only who has the files themselves

    @property
    def in_trail(self) -> str:
        """How the trail names them; "" is this account."""
        return {"open": "", "proxy": self.name}.get(self.came_by, f"sleutel {self.name}")

    @property
    def form_token(self) -> str:
        """What each form must carry where a browser adds by itself who asks; another site cannot know it; else ""."""
        if self.came_by not in ("session", "proxy"):
            return ""
        return hmac.digest(_TOKEN_KEY, self.secret.encode(), "sha256").hex()

    def sent_token(self, token: str) -> bool:
        """Whether a form carries what it must."""
        return not self.form_token or hmac.compare_digest(token.encode(), self.form_token.encode())


_FORWARDED = frozenset({"forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host"})  # from a proxy here
_THIS_ACCOUNT = Visitor("", "open", frozenset(Right), groups=None)  # a command, outside any request
_NOBODY = Visitor("", "open", frozenset())
_visitor: ContextVar[Visitor] = ContextVar("visitor", default=_THIS_ACCOUNT)


def visitor() -> Visitor:
    """Return who asks for what is answered now."""
    return _visitor.get()


@contextmanager
def acting_for(groups: Iterable[str]) -> Iterator[None]:
    """Let this account see only what who is in these groups may read: what is made goes to others."""
    token = _visitor.set(Visitor("", "open", frozenset({Right.READ}), groups=frozenset(groups)))
    try:
        yield
    finally:
        _visitor.reset(token)


def right_for(method: str, path: str) -> Right | None:
    """Return what a request needs; None is nothing. What is not named here needs the right to read.

    >>> right_for("GET", "/static/style.css"), right_for("GET", "/onbekend"), right_for("GET", "/feedback")
    (None, <Right.READ: 'read'>, <Right.EVALUATE: 'evaluate'>)
    >>> right_for("GET", "/inlezen"), right_for("POST", "/inlezen/verwijderen")
    (<Right.INGEST: 'ingest'>, <Right.INGEST: 'ingest'>)
    """
    if path == _CHANGES or path.startswith(f"{_CHANGES}/"):
        return Right.INGEST
    if path in _PUBLIC or path.startswith("/static/"):
        return None
    if path == "/feedback" and method != "POST":
        return Right.EVALUATE
    return _RIGHTS.get(path, Right.READ)


class Door:
    """Let in who may; `proxy` is the address of the one that says who asks, if there is one."""

    def __init__(self, app: ASGIApp, keys: KeyStore, proxy: str | None, refuse: Refuse) -> None:
        self._app, self._keys, self._proxy, self._refuse = app, keys, proxy, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        needed = right_for(scope["method"], scope["path"])
        found, status, told = None, 401, _UNKNOWN
        try:
            found = await run_in_threadpool(self._who, HTTPConnection(scope))
        except sqlite3.Error as error:
            logger.error("Het bestand met sleutels is niet te lezen: %s", error)
            status, told = 503, _UNREADABLE
        if needed is None or (found and needed in found.rights):
            _visitor.set(found or _NOBODY)
            await self._app(scope, receive, send)
            return
        if found:
            status, told = 403, f"U hebt het recht '{needed}' niet; vraag de beheerder een sleutel die het wel geeft."
        response = self._refuse(Request(scope), status, told)
        if status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        await response(scope, receive, send)

    def _who(self, request: HTTPConnection) -> Visitor | None:
        """Return who asks, or None where that is not known but must be."""
        address = plain_address(request.client.host) if request.client else ""
        if self._proxy is None and not self._keys.in_use():
            host = request.headers.get("host", "") if _FORWARDED.isdisjoint(request.headers.keys()) else ""
            return Visitor(client_network(address), "open", _open_rights(address, host))
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and secret.lstrip().startswith(PREFIX):  # another is what a proxy logs in with
            return _of_key(self._keys.find(secret.strip()), "key")
        token = request.cookies.get(COOKIE)
        if token and (key := self._keys.find_session(token)):
            return _of_key(key, "session", token)
        return _of_proxy(request.headers) if address == self._proxy else None  # whatever the browser still has


def _open_rights(address: str, host: str) -> frozenset[Right]:
    """Return what anybody may do where nobody must say who they are: change documents only at this computer itself.

    >>> Right.INGEST in _open_rights("127.0.0.1", "localhost:8000"), Right.INGEST in _open_rights("10.0.0.1", "beleid")
    (True, False)
    """
    try:
        here = is_loopback(address) and host_name(host) in LOOPBACK_NAMES  # another name: a proxy on this computer
    except ValueError:  # no address, as in a test
        here = False
    return frozenset(Right) if here else frozenset(Right) - {Right.INGEST}


def _of_key(key: Key | None, came_by: Literal["key", "session"], secret: str = "") -> Visitor | None:
    return Visitor(key.key_id, came_by, allowed(key.scopes), secret, key.groups) if key else None


def _of_proxy(headers: Headers) -> Visitor | None:
    """Return the user that a proxy names; what is said twice, of user or groups, may be said by somebody else."""
    names, told = headers.getlist("x-forwarded-user"), headers.getlist("x-forwarded-groups")
    if len(names) != 1 or len(told) > 1 or not names[0].strip():
        return None
    groups = {group.strip() for group in "".join(told).split(",")}
    rights = allowed([right for right in Right if _GROUP_PREFIX + right in groups] or [Right.READ])
    digest = hashlib.sha256(names[0].encode()).hexdigest()
    return Visitor(f"proxy {digest[:16]}", "proxy", rights, names[0], frozenset(groups))
