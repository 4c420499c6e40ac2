"""A server of a language model that misbehaves: the answer of citations stands, in time."""

import socket
import time
from http.server import BaseHTTPRequestHandler

import pytest

from api.settings import Settings
from api.writer.language_model import rewrite
from tests.api.answers import answer
from tests.api.model_server import GOOD, Script, ask, assert_extractive, head, piece, raw, streaming

pytestmark = pytest.mark.usefixtures("nothing_remembered")


def silent(handler: BaseHTTPRequestHandler) -> None:
    del handler
    time.sleep(60)


def silent_in_the_stream(handler: BaseHTTPRequestHandler) -> None:
    head(handler, "text/event-stream")
    handler.wfile.write(piece(GOOD))
    handler.wfile.flush()
    time.sleep(60)


def trickling(handler: BaseHTTPRequestHandler) -> None:
    head(handler, "text/event-stream")
    for letter in GOOD * 100:
        handler.wfile.write(piece(letter))
        handler.wfile.flush()
        time.sleep(0.05)


def trickling_head(handler: BaseHTTPRequestHandler) -> None:
    for letter in "HTTP/1.1 200 OK\r\nx: " + "y" * 1000:
        handler.wfile.write(letter.encode())
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize("script", [silent, silent_in_the_stream, trickling, trickling_head])
def test_silence_and_trickle_end_in_time(script: Script) -> None:
    started = time.monotonic()
    response, _ = ask(script, timeout_s=0.7)
    assert time.monotonic() - started < 30
    assert_extractive(response, "antwoordde niet binnen 0.7 seconden")


def many_megabytes(kind: str) -> Script:
    def script(handler: BaseHTTPRequestHandler) -> None:
        head(handler, kind)
        sent.clear()
        for _ in range(2500):
            handler.wfile.write(piece("x" * 10_000) if "event" in kind else b" " * 10_000)
            sent.append(10_000)

    return script


sent: list[int] = []


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json", "text/plain"])
def test_megabytes_of_text_are_not_read(kind: str) -> None:
    started = time.monotonic()
    response, _ = ask(many_megabytes(kind))
    assert_extractive(response, "te veel tekst")
    assert time.monotonic() - started < 30 and sum(sent) < 20_000_000


def dropped(handler: BaseHTTPRequestHandler) -> None:
    head(handler, "text/event-stream", transfer_encoding="chunked")
    part = piece(GOOD)
    handler.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)


def redirected(handler: BaseHTTPRequestHandler) -> None:
    head(handler, "text/plain", 307, location="http://192.0.2.1/v1/chat/completions")


BAD = {
    "dropped": (dropped, "brak zijn antwoord af"),
    "hung up": (lambda handler: handler.connection.shutdown(socket.SHUT_RDWR), "brak zijn antwoord af"),
    "redirected": (redirected, "status 307"),
    "500": (raw(b"<h1>Fout</h1>", "text/html", 500), "status 500"),
    "401 with a secret": (raw(b'{"error": "geheim is fout"}', "application/json", 401), "status 401"),
    "500 of 5 MB": (raw(b"x" * 5_000_000, "text/html", 500), "te veel tekst"),
    "no HTTP": (lambda handler: handler.wfile.write(b"\x00\xff hallo\r\n\r\n") and None, "brak zijn antwoord af"),
    "invalid JSON in the stream": (raw(b"data: {nee\n\n"), "geen leesbaar antwoord"),
    "invalid JSON": (raw(b"{nee", "application/json"), "geen leesbaar antwoord"),
    "deep JSON in the stream": (raw(b"data: " + b"[" * 200_000 + b"\n\n"), "geen leesbaar antwoord"),
    "deep JSON": (raw(b"[" * 200_000, "application/json"), "geen leesbaar antwoord"),
    "other JSON in the stream": (raw(b'data: {"choices": "geen"}\n\n'), "geen leesbaar antwoord"),
    "other JSON": (raw(b'{"choices": [{"message": 3}]}', "application/json"), "geen leesbaar antwoord"),
    "a list": (raw(b"data: [1, 2]\n\n"), "geen leesbaar antwoord"),
    "a number for text": (raw(piece(12)), "geen leesbaar antwoord"),
    "an error in the stream": (raw(b'data: {"error": {"message": "vol"}}\n\n'), "geen leesbaar antwoord"),
    "no UTF-8": (raw(b"data: \xff\xfe\n\n"), "geen leesbaar antwoord"),
    "compressed": (raw(b"\x1f\x8b", content_encoding="gzip"), "te veel tekst"),
    "no choices": (raw(b'data: {"choices": []}\n\ndata: [DONE]\n\n'), "steunde te weinig"),
    "text that is no stream": (raw(GOOD.encode(), "text/plain"), "steunde te weinig"),
}


@pytest.mark.parametrize(("script", "words"), BAD.values(), ids=BAD)
def test_a_bad_server_leaves_the_extractive_answer(script: Script, words: str) -> None:
    assert_extractive(ask(script)[0], words)


def test_a_dead_server_leaves_the_extractive_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    settings = Settings.model_validate({"language_model_url": f"http://127.0.0.1:{port}", "language_model_name": "m"})
    assert_extractive(rewrite(answer(), settings), "is niet bereikbaar")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://192.0.2.1:9")
    assert ask(streaming(GOOD))[0].written_by == "testmodel"
