import csv
import datetime
from pathlib import Path

import openpyxl
import pytest

from index.answer.citation import reference
from index.store.intake import take_in
from index.store.records import RecordStore
from ingest.about import correct_entry, find_entry, read_catalogue
from ingest.document import Document, Kind, Metadata, Page, Passage, Span
from ingest.errors import UnreadableFile
from ingest.files import read_document
from ingest.groups import plain_name
from tests.conftest import CORPUS


def test_every_document_of_the_corpus_is_in_the_catalogue_and_the_reverse() -> None:
    assert set(read_catalogue(CORPUS).entries) == {plain_name(path.stem) for path in CORPUS.glob("*.txt")}


def test_what_the_document_does_not_say_stays_empty() -> None:
    metadata = read_document(next(CORPUS.glob("000*"))).metadata
    assert (metadata.date, metadata.number, metadata.minister, metadata.member) == (None, None, None, None)


def test_the_catalogue_holds_only_what_the_document_says() -> None:
    for path in CORPUS.glob("*.txt"):
        document = read_document(path)
        text = " ".join(document.pages[0].text.split()) + " ".join(p.text for p in document.pages)
        metadata = document.metadata
        if metadata.number:
            assert metadata.number.split("/")[0] in text
        if metadata.minister:
            assert metadata.minister in text
        if metadata.date:
            assert "25 oktober 2011" in text and metadata.date == datetime.date(2011, 10, 25)
        if metadata.session:
            assert f"({metadata.session})" in text


def test_without_a_catalogue_the_text_speaks(tmp_path: Path) -> None:
    path = tmp_path / "vraag.txt"
    path.write_text("# Premies - Evaluatie\n\n1. Hoeveel?\n2. Waarom?\n\n1. Tien.\n2. Daarom.\n", encoding="utf-8")
    metadata = read_document(path).metadata
    assert (metadata.title, metadata.kind) == ("Premies - Evaluatie", Kind.SCHRIFTELIJKE_VRAAG)


RIGHT = "[goed]\ntitle = 'Een titel'\n"


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("[a]\nkind = 'onzin'\n", "document 'a': Het veld 'kind' heeft een onbekende waarde; kies uit 'bel"),
        ("[a]\njaar = 2011\n", "'a': Het veld 'jaar' bestaat niet; haal het weg of verbeter de naam: titel, soort, da"),
        ("[a]\ndatum = 'gisteren'\n", "document 'a': Het veld 'datum' is geen datum; "),
        ("[a]\ntitel = 'A'\ntitle = 'B'\n", "document 'a': De velden 'titel' en 'title' zijn hetzelfde; haal er één"),
        ("[a]\nsession = '2011'\n", "document 'a': Het veld 'session' klopt niet; schrijf het zoals 2017-2018."),
        ("[a]\ntitle = 5\nnumber = 'x'\n", "Het veld 'title' moet tekst zijn; zet de waarde tussen aanhalings"),
        ("[a\n", "regel 3: dit is geen TOML; "),
        ("[a]\ntitle = [kapot\n", "regel 4: dit is geen TOML; "),
        (f"[a]\ntitle = {5000 * '['}\n", "regel 4: dit is geen TOML; "),
        (f"[a]\nnumber = {5000 * '1'}\n", "regel 4: dit is geen TOML; "),
        ("[a]\ntitle = 'kapot\n", "regel 4: dit is geen TOML; "),
        ("[goed]\ntitle = 'Een andere'\n", "'goed' staat al in deze of een andere catalogus; "),
    ],
)
def test_a_wrong_entry_leaves_out_that_entry(tmp_path: Path, toml: str, sentence: str) -> None:
    (tmp_path / "catalogue.toml").write_text(f"{RIGHT}{toml}[beter]\ntitle = 'Beter'\n", encoding="utf-8")
    found = read_catalogue(tmp_path)
    assert {name: entry.title for name, entry in found.entries.items()} == {"goed": "Een titel", "beter": "Beter"}
    (fault,) = found.faults
    assert sentence in fault and fault.startswith("catalogue.toml")


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "catalogue.toml").write_text("[a]\nkind = 'x'\ndate = 'y'\n[b]\nnumber = 'z'\n", encoding="utf-8")
    one, other = read_catalogue(tmp_path).faults
    assert "'kind'" in one and "'date'" in one and "document 'b'" in other and "123/1" in other


