"""What is measured and logged: every request, and of no question a word."""

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from api import server
from api.cli.console import _DutchLevels
from api.logs import JsonFormatter
from tests.conftest import ROOT

SECRET = "zeppelinverzekering"


def samples(client: TestClient) -> dict[str, list[tuple[dict[str, str], float]]]:
    text = client.get("/metrics").text
    assert SECRET not in text
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return found


def counted(client: TestClient, route: str, status: str, method: str) -> float:
    wanted = {"route": route, "status": status, "method": method}
    return sum(
        value for labels, value in samples(client).get("beleidswijzer_request_seconds_count", []) if labels == wanted
    )


def test_every_request_is_counted_under_its_template(small: TestClient) -> None:
    sent = [
        ("GET", f"/documents/{SECRET}", "/documents/{document_id}", "404", "GET"),
        ("HEAD", "/api/documents", "/api/documents", "200", "HEAD"),
        ("GET", f"/{SECRET}", "", "404", "GET"),
        (SECRET, "/", "/", "405", "other"),
        ("POST", "/api/search", "/api/search", "422", "POST"),
    ]
    for method, path, route, status, told in sent:
        before = counted(small, route, status, told)
        assert str(small.request(method, path).status_code) == status
        assert counted(small, route, status, told) == before + 1, f"{method} {path}"


def test_the_index_the_queue_and_memory_are_told(small: TestClient) -> None:
    small.get("/api/health")
    told, health = samples(small), small.get("/api/health").json()
    assert told["beleidswijzer_index_documents"] == [({}, health["documents"])]
    assert told["beleidswijzer_index"][0][0]["corpus_hash"] == health["corpus_hash"]
    assert told["beleidswijzer_index_newest"] == [({}, 1)]
    assert told["beleidswijzer_requests_waiting"] == told["beleidswijzer_requests_busy"] == [({}, 0)]
    assert told["process_resident_memory_bytes"][0][1] > 10_000_000


def test_a_line_of_json_names_its_request(small: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.setFormatter(JsonFormatter())
    with caplog.at_level(logging.INFO, "beleidswijzer.access"):
        answers = [small.post("/api/search", json={"query": SECRET}, headers={"x-request-id": "x\n"}) for _ in range(2)]
    lines = [json.loads(line) for line in caplog.text.splitlines() if "took_ms" in line]
    assert [line["request"] for line in lines] == [answer.headers["x-request-id"] for answer in answers]
    assert all(re.fullmatch(r"[0-9a-f]{16}", line["request"]) for line in lines) and len(lines) == 2
    assert lines[0]["request"] != lines[1]["request"] and lines[0]["status"] == 200 and SECRET not in caplog.text
    assert lines[0]["level"] == "INFO" and lines[0]["time"].endswith("+00:00")


@pytest.mark.parametrize("formatter", [JsonFormatter(), _DutchLevels()])
def test_of_an_error_that_a_server_logs_only_the_places_are_kept(formatter: logging.Formatter) -> None:
    try:
        raise RuntimeError(SECRET)
    except RuntimeError:
        raised = sys.exc_info()
    told = formatter.format(logging.LogRecord("uvicorn.error", logging.ERROR, "", 1, "Exception", (), raised))
    assert SECRET not in told and "RuntimeError (" in told and "test_metrics.py:" in told


def test_each_line_of_the_service_is_json(tmp_path: Path) -> None:
    listener = server.listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    listener.close()
    command = [sys.executable, "-m", "api", "serve", "--port", str(port)]
    environment = {**os.environ, "BELEIDSWIJZER_INDEX_DIR": str(tmp_path), "BELEIDSWIJZER_LOG": "json"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as service:
        assert service.stderr
        lines = [next(service.stderr)]
        while "Geopend op" not in lines[-1]:
            lines.append(next(service.stderr))
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/api/documents", timeout=60)
        finally:
            service.terminate()
        lines += service.stderr
    assert answer.status_code == 503
    told = [json.loads(line) for line in lines if not line.startswith("Beleidswijzer: ")]
    own = [line for line in told if line["request"] == answer.headers["x-request-id"]]
    assert [line["logger"] for line in own] == ["api.errors", "beleidswijzer.access"]
    assert own[0]["level"] == "ERROR" and own[1]["status"] == 503
