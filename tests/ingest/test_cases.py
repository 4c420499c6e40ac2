"""Files of which release 0.5.0 made something else than stands in them; cases.toml says what each must become."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

import ingest.readers.pdf.ocr as ocr
from index.answer.citation import place
from index.answer.units import cut_units
from index.store.intake import take_in
from index.store.records import RecordStore
from ingest.document import BlockKind, Document, Passage
from ingest.files import read_document
from ingest.read import read_file

HERE = Path(__file__).parent / "cases"
CASES = tomllib.loads((HERE / "cases.toml").read_text(encoding="utf-8"))["case"]
FILES = [case for case in CASES if (HERE / case["file"]).is_file()]
FOLDERS = [case for case in CASES if (HERE / case["file"]).is_dir()]


def flat(text: str) -> str:
    return " ".join(text.split())


def named(case: dict[str, Any]) -> str:
    return f"{case['fault'][:2]}-{case['file']}"


def test_each_case_says_what_is_expected_and_each_file_has_one() -> None:
    listed = {case["file"] for case in CASES}
    assert listed == {path.name for path in HERE.iterdir()} - {"cases.toml"}
    assert all(len(case) > 2 for case in CASES)


@pytest.mark.parametrize(
    "case", [pytest.param(one, marks=[pytest.mark.slow] * bool(one.get("ocr"))) for one in FILES], ids=map(named, FILES)
)
def test_a_file_is_read_as_it_is_printed(case: dict[str, Any]) -> None:
    if case.get("ocr") and ocr.missing():
        pytest.skip("Tesseract with Dutch is not installed")
    document = read_document(HERE / case["file"])
    texts = {passage: flat(document.quote(passage.spans)) for passage in document.passages}
    check_facts(document, case)
    for quote, where in case.get("quotes", {}).items():
        holder = next((passage for passage, text in texts.items() if quote in text), None)
        assert holder, f"{quote} stands in no passage"
        assert not where or where == cited(document, holder, quote)
    for text in case.get("lacks", []):
        assert not any(text in found for found in texts.values())
    rows = [
        (flat(document.quote(piece.heads)), flat(document.quote(piece.spans)))
        for passage in document.passages
        for piece in passage.pieces
        if piece.kind is BlockKind.ROW
    ]
    assert not {tuple(row) for row in case.get("rows", [])} - set(rows)
    if "counted" in case:
        form, count = case["counted"]
        labels = [document.quote(piece.spans).split("\t")[0] for p in document.passages for piece in p.pieces]
        assert [label for label in labels if label != "Onderneming"][-count:] == [
            form.format(n) for n in range(1, count + 1)
        ]
    pieces = [piece.kind for passage in document.passages for piece in passage.pieces]
    assert "items" not in case or pieces.count(BlockKind.ITEM) == case["items"]
    blocks = [flat(block.text) for block in read_file(HERE / case["file"]).blocks] if "blocks" in case else []
    assert all(any(text in block for block in blocks) for text in case.get("blocks", []))


def check_facts(document: Document, case: dict[str, Any]) -> None:
    known = {name: getattr(document.metadata, name) for name in case.get("metadata", {})}
    assert known == case.get("metadata", {})
    headings = [[heading.depth, heading.title] for heading in document.headings]
    assert headings == case.get("headings", headings)
    assert set(case.get("sections", [])) <= {title for _, title in headings}
    labels = [page.label or "" for page in document.pages]
    assert labels == case.get("labels", labels)
    assert bool(document.recognised) == case.get("recognised", case.get("ocr", False))
    assert all(any(text in note for note in document.notes) for text in case.get("notes", []))
    if "pairs" in case:
        pairs = [(flat(document.quote(pair.question)), flat(document.quote(pair.answer))) for pair in document.pairs]
        assert len(pairs) == len(case["pairs"])
        for (question, answer), (asked, given) in zip(pairs, case["pairs"], strict=True):
            assert asked in question and answer.startswith(given)
            assert question.endswith(("?", ".")) and answer.endswith("."), "nothing of a letterhead belongs to it"


def cited(document: Document, passage: Passage, quote: str) -> str | None:
    """The place in the reference of the unit that holds the start of a quote."""
    units = {flat(document.quote(unit.own)): unit for unit in cut_units(document, passage)}
    return next(place(document, unit.own) for text, unit in units.items() if text in quote or quote in text)


@pytest.mark.parametrize("case", FOLDERS, ids=named)
def test_a_folder_is_taken_in_as_people_have_it(case: dict[str, Any], tmp_path: Path) -> None:
    with RecordStore(tmp_path, writable=True) as store:
        intake = take_in(store, [HERE / case["file"]], keep_copies=False, progress=None)
    assert list(intake.kept) == case["ids"] and not intake.report.failed
    assert len(intake.report.faults) == len(case.get("faults", []))
    for fault, start in zip(intake.report.faults, case.get("faults", []), strict=True):
        assert fault.startswith(start)
