import datetime
from pathlib import Path

import pytest

from ingest.about import read_catalogue
from ingest.document import Kind
from ingest.files import read_document
from tests.conftest import CORPUS


def test_every_document_of_the_corpus_is_in_the_catalogue_and_the_reverse() -> None:
    assert set(read_catalogue(CORPUS).entries) == {path.stem for path in CORPUS.glob("*.txt")}


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
        ("[a]\ndatum = 2011-01-01\n", "document 'a': Het veld 'datum' bestaat niet; "),
        ("[a]\nsession = '2011'\n", "document 'a': Het veld 'session' klopt niet; schrijf het zoals 2017-2018."),
        ("[a]\ntitle = 5\nnumber = 'x'\n", "Het veld 'title' moet tekst zijn; zet de waarde tussen aanhalings"),
        ("[a\n", "regel 3: dit is geen TOML; "),
        ("[a]\ntitle = [kapot\n", "regel 4: dit is geen TOML; "),
        ("[a]\ntitle = 'kapot\n", "regel 4: dit is geen TOML; "),
        ("[goed]\ntitle = 'Een andere'\n", "'goed' staat er twee keer in; "),
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
