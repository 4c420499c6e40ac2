"""Weights in a byte each: what a layer gives stays what it gave."""

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from index.arrays import Vectors
from index.model.rounding import rounded, see, texts


def _layer(seed: int) -> tuple[Vectors, Vectors]:
    """Return weights (24, 16), some far larger than others, and inputs (200, 16) that hang together."""
    chance = np.random.default_rng(seed)
    weights = chance.standard_t(2, (24, 16))
    inputs = chance.normal(size=(200, 4)) @ chance.normal(size=(4, 16)) + chance.normal(size=(200, 16)) / 10
    return weights.astype(np.float32), inputs.astype(np.float32)


def _whole_and_made(weights: Vectors, inputs: Vectors | None) -> tuple[npt.NDArray[np.int8], Vectors, Vectors]:
    """Return what is rounded by itself or with what comes in, four to a scale, and the step and value of each."""
    gram = None if inputs is None else inputs.T.astype(np.float64) @ inputs
    whole, scale = rounded(weights, 4, gram)
    step = np.repeat(scale, 4, axis=1)
    return whole, step, whole * step


@given(st.integers(0, 10_000))
def test_what_is_rounded_alone_is_at_most_half_a_step_off(seed: int) -> None:
    weights, _ = _layer(seed)
    whole, step, made = _whole_and_made(weights, None)
    assert whole.dtype == np.int8 and (np.abs(whole.reshape(24, 4, 4)).max(axis=2) == 127).all()
    assert (np.abs(made - weights) <= 0.5001 * step).all()


def test_what_comes_in_makes_rounding_cost_less() -> None:
    lost = []
    for weights, inputs in map(_layer, range(50)):  # of some layers in a thousand it saves little: no law for each
        made = (_whole_and_made(weights, by)[2] for by in (None, inputs))
        lost.append([np.square(inputs @ (one - weights).T).sum() for one in made])
    alone, fitted = np.transpose(lost)
    assert (fitted < alone).all() and fitted.sum() < 0.25 * alone.sum()


def test_inputs_are_seen_as_a_layer_gets_them() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1))
    examples = [(torch.randn(2, 4, 3),), (torch.randn(1, 5, 3),)]
    seen = see(net, examples)
    rows = np.concatenate([one.reshape(-1, 3).numpy() for (one,) in examples])
    assert set(seen) == {"0", "2"}
    assert seen["0"].gram == pytest.approx(rows.T @ rows, rel=1e-4)
    assert seen["0"].largest == pytest.approx(np.abs(rows).max(axis=0))
    assert not any(layer._forward_pre_hooks for layer in net)


def test_texts_are_the_same_each_time_and_of_several_lengths() -> None:
    first = list(texts())
    assert first == list(texts())
    assert [{len(text.split()) for text in some} for some in first] == [{100}, {12}, {1}, {300}]
    assert {"de", "van", "DE", "Van"} < set(" ".join(first[0]).split())
