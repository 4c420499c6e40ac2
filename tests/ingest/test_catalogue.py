import datetime
from pathlib import Path

import pytest

from ingest.about import read_catalogue
from ingest.document import Kind
from ingest.errors import CatalogueError
from ingest.files import read_document
from tests.conftest import CORPUS


def test_every_document_of_the_corpus_is_in_the_catalogue_and_the_reverse() -> None:
    assert set(read_catalogue(CORPUS)) == {path.stem for path in CORPUS.glob("*.txt")}


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


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("[a]\nkind = 'onzin'", "'kind'"),
        ("[a]\ndatum = 2011-01-01", "'datum'"),
        ("[a]\nsession = '2011'", "'session'"),
        ("[a", "not valid TOML"),
    ],
)
def test_a_wrong_catalogue_is_refused(tmp_path: Path, toml: str, sentence: str) -> None:
    (tmp_path / "catalogue.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(CatalogueError, match=sentence):
        read_catalogue(tmp_path)
