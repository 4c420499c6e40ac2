"""The HTTP server: uvicorn with bounds, so that clients that send nothing, or half of it, cannot stop the service."""

import asyncio
import ctypes
import errno
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import h11
import uvicorn
from fastapi import FastAPI, Request, Response
from threadpoolctl import threadpool_limits
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from api.errors import error_response, wants_page
from api.settings import Settings
from api.turns import RETRY_AFTER_S, STOPPING
from api.web.render import error_page

logger = logging.getLogger(__name__)

_KEEP_ALIVE_S = 5
_MAX_CONNECTIONS = 1000
_BACKLOG = 100  # that may wait until the server takes over
_M_ARENA_MAX, _ARENAS = -8, 2  # of glibc; after 3 minutes at 32 clients 1,685 MB instead of 1,821
_TURN_S = 0.0005  # that a thread computes before another takes over, a tenth of Python's; 8 clients wait a fifth less
_WARN_EVERY_S = 60.0
_FORCED_AFTER_S = 1.0  # a thread that computes cannot be cancelled; after this the process ends without it
_TOO_SLOW = "Uw aanvraag kwam niet volledig binnen {} seconden aan; verstuur ze opnieuw."
_TOO_MANY = "De dienst heeft nu te veel verbindingen; probeer het over enkele seconden opnieuw."
_NOT_HTTP = "De aanvraag is geen geldige HTTP-aanvraag; controleer het adres en de kopregels."


class ListenError(Exception):
    """The address cannot be listened on; its text is the Dutch sentence for the user."""