def test_a_folder_or_another_encoding_is_no_catalogue(tmp_path: Path) -> None:
    (tmp_path / "map" / "catalogue.toml").mkdir(parents=True)
    assert "kan niet gelezen worden" in read_catalogue(tmp_path / "map").faults[0]
    (tmp_path / "catalogue.toml").write_bytes("[a]\ntitle = 'Café'\n".encode("cp1252"))
    assert "geen UTF-8" in read_catalogue(tmp_path).faults[0]


TABLE = [
    ["Document", "Titel", "Soort", "Datum", "Nummer", "Zitting", "Vraagsteller"],
    ["goed", "Een titel", "Schriftelijke vraag", "31/03/2018", "657", "2017-2018", "An Peeters"],
    ["beter.txt", "Beter; en langer", "decreet", "2018-04-01", "", "", ""],
]


def write_table(path: Path, rows: list[list[str]], form: str) -> None:
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.worksheets[0].append(row)
        book.save(path)
        return
    with path.open("w", encoding="cp1252" if form == ";" else "utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=form).writerows(rows)


@pytest.mark.parametrize(
    ("name", "form"), [("catalogue.csv", ";"), ("catalogus.csv", ","), ("catalogue.csv", "\t"), ("catalogus.xlsx", "")]
)
def test_a_catalogue_may_be_a_table_with_a_document_a_row(tmp_path: Path, name: str, form: str) -> None:
    write_table(tmp_path / name, TABLE, form)
    for document in ("goed.txt", "beter.txt"):
        (tmp_path / document).write_text("Tekst over maatwerk.\n", encoding="utf-8")
    assert read_catalogue(tmp_path).faults == ()
    good, better = (read_document(tmp_path / document).metadata for document in ("goed.txt", "beter.txt"))
    assert (good.title, good.kind, good.date) == ("Een titel", Kind.SCHRIFTELIJKE_VRAAG, datetime.date(2018, 3, 31))
    assert (good.number, good.session, good.member) == ("657", "2017-2018", "An Peeters")
    assert (better.title, better.kind, better.date) == ("Beter; en langer", Kind.DECREET, datetime.date(2018, 4, 1))
    assert good.origins["kind"] == "catalogus"


def test_a_table_may_say_first_what_parts_its_cells(tmp_path: Path) -> None:
    (tmp_path / "catalogue.csv").write_text("sep=;\r\ndocument;titel\r\na.txt;Eén; twee\r\n", encoding="utf-8-sig")
    (tmp_path / "a.txt").write_text("Tekst over maatwerk.\n", encoding="utf-8")
    assert "regel 3" in read_catalogue(tmp_path).faults[0]
    (tmp_path / "catalogue.csv").write_text("sep=;\r\ndocument;titel\r\na.txt;Eén\r\n", encoding="utf-8-sig")
    assert read_document(tmp_path / "a.txt").metadata.title == "Eén"


@pytest.mark.parametrize("form", ["d-mmm-yy", "d/mm/yy", "dddd d mmmm yyyy", "mm-dd-yy"])
def test_a_day_in_excel_is_that_day_in_any_format(tmp_path: Path, form: str) -> None:
    book = openpyxl.Workbook()
    for row in (["document", "datum"], ["nota", datetime.date(2022, 3, 4)]):
        book.worksheets[0].append(row)
    book.worksheets[0]["B2"].number_format = form
    book.save(tmp_path / "catalogus.xlsx")
    found = read_catalogue(tmp_path)
    assert (found.entries["nota"].date, found.faults) == (datetime.date(2022, 3, 4), ())


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("nota,Werk, zorg", "regel 2: er zijn meer cellen dan kolommen; zet tekst met een scheidingsteken tussen"),
        ('nota,"Werk', "catalogue.csv heeft een aanhalingsteken te veel of te weinig; "),
    ],
)
def test_a_comma_or_a_quote_too_many_is_said(tmp_path: Path, row: str, said: str) -> None:
    (tmp_path / "catalogue.csv").write_text(f"document,titel\n{row}\n", encoding="utf-8")
    found = read_catalogue(tmp_path)
    assert said in found.faults[0] and not found.entries


