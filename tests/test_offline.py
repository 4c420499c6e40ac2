"""A whole run, every process of it watched: it connects to nothing but this machine, and looks up no other name."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from api import server
from tests.conftest import CORPUS, ROOT

# Loaded by each process of ours at its start; writes a line for each process, and one for each attempt.
WATCH = """
import json, os, sys
def told(what): open({log!r}, "a").write(json.dumps([os.getpid(), what]) + chr(10))
def watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[-1]
        own = not isinstance(address, tuple) or address[0] in ("127.0.0.1", "::1")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        own = args[0] in (None, "127.0.0.1", "::1", "localhost")
    else:
        return
    if not own:
        told(event + repr(args[-1] if event == "socket.connect" else args[0]))
        raise OSError("no network here")
sys.addaudithook(watch)
told("begun")
"""


@pytest.mark.slow
def test_a_whole_run_connects_to_nothing_but_this_machine(tmp_path: Path) -> None:
    log, corpus = tmp_path / "log", tmp_path / "corpus"
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCH.format(log=str(log)), encoding="utf-8")
    corpus.mkdir()
    shutil.copy(next(CORPUS.glob("000*")), corpus)
    path = os.pathsep.join([str(tmp_path / "watch"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "BELEIDSWIJZER_INDEX_DIR": str(tmp_path / "index")}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True)

    def attempts() -> list[str]:
        rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
        return [what for _, what in rows if what != "begun"]

    assert run("-m", "api", "ingest", str(corpus)).returncode == 0
    processes = {json.loads(line)[0] for line in log.read_text(encoding="utf-8").splitlines()}
    assert len(processes) >= 2, "the readers are watched too"
    assert "31 juli" in run("-m", "api", "ask", "Tegen welke datum moet het verslag er zijn?").stdout
    listener = server.listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    listener.close()
    command = [sys.executable, "-m", "api", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as service:
        assert service.stderr
        assert any("Geopend op" in line for line in service.stderr)
        try:
            for address in ("/?q=duurzaamheidsverslag", "/over", "/documents", "/begrippen", "/api/health", "/readyz"):
                assert httpx.get(f"http://127.0.0.1:{port}{address}", timeout=60).status_code == 200
            body = {"question": "Tegen welke datum?"}
            assert httpx.post(f"http://127.0.0.1:{port}/api/ask", json=body, timeout=60).status_code == 200
        finally:
            service.terminate()
    assert attempts() == []
    assert run("-c", "import urllib.request as u; u.urlopen('http://192.0.2.1', timeout=1)").returncode != 0
    assert run("-c", "import socket; socket.getaddrinfo('example.org', 80)").returncode != 0
    assert len(attempts()) == 2, "and an attempt would have been seen"
