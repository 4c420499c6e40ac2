import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from api.settings import Settings
from eval.fit.pairs import MIN_PAIRS, Pair, read_pairs
from eval.fit.tune import TuneOptions, tune
from index.errors import ModelError, TuningError
from index.model.adapter import (
    ADAPTER_NAME,
    SHIPPED_ADAPTER,
    AdapterManifest,
    adapter_id,
    apply_change,
    compress_change,
    read_adapter,
    save_adapter,
)
from index.model.embed import SentenceTransformerEmbedder
from index.model.pair_reader import read_manifest
from ingest.errors import RowsError
from ingest.files import read_document
from tests.conftest import CORPUS

QUICK = TuneOptions(layers=2, passes=2, batch=8, questions=2, learning_rate=2e-4)


def _write(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _rows(n: int) -> list[dict[str, str]]:
    lines = (CORPUS / "questions.jsonl").read_text(encoding="utf-8").splitlines()[:n]
    return [{key: json.loads(line)[key] for key in ("question", "doc", "passage")} for line in lines]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "0 verschillende paren zijn te weinig"),
        (
            '{"question": "Wat is dit?", "doc": "000", "passage": "Dit."}\n' * 500,
            "1 verschillende paren",
        ),
        ("".join(json.dumps(row) + "\n" for row in _rows(3)), "3 verschillende paren zijn te weinig"),
        ("geen json", "regel 1: Dit is geen geldige JSON"),
        ('{"doc": "000"}', "regel 1: Het veld 'question' ontbreekt"),
    ],
)
def test_useless_pairs_are_refused(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises((TuningError, RowsError), match=sentence):
        read_pairs([path], [], None, [])


def test_test_questions_are_refused(tmp_path: Path) -> None:
    rows = _rows(MIN_PAIRS + 5)
    path = _write(tmp_path / "pairs.jsonl", rows)
    assert len(read_pairs([path], [], None, ["Een andere vraag?"])) == MIN_PAIRS + 5
    with pytest.raises(TuningError, match="testvraag"):
        read_pairs([path], [], None, [rows[7]["question"].upper().replace("?", " ?!")])


def test_pairs_meet_the_passages_of_today(tmp_path: Path) -> None:
    documents = [read_document(path) for path in CORPUS.glob("*.txt")]
    texts = {passage.search_text for document in documents for passage in document.passages}
    pairs = read_pairs([_write(tmp_path / "pairs.jsonl", _rows(200))], documents, None, [])
    assert sum(pair.passage in texts for pair in pairs) > 0.95 * len(pairs)


def test_pairs_without_text_are_looked_up(tmp_path: Path) -> None:
    _write(tmp_path / "corpus.jsonl", [{"_id": "x", "text": "De tekst."}])
    rows = [{"question": f"Vraag nummer {i}?", "doc": "x" if i % 2 else "weg"} for i in range(2 * MIN_PAIRS)]
    path = _write(tmp_path / "pairs.jsonl", rows)
    assert {pair.passage for pair in read_pairs([path], [], tmp_path, [])} == {"De tekst."}
    with pytest.raises(TuningError, match="0 verschillende paren"):
        read_pairs([path], [], None, [])


def _pairs(n: int) -> list[Pair]:
    return [Pair(row["question"], row["passage"], "pairs") for row in _rows(n)]


@pytest.mark.slow
def test_shuffled_pairs_are_refused_before_any_work(untuned: SentenceTransformerEmbedder) -> None:
    questions = {pair.passage: pair.question for pair in _pairs(4000) if len(pair.passage) < 400}
    passages = random.Random(0).sample(sorted(questions), len(questions))
    together = zip(questions.values(), passages, strict=True)
    shuffled = [Pair(question, passage, "pairs") for question, passage in together]
    with pytest.raises(TuningError, match="niet bij elkaar kunnen horen"):
        tune(untuned, shuffled, QUICK)


@pytest.mark.slow
def test_tuning_learns_the_same_each_time_and_leaves_the_model_alone(
    untuned: SentenceTransformerEmbedder, tmp_path: Path
) -> None:
    pairs = _pairs(100)
    before = untuned.embed_queries(["Wat is SIFO?"]).vectors
    tuned = tune(untuned, pairs, QUICK)
    assert np.allclose(untuned.embed_queries(["Wat is SIFO?"]).vectors, before, atol=1e-6)
    again = tune(untuned, pairs, QUICK)
    assert tuned.manifest == again.manifest
    assert set(tuned.manifest.figures) == {
        "held back, before",
        "held back, after",
        "unseen, before",
        "unseen, after",
    }
    figures = tuned.manifest.figures
    better = figures["held back, after"] > figures["held back, before"]
    assert tuned.kept == (better and figures["unseen, after"] >= figures["unseen, before"])
    save_adapter(tmp_path, tuned.tensors, tuned.manifest)
    adapted = SentenceTransformerEmbedder(Settings().model, Settings().model_dir, tmp_path)
    assert adapted.name == f"{untuned.name}+{adapter_id(tmp_path)}"
    assert not np.allclose(adapted.embed_queries(["Wat is SIFO?"]).vectors, before, atol=1e-3)


@pytest.mark.slow
def test_a_corpus_without_a_judged_question_does_not_stop_the_others(untuned: SentenceTransformerEmbedder) -> None:
    lonely = Pair("Wie beheert de brug over het kanaal?", "De brug over het kanaal is van de haven.", "elders")
    result = tune(untuned, [*_pairs(100), lonely], replace(QUICK, passes=1, held_back=0.02))
    assert all(0 < value <= 100 for value in result.manifest.figures.values())


def test_a_change_of_low_rank_is_kept_whole() -> None:
    layer = torch.nn.Linear(12, 8)
    base = {name: weight.detach().clone() for name, weight in layer.named_parameters()}
    change = torch.randn(8, 2) @ torch.randn(2, 12)
    tuned = {"weight": base["weight"] + change, "bias": base["bias"] + 1}
    tensors = compress_change(base, tuned, rank=2)
    assert {name: tuple(t.shape) for name, t in tensors.items()} == {
        "weight.up": (8, 2),
        "weight.down": (2, 12),
        "bias.delta": (8,),
    }
    apply_change(layer, tensors)
    assert torch.allclose(layer.weight, tuned["weight"], atol=0.02)
    assert torch.allclose(layer.bias, tuned["bias"], atol=0.01)


def test_a_wrong_adapter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="BELEIDSWIJZER_ADAPTER"):
        read_adapter(tmp_path)
    manifest = AdapterManifest(base_model="een ander", layers=1, rank=1, pairs=100, data_sha256="", figures={})
    save_adapter(tmp_path, {"x.delta": torch.zeros(1)}, manifest)
    with pytest.raises(ModelError, match="is gemaakt voor een ander"):
        SentenceTransformerEmbedder(Settings().model, Settings().model_dir, tmp_path)
    (tmp_path / ADAPTER_NAME).write_bytes(b"kapot")
    with pytest.raises(ModelError, match="is niet te lezen"):
        read_adapter(tmp_path)
    (tmp_path / "reader.json").mkdir()
    with pytest.raises(ModelError, match=r"De lezer in .* is niet te lezen \(dat is een map\); draai"):
        read_manifest(tmp_path)


def test_the_shipped_adapter_is_small_and_was_better() -> None:
    manifest, _ = read_adapter(SHIPPED_ADAPTER)
    assert (SHIPPED_ADAPTER / ADAPTER_NAME).stat().st_size < 25_000_000
    for name in ("held back", "unseen"):
        assert manifest.figures[f"{name}, after"] >= manifest.figures[f"{name}, before"]