def test_each_fault_of_a_table_names_its_document_and_leaves_out_that_one_only(tmp_path: Path) -> None:
    rows = [[*TABLE[0], "Prijs"], ["fout", "T", "brief", "gisteren", "", "", ""], *TABLE[1:], TABLE[1]]
    write_table(tmp_path / "catalogue.csv", [*rows, ["", "zonder", "", "", "", "", ""]], ";")
    found = read_catalogue(tmp_path)
    assert set(found.entries) == {"goed", "beter.txt"}
    said = "\n".join(found.faults)
    assert len(found.faults) == 4
    for part in (
        "catalogue.csv: de kolom 'prijs' bestaat niet; kies uit document, titel, ",
        "catalogue.csv: 'goed' staat al in deze of een andere catalogus",
        "catalogue.csv, regel 6: er staat geen document bij",
        "catalogue.csv, document 'fout': De kolom 'soort' heeft een onbekende waarde; kies uit 'beleidsbrief', ",
        "De kolom 'datum' is geen datum",
    ):
        assert part in said


def test_a_table_without_names_of_documents_is_no_catalogue(tmp_path: Path) -> None:
    write_table(tmp_path / "catalogue.csv", [["document", "titel", "title"], ["goed", "Een titel", ""]], ";")
    assert "de kolommen titel en title zijn hetzelfde; " in read_catalogue(tmp_path).faults[0]
    write_table(tmp_path / "catalogue.csv", [["titel"], ["Een titel"]], ";")
    assert "er is geen kolom 'document'" in read_catalogue(tmp_path).faults[0]
    (tmp_path / "catalogue.csv").unlink()
    (tmp_path / "catalogue.xlsx").write_bytes(b"geen excel")
    assert "geen leesbaar Excel-bestand" in read_catalogue(tmp_path).faults[0]


def test_a_name_of_which_there_is_no_document_is_a_fault_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "nota.txt").write_text("Tekst over maatwerk.\n", encoding="utf-8")
    write_table(tmp_path / "catalogue.csv", [["document", "titel"], ["nota", "Nota"], ["notta", "Nota"]], ";")
    with RecordStore(tmp_path / "index", writable=True) as store:
        report = take_in(store, [tmp_path / "nota.txt"], keep_copies=False, progress=None).report
    (fault,) = report.faults
    assert fault.startswith("De catalogus noemt 'notta', maar ") and report.added == ["nota"]


@pytest.mark.parametrize("place", [".", "boven", "leeg"])
def test_a_catalogue_of_another_folder_than_its_documents_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "boven" / "onder").mkdir(parents=True)
    (tmp_path / "leeg").mkdir()
    (tmp_path / "boven" / "onder" / "kievit.txt").write_text("Tekst over maatwerk.\n", encoding="utf-8")
    write_table(tmp_path / place / "catalogue.csv", [["document", "groepen"], ["Kievit", "a"]], ";")
    with RecordStore(tmp_path / "index", writable=True) as store:
        report = take_in(store, [tmp_path], keep_copies=False, progress=None).report
    (fault,) = report.faults
    assert fault.startswith("De catalogus noemt 'kievit', maar ") and report.added == ["kievit"]


