"""Reach the engine elsewhere that has the passages of an index."""

from typing import TYPE_CHECKING

from index.errors import EngineMissing
from index.model.embed import Embedder
from index.store.manifest import RECIPES, short_hash
from ingest.reasons import reason_of

if TYPE_CHECKING:
    from index.store.qdrant import QdrantEngine

LOCAL = "lokaal"
_POINTS = 2  # 1 had no content hash of the document


def connect(where: str, embedder: Embedder) -> "QdrantEngine":
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
    except EngineMissing:
        raise
    except Exception as error:  # whatever a lock of the folder says
        raise unreachable(where, error) from error


def unreachable(where: str, error: Exception) -> EngineMissing:
    """Return the error for an engine that does not answer."""
    return EngineMissing(
        f"De zoekmachine in {where} is niet bereikbaar ({reason_of(error)}); start ze, of kijk BELEIDSWIJZER_ENGINE na."
    )
