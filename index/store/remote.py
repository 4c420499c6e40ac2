"""Reach the engine elsewhere that has the passages of an index."""

import atexit
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import EngineMissing
from index.model.embed import Embedder
from index.store.engine import Engine
from index.store.manifest import RECIPES, short_hash
from ingest.reasons import reason_of

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

LOCAL = "lokaal"
_POINTS = 2  # 1 had no content hash of the document


def connect(where: str, embedder: Embedder) -> Engine:
    """Return the engine at an address, or in a folder, for the vectors of a model.

    Args:
        where: "http://host:6333" of a Qdrant server, or a folder for its local mode.
        embedder: the model.

    Raises:
        EngineMissing: it does not answer, or its client is not installed.
    """
    try:
        from index.store.qdrant import QdrantEngine
    except ImportError as error:
        raise EngineMissing(
            "Het pakket qdrant-client ontbreekt; installeer beleidswijzer[qdrant], of kies "
            f"BELEIDSWIJZER_ENGINE={LOCAL}."
        ) from error
    made_of = short_hash(embedder.name, RECIPES.vectors, RECIPES.terms, _POINTS)
    name = f"beleidswijzer-{made_of[:12]}"  # what differs never mixes
    try:
        return QdrantEngine(_client(where), name, embedder.dimension)
    except Exception as error:  # whatever the network, the server or a lock of the folder says
        raise EngineMissing(
            f"De zoekmachine in {where} is niet bereikbaar ({reason_of(error)}); start ze, of kijk "
            "BELEIDSWIJZER_ENGINE na."
        ) from error


@cache
def _client(where: str) -> "QdrantClient":
    from qdrant_client import QdrantClient

    if "://" in where:
        return QdrantClient(url=where, timeout=60, check_compatibility=False)
    client = QdrantClient(path=str(Path(where)))
    atexit.register(client.close)
    return client