@pytest.mark.parametrize(
    ("kind", "title", "form"),
    [
        ("decreet", "Decreet van 12 juli 2013 betreffende maatwerk", "Decr.Vl. 12 juli 2013 betreffende maatwerk"),
        ("decreet", "Maatwerkdecreet", "Decr.Vl. (datum onbekend), Maatwerkdecreet"),
        ("besluit", "Besluit van de Vlaamse Regering tot uitvoering", "B.Vl.Reg. (datum onbekend) tot uitvoering"),
        ("besluit", "Ministerieel besluit van 3 mei 2018 over labels", "MB 3 mei 2018 over labels"),
        ("beslissing", "Conceptnota LDE", "Beslissing Vl.Reg. (datum onbekend), Conceptnota LDE"),
        ("omzendbrief", "Omzendbrief over klaverblad", "Omz. (datum onbekend) over klaverblad"),
        ("advies", "Lokale diensteneconomie", "Advies (datum onbekend), Lokale diensteneconomie"),
        ("conceptnota", "Lokale diensteneconomie", "Conceptnota Vl.Reg. (datum onbekend), Lokale diensteneconomie"),
        ("resolutie", "Resolutie betreffende werk", "Res. Vl.Parl. (datum onbekend) betreffende werk"),
        ("regeerakkoord", "Vlaanderen 2019-2024", "Vlaams regeerakkoord (datum onbekend), Vlaanderen 2019-2024"),
        ("verslag", "Werkgroep arbeidszorg", "Verslag (datum onbekend), Werkgroep arbeidszorg"),
    ],
)
def test_each_kind_has_its_own_form_of_reference(kind: str, title: str, form: str) -> None:
    span = (Span(1, 0, 5),)
    passage = Passage("d:1:0-5", "d", (), span, "tekst", span, ())
    document = Document("d", "d.pdf", "", Metadata(title, Kind(kind), number="WSE/2017/1"), (Page(1, None, "tekst"),))
    assert reference(document, passage) == f"{form}, nr. WSE/2017/1, p. 1"


def test_a_title_is_never_cut_off(tmp_path: Path) -> None:
    sentence = (
        "De Vlaamse overheid ondersteunt maatwerkbedrijven bij de begeleiding van hun werknemers op de werkvloer."
    )
    for text, title in ((f"{sentence} " * 4, sentence), ("woord " * 90, "nota"), (sentence[:-1], sentence[:-1])):
        (tmp_path / "nota.txt").write_text(text, encoding="utf-8")
        assert read_document(tmp_path / "nota.txt").metadata.title == title


def test_a_file_beside_a_document_has_the_names_of_the_columns_of_a_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "nota.txt"
    path.write_text("Tekst over maatwerk.\n", encoding="utf-8")
    sidecar = tmp_path / "nota.txt.toml"
    given = 'titel = "Nota"\nsoort = "Schriftelijke vraag"\ndatum = 2020-02-29\nvraagsteller = "An Peeters"\n'
    for told in (given, given.replace("2020-02-29", '"29 februari 2020"')):
        sidecar.write_text(told, encoding="utf-8")
        metadata = read_document(path).metadata
        assert (metadata.title, metadata.kind, metadata.member) == ("Nota", Kind.SCHRIFTELIJKE_VRAAG, "An Peeters")
        assert metadata.date == datetime.date(2020, 2, 29)
    correct_entry(path, {"title": "Betere\x7f nota", "date": None})
    metadata = read_document(path).metadata
    assert (metadata.title, metadata.date, metadata.member) == ("Betere\x7f nota", None, "An Peeters")
    sidecar.write_text("auteur = 'x'\nzitting = '2011'\n", encoding="utf-8")
    (fault,) = find_entry(path)[1]
    assert "Het veld 'auteur' bestaat niet; " in fault and "titel, soort, datum, nummer, zitting, minister" in fault
    assert "Het veld 'zitting' klopt niet; " in fault
    sidecar.write_text("titel = 'x'\ntitle = 'y'\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="'titel' en 'title' zijn hetzelfde"):
        correct_entry(path, {"title": "z"})
