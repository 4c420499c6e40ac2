"""Written questions as JSON lines: a document a line, with its pairs."""

import datetime
import json
from pathlib import Path

import pytest

from index.store.records import RecordStore
from index.store.update import update_index
from ingest.document import AnswerStatus, Kind
from ingest.errors import UnreadableFile
from ingest.files import list_files, list_skipped, read_document
from ingest.question_lines import line_sha256, read_question
from ingest.references import find_references, resolve
from tests.conftest import ROOT, HashingEmbedder

ASKED = {
    "id": "2017-657",
    "title": "Maatwerkbedrijven - Evaluatie",
    "question": "Er zijn heel wat bedrijven.1. Hoeveel zijn er?2. Hoeveel mensen werken er?\n3. Komt er een evaluatie?",
    "answer": "1. en 3. Er zijn er 120. De premie bedroeg 14. 675.101 euro. Er komt een evaluatie."
    "2.De cijfers worden opgevraagd.",
    "date": "2017-05-24",
    "answered": "2017-06-20",
    "number": "657",
    "session": "2016-2017",
    "member": "Peeters, An",
    "minister": "Liesbeth Hombeek",
    "themes": ["werk", "sociale economie"],
}
LATER = {
    "id": "2018-12",
    "title": "Maatwerk - Vervolg",
    "question": "Wat is de stand van zaken?",
    "answer": "Ik verwijs naar mijn antwoord op schriftelijke vraag nr. 657 van 24 mei 2017.",
    "date": "2018-01-10",
    "number": "12",
}


def write(path: Path, *lines: object) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_a_line_is_a_document_with_pairs(tmp_path: Path) -> None:
    files = list_files([write(tmp_path / "vragen.jsonl", ASKED, LATER)])
    assert [file.name for file in files] == ["2017-657.json", "2018-12.json"]
    document = read_document(files[0])
    metadata = document.metadata
    assert (document.document_id, document.file_name) == ("2017-657", "vragen.jsonl")
    assert (metadata.title, metadata.kind) == ("Maatwerkbedrijven - Evaluatie", Kind.SCHRIFTELIJKE_VRAAG)
    assert (metadata.date, metadata.number, metadata.session) == (datetime.date(2017, 5, 24), "657", "2016-2017")
    assert (metadata.member, metadata.minister) == ("An Peeters", "Liesbeth Hombeek")
    assert metadata.themes == ("werk", "sociale economie")
    texts = {passage.section[-1]: document.quote(passage.own) for passage in document.passages}
    assert texts["Vragen en antwoord 1, 3"].startswith(
        "1. Hoeveel zijn er?\n\n3. Komt er een evaluatie?\n\n1. en 3. Er"
    )
    assert "14. 675.101 euro. Er komt een evaluatie." in texts["Vragen en antwoord 1, 3"]
    assert texts["Vraag en antwoord 2"] == "2. Hoeveel mensen werken er?\n\n2.De cijfers worden opgevraagd."


def test_answers_have_status_and_date(tmp_path: Path) -> None:
    first, last = list_files([write(tmp_path / "vragen.jsonl", ASKED, LATER)])
    _, _, pairs = read_question(first)
    day = datetime.date(2017, 6, 20)
    assert [(pair.numbers, pair.answers[0].status, pair.answers[0].date) for pair in pairs] == [
        (("1", "3"), AnswerStatus.FINAL, day),
        (("2",), AnswerStatus.PROVISIONAL, day),
    ]
    _, _, (single,) = read_question(last)
    assert (single.numbers, single.answers[0].status) == (("1",), AnswerStatus.REFERRED)


