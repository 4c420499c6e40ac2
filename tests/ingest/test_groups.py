"""Who may read a document, as folder, catalogue and sidecar say; what cannot be read there shuts it."""

from pathlib import Path

import openpyxl
import pytest

from index.store.load import load_index
from index.store.update import update_index
from ingest.files import read_document
from ingest.groups import NOBODY
from tests.conftest import HashingEmbedder


def groups(corpus: Path, name: str = "nota.txt") -> tuple[str, ...]:
    """Return what reading the file gives, which is what the index holds."""
    folder = corpus.parent / "index"
    (corpus / "ander.txt").write_text("Een ander document.", encoding="utf-8")
    report = update_index(folder, [corpus], HashingEmbedder())
    assert not report.failed and not report.skipped
    index = load_index(folder, HashingEmbedder())
    stored = index.documents[Path(name).stem].metadata.groups
    assert stored == read_document(next(corpus.rglob(name))).metadata.groups
    return stored


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "nota.txt").write_text("Een nota over maatwerk.", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("catalogue.toml", "[nota]\ngroups = ['b', 'a', 'b']\n", ("a", "b")),
        ("catalogue.toml", "[nota]\ngroups = 'a, b'\n", ("a", "b")),
        ("catalogue.csv", "document;groepen\nnota;a, b\n", ("a", "b")),
        ("nota.txt.toml", "groups = ['a']\n", ("a",)),
        ("groepen.txt", "a\r\nb\r\n", ("a", "b")),
        ("catalogue.toml", "[ander]\ngroups = ['a']\n", ()),
        ("catalogue.toml", "[nota]\ntitle = 'Nota'\n", ()),
        ("catalogue.csv", "document;titel\nnota;Nota\n", ()),
        # What is wrong and may name groups shuts; what does not speak of groups changes nothing.
        ("catalogue.toml", "[nota]\ngroups = 5\n", (NOBODY,)),
        ("catalogue.toml", "[nota]\ngroups = []\n", (NOBODY,)),
        ("catalogue.toml", "[nota]\ngroups = ['a']\nkind = 'onzin'\n", ("a",)),
        ("catalogue.toml", "[nota]\ngroepen = ['a']\n", ("a",)),
        ("catalogue.toml", "[nota\ngroups = ['a']\n", (NOBODY,)),
        ("catalogue.toml", b"[nota]\ngroups = ['\xff']\n", (NOBODY,)),
        ("catalogue.toml", "[nota\ntitle = 'a'\n", ()),
        ("catalogue.toml", "[nota]\nkind = 'onzin'\n", ()),
        ("catalogue.csv", "document;groepen;datum\nnota;a;gisteren\n", ("a",)),
        ("catalogue.toml", "[nota.txt]\ngroups = ['a']\n", (NOBODY,)),  # TOML reads a table in a table
        ("catalogue.toml", "groups = ['a']\n[nota]\ntitle = 'Nota'\n", (NOBODY,)),
        ("catalogue.toml", "[nota]\nkind = 'onzin'\ntitle = 'Werkgroep'\n", ()),
        ("catalogue.toml", "['nota.txt']\ntitle = 'Nota'\n[nota]\ngroups = ['a']\n", ("a",)),
        ("catalogue.toml", "[nota]\ngroups = ['a']\n".encode("utf-16"), (NOBODY,)),
        ("catalogue.csv", "document;titel;groep\nnota.txt;Nota;a\n", (NOBODY,)),
        ("catalogue.csv", "document;titel;prijs;groepen\nnota.txt;Nota;5;\n", ()),
        ("catalogue.csv", "documenten;groepen\nnota;a\n".encode("utf-16"), (NOBODY,)),
        ("catalogue.csv", "document;groepen;groups\nnota;a;\n", (NOBODY,)),
        ("catalogue.csv", "document;titel;groepen\nnota;Nota;\nnota;Nota;a\n", (NOBODY,)),
        ("catalogue.csv", "document;titel;groepen\nnota;Nota;\n;Nota;a\n", (NOBODY,)),
        ("catalogue.csv", "document;titel\nnota;Nota\nnota;Werkgroep\n", ()),
        # A comma or a quote too many or too few moves what is said to another column or document.
        ("catalogue.csv", "document,titel,bron,groepen\nnota,Werk, zorg,,a\n", (NOBODY,)),
        ("catalogue.csv", "document,titel,groepen\nander,Werk, zorg,a\n", ()),
        ("catalogue.csv", 'document;titel;groepen\nander;"Werk;a\nnota;Zorg;a\n', (NOBODY,)),
        ("catalogue.csv", 'document;titel;groepen\nnota;"Werk;a\nander;"Zorg";b\n', (NOBODY,)),
        ("catalogue.xlsx", b"geen Excel", (NOBODY,)),
        ("nota.txt.toml", "groups = ['a'\n", (NOBODY,)),
        ("nota.txt.toml", "[nota]\ngroups = ['a']\n", (NOBODY,)),
        ("nota.txt.toml", "groups = 'a'\nx = " + 5000 * "[", (NOBODY,)),
        ("nota.txt.toml", "groups = ['a']\nkind = 'onzin'\n", ("a",)),
        ("nota.txt.toml", "title = 'a'\nkind = 'onzin'\n", ()),
        ("groepen.txt", "", (NOBODY,)),
        ("groepen.txt", b"\xff\xfe\xff", (NOBODY,)),
        # Capitals, as Windows lets people write them, change nothing.
        ("Groepen.txt", "a\n", ("a",)),
        ("Catalogue.CSV", "document;groepen\nNota;a\n", ("a",)),
        ("Nota.txt.toml", "groups = ['a']\n", ("a",)),
        # Of two that differ nobody knows which is meant; another document has nothing to do with it.
        ("catalogue.csv", "document;groepen\nnota;a\nnota;\n", (NOBODY,)),
        ("catalogue.csv", "document;groepen\nnota;a\nNota;b\n", (NOBODY,)),
        ("catalogue.csv", "document;groepen\nnota;a, b\nnota;b, a\n", ("a", "b")),
        ("catalogue.csv", "document;groepen\nander;a\nander;b\n", ()),
        ("catalogue.toml", "[nota]\ngroups = ['a']\n[nota]\ngroups = ['b']\n", (NOBODY,)),
    ],
)
def test_what_is_said_beside_a_document(corpus: Path, name: str, text: str | bytes, wanted: tuple[str, ...]) -> None:
    (corpus / name).write_bytes(text.encode() if isinstance(text, str) else text)
    assert groups(corpus) == wanted


