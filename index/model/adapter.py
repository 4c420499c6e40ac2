"""Adapters: small changes to the embedding model that make it know a field.

An adapter holds, for each weight matrix that tuning changed, the change as a product of two thin matrices, and for
each vector the change itself. Source: Hu et al. (2021), LoRA, https://arxiv.org/abs/2106.09685; here the thin matrices
come from a singular value decomposition of the whole change, after tuning.
"""

import hashlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from index.errors import ModelError

if TYPE_CHECKING:
    import torch

ADAPTER_NAME = "adapter.safetensors"
ADAPTER_MANIFEST_NAME = "adapter.json"
SHIPPED_ADAPTER = Path(__file__).parent.parent / "adapter"
RANK = 128  # of the change of a matrix; development nDCG@10 is 84.2 at this rank, 84.2 whole, 82.9 at 64, 82.1 at 28
_unreadable = partial(ModelError.unreadable, "De aanpassing", "stel BELEIDSWIJZER_ADAPTER in")


class AdapterManifest(BaseModel):
    """What an adapter was made of and what it brought."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_model: Annotated[str, Field(description="name of the model that it changes")]
    layers: Annotated[int, Field(ge=1, description="number of top layers that were tuned")]
    rank: Annotated[int, Field(ge=1)]
    pairs: Annotated[int, Field(ge=1, description="training pairs")]
    data_sha256: Annotated[str, Field(description="SHA-256 over the training pairs")]
    figures: Annotated[dict[str, float], Field(description="nDCG@10, before and after, on what was held back")]


def compress_change(
    base: Mapping[str, "torch.Tensor"], tuned: Mapping[str, "torch.Tensor"], rank: int = RANK
) -> dict[str, "torch.Tensor"]:
    """Return the change between two sets of weights of the same names in adapter form, float16.

    Returns:
        "<name>.down" (rank, in) and "<name>.up" (out, rank) for a matrix, "<name>.delta" for a vector.
    """
    import torch

    tensors: dict[str, torch.Tensor] = {}
    for name, after in tuned.items():
        delta = (after - base[name]).float()
        if delta.dim() < 2:
            tensors[f"{name}.delta"] = delta.half()
            continue
        left, values, right = torch.linalg.svd(delta, full_matrices=False)
        root = values[:rank].sqrt()
        tensors[f"{name}.up"] = (left[:, :rank] * root).half().contiguous()
        tensors[f"{name}.down"] = (root[:, None] * right[:rank]).half().contiguous()
    return tensors


def apply_change(model: "torch.nn.Module", tensors: Mapping[str, "torch.Tensor"]) -> None:
    """Add an adapter's changes to the weights of a model, in place.

    Raises:
        KeyError: the model has no weight of that name.
    """
    import torch

    weights = dict(model.named_parameters())
    with torch.no_grad():
        for key, tensor in tensors.items():
            name, _, part = key.rpartition(".")
            if part == "delta":
                weights[name].add_(tensor.float())
            elif part == "up":
                weights[name].add_(tensor.float() @ tensors[f"{name}.down"].float())


def save_weights(names: tuple[str, str], folder: Path, tensors: Mapping[str, "torch.Tensor"], made: BaseModel) -> None:
    """Write weights and what they were made of into a folder, which is made if it is not there."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / names[0])
    (folder / names[1]).write_text(made.model_dump_json(indent=2) + "\n", encoding="utf-8")


save_adapter = partial(save_weights, (ADAPTER_NAME, ADAPTER_MANIFEST_NAME))


def read_adapter(folder: Path) -> tuple[AdapterManifest, dict[str, "torch.Tensor"]]:
    """Read an adapter.

    Raises:
        ModelError: the folder holds no usable adapter.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        manifest = AdapterManifest.model_validate_json((folder / ADAPTER_MANIFEST_NAME).read_bytes())
        return manifest, load_file(folder / ADAPTER_NAME)
    except (OSError, ValidationError, SafetensorError) as error:
        raise _unreadable(folder, error) from error


def adapter_id(folder: Path) -> str:
    """Return a short fingerprint of an adapter's weights.

    Raises:
        ModelError: they cannot be read.
    """
    try:
        return hashlib.sha256((folder / ADAPTER_NAME).read_bytes()).hexdigest()[:12]
    except OSError as error:
        raise _unreadable(folder, error) from error
