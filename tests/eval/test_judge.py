import datetime
import json
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from api.access.keys import KeyStore
from api.cli.main import app
from eval.errors import QuestionsError
from eval.judge import Candidate, Judgment, adopt, agreement, as_questions, pool, read_judgments
from eval.measure import measure
from eval.questions import Question, append_row, read_questions, write_rows
from eval.run import FoundHit, write_run
from ingest.errors import RowsError

QUESTION = Question(id="q", question="Wat is maatwerk?", answers=[])
HITS = [FoundHit("000-a", f"passage {i} over maatwerk en begeleiding") for i in range(4)]


def judgment(text: str, grade: int, judge: str = "an", quote: str | None = None) -> Judgment:
    return Judgment(
        question_id="q",
        question="Wat is maatwerk?",
        document_id="000-a",
        text=text,
        grade=grade,
        quote=text if quote is None else quote,
        judge=judge,
        date=datetime.date(2026, 1, 1),
    )


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30))
def test_kappa_is_agreement_beyond_chance(grades: list[tuple[int, int]]) -> None:
    found = agreement(
        [judgment(str(i), a, "an") for i, (a, _) in enumerate(grades)],
        [judgment(str(i), b, "bo") for i, (_, b) in enumerate(grades)],
    )
    n = len(grades)
    observed = sum(a == b for a, b in grades) / n
    chance = sum(sum(a == grade for a, _ in grades) * sum(b == grade for _, b in grades) for grade in range(3)) / n**2
    assert found.equal == pytest.approx(observed) and len(found.differing) == n - round(observed * n)
    if found.kappa is None:
        assert chance == 1
    else:
        assert found.kappa == pytest.approx((observed - chance) / (1 - chance)) and found.weighted is not None
        wrong = sum(abs(a - b) for a, b in grades) / n
        expected = sum(abs(a - b) for (a, _), (_, b) in product(grades, grades)) / n**2
        assert found.weighted == pytest.approx(1 - wrong / expected)


def test_two_judges_need_something_in_common() -> None:
    with pytest.raises(QuestionsError, match="geen passage gemeen"):
        agreement([judgment("a", 1)], [judgment("b", 1)])


def test_a_pool_holds_each_passage_once_and_does_not_say_who_found_it() -> None:
    runs = [{"q": HITS[:3]}, {"q": HITS[::-1]}]
    items = pool([QUESTION], runs, depth=2)
    assert {item.text for item in items} == {HITS[i].text for i in (0, 1, 2, 3)} and len(items) == 4
    assert [i.text for i in items] == [i.text for i in pool([QUESTION], runs[::-1], depth=2)], "the order tells nothing"
    candidates = [
        Candidate(question="Wat is maatwerk?", document_id="000-a", text="nieuw", verdict="helpt"),
        Candidate(question="Wat is LDE?", document_id="001-b", text="LDE is", verdict="helpt niet"),
        Candidate(question="Wat kost het?", verdict="ontbreekt"),
    ]
    more = pool([QUESTION], runs, depth=2, candidates=candidates)
    assert {item.text for item in more} - {item.text for item in items} == {"nieuw", "LDE is"}
    assert all(not item.question.answers for item in more), "feedback is never a judgment"


def test_judgments_become_quotes_where_judges_agree() -> None:
    rows = [
        judgment("het hele antwoord staat hier", 2, "an", quote="hele antwoord staat hier"),
        judgment("het hele antwoord staat hier", 2, "bo"),
        judgment("hierover zijn ze het oneens", 1, "an"),
        judgment("hierover zijn ze het oneens", 0, "bo"),
        judgment("dit is het zeker niet hoor", 0, "an"),
        judgment("dit is het zeker niet hoor", 0, "bo"),
        judgment("dit zag er maar een", 2, "an"),
    ]
    merged, differing, alone = adopt([QUESTION], rows)
    assert (differing, alone) == (1, 1) and len(merged) == 1
    assert [(a.quote, a.grade) for a in merged[0].answers] == [("hele antwoord staat hier", 2)]
    assert [quote.quote for quote in merged[0].rejected] == ["dit is het zeker niet hoor"]
    assert adopt(merged, rows)[0] == merged, "twice is once"
    values = measure(merged[0], [FoundHit("000-a", row.text) for row in (rows[4], rows[2], rows[0])])
    assert values["RR"] == pytest.approx(1 / 3) and values["Judged@10"] == pytest.approx(2 / 3)
    new = adopt([], rows)[0]
    assert [question.id for question in new] == ["q"]


LINES = "Elk bedrijf telt mee. \nHet krijgt steun\n\nen een coach. Verder\nniets."


@pytest.mark.parametrize(
    ("typed", "quote"),
    [
        ("", LINES),
        ("telt mee.\nHet krijgt", "telt mee. \nHet krijgt"),
        ("Het krijgt steun\n\nen een coach.", "Het krijgt steun\n\nen een coach."),
        ("Het krijgt steun\n\n", "Het krijgt steun"),
        ("telt mee.\n", "telt mee."),
        ("Verder\nniets.", "Verder\nniets."),
        ("telt mee.\nHet kost\nkrijgt", "krijgt"),
    ],
)
def test_a_quote_of_more_lines_is_taken_whole(
    typed: str, quote: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_ACCESS_FILE", str(tmp_path / "access.sqlite"))
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "q.jsonl", [QUESTION])
    write_run(tmp_path / "run.jsonl", {"q": [FoundHit("a", LINES), FoundHit("a", LINES)]})
    words = "eval judge run.jsonl --name an --out an.jsonl --questions q.jsonl"
    done = CliRunner().invoke(app, words.split(), input=f"2\n{typed}\n")
    assert done.exit_code == 0, done.output
    assert [(row.grade, row.quote) for row in read_judgments(tmp_path / "an.jsonl")] == [(2, quote)]