@pytest.mark.parametrize(
    ("told", "hidden", "wanted"), [("a", "row", ("a",)), ("a", "column", ("a",)), ("=F1", "", (NOBODY,))]
)
def test_what_excel_does_not_show_of_a_catalogue_opens_nothing(
    corpus: Path, told: str, hidden: str, wanted: tuple[str, ...]
) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["document", "groepen"], ["ander", "b"], ["nota", told]):
        sheet.append(row)
    sheet.row_dimensions[3].hidden, sheet.column_dimensions["B"].hidden = hidden == "row", hidden == "column"
    book.save(corpus / "catalogue.xlsx")
    assert groups(corpus) == wanted


def test_a_table_in_excel_and_a_second_catalogue_shut_too(corpus: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["documenten", "groepen"], ["nota", "a"]):
        book.worksheets[0].append(row)
    book.save(corpus / "catalogue.xlsx")
    assert groups(corpus) == (NOBODY,)
    (corpus / "catalogue.xlsx").unlink()
    (corpus / "catalogue.toml").write_text("[nota]\ntitle = 'Nota'\n", encoding="utf-8")
    (corpus / "catalogue.csv").write_text("document;groepen\nnota;a\n", encoding="utf-8")
    assert groups(corpus) == (NOBODY,)


def test_the_nearest_says_it(corpus: Path) -> None:
    (corpus / "groepen.txt").write_text("ver", encoding="utf-8")
    inside = corpus / "b" / "c"
    inside.mkdir(parents=True)
    (inside / "brief.txt").write_text("Een brief.", encoding="utf-8")
    assert groups(corpus, "brief.txt") == ("ver",)
    (corpus / "b" / "groepen.txt").write_text("dicht", encoding="utf-8")
    assert groups(corpus, "brief.txt") == ("dicht",)
    (inside / "catalogue.toml").write_text("[brief]\ngroups = ['catalogus']\n", encoding="utf-8")
    assert groups(corpus, "brief.txt") == ("catalogus",)
    (inside / "brief.txt.toml").write_text("groups = ['ernaast']\n", encoding="utf-8")
    assert groups(corpus, "brief.txt") == ("ernaast",) and groups(corpus) == ("ver",)
    for file in (
        corpus / "groepen.txt",
        corpus / "b" / "groepen.txt",
        inside / "catalogue.toml",
        inside / "brief.txt.toml",
    ):
        file.unlink()
    assert groups(corpus, "brief.txt") == ()


