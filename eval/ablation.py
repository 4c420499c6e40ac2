"""What each stage of the pipeline brings: the same questions with stages switched off, with a test of significance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import permutation_test

from eval.measure import measure
from eval.questions import FoundHit, Question
from eval.run import run_questions
from index.embed import Embedder
from index.search import Searcher, Stages

VARIANTS: Mapping[str, Stages] = {
    "all stages": Stages(),
    "no late interaction": Stages(late=False),
    "no spelling": Stages(spelling=False),
    "no words": Stages(lexical=False),
    "no vectors": Stages(dense=False),
    "vectors alone": Stages(spelling=False, lexical=False, late=False),
    "words alone": Stages(spelling=False, dense=False, late=False),
}
_RESAMPLES = 9_999
_Run = Mapping[str, Sequence[FoundHit]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One variant against all stages.

    Attributes:
        name: variant.
        ndcg: mean nDCG@10, in [0, 1].
        full: mean S@5, in [0, 1].
        wins, ties, losses: questions on which the variant is better, the same, worse.
        p_value: two-sided, of the paired randomisation test.
    """

    name: str
    ndcg: float
    full: float
    wins: int
    ties: int
    losses: int
    p_value: float


def compare_variants(
    searcher: Searcher,
    embedder: Embedder,
    questions: Sequence[Question],
    progress: Callable[[], object] | None = None,
) -> list[Comparison]:
    """Run the answerable questions through each variant of the pipeline, over one loaded index."""
    asked = [question for question in questions if question.answers]
    runs = {
        name: run_questions(Searcher(searcher.index, embedder, stages), asked, progress)
        for name, stages in VARIANTS.items()
    }
    first = next(iter(VARIANTS))
    return [compare_runs(name, asked, run, runs[first]) for name, run in runs.items()]


def compare_runs(name: str, questions: Sequence[Question], run: _Run, baseline: _Run) -> Comparison:
    """Compare a run with a baseline, question by question.

    The p-value is that of the paired randomisation test on nDCG@10. Source: Smucker, Allan and Carterette (2007),
    https://doi.org/10.1145/1321440.1321528.
    """
    rows = [measure(question, run.get(question.id, ())) for question in questions]
    ours = np.array([row["nDCG@10"] for row in rows])
    theirs = np.array([measure(question, baseline.get(question.id, ()))["nDCG@10"] for question in questions])
    delta = ours - theirs
    p_value = 1.0
    if np.any(np.abs(delta) > 1e-9):
        test = permutation_test(
            (ours, theirs),
            lambda a, b, axis: np.mean(a - b, axis=axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=_RESAMPLES,
            rng=np.random.default_rng(0),
        )
        p_value = float(test.pvalue)
    return Comparison(
        name,
        float(ours.mean()),
        float(np.mean([row["S@5"] for row in rows])),
        int(np.sum(delta > 1e-9)),
        int(np.sum(np.abs(delta) <= 1e-9)),
        int(np.sum(delta < -1e-9)),
        p_value,
    )