def test_a_judgment_is_added_on_a_line_of_its_own(tmp_path: Path) -> None:
    rows = [judgment("één", 1), judgment("twee", 2), judgment("drie", 0)]
    append_row(tmp_path / "x.jsonl", rows[0])
    (tmp_path / "x.jsonl").write_bytes((tmp_path / "x.jsonl").read_bytes().rstrip())  # as some editors leave it
    for row in rows[1:]:
        append_row(tmp_path / "x.jsonl", row)
    assert read_judgments(tmp_path / "x.jsonl") == rows
    assert (tmp_path / "x.jsonl").read_bytes().count(b"\n") == 3


def test_an_evaluator_judges_in_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_ACCESS_FILE", str(tmp_path / "access.sqlite"))
    write_rows(tmp_path / "q.jsonl", [QUESTION])
    write_run(tmp_path / "run.jsonl", {"q": HITS})
    out = tmp_path / "an.jsonl"
    command = [
        "eval",
        "judge",
        str(tmp_path / "run.jsonl"),
        "--name",
        "an",
        "--out",
        str(out),
        "--questions",
        str(tmp_path / "q.jsonl"),
    ]
    first = CliRunner().invoke(app, command, input="9\n2\nniet letterlijk\nover maatwerk\n0\no\ns\n")
    assert first.exit_code == 0, first.output
    assert "4 passages te beoordelen" in first.output and "niet letterlijk in de passage" in first.output
    assert [(row.grade, row.quote == row.text) for row in read_judgments(out)] == [(2, False), (0, True)]
    again = CliRunner().invoke(app, command, input="1\n\n")
    assert "2 passages te beoordelen, 2 al gedaan" in again.output and "1 oordelen bewaard" in again.output
    last = CliRunner().invoke(app, command, input="0\n")
    assert (again.exit_code, last.exit_code) == (1, 0) and len(read_judgments(out)) == 4, "the input ended too early"
    steps = KeyStore(tmp_path / "access.sqlite").trail()
    assert [step.what for step in steps] == ["beoordeeld"] * 3 and "1 oordelen" in steps[1].about
    kappa = CliRunner().invoke(app, ["eval", "kappa", str(out), str(out)])
    assert kappa.exit_code == 0 and "4 passages door beiden beoordeeld, 100 % gelijk  kappa 1.00" in kappa.output
    other = tmp_path / "ander.jsonl"
    other.write_text(out.read_text(encoding="utf-8").replace('"grade":2', '"grade":1'), encoding="utf-8")
    told = json.loads(CliRunner().invoke(app, ["eval", "kappa", str(out), str(other), "--json"]).stdout)
    assert told["both"] == 4 and [[one["grade"] for one in both] for both in told["differing"]] == [[2, 1]]
    missing = CliRunner().invoke(app, ["eval", "kappa", str(out), str(tmp_path / "weg.jsonl")])
    assert missing.exit_code == 1 and "weg.jsonl kan niet gelezen worden" in missing.output
    second, options = tmp_path / "bo.jsonl", ["--out", str(tmp_path / "more.jsonl"), "--questions", command[-1]]
    for more, told in (([], "van twee"), ([str(out)], "van twee"), ([str(second)], "bo.jsonl kan niet gelezen")):
        refused = CliRunner().invoke(app, ["eval", "adopt", str(out), *more, *options])
        assert refused.exit_code == 1 and told in refused.output
    second.write_text(out.read_text(encoding="utf-8").replace('"judge":"an"', '"judge":"bo"'), encoding="utf-8")
    done = CliRunner().invoke(app, ["eval", "adopt", str(out), str(second), *options])
    assert done.exit_code == 0 and "0 passages waren de oordelen verdeeld, 0 hadden maar één" in done.output
    (grown,) = read_questions(tmp_path / "more.jsonl")
    assert sorted(answer.grade for answer in grown.answers) == [1, 2] and len(grown.rejected) == 2
    with pytest.raises(RowsError, match="het citaat staat niet in de passage"):
        (tmp_path / "x.jsonl").write_text(out.read_text().replace('"quote":"over', '"quote":"OVER'))
        read_judgments(tmp_path / "x.jsonl")


def test_questions_in_the_same_words_are_judged_each() -> None:
    asked = [Question(id=name, question="En in 2012?", history=[name], answers=[]) for name in ("a", "b")]
    items = pool(asked, [{"a": HITS[:1], "b": HITS[1:2]}], depth=2)
    assert [(item.question.id, item.text) for item in items] == [("a", HITS[0].text), ("b", HITS[1].text)]


@pytest.mark.parametrize("field", ["quote", "document_id", "question", "question_id"])
def test_a_judgment_without_what_it_is_about_is_refused_with_its_line(tmp_path: Path, field: str) -> None:
    path = tmp_path / "an.jsonl"
    write_rows(path, [judgment("tekst", 2).model_dump(mode="json") | {field: ""}])
    with pytest.raises(RowsError, match=f"regel 1: Het veld '{field}'"):
        read_judgments(path)


def test_feedback_on_no_document_is_no_judgment() -> None:
    (question,) = as_questions([Candidate(question="Wat?", text="tekst", verdict="helpt")])
    assert not question.answers and not question.rejected