def listen(host: str, port: int) -> socket.socket:
    """Bind the address that the service is to have; `run` listens on it, so until then clients are refused.

    Raises:
        ListenError: it is in use, not ours, or not allowed.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    return listener


def _cannot_listen(host: str, port: int, error: OSError) -> ListenError:
    if error.errno == errno.EADDRINUSE:
        return ListenError(f"Poort {port} op {host} is al in gebruik; stop die dienst of kies met --port een andere.")
    if error.errno == errno.EACCES:
        return ListenError(f"Poort {port} op {host} mag u niet gebruiken; kies met --port een poort vanaf 1024.")
    return ListenError(f"Het adres {host} is er niet op deze computer; kies met --host een ander.")


def open_to_clients(listener: socket.socket) -> None:
    """Let clients connect to what `listen` gave; raises ListenError where another program took the address by now."""
    try:
        listener.listen(_BACKLOG)
    except OSError as error:
        host, port = listener.getsockname()[:2]
        raise _cannot_listen(host, port, error) from error


def run(application: FastAPI, settings: Settings, listener: socket.socket) -> None:
    """Serve those who connect until a signal stops it."""
    if "torch" in sys.modules:  # else OpenVINO computes, one question at a time
        import torch

        torch.set_num_threads(max(1, (os.cpu_count() or 1) // settings.workers))  # else those of all workers compete
    threadpool_limits(1, user_api="blas")  # as FAISS: see stay_in_thread
    with suppress(OSError, AttributeError):  # else each of some forty threads keeps what it once needed
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)
    sys.setswitchinterval(_TURN_S)
    config = _Config(application, settings)
    host, port = listener.getsockname()[:2]
    logger.info("Geopend op http://%s:%d, voor hoogstens %d verbindingen.", host, port, config.max_connections)
    try:
        _Server(config).run([listener])
    except KeyboardInterrupt:
        logger.info("Gestopt.")


class _Config(uvicorn.Config):
    """Bounds that follow from the number of files this process may open.

    Half of them are for connections. asyncio accepts up to `backlog` connections in each turn of its loop, and some
    three turns pass before one is refused and closed, so that is a sixteenth; the rest is for the index, the model and
    files that are sent.
    """

    def __init__(self, application: FastAPI, settings: Settings) -> None:
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.max_connections = _MAX_CONNECTIONS if files < 0 else max(4, min(_MAX_CONNECTIONS, files // 2))
        self.client_timeout_s = settings.client_timeout_s
        self.stop_timeout_s = settings.stop_timeout_s
        super().__init__(
            application,
            http=_Protocol,
            ws="none",
            loop="asyncio",
            log_level="warning",
            log_config=None,  # its lines go where ours go, in the same form
            access_log=False,
            backlog=self.max_connections // 8,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=settings.stop_timeout_s,
        )


class _Protocol(H11Protocol):
    """A connection that must deliver its request in time, and that gives way to a newer one while it has not."""

    config: _Config
    _deadline: asyncio.TimerHandle | None = None
    _since = 0.0
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock; where there are too many, drop the one that is longest in sending, else this one."""
        super().connection_made(transport)
        self._start_clock()
        others = [other for other in self.connections if isinstance(other, _Protocol) and other is not self]
        staying = [other for other in others if not other.transport.is_closing()]
        if len(staying) >= self.config.max_connections:
            receiving = [other for other in staying if other.is_receiving()]
            min(receiving, key=lambda other: other._since, default=self).refuse(503, _TOO_MANY)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._stop_clock()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Start the clock with the first byte of a request, and not again with the next ones."""
        if self.transport.is_closing():
            return
        self._start_clock()
        super().data_received(data)

    def handle_events(self) -> None:
        """Stop the clock once a request is complete."""
        super().handle_events()
        if not self.is_receiving():
            self._stop_clock()
        elif self.conn.their_state is h11.SEND_BODY:  # of a request that came along with the one before
            self._start_clock()

    def is_receiving(self) -> bool:
        """Say whether the next thing to happen here is up to the client."""
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY)

    def _start_clock(self) -> None:
        if self._deadline is None and not self.transport.is_closing():
            self._since = self.loop.time()
            timeout_s = self.config.client_timeout_s
            self._deadline = self.loop.call_later(timeout_s, self.refuse, 408, _TOO_SLOW.format(timeout_s))

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def pause_writing(self) -> None:
        """Cut a client that takes in nothing of an answer for too long; it would hold a connection for ever."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.config.client_timeout_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Note that it reads."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection on which nothing more is asked, also where the last answer was never read."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        del msg
        self.refuse(400, _NOT_HTTP)

    def shutdown(self) -> None:
        """Let a complete request finish; do not wait for the rest of an incomplete one."""
        if self.conn.their_state is h11.SEND_BODY:
            self.refuse(503, STOPPING)
        elif not self.transport.is_closing():
            super().shutdown()

    def refuse(self, status: int, message: str) -> None:
        """Answer with an error where no answer has begun, and close the connection."""
        self._stop_clock()
        self._unset_keepalive_if_required()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE) and not self.transport.is_closing():
            path = self.scope["path"] if self.scope else ""
            response: Response = error_response(path, status, [message])
            if self.scope and "app" in self.scope and wants_page(request := Request(dict(self.scope))):
                response = error_page(request, status, [message])
            headers = [*response.raw_headers, (b"connection", b"close"), (b"cache-control", b"no-store")]
            if status == 503:
                headers.append((b"retry-after", str(RETRY_AFTER_S).encode()))
            answer = h11.Response(status_code=status, headers=headers, reason=STATUS_PHRASES[status])
            for event in (answer, h11.Data(data=bytes(response.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None:  # its task waits for the rest; what it still sends goes nowhere
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()


class _Server(uvicorn.Server):
    """A server that stops in time and does not fill the log."""

    config: _Config
    _warned = -_WARN_EVERY_S

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and take over what asyncio says about errors."""
        asyncio.get_running_loop().set_exception_handler(self._on_loop_error)
        await super().startup(sockets)
        for listener in sockets or ():  # more may wait in the kernel than are accepted at one go
            listener.listen(self.config.max_connections)

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Asyncio reports each failed accept with a traceback, thousands a second; one line a minute says it too."""
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in (errno.EMFILE, errno.ENFILE):
            loop.default_exception_handler(context)
        elif time.monotonic() - self._warned >= _WARN_EVERY_S:
            self._warned = time.monotonic()
            logger.error("Te veel open bestanden, dus geen verbinding kan erbij; verhoog de grens (ulimit -n).")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; end the process when that takes longer than it may."""
        if not self.should_exit:
            last = threading.Timer(self.config.stop_timeout_s + _FORCED_AFTER_S, os._exit, (128 + signal.Signals(sig),))
            last.daemon = True
            last.start()
        super().handle_exit(sig, frame)


@contextmanager
def on_free_port(application: FastAPI) -> Iterator[str]:
    """Serve in a thread on a free port of this machine for as long as the context is open; gives the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