def test_the_introduction_and_the_worth_of_an_answer_go_with_each_question(tmp_path: Path) -> None:
    long = ASKED | {"id": "2", "question": "Er zijn heel wat bedrijven. " * 20 + str(ASKED["question"])}
    for line, goes_along in ((ASKED, True), (long, False)):
        (file,) = list_files([write(tmp_path / "vragen.jsonl", line)])
        document = read_document(file)
        assert [(pair.status, pair.answered) for pair in document.pairs] == [
            (AnswerStatus.FINAL, datetime.date(2017, 6, 20)),
            (AnswerStatus.PROVISIONAL, datetime.date(2017, 6, 20)),
        ]
        assert all("Er zijn heel wat bedrijven." in document.quote(pair.introduction) for pair in document.pairs)
        asked = [passage for passage in document.passages if passage.pair is not None]
        assert asked and all(("heel wat bedrijven" in passage.search_text) == goes_along for passage in asked)
        assert not any("heel wat bedrijven" in document.quote(passage.own) for passage in asked)


def test_references_between_lines_resolve(tmp_path: Path) -> None:
    documents = [read_document(file) for file in list_files([write(tmp_path / "vragen.jsonl", ASKED, LATER)])]
    (found,) = find_references(documents[1].pages[0].text)
    assert resolve(found, documents) == "2017-657"


def test_the_form_of_a_beir_collection(tmp_path: Path) -> None:
    write(
        tmp_path / "corpus.jsonl",
        {"_id": "1", "title": "", "text": "1. Tien.2. Daarom."},
        {"_id": "2", "title": "", "text": "Ja."},
    )
    write(
        tmp_path / "metadata.jsonl",
        {
            "_id": "1",
            "date": "2017-01-04",
            "member": "Lijnen, Nele",
            "theme": "WERK,KMO",
            "question": "Premies. \n\n 1. Hoeveel?2. Waarom?",
        },
        {"_id": "2", "date": "2017-01-05", "member": "Top, Alain"},
    )
    write(tmp_path / "queries.jsonl", {"_id": "t1", "text": "Premies."})
    first, second = (read_document(file) for file in list_files([tmp_path]))
    assert (first.metadata.title, first.metadata.themes) == ("Premies", ("WERK", "KMO"))
    assert [p.section for p in first.passages if "antwoord" in p.section[0]] == [
        ("Vraag en antwoord 1",),
        ("Vraag en antwoord 2",),
    ]
    assert second.metadata.title == "Antwoord op een vraag van Alain Top" and second.pages[0].text.endswith("Ja.")
    assert {Path(path).name for path in list_skipped([tmp_path])} == {"queries.jsonl"}


def test_a_wrong_line_is_reported_and_the_others_are_read(tmp_path: Path, hashing: HashingEmbedder) -> None:
    wrong = {"id": "x", "question": "Wat?", "answer": "Dat.", "date": "gisteren"}
    path = write(tmp_path / "vragen.jsonl", ASKED, wrong)
    report = update_index(tmp_path / "index", [path], hashing)
    assert report.added == ["2017-657"]
    assert list(report.failed.values()) == [
        "Vraag x in vragen.jsonl heeft een fout in veld 'date'; verbeter die regel."
    ]


def test_a_damaged_line_stops_nothing_and_what_was_there_stays(tmp_path: Path, hashing: HashingEmbedder) -> None:
    path = write(tmp_path / "vragen.jsonl", ASKED, {**ASKED, "id": "tweede"})
    update_index(tmp_path / "index", [path], hashing)
    other = tmp_path / "nota.txt"
    other.write_text("Het loket opent op 3 mei 2021 in Hasselt, naast het station.", encoding="utf-8")
    first, _ = path.read_bytes().splitlines()
    path.write_bytes(first + b'\n{"id": "tweede", "answ\n' + first + b"\n")
    report = update_index(tmp_path / "index", [path, other], hashing)
    assert report.added == ["nota"] and not report.removed
    assert list(report.failed.values()) == [
        "Regel 2 van vragen.jsonl is geen JSON in UTF-8 met een 'id' van letters, cijfers, . en -; verbeter die.",
        "Regel 3 van vragen.jsonl heeft dezelfde 'id' als een andere (2017-657); verbeter die.",
    ]


