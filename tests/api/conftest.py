"""The service that the tests of the API and of the pages ask."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from api.writer.language_model import _written
from index.model.embed import Embedder
from index.store.update import update_index
from tests.api.holdings import HERE, OWN, SlowEmbedder
from tests.api.pages import Served
from tests.conftest import CORPUS, HashingEmbedder

HOSTILE = '<script>alert(1)</script> <img src=x onerror="alert(2)"> maatwerk \u202etxet\u202c \u2066x {{ 7*7 }}'


@pytest.fixture(scope="session")
def client(corpus_index: Path, embedder: Embedder) -> Iterator[TestClient]:
    """The real corpus with the real model; do not write to it."""
    with TestClient(create_app(Settings(index_dir=corpus_index), embedder)) as client:
        yield client


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The real corpus and a hostile document, with the fast embedder."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "<b>kwaad.txt").write_text(f"{HOSTILE}\n\nmaatwerk {'w' * 100_000}\n", encoding="utf-8")
    (folder / "maatwerk.txt").write_text("Maatwerk in een gewone zin over maatwerkbedrijven.", encoding="utf-8")
    embedder = HashingEmbedder()
    update_index(folder / "index", [folder, CORPUS], embedder)
    with TestClient(create_app(Settings(index_dir=folder / "index"), embedder)) as client:
        yield client


@pytest.fixture
def nothing_remembered() -> None:
    """The client of language models is loaded, so that no clock runs meanwhile, and knows no answer.

    A port may be given again to another server.
    """
    import api.writer.client  # noqa: F401

    _written.cache_clear()


@pytest.fixture
def serve(tmp_path: Path, hashing: HashingEmbedder) -> Served:
    """Index files by name and content, and serve them."""

    def made(files: dict[str, bytes]) -> TestClient:
        corpus = tmp_path / "corpus"
        corpus.mkdir()
        for name, content in files.items():
            (corpus / name).write_bytes(content)
        report = update_index(tmp_path / "index", [corpus], hashing)
        assert not report.failed
        return TestClient(create_app(Settings(index_dir=tmp_path / "index"), hashing))

    return made


@pytest.fixture
def slow() -> SlowEmbedder:
    return SlowEmbedder()


@pytest.fixture
def app(tmp_path: Path, slow: SlowEmbedder) -> FastAPI:
    """A service of its own that has no document yet."""
    (tmp_path / "corpus").mkdir()
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", max_upload_bytes=100_000)
    return create_app(settings, slow)


@pytest.fixture
def here(app: FastAPI) -> Iterator[TestClient]:
    """A visitor at this computer itself."""
    with TestClient(app, client=HERE, base_url="http://127.0.0.1", headers=OWN) as client:
        yield client
