"""Reads a question together with a passage: does a unit of it answer, and with which of its words?

A cross-encoder (Nogueira and Cho 2019, https://arxiv.org/abs/1901.04085) over the whole passage with its title and
heading, a score for each unit, and a span head (Devlin et al. 2019, https://arxiv.org/abs/1810.04805). It starts from
the embedding model's own layers and keeps its word embeddings, so that only the layers are stored: int8, with a scale a
row.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.arrays import Vectors
from index.errors import ModelError

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

    from index.model.lean import LeanTokenizer

SHIPPED_READER = Path(__file__).parent.parent / "reader"
WEIGHTS_NAME, MANIFEST_NAME = "reader.safetensors", "reader.json"
MOST_QUESTION, MOST_PLACE, MOST_PASSAGE = 40, 24, 384  # tokens
MOST_SPAN = 25  # tokens of the words that answer
QUESTION, CONTEXT, UNIT, FIRST = 0, 1, 2, 3  # kinds of token; FIRST is the first of a unit
_unreadable = partial(ModelError.unreadable, "De lezer", "draai 'make tune-reader'")
_BATCH = 2  # passages read at once, of like length: what fills up a batch costs as much as what is read

Ids = np.ndarray[tuple[int, int], np.dtype[np.int64]]
# ids and kinds of tokens (n, n_tokens), padded; for each unit its share of the tokens (n, n_units, n_tokens), all 0 for
# one that is padding; and its late interaction (n, n_units)
Batch = tuple[Ids, Ids, Vectors, Vectors]
# of each batch log-odds (n, n_units) and marks of start and end (n, n_tokens, 2)
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
class PassageUnits:
    """A passage to read.

    Attributes:
        text: as it was embedded.
        place: title and heading that it stands under.
        units: of each unit which of the passage's tokens are its own, in order.
        late: of each unit the mean over the question's tokens of the best cosine with one of these, float32 (n_units,).
    """

    text: str
    place: str
    units: tuple[tuple[int, ...], ...]
    late: Vectors


@dataclass(frozen=True, slots=True)
class PairReading:
    """What reading a passage found.

    Attributes:
        odds: log-odds that each unit answers, float32 (n_units,); of one that was not read the lowest of the others.
        spans: of each unit the passage's tokens, first and last, of the words that answer best; None if not read.
        sureness: log-probability of each span among all of its unit, float32 (n_units,).
    """

    odds: Vectors
    spans: tuple[tuple[int, int] | None, ...]
    sureness: Vectors


@dataclass(frozen=True, slots=True)
class Packed:
    """What is read at once: the question, the place and the passage, each token with its id and its kind.

    Attributes:
        units: of each unit the places of its tokens among these; none of one that lies beyond MOST_PASSAGE.
    """

    ids: tuple[int, ...]
    kinds: tuple[int, ...]
    units: tuple[tuple[int, ...], ...]


class PairReader:
    """A reader on top of an embedding model, with that model's tokenizer, which neither pads nor cuts."""

    def __init__(self, tokenizer: "Tokenizer | LeanTokenizer", run: Run) -> None:
        self._run = run
        self._packer = Packer(tokenizer)

    def read(self, question: str, passages: Sequence[PassageUnits]) -> list[PairReading]:
        """Read a question with each of some passages."""
        rows = [self._packer.pack(question, one.text, one.place, one.units) for one in passages]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i].ids))
        together = [order[at : at + _BATCH] for at in range(0, len(order), _BATCH)]
        batches = [batch([rows[i] for i in some], [passages[i].late for i in some]) for some in together]
        found: dict[int, PairReading] = {}
        for some, (odds, marks) in zip(together, self._run(batches), strict=True):
            for row, i in enumerate(some):
                found[i] = _reading(rows[i], passages[i], odds[row], marks[row])
        return [found[i] for i in range(len(rows))]


def _reading(row: Packed, passage: PassageUnits, odds: Vectors, marks: Vectors) -> PairReading:
    spans, sureness = list[tuple[int, int] | None](), np.zeros(len(row.units), np.float32)
    own = odds[: len(row.units)].astype(np.float32)
    read = np.array([bool(places) for places in row.units])
    own[~read] = own[read].min() if read.any() else 0
    for i, places in enumerate(row.units):
        first, last, sureness[i] = best_span(marks[list(places)]) if places else (0, 0, 0.0)
        spans.append((passage.units[i][first], passage.units[i][last]) if places else None)
    return PairReading(own, tuple(spans), sureness)


