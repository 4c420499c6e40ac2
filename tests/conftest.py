import hashlib
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import settings as hypothesis_settings
from qdrant_client import QdrantClient

from api.settings import Settings
from index.arrays import Vectors
from index.model.embed import Embedder, Encoded, SentenceTransformerEmbedder
from index.search.rank import Searcher
from index.store.known import KnownVectors
from index.store.load import load_index
from index.store.local import LocalEngine, Part
from index.store.manifest import MANIFEST_NAME
from index.store.segment import Segment
from index.store.token_vectors import PackedTokens, TokenBook
from index.store.update import update_index
from ingest.document import Document
from tests.postgres import Cluster, find_binaries, running_cluster

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus"
hypothesis_settings.register_profile("any machine", deadline=None)  # how long a test takes, the machine decides
hypothesis_settings.load_profile("any machine")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="rewrite the golden files")


class HashingEmbedder:
    """A second, real embedder for speed: each word adds a fixed pseudo-random direction."""

    def __init__(self, name: str = "hashing-64", dimension: int = 64) -> None:
        self.name = name
        self.dimension = dimension
        self.pair_reader = None
        self.embedded: list[str] = []

    def embed_queries(self, texts: Sequence[str]) -> Encoded:
        tokens = tuple(self._tokens(text) for text in texts)
        return Encoded(np.stack([_unit(token.sum(axis=0)) for token in tokens]), tokens)

    def embed_passages(self, texts: Sequence[str]) -> Encoded:
        self.embedded += texts
        return self.embed_queries(texts)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return [(match.start(), match.end()) for match in re.finditer(r"\w+", text.lower())] or [(0, 0)]

    def _tokens(self, text: str) -> Vectors:
        return np.stack([_direction(word, self.dimension) for word in re.findall(r"\w+", text.lower()) or [""]])


@cache
def _direction(word: str, dimension: int) -> Vectors:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
    return _unit(np.random.default_rng(seed).standard_normal(dimension))


def _unit(vector: np.typing.NDArray[np.floating[Any]]) -> Vectors:
    unit: Vectors = (vector / np.linalg.norm(vector)).astype(np.float32)
    return unit


def local_engine(documents: Iterable[Document], embedder: HashingEmbedder) -> LocalEngine:
    """Return an engine of this process over documents."""
    some = [(document, "") for document in documents]
    encoded = embedder.embed_passages([p.search_text for document, _ in some for p in document.passages])
    tokens = PackedTokens.pack(encoded.tokens, TokenBook.plain(embedder.dimension))
    part = Part(Segment.build(some, encoded.vectors, tokens), np.ones(len(some), np.bool_))
    return LocalEngine([part], KnownVectors.none(embedder.dimension))


@cache
def qdrant_client() -> QdrantClient:
    """Return the server that BELEIDSWIJZER_TEST_QDRANT names, else Qdrant's local mode in memory."""
    address = os.environ.get("BELEIDSWIJZER_TEST_QDRANT")
    return QdrantClient(url=address) if address else QdrantClient(":memory:")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server of these tests' own."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("apt-get install postgresql")
    with tempfile.TemporaryDirectory() as folder, running_cluster(binaries, Path(folder)) as running:
        yield running


@pytest.fixture
def postgres(cluster: Cluster) -> str:
    """The address of an empty database, with a password that no message may have."""
    return cluster.new()


@pytest.fixture(params=["sqlite", "postgres"])
def records(request: pytest.FixtureRequest) -> str:
    """Where the records are, as `update_index` and `load_index` take it: in the folder, and in PostgreSQL."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Only this machine may be reached."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and not (isinstance(address, tuple) and address[0] in ("127.0.0.1", "::1")):
            raise AssertionError(f"network access to {address}")
        connect(self, address)  # type: ignore[arg-type]

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    yield
    patch.undo()


@pytest.fixture(scope="session")
def untuned() -> SentenceTransformerEmbedder:
    """The default model without adapter, converted into the user's cache at first use."""
    return SentenceTransformerEmbedder(Settings().model, Settings().model_dir)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The default model with the shipped adapter."""
    return Settings().load_embedder()


@pytest.fixture(scope="session")
def corpus_index(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder, worker_id: str) -> Path:
    """Index of the real corpus with the real model; do not write to it.

    Of the processes that run the tests the first that needs it makes it; each has a copy of its own.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "shared-corpus-index"
    with FileLock(f"{shared}.lock"):
        if not (shared / MANIFEST_NAME).exists():
            assert not update_index(shared, [CORPUS], embedder).failed
    return shutil.copytree(shared, tmp_path_factory.mktemp("corpus") / "index")


@pytest.fixture(scope="session")
def words_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Index of the real corpus with the fast embedder; do not write to it."""
    folder = tmp_path_factory.mktemp("words") / "index"
    update_index(folder, [CORPUS], HashingEmbedder())
    return folder


@pytest.fixture(scope="session")
def searcher(corpus_index: Path, embedder: Embedder) -> Searcher:
    return Searcher(load_index(corpus_index, embedder), embedder)


@pytest.fixture
def hashing() -> HashingEmbedder:
    return HashingEmbedder()


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    """A copy of the three short documents of the corpus, with the catalogue."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for file in [*CORPUS.glob("000*"), *CORPUS.glob("002*"), *CORPUS.glob("004*"), CORPUS / "catalogue.toml"]:
        shutil.copy(file, folder)
    return folder


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Drop root's right to write everywhere, so that file permissions mean something."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
