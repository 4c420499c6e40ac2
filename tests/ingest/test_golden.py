"""The three questions of the corpus as passages; `make golden` rewrites the files, to be reviewed as a diff."""

import json
import re

import pytest

from ingest.files import read_document
from tests.conftest import CORPUS, ROOT


@pytest.mark.parametrize("number", ["000", "002", "004"])
def test_question_and_answer_pairs(number: str, request: pytest.FixtureRequest) -> None:
    document = read_document(next(CORPUS.glob(f"{number}*.txt")))
    found = [
        {"passage_id": p.passage_id, "section": list(p.section), "text": document.quote(p.spans)}
        for p in document.passages
    ]
    golden = ROOT / "tests" / "golden" / f"{number}.json"
    if request.config.getoption("--rewrite-golden"):
        golden.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    assert found == json.loads(golden.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("number", "questions"), [("000", 3), ("004", 4)])
def test_each_sub_question_stands_with_its_own_answer(number: str, questions: int) -> None:
    document = read_document(next(CORPUS.glob(f"{number}*.txt")))
    for i in range(1, questions + 1):
        pair = [p for p in document.passages if p.section == (f"Vraag en antwoord {i}",)]
        starts = [re.findall(r"^\d\. ", document.quote(passage.spans), re.M) for passage in pair]
        assert starts[0] == [f"{i}. "] * 2, "the question and its answer"
        assert all(more == [f"{i}. "] for more in starts[1:]), "each part of the answer carries its question"


def test_answers_that_are_not_numbered_are_not_guessed_apart() -> None:
    document = read_document(next(CORPUS.glob("002*.txt")))
    sections = [passage.section[-1] for passage in document.passages]
    assert sections.count("Antwoord op vragen 1 tot 3 (niet per vraag genummerd)") == 3
    assert not any(section.startswith("Vraag en antwoord") for section in sections)
