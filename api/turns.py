"""Requests that compute take turns: so many at once, so many that wait, and the rest is told to come back."""

import asyncio
import logging
from contextlib import ExitStack
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access.door import Refuse
from api.logs import told_places

logger = logging.getLogger(__name__)

# Addresses that compute nothing.
AT_ONCE = frozenset({"/livez", "/readyz", "/api/health", "/metrics", "/openapi.json", "/aanmelden"})
RETRY_AFTER_S = 5
STOPPING = "De dienst stopt; probeer het later opnieuw."
_BUSY = "Het is nu te druk; probeer het over enkele seconden opnieuw."
_TOO_LONG = "Dit duurde te lang en is niet afgewacht; probeer het opnieuw, of stel een kortere vraag."


class Turns:
    """Places to compute in, of which `busy` are taken, and a queue before them, in which `waiting` stand."""

    def __init__(self, places: int, most_waiting: int) -> None:
        self._places = asyncio.Semaphore(places)
        self._most_waiting = most_waiting
        self.busy = self.waiting = 0

    async def take(self) -> bool:
        """Wait for a place, first come first served; return False at once where too many wait already."""
        if self._places.locked() and self.waiting >= self._most_waiting:
            return False
        self.waiting += 1
        try:
            await self._places.acquire()
        finally:
            self.waiting -= 1
        self.busy += 1
        return True

    def give(self) -> None:
        """Give a place back: to the first who waits, if any."""
        self.busy -= 1
        self._places.release()


class Queued:
    """An application whose requests take turns, all but those that compute nothing.

    The whole request is here before it takes a place, and the place is free again once its answer begins, so that no
    slow client holds one. Who left while waiting is dropped before the work. A thread cannot be stopped: what takes too
    long, more than `limit_s` to the begin of its answer, is answered with an error, and keeps its place until it ends.
    """

    def __init__(self, app: ASGIApp, turns: Turns, limit_s: float, refuse: Refuse) -> None:
        self._app = app
        self._refuse = refuse
        self._turns = turns
        self._limit_s = limit_s
        self._late: set[asyncio.Future[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if scope["type"] != "http" or scope["path"] in AT_ONCE or scope["path"].startswith("/static/"):
            await self._app(scope, receive, send)
            return
        body = await Request(scope, receive).body()  # how long it may be was checked before
        left = asyncio.ensure_future(_leave(receive))
        reply = _Reply(send, self._turns)
        try:
            refusal = await self._refusal(left) or await self._answer(scope, body, left, reply)
        except asyncio.CancelledError:  # the service stops
            refusal = STOPPING
        finally:
            left.cancel()
        if refusal and not reply.begun:
            reply.late = True
            response = self._refuse(Request(scope), 503, refusal)
            response.headers["Retry-After"] = str(RETRY_AFTER_S)
            await response(scope, receive, send)

    async def _refusal(self, left: asyncio.Future[Any]) -> str | None:
        """Take a place, or return why there is none."""
        turn = asyncio.ensure_future(self._turns.take())
        try:
            await asyncio.wait({turn, left}, timeout=self._limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            turn.cancel()
        has_place = turn.done() and turn.result()
        if left.done():
            if has_place:
                self._turns.give()
            raise ClientDisconnect
        return None if has_place else _BUSY

    async def _answer(self, scope: Scope, body: bytes, left: asyncio.Future[None], reply: "_Reply") -> str | None:
        """Let the application answer, or return why that was not waited for."""
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Message:
            if (message := next(messages, None)) is None:
                await asyncio.shield(left)
            return message or {"type": "http.disconnect"}

        work = asyncio.ensure_future(reply.of(self._app, scope, receive))
        self._late.add(work)  # asyncio itself would forget it
        work.add_done_callback(self._late.discard)
        await asyncio.wait({work}, timeout=self._limit_s)
        if work.done() or reply.begun:
            await work
            return None
        work.add_done_callback(_log_failure)
        return _TOO_LONG


class _Reply:
    """The answer to one request; its begin gives the place back."""

    def __init__(self, send: Send, turns: Turns) -> None:
        self._send = send
        self._place = ExitStack()
        self._place.callback(turns.give)  # once, whichever of the two comes first
        self.begun = self.late = False

    async def of(self, app: ASGIApp, scope: Scope, receive: Receive) -> None:
        """Let an application answer, which has a place."""
        with self._place:
            await app(scope, receive, self._pass)

    async def _pass(self, message: Message) -> None:
        self._place.close()
        if not self.late:
            self.begun = True
            await self._send(message)


async def _leave(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _log_failure(work: asyncio.Future[None]) -> None:
    if not work.cancelled() and (error := work.exception()):
        logger.error("Mislukt nadat de tijd om was: %s", told_places(error))
