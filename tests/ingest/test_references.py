import datetime
from pathlib import Path

import pytest

from ingest.document import Document, Kind, Metadata
from ingest.files import read_document
from ingest.references import find_references, resolve
from tests.conftest import CORPUS


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("mijn antwoord op schriftelijke vraag nr. 657 van 24 mei 2017", ["schriftelijke vraag 657 (24/05/2017)"]),
        ("SV nr. 657 (2016-2017)", ["schriftelijke vraag 657 (2016-2017)"]),
        ("Stuk 1324 (2011-2012) – Nr. 1", ["stuk 1324/1 (2011-2012)"]),
        ("Parl. St. Vl. Parl. 1328 (2017-2018) - nr. 1", ["stuk 1328/1 (2017-2018)"]),
        (
            "het decreet van 12 juli 2013 en het BVR van 17/02/2017",
            ["decreet 12/07/2013", "besluit van de vlaamse regering 17/02/2017"],
        ),
        ("het decreet\nvan 12 juli\n2013", ["decreet 12/07/2013"]),
        (f"vraag nr. {'1' * 5000} van 1 mei 2017", []),  # more digits than Python makes a number of
        (f"Stuk 1324 (2011-2012) – Nr. {'1' * 5000}", []),
        ("Stuk 1324 (1234-5678) – Nr. 1", []),
        ("het decreet van 31 februari 2013, vraag nr. 3, in de periode (2011-2012)", []),
    ],
)
def test_references_have_one_form(text: str, normal: list[str]) -> None:
    found = list(find_references(text))
    assert [reference.normal for reference in found] == normal
    assert all(text[reference.start : reference.end].strip() for reference in found)


def question(document_id: str, number: str, day: datetime.date) -> Document:
    metadata = Metadata(document_id, Kind.SCHRIFTELIJKE_VRAAG, day, number)
    return Document(document_id, f"{document_id}.txt", "", metadata, ())


def test_references_are_resolved_only_where_one_document_fits() -> None:
    letter = read_document(next(CORPUS.glob("003*")))
    (reference,) = find_references("Stuk 1324 (2011-2012) – Nr. 1")
    assert resolve(reference, [letter]) == letter.document_id
    (other,) = find_references("Stuk 1324 (2012-2013) – Nr. 1")
    assert resolve(other, [letter]) is None
    (asked,) = find_references("schriftelijke vraag nr. 657 van 24 mei 2017")
    fits = question("a", "657", datetime.date(2017, 6, 20))
    assert resolve(asked, [letter, fits, question("b", "657", datetime.date(2019, 5, 24))]) == "a"
    assert resolve(asked, [fits, question("c", "657", datetime.date(2017, 5, 24))]) is None


QUESTION = """SCHRIFTELIJKE VRAAG
nr. 657
van AN PEETERS
datum: 24 mei 2017

aan LIESBETH HOMANS, viceminister-president van de Vlaamse Regering, Vlaams minister van Binnenlands Bestuur

Maatwerkbedrijven - Evaluatie

1. Hoeveel maatwerkbedrijven zijn er in Vlaanderen?
2. Hoeveel mensen werken er in de sector?

ANTWOORD
op vraag nr. 657 van 24 mei 2017
van AN PEETERS

1. Er zijn er 120 in heel Vlaanderen.
2. Idem.
"""


def test_what_a_written_question_says_about_itself(tmp_path: Path) -> None:
    path = tmp_path / "sv657.txt"
    path.write_text(QUESTION, encoding="utf-8")
    metadata = read_document(path).metadata
    assert (metadata.kind, metadata.number, metadata.date) == (
        Kind.SCHRIFTELIJKE_VRAAG,
        "657",
        datetime.date(2017, 5, 24),
    )
    assert (metadata.member, metadata.minister) == ("An Peeters", "Liesbeth Homans")
    assert (metadata.title, metadata.session) == ("Maatwerkbedrijven - Evaluatie", "2016-2017")
    assert metadata.origins["number"] == "document" and metadata.origins["title"] == "document, onderwerp van de vraag"
    sidecar = tmp_path / "sv657.txt.toml"
    sidecar.write_text('title = "Evaluatie maatwerk"\nmember = "An Peeters"\n', encoding="utf-8")
    (tmp_path / "catalogue.toml").write_text('[sv657]\ntitle = "Uit de catalogus"\nsession = "2016-2017"\n', "utf-8")
    above = read_document(path).metadata
    assert (above.title, above.member, above.session) == ("Evaluatie maatwerk", "An Peeters", "2016-2017")
    assert above.origins["title"] == "begeleidend bestand sv657.txt.toml"
    assert above.origins["session"] == "catalogus" and above.origins["date"] == "document"
