"""Fit the reader on questions of our own: which unit answers, and whether any does.

`data/answer_fit.jsonl` holds questions with quotes, more than half of them without an answer in the corpus.
`data/answer_fit_pairs.jsonl` holds questions, mostly in everyday words, each with the passage that it was written for;
each is judged twice, as it is and with that passage (and those that say the same) taken away: then the corpus does not
hold its answer, and what is left is a near miss. No development question is among them and the model was not tuned on
any. Figures are crossed: each question is judged by weights fitted without it.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from eval.fit.pairs import PairRow, says_same
from eval.fit.weigh import Matrix, fit_choices
from eval.measure import stands_in, word_grams
from eval.questions import Answer, Question
from index.answer.calibration import Calibration, Logistic
from index.answer.reader import READ, Candidate, Evidence, Reader
from index.answer.statement import first_citation
from index.arrays import Mask, Rows, Vectors
from index.search.rank import Searcher
from index.terms import terms

REFUSED = 0.08  # share of answerable questions that the threshold may refuse among those that it is fitted on
WRONG = 0.02  # expected share of questions, of each kind, that may get a wrong statement in the voice of an answer
PLAIN_RIGHT, PLAIN_AUROC = "first statement right, late interaction alone", "AUROC, cosine alone"
_FOLDS = 5
_SAME = 0.5  # share of the shorter one's terms from which two passages say the same
_PAIR = 0.3  # weight of a question of which only the passage is known
_UNIT_L2, _ANSWER_C = 0.005, 0.1  # strength of the penalty, and its inverse: few questions


@dataclass(frozen=True, slots=True)
class Observation:
    """One question as the answerer sees it."""

    question: str
    evidence: Evidence  # what was found and read for it
    answerable: bool  # whether the corpus answers it
    weight: float  # how much it counts
    # Whether each unit read holds at least half of a grade-2 quote; of a pair whether it stands in a passage that says
    # the same as the pair's.
    right: Mask
    quotes: tuple[Answer, ...] = ()  # of grade 2; of a pair none

    def is_answered(self, candidates: Sequence[Candidate]) -> bool:
        """Whether the first statement answers the question."""
        best = candidates[0]
        if not self.quotes:
            right = (self.right[i] for i, (read, _) in enumerate(self.evidence.units()) if read is best.read)
            return self.answerable and any(right)
        grams = word_grams(first_citation(candidates).quote)
        return any(stands_in(quote, best.read.hit.document.document_id, grams) for quote in self.quotes)


def calibrate(
    searcher: Searcher,
    questions: Sequence[Question],
    pairs: Sequence[PairRow] = (),
    progress: Callable[[], object] = lambda: None,
) -> Calibration:
    """Fit both regressions and the threshold.

    Units are weighed by crossed weights before the second regression is fitted, so that it sees them as it will see
    those of a new question.
    """
    reader = Reader(searcher)
    observed: list[Observation] = []
    for question in questions:
        observed.append(observe(reader, question))
        progress()
    for pair in pairs:
        observed += _observe_pair(reader, pair)
        progress()
    answerable = np.array([one.answerable for one in observed])
    asked = [one.question for one in observed]  # both observations of a pair stay in one fold
    folds = list(StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=0).split(answerable, answerable, asked))
    signals, sound = _cross_units(observed, folds)
    weights = np.array([one.weight for one in observed])
    confidence = np.zeros(len(observed))
    for train, test in folds:
        crossed = _fit_answer([signals[i] for i in train], answerable[train], weights[train])
        confidence[test] = [crossed.probability(signals[i]) for i in test]
    own = weights == 1
    threshold = float(np.quantile(confidence[answerable], REFUSED))
    kinds = (answerable & own, ~answerable & own)
    sure = max(threshold, *(risk_threshold(confidence[kind], ~sound[kind]) for kind in kinds))
    return Calibration(
        model=searcher.index.manifest.model,
        data_sha256=hashlib.sha256("\n".join(asked).encode()).hexdigest(),
        unit=_fit_units(observed),
        answer=_fit_answer(signals, answerable, weights),
        threshold=round(threshold, 3),
        sure=round(min(sure, 0.999), 3),
        figures=_figures(answerable, sound, confidence, own, threshold, sure) | _plain_figures(observed, signals),
    )


def is_better(fitted: Calibration) -> bool:
    """Whether the reader, crossed, is better than the plain signals that it is made of; else it is not kept."""
    pairs = (("questions, first statement right", PLAIN_RIGHT), ("questions, AUROC", PLAIN_AUROC))
    return all(fitted.figures[own] > fitted.figures[plain] for own, plain in pairs)


def _plain_figures(observed: Sequence[Observation], signals: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return how good late interaction alone finds the unit, and the cosine of the best passage tells answerability."""
    late = Logistic(signals=("late",), mean=(0.0,), scale=(1.0,), weights=(1.0,), bias=0.0)
    own = [i for i, one in enumerate(observed) if one.weight == 1]
    able = [observed[i].answerable for i in own]
    found = [observed[i].is_answered(observed[i].evidence.weigh(late)) for i in own if observed[i].answerable]
    auroc = float(roc_auc_score(able, [signals[i]["dense"] for i in own]))
    return {PLAIN_RIGHT: round(float(np.mean(found)), 3), PLAIN_AUROC: round(auroc, 3)}


