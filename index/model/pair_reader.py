"""Reads a question together with a unit of a passage: does the unit answer it, and with which of its words?

A cross-encoder (Nogueira and Cho 2019, https://arxiv.org/abs/1901.04085) with a span head (Devlin et al. 2019,
https://arxiv.org/abs/1810.04805). It starts from the embedding model's own layers and keeps its word embeddings, so
that only the layers are stored: int8, with a scale a row.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.arrays import Mask, Vectors
from index.errors import ModelError

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

SHIPPED_READER = Path(__file__).parent.parent / "reader"
WEIGHTS_NAME, MANIFEST_NAME = "reader.safetensors", "reader.json"
MOST_QUESTION, MOST_CONTEXT, MOST_UNIT = 40, 24, 72  # tokens
MOST_SPAN = 25  # tokens of the words that answer
QUESTION, CONTEXT, UNIT = 0, 1, 2  # kinds of token
_BATCH = 2  # units read at once, of like length: what fills up a batch costs as much as what is read

Ids = np.ndarray[tuple[int, int], np.dtype[np.int64]]
Batch = tuple[Ids, Ids, Vectors]  # ids and kinds of tokens (n, n_tokens), padded, and the late interaction of each (n,)
# of each batch log-odds (n,) and marks of start and end (n, n_tokens, 2)
Run = Callable[[Sequence[Batch]], Sequence[Sequence[Vectors]]]


class ReaderManifest(BaseModel):
    """What a reader was made of and what it brought."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_model: Annotated[str, Field(description="name of the embedding model whose word embeddings it keeps")]
    layers: Annotated[int, Field(ge=1)]
    questions: Annotated[int, Field(ge=1, description="training questions")]
    data_sha256: Annotated[str, Field(description="SHA-256 over the training data")]
    figures: Annotated[dict[str, float], Field(description="on questions that it was not trained on")]


@dataclass(frozen=True, slots=True)
class PairUnit:
    """A unit to read.

    Attributes:
        text: the passage, as it was embedded.
        tokens: which of the passage's tokens are the unit's, in order; one at least.
        late: mean over the question's tokens of the best cosine with one of these.
    """

    text: str
    tokens: tuple[int, ...]
    late: float


@dataclass(frozen=True, slots=True)
class PairReading:
    """What reading found.

    Attributes:
        odds: log-odds that the unit answers, float32 (n_units,).
        spans: of each unit the passage's tokens, first and last, of the words that answer best.
        sureness: log-probability of each span among all of its unit, float32 (n_units,).
    """

    odds: Vectors
    spans: tuple[tuple[int, int], ...]
    sureness: Vectors


class PairReader:
    """A reader on top of an embedding model.

    Args:
        tokenizer: of that model; neither pads nor cuts.
        run: the network.
    """

    def __init__(self, tokenizer: "Tokenizer", run: Run) -> None:
        self._tokenizer = tokenizer
        self._run = run
        self._passage = lru_cache(512)(lambda text: np.array(tokenizer.encode("passage: " + text).ids))

    def read(self, question: str, units: Sequence[PairUnit]) -> PairReading:
        """Read a question with each of some units, one at least."""
        asked = self._tokenizer.encode("query: " + question).ids[:MOST_QUESTION]
        end = self._tokenizer.encode("").ids[-1]
        rows = [pack(asked, self._passage(unit.text), unit.tokens, end) for unit in units]
        odds, sureness = np.zeros(len(units), np.float32), np.zeros(len(units), np.float32)
        spans = [(0, 0)] * len(units)
        order = sorted(range(len(units)), key=lambda i: len(rows[i][0]))
        together = [order[at : at + _BATCH] for at in range(0, len(order), _BATCH)]
        batches = [
            (
                pad([rows[i][0] for i in some], 1),
                pad([rows[i][1] for i in some], -1),
                np.array([units[i].late for i in some], np.float32),
            )
            for some in together
        ]
        for some, (_, kinds, _), (found, marks) in zip(together, batches, self._run(batches), strict=True):
            odds[some] = found
            for i, kind, mark in zip(some, kinds, _log_shares(marks, kinds == UNIT), strict=True):
                first, last, sureness[i] = best_span(mark, int((kind == UNIT).argmax()))
                spans[i] = (units[i].tokens[first], units[i].tokens[last])
        return PairReading(odds, tuple(spans), sureness)


def _log_shares(marks: Vectors, inside: Mask) -> Vectors:
    """Return log-probabilities of start and end (n, n_tokens, 2), none outside the unit."""
    only = np.where(inside[..., None], marks, np.float32(-1e4))
    only -= only.max(axis=1, keepdims=True)
    shares: Vectors = only - np.log(np.exp(only).sum(axis=1, keepdims=True))
    return shares


