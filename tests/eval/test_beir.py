import json
from math import log2
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from api.cli.main import app
from eval.answers import read_answers
from eval.beir import (
    MEASURES,
    Collection,
    best_documents,
    read_collection,
    run_collection,
    text_name,
    write_collection,
    write_texts,
)
from eval.errors import QuestionsError
from eval.qrels import measure_ranking
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
    run = run_collection(searcher, collection)
    assert set(run) == {"q1", "q2"}
    assert run["q1"][0][0] == "A-1"
    rank = [doc_id for doc_id, _ in run["q2"]].index("C") + 1
    rows = measure_ranking(MEASURES, collection.qrels, run)
    assert rows["q1"]["nDCG@10"] == 1 and rows["q2"]["nDCG@10"] == pytest.approx(1 / log2(rank + 1))
    assert measure_ranking(MEASURES, collection.qrels, {})["q1"]["nDCG@10"] == 0, "a query without hits counts 0"
    tables = {mark: build_table(mark, {"full": rows}, {}, only=ids) for mark, ids in collection.groups.items()}
    assert {mark: table.systems[0].means["n"] for mark, table in tables.items()} == {"kort": 1}


@pytest.mark.slow
def test_answers_over_a_collection_are_asked_and_measured(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_INDEX_DIR", str(tmp_path / "index"))
    corpus = folder / "corpus.jsonl"
    corpus.write_text(corpus.read_text(encoding="utf-8").replace("A-1", "A/1"), encoding="utf-8")
    (tmp_path / "q.jsonl").write_text(
        '{"id": "a", "question": "Waar komt een subsidie voor zwembaden?", "docs": ["A/1"]}\n'
        '{"id": "b", "question": "Hoeveel leraren Frans zijn er?", "docs": []}\n'
    )
    over = ["--questions", str(tmp_path / "q.jsonl"), "--beir", str(folder)]
    runner, answers = CliRunner(), tmp_path / "answers.jsonl"
    asked = runner.invoke(app, ["eval", "ask", str(answers), *over])
    assert asked.exit_code == 0, asked.output
    given = read_answers(answers)
    assert given["a"].answered and given["a"].citations[0].document_id == "A/1"
    measured = runner.invoke(app, ["eval", "answers", str(answers), *over, "--json"])
    assert measured.exit_code == 0, measured.output
    figures = json.loads(measured.stdout)
    assert (figures["answerable"], figures["unanswerable"], figures["follow_ups"]) == (1, 1, 0)
    assert (figures["found"], figures["verbatim"]) == (1, 1)


ODD = ["../../x", "/nergens/x", "groepen", "Groepen", ".hid", "~$x", "doc/1", "a\0b", "", "een twee", "é", "x" * 300]
ODD.append(f"id-{'0' * 32}")  # as if it were the name of another


def test_an_id_that_is_no_file_name_is_searched_and_measured_as_any_other(
    tmp_path: Path, hashing: HashingEmbedder
) -> None:
    place = tmp_path / "work" / "texts"
    words = {name: f"woord{i}" for i, name in enumerate([*ODD, "A-1"])}
    texts = {name: f"Een tekst over {word} en {word}." for name, word in words.items()}
    collection = Collection(texts, words, [])
    write_texts(collection, place)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(place.glob("[Ai][-d]*.txt"))
    update_index(tmp_path / "index", [place], hashing, keep_copies=True)
    run = run_collection(Searcher(load_index(tmp_path / "index", hashing), hashing), collection)
    assert {name: hits[0][0] for name, hits in run.items()} == {name: name for name in words}


@given(st.lists(st.one_of(st.text(), st.sampled_from(ODD)), unique=True))
def test_each_text_has_its_own_safe_name_that_leads_back(ids: list[str]) -> None:
    again = [text_name(doc_id) for doc_id in ids]  # the name of a text as an id: it may not be that text's
    back = Collection(dict.fromkeys([*ids, *again], ""), {}, []).ids()
    assert [back[text_name(doc_id)] for doc_id in (*ids, *again)] == [*ids, *again]
    assert all(name.isascii() and name[0].isalnum() and len(name) <= 150 and "/" not in name for name in back)


def test_texts_that_left_the_collection_are_removed(folder: Path, tmp_path: Path) -> None:
    collection = read_collection(folder)
    write_texts(collection, tmp_path / "texts")
    write_texts(Collection({"B": collection.texts["B"], "C": " "}, {}, []), tmp_path / "texts")
    assert [path.name for path in (tmp_path / "texts").iterdir()] == ["B.txt"]


@pytest.mark.slow
def test_collections_in_folders_of_one_name_have_their_own_index(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_INDEX_DIR", str(tmp_path / "index"))
    other = tmp_path / "ander" / folder.name
    write_collection(other, {"A-1": "Niets daarvan.", "doc/2": "Een zwembad te Gent."}, {"q1": "zwembad Gent"}, [])
    (other / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tdoc/2\t1\n", encoding="utf-8")
    for place, queries in ((folder, 2), (other, 1)):
        done = CliRunner().invoke(app, ["eval", "--beir", str(place), "--json"])
        assert done.exit_code == 0, done.output
        figures = json.loads(done.stdout)["beir"]
        assert figures["n"] == queries and (queries == 2 or figures["nDCG@10"] == 1)
    made = [path for path in (tmp_path / "index" / "beir").iterdir() if path.name.startswith("beir-")]
    assert sorted(len(list((path / "texts").iterdir())) for path in made) == [2, 3]


def test_a_judged_query_that_is_not_there_does_not_count(folder: Path) -> None:
    with (folder / "qrels.tsv").open("a", encoding="utf-8") as file:
        file.write("weg\tA-1\t1\n")
    collection = read_collection(folder)
    assert set(measure_ranking(MEASURES, collection.qrels, {})) == set(collection.queries) == {"q1", "q2"}


def test_a_pair_with_two_grades_is_refused(folder: Path) -> None:
    with (folder / "qrels.tsv").open("a", encoding="utf-8") as file:
        file.write("q1\tA-1\t1\n")
    assert read_collection(folder).queries
    with (folder / "qrels.tsv").open("a", encoding="utf-8") as file:
        file.write("q1\tA-1\t0\n")
    with pytest.raises(QuestionsError, match="document A-1 bij vraag q1 twee verschillende graden"):
        read_collection(folder)


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
