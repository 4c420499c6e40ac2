"""The files that are measured with: what is wrong with a line is said with the line, in Dutch; nothing is lost."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from eval.answers import read_answers
from eval.beir import read_collection, write_collection
from eval.errors import QuestionsError
from eval.qrels import read_qrels
from eval.questions import read_questions
from eval.run import read_run, read_trec

ENGLISH = re.compile(r"invalid|unpack|literal|could not|expected", re.I)


@pytest.mark.parametrize(
    ("reader", "line"),
    [
        (read_questions, '{"id": "a", "question": "Wat is een zeppelin?", "answers": []}'),
        (read_run, '{"id": "a", "hits": []}'),
        (read_answers, '{"id": "a", "answered": false, "confidence": 0}'),
    ],
)
def test_an_id_that_comes_back_is_refused_with_its_line(
    tmp_path: Path, reader: Callable[[Path], object], line: str
) -> None:
    path = tmp_path / "x.jsonl"
    other = line.replace('"a"', '"b"')
    path.write_text(f"{line}\n\n{other}\n", encoding="utf-8")
    reader(path)
    path.write_text(f"{line}\n\n{other}\n{line}\n", encoding="utf-8")
    with pytest.raises(QuestionsError, match="regel 4: de id 'a' staat er al"):
        reader(path)


@pytest.mark.parametrize(
    ("reader", "good", "bad"),
    [
        (read_qrels, "q 0 d 1", ["q 0 d", "q 0 d veel", "q 0 d 1.5", "q 0 d 1 x"]),
        (read_trec, "q Q0 d 1 0.5 t", ["q Q0 d 1 0.5", "q Q0 d 1 hoog t", "q Q0 d 1 nan t"]),
    ],
)
def test_a_wrong_line_of_columns_is_named(
    tmp_path: Path, reader: Callable[[Path], object], good: str, bad: list[str]
) -> None:
    path = tmp_path / "x.trec"
    for line in (*bad, "caf\udce9 0 d 1"):
        path.write_text(f"{good}\n\n{line}\n", encoding="utf-8", errors="surrogateescape")
        with pytest.raises(QuestionsError, match=r"x\.trec, regel 3: dit is geen regel") as error:
            reader(path)
        assert not ENGLISH.search(str(error.value))
    path.write_text(f"\ufeff{good}\r\n\r\n", encoding="utf-8")
    zipped = tmp_path / "x.gz"
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    assert reader(path) == reader(zipped)
    zipped.write_bytes(zipped.read_bytes()[:-9])
    with pytest.raises(QuestionsError, match="kan niet gelezen worden"):
        reader(zipped)
    zipped.write_bytes(gzip.compress(good.encode())[:10] + b"\xff" * 40)
    with pytest.raises(QuestionsError, match="kan niet gelezen worden"):
        reader(zipped)


def test_grades_of_other_tools_are_read(tmp_path: Path) -> None:
    (tmp_path / "x.trec").write_text("q 0 d 1.0\nq 0 e 2\n", encoding="utf-8")
    assert [row.relevance for row in read_qrels(tmp_path / "x.trec")] == [1, 2]


@pytest.mark.parametrize("header", ["", "query-id\tcorpus-id\tscore\n", "\ufeffvraag\ttekst\tgraad\r\n"])
def test_a_collection_loses_no_judgment_for_lack_of_a_header(tmp_path: Path, header: str) -> None:
    write_collection(tmp_path, {"a": "Ballon.", "b": "Zeppelin."}, {"1": "ballon", "2": "zeppelin"}, [])
    (tmp_path / "qrels.tsv").write_text(f"{header}1\ta\t1.0\n\n2\tb\t2\n", encoding="utf-8")
    assert [row[:3] for row in read_collection(tmp_path).qrels] == [("1", "a", 1), ("2", "b", 2)]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("qrels.tsv", "1\ta\t1\n1\tb\n", "qrels.tsv, regel 2: dit is geen regel 'query-id corpus-id score'"),
        ("qrels.tsv", "1\ta\t1\n1\tb\tja\n", "qrels.tsv, regel 2: dit is geen regel"),
        ("qrels.tsv", "1\ta\t1\r2\tb\t1\r", "qrels.tsv, regel 1: dit is geen regel"),
        ("qrels.tsv", f"1\t{200_000 * 'a'}\t1\n", "qrels.tsv, regel 1: dit is geen regel"),
        ("queries.jsonl", '\n{"_id": "1"}\n', "queries.jsonl, regel 2: Het veld 'text' ontbreekt"),
        ("corpus.jsonl", '{"text": "Ballon."}\n', "corpus.jsonl, regel 1: Het veld '_id' ontbreekt"),
        ("corpus.jsonl", '{"_id": "a", "text": "x"}\n{"_id": "a", "text": "y"}\n', "corpus.jsonl, regel 2: de id 'a' "),
        ("queries.jsonl", '{"_id": 1, "text": "x"}\n{"_id": "1", "text": "x"}\n', "queries.jsonl, regel 2: de id '1' "),
    ],
)
def test_a_wrong_line_of_a_collection_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    write_collection(tmp_path, {"a": "Ballon."}, {"1": "ballon"}, [])
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(QuestionsError, match=re.escape(said)) as error:
        read_collection(tmp_path)
    assert not ENGLISH.search(str(error.value))