@pytest.mark.parametrize(
    ("first", "faults"),
    [
        ("\n", 0),
        ('{"id": "x", "answ\n', 1),
        ('{"id": "x"}\n', 1),
        (100_000 * "[" + "\n", 1),
        ('{"id": "a\\u0000b", "answer": "Ja."}\n', 1),
    ],
)
def test_a_first_line_that_is_blank_or_wrong_hides_no_other(
    first: str, faults: int, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    folder = tmp_path / "stukken"
    folder.mkdir()
    (folder / "vragen.jsonl").write_text(first + json.dumps(ASKED) + "\n", encoding="utf-8")
    report = update_index(tmp_path / "index", [folder], hashing)
    assert (report.added, len(report.failed), list_skipped([folder])) == (["2017-657"], faults, {})


def test_only_changed_lines_are_read_again(tmp_path: Path, hashing: HashingEmbedder) -> None:
    path = write(tmp_path / "vragen.jsonl", ASKED, LATER)
    assert update_index(tmp_path / "index", [path], hashing).added == ["2017-657", "2018-12"]
    write(path, ASKED | {"answer": "1. Er zijn er 121."})
    report = update_index(tmp_path / "index", [path], hashing)
    assert (report.changed, report.removed, report.added) == (["2017-657"], ["2018-12"], [])
    with RecordStore(tmp_path / "index") as store:
        (document,) = store.read_documents()
    assert document.metadata.themes == ("werk", "sociale economie")


@pytest.mark.parametrize("text", ["", "geen json\n", '{"id": "a", "question": "Wat?"}\n', "[]\n"])
def test_a_file_without_questions_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "vragen.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"vragen\.jsonl bevat geen vraag met antwoord per regel; geef"):
        list_files([path])


DEKAMER = ROOT.parent / "shared" / "benchmarks" / "dekamer" / "corpus.jsonl"


@pytest.mark.slow
@pytest.mark.skipif(not DEKAMER.exists(), reason="the questions of the Chamber are not here")
def test_nine_in_ten_numbered_questions_of_the_chamber_are_paired() -> None:
    asked = paired = 0
    for file in list_files([DEKAMER]):
        document, _, pairs = read_question(file)
        if pairs and "\n\n1." in document.pages[0].text:
            asked += sum(len(pair.numbers) for pair in pairs if pair.questions)
            paired += sum(len(pair.numbers) for pair in pairs if pair.questions and pair.answers)
    assert paired >= 0.9 * asked > 2000


def test_a_line_with_the_id_of_another_document_is_a_document_of_its_own(
    tmp_path: Path, hashing: HashingEmbedder
) -> None:
    for name, line in (("eerst", ASKED), ("later", LATER | {"id": ASKED["id"]})):
        (tmp_path / name).mkdir()
        report = update_index(tmp_path / "index", [write(tmp_path / name / "vragen.jsonl", line)], hashing)
        assert len(report.added) == 1 and not report.failed
    with RecordStore(tmp_path / "index") as store:
        documents = store.read_documents()
    assert {document.metadata.title for document in documents} == {ASKED["title"], LATER["title"]}
    assert all(p.document_id == d.document_id for d in documents for p in d.passages)


def test_a_byte_order_mark_is_passed_over_and_other_bytes_are_told(tmp_path: Path) -> None:
    path = tmp_path / "vragen.jsonl"
    lines = b"".join(json.dumps({**ASKED, "id": str(n)}).encode() + b"\n" for n in range(100))
    path.write_bytes(b"\xef\xbb\xbf" + lines)
    assert len(list_files([path])) == 100
    path.write_bytes(lines + b'{"id": "x", "answer": "caf\xe9"}\n')
    with pytest.raises(UnreadableFile, match=r"Regel 101 van vragen\.jsonl"):
        line_sha256(list_files([path])[-1])
    path.write_bytes(json.dumps(ASKED).encode("utf-16"))
    assert [read_document(file).metadata.number for file in list_files([path])] == ["657"]
