"""Reach the engine elsewhere that has the passages of an index."""

from index.errors import EngineMissing
from index.model.embed import Embedder
from index.store.engine import Engine
from index.store.manifest import RECIPES, short_hash
from ingest.reasons import reason_of

LOCAL = "lokaal"
_POINTS = 2  # 1 had no content hash of the document


def connect(where: str, embedder: Embedder) -> Engine:
    """Return the engine for the vectors of a model: "http://host:6333" of a Qdrant server, or a folder, its local mode.

    Raises:
        EngineMissing: it does not answer, or its client is not installed.
    """
    try:
        from index.store.qdrant import QdrantEngine, client_of
    except ImportError as error:
        raise EngineMissing(
            "Het pakket qdrant-client ontbreekt; installeer beleidswijzer[qdrant], of kies "
            f"BELEIDSWIJZER_ENGINE={LOCAL}."
        ) from error
    made_of = short_hash(embedder.name, RECIPES.vectors, RECIPES.terms, _POINTS)
    name = f"beleidswijzer-{made_of[:12]}"  # what differs never mixes
    try:
        return QdrantEngine(client_of(where), name, embedder.dimension)
    except Exception as error:  # whatever the network, the server or a lock of the folder says
        raise EngineMissing(
            f"De zoekmachine in {where} is niet bereikbaar ({reason_of(error)}); start ze, of kijk "
            "BELEIDSWIJZER_ENGINE na."
        ) from error