class Packer:
    """Puts a question and a passage into one row of tokens; remembers passages, since many ask about the same ones."""

    def __init__(self, tokenizer: "Tokenizer | LeanTokenizer") -> None:
        self._question = lru_cache(64)(lambda text: tokenizer.encode("query: " + text).ids[:MOST_QUESTION])
        self._place = lru_cache(512)(lambda text: tokenizer.encode(text).ids[1:][:MOST_PLACE])
        self._passage = lru_cache(2048)(lambda text: tokenizer.encode("passage: " + text).ids[1:MOST_PASSAGE])

    def pack(self, question: str, text: str, place: str, units: Sequence[Sequence[int]]) -> Packed:
        """Return the question, the place and the passage as one row."""
        asked, about, passage = self._question(question), self._place(place), self._passage(text)
        start = len(asked) + len(about) - 1  # the passage's own first mark is left out
        kinds = [QUESTION] * len(asked) + [CONTEXT] * (len(about) + len(passage))
        placed = tuple(tuple(start + token for token in unit if 0 < token <= len(passage)) for unit in units)
        for at in (at for places in placed for at in places):
            kinds[at] = UNIT
        for at in (places[0] for places in placed if places):
            kinds[at] = FIRST
        return Packed((*asked, *about, *passage), tuple(kinds), placed)


def batch(rows: Sequence[Packed], late: Sequence[Vectors]) -> Batch:
    """Return rows, with the late interaction of their units, as arrays, the shorter ones filled up."""
    longest, most = max(len(row.ids) for row in rows), max(1, *(len(row.units) for row in rows))
    ids, kinds = np.full((len(rows), longest), 1, np.int64), np.full((len(rows), longest), -1, np.int64)
    shares = np.zeros((len(rows), most, longest), np.float32)
    lates = np.zeros((len(rows), most), np.float32)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)], kinds[i, : len(row.ids)] = row.ids, row.kinds
        lates[i, : len(row.units)] = late[i]
        for unit, places in enumerate(row.units):
            shares[i, unit, list(places)] = 1 / max(1, len(places))
    return ids, kinds, shares, lates


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
                ids, *rest = (torch.from_numpy(one).to(device) for one in batch)
                made = net(embeddings(input_ids=ids).to(dtype), *rest)
                read.append([one.float().cpu().numpy() for one in made])
        return read

    return run


def best_span(marks: Vectors) -> tuple[int, int, float]:
    """Return the likeliest span by marks of start and end (n_tokens, 2): first, last and its log-probability."""
    shares = marks - marks.max(axis=0)
    shares = shares - np.log(np.exp(shares).sum(axis=0))
    both = shares[:, 0][:, None] + shares[:, 1][None]
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
            self.kind = nn.Embedding(4, width)
            last = nn.Linear(width, 1)
            self.head = nn.Sequential(nn.Linear(2 * width, width), nn.GELU(), nn.Dropout(0.1), last)
            self.span = nn.Linear(width, 2)
            self.late, self.bias = nn.Parameter(torch.tensor(25.0)), nn.Parameter(torch.tensor(-12.0))
            nn.init.zeros_(self.kind.weight)
            nn.init.zeros_(last.weight)

        def forward(
            self, embedded: torch.Tensor, kind: torch.Tensor, shares: torch.Tensor, late: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            """Return log-odds (n, n_units) and start and end marks (n, n_tokens, 2); a kind of -1 is padding."""
            values = embedded + self.kind(kind.clamp(min=0))
            mask = torch.zeros(kind.shape, device=kind.device, dtype=values.dtype)
            mask = mask.masked_fill(kind < 0, -1e4)[:, None, None]
            for layer in self.layers:
                values = layer(values, attention_mask=mask)
            own = shares.to(values.dtype) @ values
            whole = values[:, :1].expand_as(own)
            odds = self.head(torch.cat([own, whole], -1))[..., 0].float()
            return odds + self.late.float() * late + self.bias.float(), self.span(values)

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
        raise _unreadable(folder, error) from error
    return net


def read_manifest(folder: Path) -> ReaderManifest:
    """Return what a reader was made of.

    Raises:
        ModelError: the folder holds no manifest.
    """
    try:
        return ReaderManifest.model_validate_json((folder / MANIFEST_NAME).read_bytes())
    except (OSError, ValidationError) as error:
        raise _unreadable(folder, error) from error
