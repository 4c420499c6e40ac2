"""A new index that cannot be loaded leaves the one before it in use."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from index.errors import ModelError
from index.store.update import update_index
from tests.conftest import HashingEmbedder


@pytest.fixture
def served(tmp_path: Path, small_corpus: Path) -> Iterator[tuple[TestClient, Path, Path]]:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], HashingEmbedder())
    with TestClient(create_app(Settings(index_dir=folder), HashingEmbedder()), raise_server_exceptions=False) as client:
        assert health(client) == (200, "in orde", None)
        yield client, folder, small_corpus


def health(client: TestClient) -> tuple[int, Any, Any]:
    response = client.get("/api/health")
    body = response.json()
    return response.status_code, body.get("status"), body.get("reason")


def failures(caplog: pytest.LogCaptureFixture) -> int:
    return sum("kan niet geladen worden" in record.message for record in caplog.records)


def touch(path: Path) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


def break_index(folder: Path, corpus: Path, how: str) -> None:
    manifest = folder / "manifest.json"
    if how == "broken manifest":
        manifest.write_text("{", encoding="utf-8")
    elif how == "another model":
        shutil.rmtree(folder)
        update_index(folder, [corpus], HashingEmbedder("hashing-32", 32))
    elif how == "damaged records":
        content = (folder / "records.sqlite").read_bytes()
        (folder / "records.sqlite").write_bytes(content.replace(b"31 juli", b"31 juni"))
        touch(manifest)
    else:
        (folder / "records.sqlite").write_bytes(b"half a copy")
        touch(manifest)


@pytest.mark.parametrize("how", ["broken manifest", "another model", "damaged records", "half a copy"])
def test_a_broken_new_index_leaves_the_old_one_in_use(
    served: tuple[TestClient, Path, Path], how: str, caplog: pytest.LogCaptureFixture
) -> None:
    client, folder, corpus = served
    asked = {"query": "duurzaamheidsverslag 31 juli"}
    before = client.post("/api/search", json=asked).json()["hits"]
    shutil.copytree(folder, folder.with_name("goed"))
    break_index(folder, corpus, how)
    for _ in range(3):
        assert client.post("/api/search", json=asked).json()["hits"] == before
        assert client.get("/").status_code == client.post("/api/ask", json={"question": "Wat?"}).status_code == 200
        status, word, reason = health(client)
        assert (status, word) == (200, "vorige index in gebruik")
        assert "de vorige blijft in gebruik" in reason and "beleidswijzer ingest" in reason
    assert failures(caplog) == 1, "it is not tried again while the files stay as they are"
    shutil.copy(folder.with_name("goed") / "records.sqlite", folder)  # the manifest may already have been right
    if how in ("broken manifest", "another model"):
        shutil.copy(folder.with_name("goed") / "manifest.json", folder)
    assert health(client) == (200, "in orde", None)
    assert client.post("/api/search", json=asked).json()["hits"] == before


def test_a_mended_index_is_taken_up(served: tuple[TestClient, Path, Path]) -> None:
    client, folder, corpus = served
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    assert health(client)[1] == "vorige index in gebruik"
    (corpus / "nieuw.txt").write_text("Een nieuw stuk over zeppelins en luchtschepen.", encoding="utf-8")
    update_index(folder, [corpus], HashingEmbedder())
    assert health(client) == (200, "in orde", None)
    assert client.post("/api/search", json={"query": "zeppelins"}).json()["hits"][0]["document_id"] == "nieuw"


def test_an_index_that_has_gone_is_said_and_the_old_one_answers(served: tuple[TestClient, Path, Path]) -> None:
    client, folder, _ = served
    shutil.rmtree(folder)
    status, word, reason = health(client)
    assert (status, word) == (200, "vorige index in gebruik") and "verdwenen" in reason
    assert client.post("/api/search", json={"query": "duurzaamheidsverslag"}).json()["hits"]


def test_a_broken_first_index_is_not_loaded_at_each_request(
    tmp_path: Path, small_corpus: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], HashingEmbedder())
    whole = (folder / "records.sqlite").read_bytes()
    (folder / "records.sqlite").write_bytes(b"half a copy")
    with TestClient(create_app(Settings(index_dir=folder), HashingEmbedder())) as client:
        for _ in range(3):
            assert health(client)[0] == 503
        assert failures(caplog) == 1
        assert not any(record.exc_info for record in caplog.records), "a known fault is told in a sentence"
        (folder / "records.sqlite").write_bytes(whole)
        assert health(client) == (200, "in orde", None)


def test_what_nobody_foresaw_is_logged_with_its_traceback(
    tmp_path: Path, small_corpus: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_index(tmp_path / "index", [small_corpus], HashingEmbedder())
    monkeypatch.setattr(Settings, "load_index", lambda *_: 1 // 0)
    application = create_app(Settings(index_dir=tmp_path / "index"), HashingEmbedder())
    with TestClient(application, raise_server_exceptions=False) as client:
        assert health(client)[0] == 500
    assert [bool(record.exc_info) for record in caplog.records if "kan niet geladen" in record.message] == [True]


def test_one_damaged_document_is_said_and_shuts_no_other_page(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an index too large to be read at its start, a document is read when it is shown."""
    for module in ("load", "files", "update"):
        monkeypatch.setattr(f"index.store.{module}.HASHED_AT_START", 0)
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    path = folder / "records.sqlite"
    content = path.read_bytes()
    at = content.index(b'"document_id":"002') + 100
    path.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
    client = TestClient(create_app(Settings(index_dir=folder), hashing), raise_server_exceptions=False)
    damaged, *others = sorted((p.stem for p in small_corpus.glob("0*.txt")), key=lambda name: name[:3] != "002")
    assert client.get("/").status_code == 200
    assert [client.get(f"/documents/{name}").status_code for name in others] == [200, 200]
    answer = client.get(f"/documents/{damaged}")
    assert answer.status_code == 503 and "ingest" in answer.json()["error"]


@pytest.mark.parametrize("how", ["broken manifest", "damaged records", "no model"])
def test_the_home_page_says_what_is_wrong(
    tmp_path: Path, small_corpus: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, model = tmp_path / "index", HashingEmbedder()
    update_index(folder, [small_corpus], model)
    if how != "no model":
        break_index(folder, small_corpus, how)

    def missing(_: Settings) -> None:
        raise ModelError("Het taalmodel is er niet.")

    monkeypatch.setattr(Settings, "load_embedder", missing)
    app = create_app(Settings(index_dir=folder), None if how == "no model" else model)
    with TestClient(app, raise_server_exceptions=False) as client:
        for address in ("/", "/?q=premie"):
            page = client.get(address, headers={"accept": "text/html"})
            assert page.status_code == 503 and "beleidswijzer doctor" in page.text
