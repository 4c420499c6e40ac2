"""The default model by OpenVINO gives what sentence-transformers gives."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.settings import Settings
from eval.questions import DATA, read_questions
from index.model import fast
from index.model.embed import SentenceTransformerEmbedder
from index.model.fast import FastEmbedder
from index.model.pair_reader import PassageUnits
from tests.conftest import CORPUS, ROOT

TEXTS = [file.read_text("utf-8")[:700] for file in sorted(CORPUS.glob("*.txt"))]
TEXTS += ["Kort", "", "Eén zin – met ‘tekens’, ﬁ en 3,5 %.\n\tEn meer."]
TOO_LONG = "maatwerk " * 1000


@pytest.fixture(scope="module")
def slow() -> SentenceTransformerEmbedder:
    """What is loaded where there is no OpenVINO."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "openvino", None)
        assert not fast.is_fast_here()
        loaded = Settings().load_embedder()
    assert isinstance(loaded, SentenceTransformerEmbedder)
    return loaded


@pytest.fixture(scope="module")
def quick() -> FastEmbedder:
    return FastEmbedder(Settings().model_dir, Settings().adapter_dir())


def test_vectors_and_tokens_are_those_without_openvino(slow: SentenceTransformerEmbedder, quick: FastEmbedder) -> None:
    assert (quick.name, quick.dimension) == (slow.name, slow.dimension)
    for name, texts in product(("embed_passages", "embed_queries"), (TEXTS, [TOO_LONG])):
        exact, found = getattr(slow, name)(texts), getattr(quick, name)(texts)
        assert np.sum(exact.vectors * found.vectors, axis=1).min() > 0.999
        for left, right in zip(exact.tokens, found.tokens, strict=True):
            assert left.shape == right.shape
            assert np.sum(left * right, axis=1).min() > 0.998
    assert quick.embed_passages([]).vectors.shape == (0, quick.dimension)


@pytest.mark.slow
def test_no_question_of_our_own_is_read_otherwise(slow: SentenceTransformerEmbedder, quick: FastEmbedder) -> None:
    questions = [q.question for name in ("answer_fit", "answer_test") for q in read_questions(DATA / f"{name}.jsonl")]
    exact, found = slow.embed_queries(questions).vectors, quick.embed_queries(questions).vectors
    assert np.sum(exact * found, axis=1).min() > 0.999


@given(st.text(max_size=200))
@settings(max_examples=50)
def test_places_of_tokens_are_the_same(slow: SentenceTransformerEmbedder, quick: FastEmbedder, text: str) -> None:
    assert quick.token_offsets(text) == slow.token_offsets(text)


def test_the_reader_gives_the_same_odds(slow: SentenceTransformerEmbedder, quick: FastEmbedder) -> None:
    text = "De stad telt 12 mensen in het bedrijf. Het bestuur betaalt."
    late = np.array([0.8, 0.5], np.float32)
    passages = [
        PassageUnits(text, "Gent in cijfers", (tuple(range(3, 11)), tuple(range(11, 16))), late),
        PassageUnits("Er zijn 12 mensen.", "", ((3, 4, 5), (900,)), late),
    ]
    assert slow.pair_reader
    exact, found = (one.read("Hoeveel mensen?", passages) for one in (slow.pair_reader, quick.pair_reader))
    for one, other in zip(exact, found, strict=True):
        assert np.allclose(one.odds, other.odds, atol=0.3) and one.spans == other.spans
    assert found[1].spans[1] is None and found[1].odds[1] == found[1].odds[0], "a unit beyond the end is not read"


def test_questions_at_once_get_the_answers_of_each_alone(quick: FastEmbedder) -> None:
    alone = [quick.embed_queries([text]) for text in TEXTS]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda text: quick.embed_queries([text]), TEXTS * 4))
    for one, other in zip(alone * 4, together, strict=True):
        assert np.array_equal(one.vectors, other.vectors)


@pytest.mark.slow
def test_two_first_batches_at_once_do_not_wait_for_each_other() -> None:
    code = (
        "from api.settings import Settings; from index.model.fast import FastEmbedder;"
        "quick = FastEmbedder(Settings().model_dir, Settings().adapter_dir());"
        "print(len(quick.embed_passages(['maatwerk ' * 600] * 12).vectors))"
    )
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert done.stdout == "12\n"


@pytest.mark.slow
def test_a_model_folder_that_goes_while_it_is_used_is_made_again_later(
    tmp_path: Path, quick: FastEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models"
    shutil.copytree(Settings().model_dir, folder)
    used = FastEmbedder(folder, Settings().adapter_dir())
    passage = [PassageUnits("Er zijn 12 mensen.", "", ((3, 4, 5),), np.array([0.8], np.float32))]
    (expected,) = used.pair_reader.read("Hoeveel?", passage)
    shutil.rmtree(folder)
    assert np.array_equal(used.embed_queries(TEXTS).vectors, quick.embed_queries(TEXTS).vectors)
    assert np.array_equal(used.pair_reader.read("Hoeveel?", passage)[0].odds, expected.odds)
    here = fast._has_bfloat16()
    monkeypatch.setattr(fast, "_has_bfloat16", lambda: not here)  # as on the other kind of processor
    again = FastEmbedder(folder, Settings().adapter_dir())
    assert again.runs_on != quick.runs_on
    assert np.sum(again.embed_queries(TEXTS).vectors * quick.embed_queries(TEXTS).vectors, axis=1).min() > 0.999


def test_batches_hold_each_text_once_and_few_tokens() -> None:
    lengths = [7, 512, 3, 512, 512, 512, 512, 90, 12]
    batches = list(fast._batches(lengths))
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(len(batch) * max(lengths[i] for i in batch) <= 2048 for batch in batches)