def _figures(
    answerable: Mask, sound: Mask, confidence: Matrix, own: Mask, threshold: float, sure: float
) -> dict[str, float]:
    """Return the crossed figures, of the questions with quotes and of those with a passage."""
    figures: dict[str, float] = {}
    for name, some in (("questions", own), ("pairs", ~own)):
        right, shown, trusted = answerable[some], confidence[some] >= threshold, confidence[some] >= sure
        if right.all() or not right.any():
            continue
        figures |= {
            name: float(some.sum()),
            f"{name}, answerable": float(right.sum()),
            f"{name}, AUROC": float(roc_auc_score(right, confidence[some])),
            f"{name}, unanswerable shown": float(shown[~right].mean()),
            f"{name}, unanswerable sure": float(trusted[~right].mean()),
            f"{name}, answerable sure": float(trusted[right].mean()),
            f"{name}, sure and wrong": float((~sound[some][trusted]).mean()) if trusted.any() else 0.0,
            f"{name}, first statement right": float(sound[some][right].mean()),
        }
    return {name: round(value, 3) for name, value in figures.items()}


def _cross_units(
    observed: Sequence[Observation], folds: Sequence[tuple[Rows, Rows]]
) -> tuple[list[dict[str, float]], Mask]:
    """Return of each question the signals of its answer, units weighed as those of a new question, and is it right."""
    signals: list[dict[str, float]] = [{}] * len(observed)
    sound = np.zeros(len(observed), np.bool_)
    for train, test in folds:
        fitted = _fit_units([observed[i] for i in train])
        for i in test:
            candidates = observed[i].evidence.weigh(fitted)
            signals[i] = observed[i].evidence.answer_signals(candidates)
            sound[i] = observed[i].is_answered(candidates)
    return signals, sound


def risk_threshold(confidence: Matrix, wrong: Mask) -> float:
    """Return the lowest confidence from which on at most WRONG of new questions are answered, and answered wrongly.

    Conformal risk control (Angelopoulos et al. 2022, https://arxiv.org/abs/2208.02814): the share among n judged
    questions, with one more counted as wrong, is a bound on the expected share among new ones.
    """
    allowed = int(WRONG * (len(confidence) + 1)) - 1
    highest = np.sort(confidence[wrong])[::-1]
    if allowed < 0 or allowed >= len(highest):
        return 1.0 if allowed < 0 else 0.0
    return float(np.nextafter(highest[allowed], 1))


def observe(reader: Reader, question: Question) -> Observation:
    """Observe a question with quotes."""
    analysed = reader.searcher.analyse(question.question)
    evidence = reader.read(question.question, analysed, reader.searcher.search_analysed(analysed, READ))
    quotes = tuple(answer for answer in question.answers if answer.grade == 2)
    units = ((read.hit.document.document_id, word_grams(read.parts.units[i].text)) for read, i in evidence.units())
    right = [any(stands_in(quote, name, grams) for quote in quotes) for name, grams in units]
    return Observation(question.question, evidence, bool(question.answers), 1.0, np.array(right, np.bool_), quotes)


def _observe_pair(reader: Reader, pair: PairRow) -> list[Observation]:
    """Observe a question as it is, and with the passage that answers it taken away."""
    told = set(terms(pair.passage or ""))
    analysed = reader.searcher.analyse(pair.question)
    hits = reader.searcher.search_analysed(analysed, 2 * READ)
    other = [hit for hit in hits if not says_same(set(terms(hit.passage.search_text)), told, _SAME)]
    observed = []
    for answerable, found in ((True, hits), (False, [replace(hit, rank=i) for i, hit in enumerate(other, start=1)])):
        evidence = reader.read(pair.question, analysed, found)
        same = [says_same(set(terms(read.hit.passage.search_text)), told, _SAME) for read in evidence.read]
        right = np.repeat(same, [len(read.parts.units) for read in evidence.read])
        observed.append(Observation(pair.question, evidence, answerable, _PAIR, right))
    return observed


def _fit_units(observed: Sequence[Observation]) -> Logistic:
    """Fit which unit of a question answers."""
    found = [one for one in observed if one.answerable and one.right.any() and not one.right.all()]
    model = _scale([one.evidence.signals for one in found])
    total = sum(one.weight for one in found)
    choices = [(model.standardise(one.evidence.signals), one.right, one.weight / total) for one in found]
    weights = fit_choices(choices, _UNIT_L2, np.zeros(len(model.signals)))
    return model.model_copy(update={"weights": tuple(weights.round(4).tolist())})


def _fit_answer(signals: Sequence[Mapping[str, float]], right: Mask, weights: Matrix) -> Logistic:
    """Fit whether the best unit answers."""
    columns = {name: np.array([row[name] for row in signals], np.float32) for name in signals[0]}
    model = _scale([columns])
    fitted = LogisticRegression(C=_ANSWER_C, max_iter=2000).fit(
        model.standardise(columns), right, sample_weight=weights
    )
    found = {"weights": tuple(fitted.coef_[0].round(4).tolist()), "bias": round(float(fitted.intercept_[0]), 4)}
    return model.model_copy(update=found)


def _scale(some: Sequence[Mapping[str, Vectors]]) -> Logistic:
    """Return a model without weights that knows the mean and deviation of each signal."""
    columns = {name: np.concatenate([signals[name] for signals in some]).astype(np.float64) for name in some[0]}
    return Logistic(
        signals=tuple(columns),
        mean=tuple(round(float(np.nan_to_num(np.nanmean(values))), 5) for values in columns.values()),
        scale=tuple(max(1e-3, round(float(np.nan_to_num(np.nanstd(values))), 5)) for values in columns.values()),
        weights=(0.0,) * len(columns),
        bias=0.0,
    )
