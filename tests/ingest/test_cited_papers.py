"""Texts of one's own that cite a paper, a question, a minister or a day do not take over what those are."""

import datetime
from pathlib import Path

import pytest

from ingest.document import Kind, Metadata
from ingest.files import read_document

NOTE = "# Nota van de koepel over begeleiding\n\n{}\n\nDe koepel vraagt een hogere vergoeding voor haar leden.\n"


def told(tmp_path: Path, text: str, name: str = "nota.md") -> Metadata:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_document(path).metadata


@pytest.mark.parametrize(
    "sentence",
    [
        "Volgens de toelichting, Stuk 2741 (2012-2013) – Nr. 1, is de vergoeding te laag.",
        "Stuk 2741 (2012-2013) – Nr. 1 zegt dat de vergoeding te laag is.",
        "De vergoeding is te laag, zegt de toelichting bij het decreet.\n\nStuk 2741 (2012-2013) – Nr. 1",
    ],
)
def test_a_cited_parliamentary_paper_is_not_the_text_that_cites_it(tmp_path: Path, sentence: str) -> None:
    metadata = told(tmp_path, NOTE.format(sentence))
    assert (metadata.number, metadata.session) == (None, None)


@pytest.mark.parametrize(
    "line", ["2741 (2012-2013) – Nr. 1 3", "Vlaams Parlement\n\nstuk **2741** (2012-2013) – Nr. 1"]
)
def test_a_paper_says_on_its_cover_what_it_is(tmp_path: Path, line: str) -> None:
    metadata = told(tmp_path, f"{line}\n\n" + NOTE.format("De vergoeding is te laag voor wie begint."))
    assert (metadata.number, metadata.session) == ("2741/1", "2012-2013")


def test_a_quoted_question_does_not_make_a_written_question_of_the_text(tmp_path: Path) -> None:
    quoted = (
        "Een lid van het parlement vroeg vorige maand het volgende:\n\nSCHRIFTELIJKE VRAAG\n\nnr. 86\n"
        "van WOUT VAN DER LINDEN\ndatum: 4 oktober 2021\naan AN PEETERS, VLAAMS MINISTER VAN WERK\n\nWachtlijsten\n\n"
        "Hoeveel mensen wachten er?\n\nANTWOORD\n\nop vraag nr. 86 van 4 oktober 2021\n\nEr wachten 96 mensen."
    )
    metadata = told(tmp_path, NOTE.format(quoted))
    assert metadata.kind is not Kind.SCHRIFTELIJKE_VRAAG
    assert (metadata.number, metadata.member, metadata.minister) == (None, None, None)
    assert metadata.title == "Nota van de koepel over begeleiding"


@pytest.mark.parametrize(
    "sentence",
    [
        "Het bureau besprak de brief van minister Lieve Hombeek over de energiekosten.",
        "De koepel schreef aan minister Lieve Hombeek dat de premie te laag is.",
        "Een ambtenaar sprak namens minister Lieve Hombeek over de wachtlijsten.",
    ],
)
def test_a_minister_in_a_sentence_is_not_the_minister_of_the_text(tmp_path: Path, sentence: str) -> None:
    assert told(tmp_path, NOTE.format(sentence)).minister is None


def test_a_minister_on_the_cover_is_that_of_the_text(tmp_path: Path) -> None:
    cover = "# Beleidsnota\n\nWerk\n\ningediend door mevrouw Lieve Hombeek,\nVlaams minister van Werk\n\n"
    assert told(tmp_path, cover + NOTE.format("De premie stijgt voor wie begint.")).minister == "Lieve Hombeek"


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Datum 12 juli 2013 is de dag van het eerste overleg.", None),
        ("Datum 12 juli 2013", 12),
        ("Datum: 12 juli 2013, om 14 uur", 12),
        ("Ingediend op 12 juli 2013 (2012-2013)", 12),
        ("Ingediend op 12 juli 2013 werd het voorstel van de koepel.", None),
        ("Datum vergadering\t12 juli 2013", 12),
        ("Datum van de vergadering: 12 juli 2013", 12),
        ("Sint-Niklaas, 12 juli 2013", 12),
        ("Gent, de 12 juli 2013 was een mooie dag voor allen.", None),
    ],
)
def test_a_date_is_that_of_the_text_where_the_line_says_no_more(tmp_path: Path, line: str, day: int | None) -> None:
    metadata = told(tmp_path, f"Koepel vzw\n\n{line}\n\nDe leden kwamen samen over de premie.\n", "nota.txt")
    assert metadata.date == (datetime.date(2013, 7, day) if day else None)


@pytest.mark.parametrize(
    "line",
    [
        "Betreft: Premie voor fietsen",
        "**Betreft:** Premie voor fietsen",
        "**Onderwerp: Premie voor fietsen**",
        "Betreft: Premie voor fietsen   Bijlagen: 3",
        "Betreft: Premie voor fietsen\tUw contact: An\tRef: 7",
        "Ref: 7 Betreft: Premie voor fietsen",
        "Dienst: team mobiliteit   Betreft: Premie voor fietsen   Bijlagen: 3",
        "Dienst Fietsen\nKlokstraat 3\n" + "contact: Jo Maes    ref: 7\n" * 12 + "onderwerp: Premie voor fietsen",
    ],
)
def test_the_title_of_a_letter_is_its_subject_and_never_its_dateline(tmp_path: Path, line: str) -> None:
    text = "Gent, 3 mei 2021\n\nGeachte mevrouw,\n\n{}De leden vragen een hogere premie voor wie begint.\n"
    metadata = told(tmp_path, text.format(f"{line}\n\n"), "brief.txt")
    assert (metadata.title, metadata.date) == ("Premie voor fietsen", datetime.date(2021, 5, 3))
    assert told(tmp_path, text.format(""), "brief.txt").title == "De leden vragen een hogere premie voor wie begint."


@pytest.mark.parametrize(
    "line", ["Aan mevrouw Lieve Hombeek, Vlaams minister van Werk", "T.a.v. minister Lieve Hombeek"]
)
def test_the_minister_to_whom_a_letter_goes_is_not_that_of_the_letter(tmp_path: Path, line: str) -> None:
    text = f"Koepel vzw\n\n{line}\n\nBetreft: Premie\n\nDe leden vragen een hogere premie.\n"
    assert told(tmp_path, text, "brief.txt").minister is None


def test_the_first_item_of_minutes_is_no_title(tmp_path: Path) -> None:
    items = (
        "# 1. Goedkeuring van de agenda\n\nDe agenda wordt goedgekeurd.\n\n# 2. Stand van zaken\n\nEr zijn 12 leden.\n"
    )
    minutes = "Overleg van de leden\n\nAanwezig: An Peeters, Jo Maes\n\nVerslaggever: Jo Maes\n\n"
    assert told(tmp_path, minutes + items, "overleg.md").title == "Overleg van de leden"
    assert told(tmp_path, "Tekst van de leden\n\n" + items, "tekst.md").title == "1. Goedkeuring van de agenda"


def test_the_day_of_what_is_quoted_is_not_that_of_the_text(tmp_path: Path) -> None:
    quoted = "Wij kregen de volgende vraag over premies:\n\nDatum: 4 oktober 2021\n\nHoeveel bedraagt de premie?"
    assert told(tmp_path, NOTE.format(quoted)).date is None
    assert told(tmp_path, "Gent, 3 mei 2022\n\n" + NOTE.format(quoted)).date == datetime.date(2022, 5, 3)
