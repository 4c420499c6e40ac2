from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.compare import ALPHA, adjust, compare, letters
from eval.questions import read_questions
from eval.run import run_questions
from eval.variants import VARIANTS, EncodedQueries, variant_searchers
from index.model.embed import Embedder
from index.search.rank import Searcher
from tests.conftest import ROOT

VALUES = st.lists(
    st.tuples(st.sampled_from([0, 0.25, 0.5, 1]), st.sampled_from([0, 0.25, 0.5, 1])), min_size=1, max_size=9
)


@given(VALUES)
@settings(max_examples=60)
def test_the_p_value_is_the_share_of_all_assignments_of_signs(pairs: list[tuple[float, float]]) -> None:
    ours, theirs = ({str(i): pair[side] for i, pair in enumerate(pairs)} for side in (0, 1))
    row, worse = compare(ours, theirs), compare(ours, theirs, "less")
    delta = [a - b for a, b in pairs]
    sums = [sum(s * d for s, d in zip(signs, delta, strict=True)) for signs in product((1, -1), repeat=len(delta))]
    observed = sum(delta)
    assert worse.p_value == pytest.approx(sum(s <= observed + 1e-9 for s in sums) / len(sums)) or not any(delta)
    assert row.p_value == pytest.approx(sum(abs(s) >= abs(observed) - 1e-9 for s in sums) / len(sums))
    assert (row.wins, row.ties, row.losses) == (
        sum(d > 0 for d in delta), sum(d == 0 for d in delta), sum(d < 0 for d in delta)
    )  # fmt: skip
    swapped = compare(theirs, ours)
    assert (swapped.wins, swapped.losses, swapped.p_value) == (row.losses, row.wins, row.p_value)


def test_a_question_that_the_run_lacks_counts_zero() -> None:
    row = compare({}, {str(i): 1.0 for i in range(8)})
    assert (row.mean, row.baseline, row.losses) == (0, 1, 8)
    assert row.p_value == pytest.approx(2 / 2**8), "two of the 2^8 assignments of signs are as extreme"


def test_many_questions_are_sampled() -> None:
    theirs = {str(i): 0.5 for i in range(300)}
    assert compare({name: 0.6 for name in theirs}, theirs).p_value == pytest.approx(2 / 10_000)
    even = {name: 0.4 if int(name) % 2 else 0.6 for name in theirs}
    assert compare(even, theirs).p_value > 0.9


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), min_size=1, max_size=8))
def test_holm(p_values: dict[str, float]) -> None:
    adjusted = adjust(p_values)
    for alpha in (0.01, 0.05, 0.2):
        # The definition: go up through the p-values, reject while p <= alpha / (those left), stop at the first failure.
        rejected, left = set(), len(p_values)
        for name, p_value in sorted(p_values.items(), key=lambda item: item[1]):
            if p_value * left > alpha:
                break
            rejected.add(name)
            left -= 1
        assert {name for name, p_value in adjusted.items() if p_value <= alpha} == rejected


def test_letters_name_the_systems_that_are_beaten() -> None:
    ids = [str(i) for i in range(40)]
    systems = {
        "goed": dict.fromkeys(ids, 0.9),
        "ook goed": {name: 0.8 if int(name) % 2 else 1.0 for name in ids},
        "slecht": dict.fromkeys(ids, 0.1),
    }
    assert letters(systems) == {"goed": "c", "ook goed": "c", "slecht": ""}


def test_many_systems_can_have_letters() -> None:
    ids = [str(i) for i in range(40)]
    systems = {f"s{i}": dict.fromkeys(ids, 0.1) for i in range(24)} | {"goed": dict.fromkeys(ids, 0.9)}
    assert letters(systems)["goed"].startswith("abc"), "also where a p-value is multiplied by 300"


@given(st.lists(st.lists(st.floats(0, 1), min_size=12, max_size=12), min_size=2, max_size=3))
@settings(max_examples=25)
def test_a_letter_is_of_a_lower_mean_and_never_mutual(rows: list[list[float]]) -> None:
    systems = {name: {str(i): value for i, value in enumerate(row)} for name, row in zip("abc", rows, strict=False)}
    beaten = letters(systems)
    for name, marks in beaten.items():
        for other in marks:
            assert sum(systems[name].values()) > sum(systems[other].values()) and name not in beaten[other]
            assert compare(systems[name], systems[other]).p_value < ALPHA, "uncorrected it is significant as well"


def test_every_variant_of_the_pipeline_runs(searcher: Searcher, embedder: Embedder) -> None:
    questions = [
        question for question in read_questions(ROOT / "eval" / "data" / "dev.jsonl") if question.style == "typo"
    ]
    queries = EncodedQueries(embedder)
    queries.prepare([question.question for question in questions])
    once = Searcher(searcher.index, queries)
    runs = {name: run_questions(found, questions) for name, found in variant_searchers({True: once}).items()}
    assert list(runs) == [name for name, variant in VARIANTS.items() if variant.tuned]
    for asked, alone in run_questions(searcher, questions).items():  # in 16 bits a batch rounds otherwise: neighbours
        both = {hit.passage_id for hit in alone} & {hit.passage_id for hit in runs["full"][asked]}  # may change places
        assert len(both) >= len(alone) - 1, "encoded in a batch or one by one, the same is found"
    assert len({str(run) for run in runs.values()}) == len(runs), "no two variants find the same"
