"""Several servers over one PostgreSQL and one Qdrant: each answers, also with an empty folder, and follows."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.cli.doctor import run_checks
from api.holdings import back_up, bring_up_to_date, restore
from api.removed import remove_documents
from api.settings import Settings
from index.model.embed import Embedder
from tests.conftest import HashingEmbedder
from tests.postgres import Cluster

_LONGEST_S = 30.0
T = TypeVar("T")


@pytest.fixture
def settings(tmp_path: Path, small_corpus: Path, postgres: str) -> Callable[[str], Settings]:
    """Return the settings of a machine; Qdrant's local form takes one process, so that all are in this one."""

    def of(name: str) -> Settings:
        (tmp_path / name).mkdir(exist_ok=True)
        own = {"index_dir": tmp_path / name / "index", "corpus_dir": small_corpus}
        return Settings.model_validate(own | {"engine": str(tmp_path / "qdrant"), "records": postgres})

    return of


@pytest.fixture
def second(settings: Callable[[str], Settings]) -> Iterator[TestClient]:
    """A server with an empty folder, started before there is an index."""
    app = create_app(settings("twee"), HashingEmbedder())
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def until(seen: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """Ask again until an answer is as it is to become."""
    begun = time.monotonic()
    while not wanted(answer := seen()):
        assert time.monotonic() - begun < _LONGEST_S, answer
        time.sleep(0.1)
    return answer


def found(client: TestClient, query: str) -> list[str]:
    response = client.post("/api/search", json={"query": query, "k": 1})
    return [hit["text"] for hit in response.json()["hits"]] if response.status_code == 200 else []


def test_a_second_server_with_an_empty_folder_answers_and_follows(
    settings: Callable[[str], Settings], second: TestClient, small_corpus: Path
) -> None:
    assert second.post("/api/search", json={"query": "enclave"}).status_code == 503
    first, hashing = settings("een"), HashingEmbedder()
    bring_up_to_date(first, hashing, None)
    assert "nclave" in until(lambda: found(second, "enclavewerking"), bool)[0]
    assert not list(settings("twee").index_dir.glob("*"))
    assert second.get("/api/documents").json()["total"] == 3
    (small_corpus / "nieuw.txt").write_text("Iets nieuws over zeppelins.", encoding="utf-8")
    bring_up_to_date(first, hashing, None)
    until(lambda: found(second, "zeppelins"), lambda texts: any("zeppelins" in text for text in texts))
    remove_documents(first, ["nieuw"], hashing, None)
    until(lambda: found(second, "zeppelins"), lambda texts: not any("zeppelins" in text for text in texts))
    assert second.get("/api/health").json()["reason"] is None


def test_while_postgresql_is_away_that_is_said_and_afterwards_all_goes_on(
    settings: Callable[[str], Settings], second: TestClient, cluster: Cluster
) -> None:
    bring_up_to_date(settings("een"), HashingEmbedder(), None)
    until(lambda: found(second, "enclavewerking"), bool)
    cluster.control("stop")
    try:
        told = until(lambda: second.get("/api/health").json()["reason"], bool)
        assert "niet bereikbaar" in told and "geheim" not in told
        fresh = TestClient(create_app(settings("drie"), HashingEmbedder()), raise_server_exceptions=False)
        refused = fresh.post("/api/search", json={"query": "enclave"})
        assert refused.status_code == 503 and "geheim" not in refused.text
    finally:
        cluster.control("start")
    until(lambda: found(fresh, "enclavewerking"), bool)
    until(lambda: second.get("/api/health").json()["reason"], lambda reason: reason is None)
    assert found(second, "enclavewerking")


def test_doctor_looks_at_the_records_and_keeps_the_password_to_itself(
    settings: Callable[[str], Settings], embedder: Embedder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = settings("een")
    bring_up_to_date(own, embedder, None)
    monkeypatch.chdir(tmp_path)
    for name, value in (("INDEX_DIR", own.index_dir), ("CORPUS_DIR", own.corpus_dir), ("ENGINE", own.engine)):
        monkeypatch.setenv(f"BELEIDSWIJZER_{name}", str(value))
    monkeypatch.setenv("BELEIDSWIJZER_RECORDS", own.records_address())
    *_, last = checks = run_checks()
    assert last.ok and "postgresql://postgres:***@127.0.0.1" in last.detail
    assert "geheim" not in str(checks) and "geheim" not in repr(own)
    monkeypatch.setenv("BELEIDSWIJZER_RECORDS", own.records_address() + "weg")
    *_, last = checks = run_checks()
    assert not last.ok and "niet bereikbaar" in last.detail and "geheim" not in str(checks)


def test_a_backup_has_all_but_the_records_and_can_be_put_back(
    settings: Callable[[str], Settings], tmp_path: Path
) -> None:
    first, hashing = settings("een"), HashingEmbedder()
    before = bring_up_to_date(first, hashing, None)
    back_up(first, tmp_path / "backup.zip")
    remove_documents(first, [before.added[0]], hashing, None)
    report = restore(first, tmp_path / "backup.zip", hashing, None, overwrite=True)
    assert (report.documents, report.added) == (before.documents, before.added[:1])
