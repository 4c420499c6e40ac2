"""The service as a process of its own, with few files to open, and clients that mean no good."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

FILES = 256
HEAD = b"POST /api/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 50\r\n"


class Service:
    """A running `beleidswijzer serve` without an index: every question is answered, with 503 and a sentence."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.log = folder / "log"
        names = {"INDEX_DIR": str(folder / "none"), "CLIENT_TIMEOUT_S": "2", "STOP_TIMEOUT_S": "3"}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api", "serve", "--port", str(port)],
                stderr=log,
                env=os.environ | {f"BELEIDSWIJZER_{name}": value for name, value in names.items()},
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES)),
            )

    def connect(self, data: bytes = b"") -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        opened.sendall(data)
        return opened

    def wait(self) -> None:
        for _ in range(600):
            assert self.process.poll() is None, self.log.read_text()
            try:
                return self.connect().close()
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the service does not start")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serving(folder: Path) -> Iterator[Service]:
    running = Service(folder, free_port())
    try:
        running.wait()
        yield running
    finally:
        running.process.kill()
        running.process.wait()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One for all tests here that leave it as it was."""
    with serving(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[Service]:
    with serving(tmp_path) as running:
        yield running


def read_error(opened: socket.socket) -> tuple[int, str, dict[str, object]]:
    """Read an answer up to the end of the connection: status, head, and the error in the one shape."""
    data = b""
    while part := opened.recv(65_536):
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    error = json.loads(body)
    assert error["ok"] is False and error["errors"] == [error["error"]]
    return int(head.split()[1]), head.decode().lower(), error


def test_silent_connections_do_not_stop_the_service(service: Service) -> None:
    with ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(service.connect())
        for _ in range(3):
            assert httpx.get(f"http://127.0.0.1:{service.port}/static/style.css", timeout=20).status_code == 200
        assert len(os.listdir(f"/proc/{service.process.pid}/fd")) < FILES
    log = service.log.read_text()
    assert "Traceback" not in log and "Te veel open bestanden" not in log


def test_a_burst_of_connections_opens_no_more_files_than_there_are(own_service: Service) -> None:
    service = own_service
    os.setpriority(os.PRIO_PROCESS, service.process.pid, 19)  # so that they come faster than they are refused
    with ExitStack() as stack, ThreadPoolExecutor(4) as pool:
        for opened in pool.map(lambda _: service.connect(), range(600)):
            stack.enter_context(opened)
        assert httpx.get(f"http://127.0.0.1:{service.port}/static/style.css", timeout=20).status_code == 200
    assert "Te veel open bestanden" not in service.log.read_text()


def test_who_gives_way_is_told_when_to_come_back(service: Service) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(service.connect())
        for _ in range(FILES // 2):
            stack.enter_context(service.connect())
        status, head, error = read_error(first)
    assert status == 503 == error["status"] and "\r\nretry-after: 5" in head and "\r\nconnection: close" in head


@pytest.mark.parametrize(
    "sent", [b"GET / HTTP/1.1\r\nHost: a", HEAD, HEAD + b'\r\n{"query"'], ids=["line", "head", "body"]
)
def test_half_a_request_ends_in_time(service: Service, sent: bytes) -> None:
    with service.connect(sent) as opened:
        status, _, error = read_error(opened)
    assert status == 408 == error["status"] and "2.0 seconden" in str(error["error"])


def test_half_a_form_ends_in_a_page(service: Service) -> None:
    with service.connect(HEAD.replace(b"/api/search", b"/dossier") + b"Accept: text/html\r\n\r\ntext=") as opened:
        data = b"".join(iter(lambda: opened.recv(65_536), b""))
    assert data.startswith(b"HTTP/1.1 408 ") and b"2.0 seconden" in data and data.endswith(b"</html>")


def test_a_byte_now_and_then_does_not_stretch_the_time(service: Service) -> None:
    with service.connect(HEAD) as opened:
        opened.settimeout(0.5)
        for sent in range(30):
            opened.sendall(b"X-%d: a\r\n" % sent)
            try:
                data = opened.recv(1000)
            except TimeoutError:
                continue
            assert data.startswith(b"HTTP/1.1 408 ")
            return
    raise AssertionError("30 header lines, half a second apart, were waited for")


def test_what_is_not_http_is_refused_in_dutch(service: Service) -> None:
    with service.connect(b"\x16\x03\x01 hello\r\n\r\n") as opened:
        status, _, error = read_error(opened)
    assert status == 400 and "HTTP" in str(error["error"])


def test_it_stops_though_bodies_are_half_sent(own_service: Service) -> None:
    service = own_service
    with ExitStack() as stack:
        opened = [stack.enter_context(service.connect(HEAD + b'\r\n{"query"')) for _ in range(5)]
        stack.enter_context(service.connect())
        assert (
            httpx.get(f"http://127.0.0.1:{service.port}/livez", timeout=20).status_code == 200
        )  # it has read the others
        service.process.send_signal(signal.SIGTERM)
        assert [read_error(one)[0] for one in opened] == [503] * 5
        service.process.wait(60)
    assert "Traceback" not in service.log.read_text()


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        second = Service(tmp_path, port)
        assert second.process.wait(60) == 3
    assert second.log.read_text().splitlines() == [
        f"Fout: Poort {port} op 127.0.0.1 is al in gebruik; stop die dienst of kies met --port een andere."
    ]


def test_a_request_is_computed_in_the_thread_that_serves_it() -> None:
    """Threads of BLAS that wait for each other took three of four parts of a processor from searches side by side."""
    port = free_port()
    code = f"""
import os, signal
from fastapi import FastAPI
from threadpoolctl import threadpool_info
import index.search.rank
from api.server import listen, run
from api.settings import Settings
app = FastAPI()
@app.get("/")
def stop():
    print({{one["num_threads"] for one in threadpool_info() if one.get("threading_layer") == "pthreads"}})
    os.kill(os.getpid(), signal.SIGINT)
listener = listen("127.0.0.1", {port})
listener.listen()
run(app, Settings(), listener)
"""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "4"}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment, text=True) as serving:
        for _ in range(600):
            with suppress(httpx.ConnectError):
                httpx.get(f"http://127.0.0.1:{port}", timeout=30)
                break
            time.sleep(0.1)
        assert serving.communicate(timeout=60)[0] == "{1}\n"