def test_a_link_and_a_line_are_shut_with_their_file(corpus: Path) -> None:
    inside = corpus / "geheim"
    inside.mkdir()
    (inside / "groepen.txt").write_text("kabinet", encoding="utf-8")
    (inside / "brief.txt").write_text("Een brief.", encoding="utf-8")
    (corpus / "koppeling.txt").symlink_to(inside / "brief.txt")
    line = '{"id": "v1", "question": "1. Hoeveel zeppelins?", "answer": "1. Negen zeppelins."}\n'
    (inside / "vragen.jsonl").write_text(line, encoding="utf-8")
    assert groups(corpus) == ()
    index = load_index(corpus.parent / "index", HashingEmbedder())
    kept = {name: document.metadata.groups for name, document in index.documents.items()}
    assert kept.pop("nota") == kept.pop("ander") == () and len(kept) == 2
    assert set(kept.values()) == {("kabinet",)}


@pytest.mark.parametrize(
    ("name", "text", "wanted", "faults"),  # wanted: of v0 and v2, and of v1
    [
        ("catalogue.toml", "['v.jsonl']\ngroups = ['kabinet']\n", ("kabinet", "kabinet"), 0),
        ("v.jsonl.toml", "groups = ['kabinet']\n", ("kabinet", "kabinet"), 0),
        ("v.jsonl.toml", "groups = ['kabinet'\n", (NOBODY, NOBODY), 1),
        ("v.jsonl.toml", "titel = 'Veerboten'\ngroups = ['kabinet']\n", ("kabinet", "kabinet"), 1),
        ("catalogue.csv", "document;titel;groepen\nV1;Eén;kabinet\n", ("", "kabinet"), 0),
        ("catalogue.csv", "document;titel;groepen\nv;;pers\nv1.json;Eén;kabinet\n", ("pers", "kabinet"), 0),
        ("catalogue.csv", "document;groepen\nv1;kabinet\nv1;pers\n", ("", NOBODY), 1),
        ("catalogue.csv", "document;groepen\nv1;kabinet\n;pers\n", (NOBODY, "kabinet"), 1),
        ("catalogue.csv", "document;groepen\nv3;kabinet\n", ("", ""), 1),
    ],
)
def test_what_is_said_beside_a_file_holds_for_its_lines(
    corpus: Path, name: str, text: str, wanted: tuple[str, str], faults: int
) -> None:
    lines = [f'{{"id": "v{n}", "question": "Hoeveel?", "answer": "Er zijn {n} veerboten."}}\n' for n in range(3)]
    (corpus / "v.jsonl").write_text("".join(lines), encoding="utf-8")
    (corpus / name).write_text(text, encoding="utf-8")
    report = update_index(corpus.parent / "index", [corpus], HashingEmbedder())
    assert (len(report.added), len(report.faults)) == (4, faults)
    index = load_index(corpus.parent / "index", HashingEmbedder())
    kept = {key: ",".join(document.metadata.groups) for key, document in index.documents.items() if key != "nota"}
    assert kept == {"v0": wanted[0], "v1": wanted[1], "v2": wanted[0]}
    one = index.documents["v1"].metadata
    assert (one.title, one.origins["title"]) == ("Eén", "catalogus") if "Eén" in text else one.title == "v1"
    assert read_document(corpus / "v.jsonl" / "v1.json").metadata == one


def test_what_shuts_is_told_and_a_folder_rule_is_no_document(corpus: Path) -> None:
    (corpus / "groepen.txt").write_text("", encoding="utf-8")
    report = update_index(corpus.parent / "index", [corpus], HashingEmbedder())
    assert [fault.rsplit(";", 1)[1] for fault in report.faults] == [" zet op elke regel een groep."]
    assert report.documents == 1 and report.skipped == {}
