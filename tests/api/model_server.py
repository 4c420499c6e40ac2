"""A server of a language model: real, on this machine, and saying or doing what a test wants."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from api.ask_schemas import AskResponse
from api.settings import Settings
from api.writer.language_model import rewrite
from tests.api.answers import answer

Script = Callable[[BaseHTTPRequestHandler], None]
GOOD = (
    "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljoen euro [1]. "
    "De Lokale Diensteneconomie krijgt een bedrag van 28,1 miljoen euro [2]."
)


class ModelServer:
    """A real server on this machine that speaks, or misspeaks, the chat-completions protocol."""

    def __init__(self, script: Script) -> None:
        self.requests: list[tuple[dict[str, str], Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.requests.append((dict(self.headers), json.loads(body)))
                self.close_connection = True
                try:
                    script(self)
                except OSError:
                    pass  # the client hung up, as it should

            def log_message(self, format: str, *args: object) -> None:
                del format, args

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"


@contextmanager
def serving(script: Script) -> Iterator[ModelServer]:
    model = ModelServer(script)
    thread = threading.Thread(target=model.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield model
    finally:
        model.server.shutdown()
        model.server.server_close()
        thread.join()


def head(handler: BaseHTTPRequestHandler, kind: str, status: int = 200, **more: str) -> None:
    handler.send_response(status)
    for name, value in {"content-type": kind, "connection": "close", **more}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def piece(text: object) -> bytes:
    chunk = {"id": "x", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def streaming(text: str) -> Script:
    def script(handler: BaseHTTPRequestHandler) -> None:
        head(handler, "text/event-stream")
        for start in range(0, len(text), 7):
            handler.wfile.write(piece(text[start : start + 7]))
        handler.wfile.write(b"data: [DONE]\n\n")

    return script


def whole(text: object) -> Script:
    """A server that does not stream."""

    def script(handler: BaseHTTPRequestHandler) -> None:
        head(handler, "application/json")
        body = {"id": "x", "choices": [{"index": 0, "message": {"role": "assistant", "content": text}}]}
        handler.wfile.write(json.dumps(body).encode())

    return script


def raw(body: bytes, kind: str = "text/event-stream", status: int = 200, **more: str) -> Script:
    def script(handler: BaseHTTPRequestHandler) -> None:
        head(handler, kind, status, **more)
        handler.wfile.write(body)

    return script


def ask(script: Script, response: AskResponse | None = None, timeout_s: float = 5.0) -> tuple[AskResponse, ModelServer]:
    with serving(script) as model:
        settings = Settings.model_validate(
            {
                "language_model_url": model.url,
                "language_model_name": "testmodel",
                "language_model_key": "geheim",
                "language_model_timeout_s": timeout_s,
            }
        )
        return rewrite(response or answer(), settings), model


def assert_extractive(response: AskResponse, words: str) -> None:
    """The answer of before stands, and the reader is told why."""
    before = answer()
    assert response.statements == before.statements and response.citations == before.citations
    assert response.written_by == "citaten"
    assert response.notice is not None and words in response.notice and "letterlijke citaten" in response.notice
    assert "geheim" not in response.notice
