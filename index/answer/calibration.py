"""Weights that turn signals into probabilities: two logistic regressions and a threshold, fitted on our own questions.

Source: Platt (1999), Probabilistic outputs for support vector machines; here over several signals.
"""

from functools import cache
from math import exp
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from index.answer.evidence import ANSWER_SIGNALS, UNIT_SIGNALS
from index.arrays import Vectors

CALIBRATION_PATH = Path(__file__).parent / "calibration.json"


class Logistic(BaseModel):
    """A logistic regression over standardised signals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signals: Annotated[tuple[str, ...], Field(description="names, in order")]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def log_odds(self, values: Vectors) -> float:
        """Return the log-odds for signals, float32 (n,); one that is not known (NaN) counts as the mean."""
        standard = np.nan_to_num((values - np.array(self.mean)) / np.array(self.scale))
        return float(standard @ np.array(self.weights)) + self.bias

    def probability(self, values: Vectors) -> float:
        """Return the probability for signals, float32 (n,)."""
        return 1 / (1 + exp(-max(-30.0, min(30.0, self.log_odds(values)))))


class Calibration(BaseModel):
    """What the shipped answers are weighed with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: Logistic
    answer: Logistic
    threshold: Annotated[float, Field(gt=0, lt=1, description="confidence from which on something is shown")]
    sure: Annotated[float, Field(gt=0, lt=1, description="confidence from which on it is shown as the answer")]
    figures: Annotated[dict[str, float], Field(description="quality on the questions that it was fitted on, crossed")]


@cache
def read_calibration(path: Path = CALIBRATION_PATH) -> Calibration:
    """Return the shipped calibration.

    Raises:
        ValueError: its signals are not those of this release.
    """
    calibration = Calibration.model_validate_json(path.read_text(encoding="utf-8"))
    if calibration.unit.signals != UNIT_SIGNALS or calibration.answer.signals != ANSWER_SIGNALS:
        raise ValueError(f"{path} hoort bij andere signalen; draai 'make calibrate'.")
    return calibration
