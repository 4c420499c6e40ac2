"""Weights of the reader: two linear models over signals and two thresholds, fitted on our own questions.

Sources: McFadden (1974), Conditional logit analysis, for which unit answers; Platt (1999), Probabilistic outputs for
support vector machines, for whether any does.
"""

from collections.abc import Mapping
from functools import cache
from math import exp
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from index.arrays import Scores, Vectors

_FAR = 4.0  # standard deviations; further out a signal says no more
CALIBRATION_PATH = Path(__file__).parent / "calibration.json"


class Logistic(BaseModel):
    """A linear model over standardised signals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signals: Annotated[tuple[str, ...], Field(description="names, in order")]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def log_odds(self, signals: Mapping[str, Vectors]) -> Scores:
        """Return the log-odds for signals by name, each float32 (n,)."""
        scores: Scores = self.standardise(signals) @ np.array(self.weights) + self.bias
        return scores

    def standardise(self, signals: Mapping[str, Vectors]) -> Vectors:
        """Return signals in standard deviations from their mean, (n, n_signals); an unknown one (NaN) counts as it.

        Raises:
            ValueError: a signal is missing.
        """
        missing = set(self.signals) - set(signals)
        if missing:
            raise ValueError(
                f"De gewichten horen bij andere signalen ({', '.join(sorted(missing))}); draai 'make tune-reader'."
            )
        values = np.stack([signals[name] for name in self.signals], axis=1)
        standard = np.nan_to_num((values - np.array(self.mean)) / np.array(self.scale))
        clipped: Vectors = np.clip(standard, -_FAR, _FAR)
        return clipped

    def probability(self, signals: Mapping[str, float]) -> float:
        """Return the probability for signals by name."""
        odds = self.log_odds({name: np.array([value]) for name, value in signals.items()})
        return 1 / (1 + exp(-max(-30.0, min(30.0, float(odds[0])))))


class Calibration(BaseModel):
    """What the shipped answers are weighed with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[str, Field(description="model and adapter that it was fitted with")]
    data_sha256: Annotated[str, Field(description="of the questions that it was fitted on")]
    unit: Annotated[Logistic, Field(description="which unit answers")]
    answer: Annotated[Logistic, Field(description="whether the best one does")]
    threshold: Annotated[float, Field(gt=0, lt=1, description="confidence from which on something is shown")]
    sure: Annotated[float, Field(gt=0, lt=1, description="confidence from which on it is shown as the answer")]
    figures: Annotated[dict[str, float], Field(description="quality on the questions that it was fitted on, crossed")]


@cache
def read_calibration(path: Path = CALIBRATION_PATH) -> Calibration:
    """Return the shipped calibration."""
    return Calibration.model_validate_json(path.read_text(encoding="utf-8"))
