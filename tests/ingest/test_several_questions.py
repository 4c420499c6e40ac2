"""A file with more than one written question: each answer stays with its own question, and nothing is said of all."""

from pathlib import Path

import pytest

from ingest.document import Kind
from ingest.files import read_document
from tests.ingest.parliament import STYLES, make

MADE = [make(i) for i in range(len(STYLES))]


def pairs_of(path: Path, text: str) -> list[tuple[str, str]]:
    """Each question with its whole answer."""
    path.write_text(text, encoding="utf-8")
    document = read_document(path)
    return [(document.quote(pair.question), document.quote(pair.answer)) for pair in document.pairs]


@pytest.mark.parametrize("at", range(len(MADE)), ids=[style.name for style in STYLES])
def test_each_answer_stays_with_its_own_question(at: int, tmp_path: Path) -> None:
    own, other = MADE[at], MADE[at - 1]
    path = tmp_path / "vragen.txt"
    apart = pairs_of(path, own.text()) + pairs_of(path, other.text())
    assert pairs_of(path, f"{own.text()}\n\n{other.text()}") == apart
    told = read_document(path).metadata
    assert (told.kind, told.number, told.member, told.minister) == (Kind.SCHRIFTELIJKE_VRAAG, None, None, None)
    assert (told.title, told.date) == ("vragen", None)


def test_a_second_minister_in_the_letterhead_is_no_subject(tmp_path: Path) -> None:
    asked = "SCHRIFTELIJKE VRAAG\nnr. 45\nvan ELS MAES\ndatum: 4 mei 2022\naan AN PEETERS\nVLAAMS MINISTER VAN WERK"
    path = tmp_path / "a.txt"
    path.write_text(f"{asked}\nen JO CLAES\nVLAAMS MINISTER VAN ZORG\n\nLijsten\n\n1. Hoeveel?\n", encoding="utf-8")
    assert read_document(path).metadata.title == "Lijsten"
