"""Requests that compute take turns: so many at once, so many that wait, and the rest is told to come back."""

import asyncio
import logging
from collections import deque

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import error_response

logger = logging.getLogger(__name__)

AT_ONCE = frozenset(
    {"/livez", "/readyz", "/api/health", "/metrics", "/openapi.json", "/aanmelden"}
)  # addresses that compute nothing
RETRY_AFTER_S = 5
STOPPING = "De dienst stopt; probeer het later opnieuw."
_BUSY = "Het is nu te druk; probeer het over enkele seconden opnieuw."
_TOO_LONG = "Dit duurde te lang en is niet afgewacht; probeer het opnieuw, of stel een kortere vraag."


class Busy(Exception):
    """No more may wait."""


class Turns:
    """Places to compute in, and a queue before them; used by one event loop, so without locks.

    Args:
        places: how many compute at once.
        most_waiting: how many may wait for a place.
    """

    def __init__(self, places: int, most_waiting: int) -> None:
        self._places = places
        self._most_waiting = most_waiting
        self._queue: deque[asyncio.Future[None]] = deque()
        self.busy = 0

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    async def take(self) -> None:
        """Wait for a place, first come first served; who is cancelled leaves the queue.

        Raises:
            Busy: too many wait already.
        """
        if self.busy < self._places:
            self.busy += 1
            return
        if len(self._queue) >= self._most_waiting:
            raise Busy
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn in self._queue:
                self._queue.remove(turn)
            elif not turn.cancelled():  # it came at the same moment
                self.give()
            raise

    def give(self) -> None:
        """Give a place back: to the first who waits, if any."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.busy -= 1


class Queued:
    """An application whose requests take turns, all but those that compute nothing.

    The whole request is here before it takes a place, and the place is free again once its answer begins, so that no
    slow client holds one. Who left while waiting is dropped before the work. A thread cannot be stopped: what takes too
    long is answered with an error, and keeps its place until it has ended.

    Args:
        app: the application.
        turns: the places.
        limit_s: longest time from the whole request to the begin of its answer, in seconds.
    """

    def __init__(self, app: ASGIApp, turns: Turns, limit_s: float) -> None:
        self._app = app
        self._turns = turns
        self._limit_s = limit_s
        self._late: set[asyncio.Future[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if scope["type"] != "http" or scope["path"] in AT_ONCE or scope["path"].startswith("/static/"):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
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
            response = error_response(scope["path"], 503, [refusal])
            response.headers["Retry-After"] = str(RETRY_AFTER_S)
            await response(scope, receive, send)

    async def _refusal(self, left: asyncio.Future[None]) -> str | None:
        """Take a place, or return why there is none."""
        turn = asyncio.ensure_future(self._turns.take())
        try:
            await asyncio.wait({turn, left}, timeout=self._limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not turn.done():
                turn.cancel()
        if left.done() and turn.done() and not turn.exception():
            self._turns.give()
        if left.done():
            raise ClientDisconnect
        return None if turn.done() and not turn.exception() else _BUSY

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
        self._turns = turns
        self._holds = True
        self.begun = False
        self.late = False

    async def of(self, app: ASGIApp, scope: Scope, receive: Receive) -> None:
        """Let an application answer, which has a place."""
        try:
            await app(scope, receive, self._pass)
        finally:
            self._give()

    async def _pass(self, message: Message) -> None:
        self._give()
        if not self.late:
            self.begun = True
            await self._send(message)

    def _give(self) -> None:
        if self._holds:
            self._holds = False
            self._turns.give()


async def _read(receive: Receive) -> bytes:
    """Return the whole body; how long it may be was checked before."""
    parts, more = [], True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _leave(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _log_failure(work: asyncio.Future[None]) -> None:
    if not work.cancelled() and (error := work.exception()):
        logger.error("Failed after its time was over", exc_info=error)
