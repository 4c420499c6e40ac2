"""Fit what answers are weighed with, on questions of our own: which unit answers, and whether anything does.

`data/answer_fit.jsonl` holds questions with quotes, half of them without an answer in the corpus.
`data/answer_fit_pairs.jsonl` holds questions, mostly in everyday words, each with the passage that it was written for;
each is judged twice, as it is and with that passage (and those that say the same) taken away: then the corpus does not
hold its answer, and what is left is a near miss. No development question is among them and the model was not tuned on
any. Logistic regression by scikit-learn; figures are crossed: each question is judged by weights fitted without it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from eval.fit.pairs import PairRow
from eval.measure import word_grams
from eval.questions import Question
from index.answer.answer import READ, Evidence, Reader
from index.answer.calibration import Calibration, Logistic
from index.answer.evidence import ANSWER_SIGNALS, UNIT_SIGNALS
from index.search.rank import Searcher
from index.terms import terms

REFUSED = 0.07  # share of answerable questions that the threshold may refuse among those that it is fitted on
WRONG = 0.05  # expected share of questions, of each kind, that may get a wrong statement in the voice of an answer
_FOLDS = 10
_SAME = 0.5  # share of the shorter one's terms from which two passages say the same
_UNIT_C, _ANSWER_C = 1.0, 0.1  # inverse strength of the L2 penalty; few questions and many signals ask for a strong one

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Observation:
    """One question as the answerer sees it.

    Attributes:
        question: the question.
        evidence: what was found and read for it.
        answerable: whether the corpus answers it.
        right: whether each unit read holds at least half of a grade-2 quote, or is at least half within one.
        sound: the same, or of a pair whether the unit stands in a passage that says the same as the pair's.
    """

    question: str
    evidence: Evidence
    answerable: bool
    right: npt.NDArray[np.bool_]
    sound: npt.NDArray[np.bool_]

    def first_is_sound(self, weights: Logistic) -> bool:
        """Whether the most probable unit answers the question."""
        best = self.evidence.weigh(weights)[0].unit
        return any(
            sound and unit is best for (_, unit, _), sound in zip(self.evidence.units(), self.sound, strict=True)
        )


def calibrate(
    searcher: Searcher,
    questions: Sequence[Question],
    pairs: Sequence[PairRow] = (),
    progress: Callable[[], object] | None = None,
) -> Calibration:
    """Fit both regressions and the threshold.

    Units are weighed by crossed weights before the second regression is fitted, so that it sees them as it will see
    those of a new question.

    Args:
        searcher: search over the corpus that the questions are about.
        questions: questions with quotes; those without any have no answer.
        pairs: questions with their passage.
        progress: called after each question.
    """
    reader = Reader(searcher)
    observed: list[Observation] = []
    for question in questions:
        observed.append(_observe(reader, question))
        if progress:
            progress()
    for pair in pairs:
        observed += _observe_pair(reader, pair)
        if progress:
            progress()
    answerable = np.array([one.answerable for one in observed])
    asked = [one.question for one in observed]  # both observations of a pair stay together
    folds = list(StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0).split(answerable, answerable, asked))
    signals = np.zeros((len(observed), len(ANSWER_SIGNALS)))
    sound = np.zeros(len(observed), np.bool_)
    for train, test in folds:
        fitted = _fit_units([observed[i] for i in train])
        for i in test:
            signals[i] = _answer_signals(observed[i].evidence, fitted)
            sound[i] = observed[i].answerable and observed[i].first_is_sound(fitted)
    confidence = np.zeros(len(observed))
    for train, test in folds:
        crossed = _fit(ANSWER_SIGNALS, signals[train], answerable[train], _ANSWER_C)
        confidence[test] = [crossed.probability(row) for row in signals[test]]
    threshold = float(np.quantile(confidence[answerable], REFUSED))
    kinds = (answerable, ~answerable)
    sure = max(threshold, *(risk_threshold(confidence[kind], ~sound[kind]) for kind in kinds))
    figures = {
        "judged": float(len(observed)),
        "answerable": float(answerable.sum()),
        "AUROC, crossed": float(roc_auc_score(answerable, confidence)),
        "unanswerable refused, crossed": float((confidence[~answerable] < threshold).mean()),
        "unanswerable sure, crossed": float((confidence[~answerable] >= sure).mean()),
        "answerable sure, crossed": float((confidence[answerable] >= sure).mean()),
        "sure and wrong, crossed": float((~sound[confidence >= sure]).mean()) if (confidence >= sure).any() else 0.0,
        "first statement sound, crossed": float(sound[answerable].mean()),
    }
    return Calibration(
        unit=_fit_units(observed),
        answer=_fit(ANSWER_SIGNALS, signals, answerable, _ANSWER_C),
        threshold=round(threshold, 3),
        sure=round(min(sure, 0.999), 3),
        figures={name: round(value, 3) for name, value in figures.items()},
    )


def risk_threshold(confidence: Matrix, wrong: npt.NDArray[np.bool_]) -> float:
    """Return the lowest confidence from which on at most WRONG of new questions are answered, and answered wrongly.

    Conformal risk control (Angelopoulos et al. 2022, https://arxiv.org/abs/2208.02814): the share among n judged
    questions, with one more counted as wrong, is a bound on the expected share among new ones.
    """
    allowed = int(WRONG * (len(confidence) + 1)) - 1
    highest = np.sort(confidence[wrong])[::-1]
    if allowed < 0 or allowed >= len(highest):
        return 1.0 if allowed < 0 else 0.0
    return float(np.nextafter(highest[allowed], 1))


def _observe(reader: Reader, question: Question) -> Observation:
    analysed = reader.searcher.analyse(question.question)
    hits = reader.searcher.search_analysed(analysed, READ)
    evidence = reader.read(question.question, analysed, hits)
    quotes = [(answer.doc, word_grams(answer.quote or "")) for answer in question.answers if answer.grade == 2]
    right = []
    for read, unit, _ in evidence.units():
        document = read.hit.document
        grams = word_grams(document.quote(unit.spans))
        wanted = [quote for doc, quote in quotes if document.document_id.startswith(doc)]
        right.append(any(2 * len(quote & grams) >= min(len(quote), len(grams)) for quote in wanted))
    judged = np.array(right, np.bool_)
    return Observation(question.question, evidence, bool(question.answers), judged, judged)


def _observe_pair(reader: Reader, pair: PairRow) -> list[Observation]:
    """Observe a question as it is, and with the passage that answers it taken away.

    Which unit of the passage answers is not known, so that units are not fitted on it.
    """
    told = frozenset(terms(pair.passage or ""))
    analysed = reader.searcher.analyse(pair.question)
    hits = reader.searcher.search_analysed(analysed, 2 * READ)
    other = [hit for hit in hits if not _says_same(frozenset(terms(hit.passage.search_text)), told)]
    observed = []
    for answerable, found in ((True, hits), (False, [replace(hit, rank=i) for i, hit in enumerate(other, start=1)])):
        evidence = reader.read(pair.question, analysed, found[:READ])
        nothing = np.zeros(len(list(evidence.units())), np.bool_)
        same = {
            read.hit.rank: _says_same(frozenset(terms(read.hit.passage.search_text)), told) for read in evidence.read
        }
        sound = np.array([same[read.hit.rank] for read, _, _ in evidence.units()], np.bool_)
        observed.append(Observation(pair.question, evidence, answerable, nothing, sound))
    return observed


def _says_same(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= _SAME * max(1, min(len(one), len(other)))


def _answer_signals(evidence: Evidence, unit: Logistic) -> Matrix:
    return evidence.signals(evidence.weigh(unit)[0]).vector().astype(np.float64)


def _fit_units(observed: Sequence[Observation]) -> Logistic:
    """Fit on questions of which a right unit was read; each question weighs the same."""
    found = [one for one in observed if one.right.any()]
    weights = np.concatenate([np.full(len(one.right), 1 / len(one.right)) for one in found])
    return _fit(
        UNIT_SIGNALS,
        np.array(
            [signals.vector() for one in found for read in one.evidence.read for _, signals in read.units], np.float64
        ),
        np.concatenate([one.right for one in found]),
        _UNIT_C,
        weights * len(weights) / weights.sum(),
    )


def _fit(
    names: tuple[str, ...],
    values: Matrix,
    right: npt.NDArray[np.bool_],
    strength: float,
    weights: Matrix | None = None,
) -> Logistic:
    mean, scale = np.nanmean(values, axis=0), np.nanstd(values, axis=0).clip(min=1e-3)
    standard = np.nan_to_num((values - mean) / scale)
    model = LogisticRegression(C=strength, max_iter=2000).fit(standard, right, sample_weight=weights)
    return Logistic(
        signals=names,
        mean=tuple(float(x) for x in mean.round(5)),
        scale=tuple(float(x) for x in scale.round(5)),
        weights=tuple(float(x) for x in model.coef_[0].round(4)),
        bias=round(float(model.intercept_[0]), 4),
    )
