"""More requests than can be served: who waits, who is sent away, who left, and what never waits."""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api import server
from api.app import create_app
from api.settings import Settings
from api.turns import Turns
from index.model.embed import Encoded
from index.store.update import update_index
from tests.conftest import HashingEmbedder
from tests.timing import until

WORKERS, QUEUE = 2, 200
ASK = b'{"question": "Hoeveel vragen tegelijk?", "history": [{"question": "%d"}]}'
AT_ONCE = ("/livez", "/readyz", "/api/health", "/metrics", "/static/style.css", "/openapi.json")


class GatedEmbedder(HashingEmbedder):
    """Encodes a query once its gate is open, so that a test decides how long the work takes."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.begun = 0

    def embed_queries(self, texts: Sequence[str]) -> Encoded:
        self.begun += 1
        assert self.gate.wait(60)
        return super().embed_queries(texts)


class Running:
    """The server as `serve` runs it, in a thread."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.embedder = GatedEmbedder()
        changes = {"index_dir": folder, "workers": WORKERS, "queue": QUEUE, "client_timeout_s": 2.0, **settings}
        self.settings = Settings.model_validate(changes)
        self.app: FastAPI = create_app(self.settings, self.embedder)
        self.app.state.service.answerer()
        self.turns: Turns = self.app.state.turns
        self.embedder.begun = 0
        listener = server.listen("127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = server._Config(self.app, self.settings)
        listener.listen(config.backlog)
        self.server = server._Server(config)
        self.thread = threading.Thread(target=self.server.run, args=([listener],), daemon=True)
        self.thread.start()

    def connect(self, data: bytes = b"") -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", int(self.address.rsplit(":", 1)[1])), timeout=30)
        opened.sendall(data)
        return opened

    def ask(self, number: int, path: str = "/api/ask") -> httpx.Response:
        headers = {"content-type": "application/json"}
        return httpx.post(self.address + path, content=ASK % number, headers=headers, timeout=60)

    def stop(self) -> None:
        self.embedder.gate.set()
        self.server.should_exit = True
        self.thread.join(30)


@pytest.fixture
def folder(small_corpus: Path, tmp_path: Path) -> Path:
    (small_corpus / "groot.html").write_text(f"<!--{'x' * 8_000_000}--><p>Een groot bestand.</p>", encoding="utf-8")
    update_index(tmp_path / "index", [small_corpus], HashingEmbedder())
    return tmp_path / "index"


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Running]]:
    with ExitStack() as stack:

        def run(**settings: object) -> Running:
            running = Running(folder, **settings)
            stack.callback(running.stop)
            return running

        yield run


def raw_ask(number: int) -> bytes:
    body = ASK % number
    head = b"POST /api/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def test_abandoned_requests_cost_nothing_and_nothing_waits_for_them(start: Callable[..., Running]) -> None:
    running = start()
    running.embedder.gate.clear()
    opened = [running.connect(raw_ask(number)) for number in range(120)]
    until(lambda: running.turns.waiting == 120 - WORKERS)
    for path in AT_ONCE:
        assert httpx.get(running.address + path, timeout=60).status_code == 200, path
    assert (running.turns.busy, running.turns.waiting) == (WORKERS, 120 - WORKERS)
    for one in opened:
        one.close()
    until(lambda: running.turns.waiting == 0)
    running.embedder.gate.set()
    assert running.ask(0).status_code == 200
    until(lambda: running.turns.busy == 0)
    assert running.embedder.begun <= 2 * (WORKERS + 1), "only what had a place was worked on, in at most two forms"


def test_a_full_queue_says_when_to_come_back(start: Callable[..., Running]) -> None:
    running = start(queue=3)
    running.embedder.gate.clear()
    with ThreadPoolExecutor(WORKERS + 3) as pool:
        served = [pool.submit(running.ask, number) for number in range(WORKERS + 3)]
        until(lambda: running.turns.waiting == 3)
        refused = running.ask(9)
        assert refused.status_code == 503 == refused.json()["status"] and "te druk" in refused.json()["error"]
        assert refused.headers["retry-after"] == "5" and "nosniff" in refused.headers["x-content-type-options"]
        running.embedder.gate.set()
        assert [one.result().status_code for one in served] == [200] * (WORKERS + 3)
    assert (running.turns.busy, running.turns.waiting) == (0, 0)


def test_what_takes_too_long_is_answered_and_keeps_its_place(start: Callable[..., Running]) -> None:
    running = start(workers=1, request_timeout_s=0.5)
    running.embedder.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        late, waited = pool.map(running.ask, range(2))
        page = pool.submit(httpx.get, f"{running.address}/documents", headers={"accept": "text/html"}).result()
    assert page.status_code == 503 and 'role="alert">Het is nu te druk' in page.text
    assert {late.status_code, waited.status_code} == {503}
    assert sorted((late.json()["error"][:4], waited.json()["error"][:4])) == ["Dit ", "Het "]
    assert running.turns.busy == 1, "the thread still computes"
    running.embedder.gate.set()
    until(lambda: running.turns.busy == 0)
    assert running.ask(3).status_code == 200


def test_who_does_not_read_is_cut_and_holds_no_place(start: Callable[..., Running]) -> None:
    running = start(workers=1, client_timeout_s=1.0)
    with ExitStack() as stack:
        slow = [stack.enter_context(closing(socket.socket())) for _ in range(4)]
        for one in slow:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.connect(("127.0.0.1", int(running.address.rsplit(":", 1)[1])))
            one.sendall(b"GET /documents/groot/bestand HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert one.recv(15) == b"HTTP/1.1 200 OK"
        assert running.ask(1).status_code == 200
        until(lambda: not running.server.server_state.connections)


def test_who_waits_is_answered_when_the_service_stops(start: Callable[..., Running]) -> None:
    running = start(workers=1, stop_timeout_s=1)
    running.embedder.gate.clear()
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(running.ask, number) for number in range(3)]
        until(lambda: running.turns.waiting == 2)
        running.server.should_exit = True
        answers = [one.result() for one in asked]
    assert [answer.status_code for answer in answers] == [503] * 3
    assert all("De dienst stopt" in answer.json()["error"] for answer in answers)


def test_a_new_index_is_loaded_beside_the_one_in_use(start: Callable[..., Running], folder: Path) -> None:
    running = start(workers=1)
    manifest = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").unlink()
    os.mkfifo(folder / "manifest.json")  # whoever reads it waits until somebody writes it
    for _ in range(3):
        body = httpx.get(running.address + "/api/health", timeout=30).json()
        assert body["status"] == "vorige index in gebruik" and "nieuwe index geladen" in body["reason"]
        assert running.ask(1).status_code == httpx.get(running.address + "/readyz", timeout=60).status_code == 200
    (folder / "new").write_bytes(manifest)
    (folder / "manifest.json").write_bytes(b"{}")  # who waited gets something that is no index
    os.replace(folder / "new", folder / "manifest.json")
    until(lambda: httpx.get(running.address + "/api/health", timeout=60).json()["status"] == "in orde")


def test_alive_is_not_ready(tmp_path: Path, small_corpus: Path) -> None:
    client = TestClient(create_app(Settings(index_dir=tmp_path / "index"), HashingEmbedder()))
    assert client.get("/livez").json() == {"ok": True}
    assert client.get("/readyz").status_code == 503 and "ingest" in client.get("/readyz").json()["error"]
    update_index(tmp_path / "index", [small_corpus], HashingEmbedder())
    until(lambda: client.get("/readyz").status_code == 200)
