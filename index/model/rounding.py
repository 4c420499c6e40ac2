"""A converted network in a byte a weight: a query waits for a quarter of the memory, and multiplies whole numbers.

Plain rounding costs too much (cosine 0.992 to the network as it was). So what rounding a weight changes is made good by
those that follow it, as far as what comes into the layer tells (Frantar et al., 2022, GPTQ,
https://arxiv.org/abs/2210.17323), after values that are large in all that comes in have moved into the weights (Xiao et
al., 2022, SmoothQuant, https://arxiv.org/abs/2211.10438).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from index.arrays import Vectors
from ingest.dutch import dutch_words

if TYPE_CHECKING:
    import torch

_FEWEST = 384  # rows of weights that are rounded: the last ones, to a single number, stay as they are
_MOST = 127  # of a whole number in a byte
_TINY = 1e-9
_MOVED = 0.55  # share of large values that moves into the weights; of 0.4 to 0.7 the one with the least lost
_DAMPED = 0.01  # of the mean of the diagonal, as in GPTQ
_BLOCK = 64  # columns after which the rest is made good at once
_SEEN = ((100, 100), (100, 12), (100, 1), (8, 300))  # how many texts of how many words
_FORMS = (0.7, 0.1, 0.1, 0.1)  # shares of words as they are, with a capital, in capitals, and of figures


Gram: TypeAlias = npt.NDArray[np.float64]


@dataclass(slots=True)
class Seen:
    """What came into a layer of n values: X.T @ X, float64 (n, n), and the largest of each value, float32 (n,)."""

    gram: Gram
    largest: Vectors


def texts() -> Iterator[list[str]]:
    """Yield texts to see what comes in by, those of one length together, the same each time.

    Dutch words as often as they are used, some with capitals, and figures. What they say hardly matters: by passages
    and questions as little is lost, but of capitals and figures more where none was seen.
    """
    words, shares = zip(*dutch_words().items(), strict=True)
    chance, share = np.random.default_rng(0), np.array(shares) / sum(shares)
    for size in _SEEN:
        drawn = chance.choice(words, size, p=share)
        figures = (10 ** chance.uniform(0, 6, size)).astype(int).astype(str)
        forms = np.array([drawn, np.char.title(drawn), np.char.upper(drawn), figures])
        yield [" ".join(row) for row in np.choose(chance.choice(4, size, p=_FORMS), forms)]


def see(net: "torch.nn.Module", examples: Iterable[tuple["torch.Tensor", ...]]) -> dict[str, Seen]:
    """Return what comes into each linear layer of a network, by its name, as it reads examples."""
    import torch

    seen: dict[str, Seen] = {}

    def look(name: str, values: "torch.Tensor") -> None:
        rows: Vectors = values.reshape(-1, values.shape[-1]).numpy()
        one = seen.setdefault(name, Seen(np.zeros((rows.shape[1],) * 2), np.full(rows.shape[1], _TINY, np.float32)))
        one.gram += rows.T @ rows
        np.maximum(one.largest, np.abs(rows).max(axis=0), out=one.largest)

    hooks = [
        layer.register_forward_pre_hook(lambda _, values, name=name: look(name, values[0]))
        for name, layer in net.named_modules()
        if isinstance(layer, torch.nn.Linear)
    ]
    with torch.inference_mode():
        for example in examples:
            net(*example)
    for hook in hooks:
        hook.remove()
    return seen


def to_bytes(model: Any, group: int, seen: Mapping[str, Seen]) -> None:  # noqa: ANN401 - openvino has no types
    """Keep the weights of a network in OpenVINO's form in a byte each.

    Args:
        model: changed in place.
        group: how many weights that follow each other share a scale.
        seen: what comes into its layers, by the name that they had; of others weights are rounded each by itself.
    """
    layers: dict[str, list[Any]] = {}  # those that read the same values, by what gives these
    for node in model.get_ordered_ops():
        if node.get_type_name() == "MatMul" and len(_weights(node)) >= _FEWEST:
            layers.setdefault(node.input_value(0).get_node().get_friendly_name(), []).append(node)
    for nodes in layers.values():
        name = nodes[0].get_friendly_name().removeprefix("__module.").partition("/")[0]
        _round_layers(nodes, group, seen.get(name))


def _weights(node: Any) -> Vectors:  # noqa: ANN401
    """Return the weights of a layer; none of a product of two things that are computed."""
    source = node.input_value(1).get_node()
    weights: Vectors = source.data if source.get_type_name() == "Constant" else np.empty(0, np.float32)
    return weights


def _round_layers(nodes: list[Any], group: int, seen: Seen | None) -> None:
    """Round the weights of layers that read the same values."""
    from openvino import opset13 as ops

    weights = [_weights(node) for node in nodes]
    gram = None
    if seen:
        largest = np.max([np.abs(one).max(axis=0) for one in weights], axis=0).clip(min=_TINY)
        moved = (seen.largest**_MOVED / largest ** (1 - _MOVED)).astype(np.float32)
        weights, gram = [one * moved for one in weights], seen.gram / np.outer(moved, moved)
        less = ops.multiply(nodes[0].input_value(0), ops.constant(1 / moved)).output(0)
    for node, own in zip(nodes, weights, strict=True):
        whole, scale = rounded(own, group, gram)
        grouped = ops.convert(ops.constant(whole.reshape(len(own), -1, group)), "f32")
        made = ops.multiply(grouped, ops.constant(scale[:, :, None]))
        made = ops.reshape(made, ops.constant(list(own.shape)), special_zero=False)
        node.input(1).replace_source_output(made.output(0))
        if seen:
            node.input(0).replace_source_output(less)


def rounded(weights: Vectors, group: int, gram: Gram | None) -> tuple[npt.NDArray[np.int8], Vectors]:
    """Return weights as whole numbers, (rows, n), with a scale for each group, float32 (rows, n / group).

    Args:
        weights: float32 (rows, n).
        group: a divisor of n.
        gram: what comes in, see Seen; None rounds each weight by itself.
    """
    grouped = weights.reshape(len(weights), -1, group)
    scale: Vectors = np.abs(grouped).max(axis=2).clip(min=_TINY) / _MOST
    step = np.repeat(scale, group, axis=1)
    if gram is None:
        return _whole(weights / step), scale
    order = np.argsort(-np.diag(gram))  # what weighs most is rounded first, while there is most to make it good
    whole = np.empty(weights.shape, np.int8)
    whole[:, order] = _made_good(weights[:, order].astype(np.float64), step[:, order], gram[np.ix_(order, order)])
    return whole, scale


def _whole(numbers: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.int8]:
    whole: npt.NDArray[np.int8] = np.rint(numbers).clip(-_MOST, _MOST).astype(np.int8)
    return whole


def _made_good(exact: npt.NDArray[np.float64], step: Vectors, gram: Gram) -> npt.NDArray[np.int8]:
    """Return weights, (rows, n), in whole steps, each with what the rounding of those before it changed made good."""
    damped = gram + np.eye(len(gram)) * _DAMPED * np.diag(gram).mean()
    upper = np.linalg.cholesky(np.linalg.inv(damped)).T
    whole = np.empty(exact.shape, np.int8)
    for start in range(0, len(gram), _BLOCK):
        end = min(start + _BLOCK, len(gram))
        lost = np.empty((len(exact), end - start))
        for i in range(start, end):
            whole[:, i] = _whole(exact[:, i] / step[:, i])
            lost[:, i - start] = (exact[:, i] - whole[:, i] * step[:, i]) / upper[i, i]
            exact[:, i + 1 : end] -= np.outer(lost[:, i - start], upper[i, i + 1 : end])
        exact[:, end:] -= lost @ upper[start:end, end:]
    return whole
