import json
from math import log2
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from api.cli.main import app
from eval.answers import read_answers
from eval.beir import best_documents, measure_collection, read_collection, run_collection, write_collection, write_texts
from eval.errors import QuestionsError
from eval.report.build import build_table
from index.search.rank import Searcher
from index.store.load import load_index
from index.store.update import update_index
from tests.conftest import HashingEmbedder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "beir"
    folder.mkdir()
    texts = {"A-1": "Subsidie voor zwembaden in Gent.", "B": "Fietspaden langs de kust.", "C": "Nieuwe treinen."}
    (folder / "corpus.jsonl").write_text(
        "".join(f'{{"_id": "{name}", "title": "", "text": "{text}"}}\n' for name, text in texts.items())
    )
    (folder / "queries.jsonl").write_text(
        '{"_id": "q1", "text": "zwembaden Gent"}\n'
        '{"_id": "q2", "text": "fietspaden kust", "kort": true}\n'
        '{"_id": "q3", "text": "x", "kort": true, "oud": true}\n'
    )
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tA-1\t1\nq2\tC\t1\n")
    return folder


def test_a_collection_is_searched_by_the_real_pipeline(folder: Path, tmp_path: Path, hashing: HashingEmbedder) -> None:
    collection = read_collection(folder)
    write_texts(collection, tmp_path / "texts")
    update_index(tmp_path / "index", [tmp_path / "texts"], hashing)
    searcher = Searcher(load_index(tmp_path / "index", hashing), hashing)
    run = run_collection(searcher, collection.queries)
    assert set(run) == {"q1", "q2"}
    assert run["q1"][0][0] == "A-1"
    rank = [doc_id for doc_id, _ in run["q2"]].index("C") + 1
    rows = measure_collection(collection.qrels, run)
    assert rows["q1"]["nDCG@10"] == 1 and rows["q2"]["nDCG@10"] == pytest.approx(1 / log2(rank + 1))
    assert measure_collection(collection.qrels, {})["q1"]["nDCG@10"] == 0, "a query without hits counts 0"
    tables = {mark: build_table(mark, {"full": rows}, {}, only=ids) for mark, ids in collection.groups.items()}
    assert {mark: table.systems[0].means["n"] for mark, table in tables.items()} == {"kort": 1}


def test_answers_over_a_collection_are_asked_and_measured(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_INDEX_DIR", str(tmp_path / "index"))
    (tmp_path / "q.jsonl").write_text(
        '{"id": "a", "question": "Waar komt een subsidie voor zwembaden?", "docs": ["A-1"]}\n'
        '{"id": "b", "question": "Hoeveel leraren Frans zijn er?", "docs": []}\n'
    )
    over = ["--questions", str(tmp_path / "q.jsonl"), "--beir", str(folder)]
    runner, answers = CliRunner(), tmp_path / "answers.jsonl"
    asked = runner.invoke(app, ["eval", "ask", str(answers), *over])
    assert asked.exit_code == 0, asked.output
    given = read_answers(answers)
    assert given["a"].answered and given["a"].citations[0].document_id == "A-1"
    measured = runner.invoke(app, ["eval", "answers", str(answers), *over, "--json"])
    assert measured.exit_code == 0, measured.output
    figures = json.loads(measured.stdout)
    assert (figures["answerable"], figures["unanswerable"], figures["follow_ups"]) == (1, 1, 0)
    assert (figures["found"], figures["verbatim"]) == (1, 1)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.floats(-5, 5))))
def test_a_document_counts_once_at_its_best_passage(hits: list[tuple[str, float]]) -> None:
    hits.sort(key=lambda hit: -hit[1])
    best = best_documents(hits)
    assert dict(best) == {name: max(score for other, score in hits if other == name) for name, _ in hits}
    assert [score for _, score in best] == sorted((score for _, score in best), reverse=True)
    assert len(best) == len({name for name, _ in hits})


def test_a_collection_is_read_back_as_written(folder: Path, tmp_path: Path) -> None:
    collection = read_collection(folder)
    write_collection(tmp_path / "copy", collection.texts, collection.queries, collection.qrels)
    copy = read_collection(tmp_path / "copy")
    assert (copy.texts, copy.queries, copy.qrels) == (collection.texts, collection.queries, collection.qrels)


@pytest.mark.parametrize("name", ["corpus.jsonl", "queries.jsonl", "qrels.tsv"])
def test_a_broken_collection_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_text("kapot\n\nkapot\tkapot\n")
    with pytest.raises(QuestionsError, match="geen BEIR-verzameling"):
        read_collection(folder)
    (folder / name).unlink()
    with pytest.raises(QuestionsError, match="geen BEIR-verzameling"):
        read_collection(folder)