def torch_run(transformer: "torch.nn.Module", folder: Path, precision: str) -> Run:
    """Return the network in PyTorch.

    Args:
        transformer: the model's own BERT; its layers are copied, its embeddings shared.
        folder: with the weights.
        precision: "bfloat16" or "float32".

    Raises:
        ModelError: the folder holds no usable reader.
    """
    import torch

    embeddings = transformer.get_submodule("embeddings")
    device = next(transformer.parameters()).device
    dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
    net = read_net(transformer, folder).to(device, dtype).eval()

    def run(batches: Sequence[Batch]) -> list[list[Vectors]]:
        read = []
        with torch.inference_mode():
            for batch in batches:
                ids, kinds, late = (torch.from_numpy(one).to(device) for one in batch)
                made = net(embeddings(input_ids=ids).to(dtype), kinds, late)
                read.append([one.float().cpu().numpy() for one in made])
        return read

    return run


def pack(
    question: Sequence[int], passage: np.ndarray[tuple[int], np.dtype[np.int64]], tokens: Sequence[int], end: int
) -> tuple[list[int], list[int]]:
    """Return the ids and kinds of what is read: the question, what stands before the unit, the unit and an end mark."""
    own = [token for token in tokens if token < len(passage)][:MOST_UNIT]
    first = own[0] if own else 1
    context = passage[max(1, first - MOST_CONTEXT) : first].tolist()
    unit = passage[own].tolist()
    ids = [*question, *context, *unit, end]
    kinds = [QUESTION] * len(question) + [CONTEXT] * len(context) + [UNIT] * len(unit) + [QUESTION]
    return ids, kinds


def pad(rows: Sequence[Sequence[int]], filler: int) -> Ids:
    """Return rows as one array, the shorter ones filled up."""
    out = np.full((len(rows), max(map(len, rows))), filler, np.int64)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out


def best_span(marks: Vectors, start: int) -> tuple[int, int, float]:
    """Return the most probable span: first and last token, counted from `start`, and its log-probability."""
    both = marks[start:, 0][:, None] + marks[start:, 1][None]
    allowed = np.triu(np.tril(np.ones(both.shape, np.bool_), MOST_SPAN - 1))
    place = int(np.where(allowed, both, -np.inf).argmax())
    first, last = divmod(place, both.shape[1])
    return first, last, float(both[first, last])


def make_net(transformer: "torch.nn.Module", layers: int) -> "torch.nn.Module":
    """Return the network, its layers copied from a BERT's lowest ones and its heads new."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            own = transformer.get_submodule("encoder.layer")
            width = transformer.get_parameter("embeddings.word_embeddings.weight").shape[1]
            self.layers = nn.ModuleList(copy.deepcopy(list(own.children())[:layers]))
            self.kind = nn.Embedding(3, width)
            last = nn.Linear(width, 1)
            self.head = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Dropout(0.1), last)
            self.span = nn.Linear(width, 2)
            self.late, self.bias = nn.Parameter(torch.tensor(25.0)), nn.Parameter(torch.tensor(-12.0))
            nn.init.zeros_(self.kind.weight)
            nn.init.zeros_(last.weight)

        def forward(
            self, embedded: torch.Tensor, kind: torch.Tensor, late: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            """Return log-odds (n,) and start and end marks (n, n_tokens, 2); a kind of -1 is padding."""
            values = embedded + self.kind(kind.clamp(min=0))
            mask = torch.zeros(kind.shape, device=kind.device, dtype=values.dtype)
            mask = mask.masked_fill(kind < 0, -1e4)[:, None, None]
            for layer in self.layers:
                made = layer(values, attention_mask=mask)
                values = made[0] if isinstance(made, tuple) else made
            odds = self.head(values[:, 0])[:, 0].float() + self.late.float() * late + self.bias.float()
            return odds, self.span(values)

    return Net()


def read_net(transformer: "torch.nn.Module", folder: Path) -> "torch.nn.Module":
    """Return the network with the weights of a folder.

    Raises:
        ModelError: the folder holds no usable weights.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        stored = load_file(folder / WEIGHTS_NAME)
        net = make_net(transformer, read_manifest(folder).layers)
        weights = {
            name: tensor.float() * stored[f"{name}.scale"].float()[:, None]
            if f"{name}.scale" in stored
            else tensor.float()
            for name, tensor in stored.items()
            if not name.endswith(".scale")
        }
        net.load_state_dict(weights)
    except (OSError, RuntimeError, SafetensorError, AttributeError) as error:
        raise ModelError(
            f"De lezer in {folder} is niet te lezen ({str(error).splitlines()[0]}); draai 'make tune-reader'."
        ) from error
    return net


def read_manifest(folder: Path) -> ReaderManifest:
    """Return what a reader was made of.

    Raises:
        ModelError: the folder holds no manifest.
    """
    try:
        return ReaderManifest.model_validate_json((folder / MANIFEST_NAME).read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelError(
            f"De lezer in {folder} is niet te lezen ({str(error).splitlines()[0]}); draai 'make tune-reader'."
        ) from error
