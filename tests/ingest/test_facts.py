"""What a document says about itself in the lines above its text."""

import datetime
from pathlib import Path

import pytest

from ingest.document import Kind
from ingest.files import read_document


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        ("Publicatiedatum: 9 maart 2021", "2021-03-09"),
        ("Laatst bijgewerkt: 9 maart 2021", "2021-03-09"),
        ("Bijgewerkt op 9 maart 2021.", "2021-03-09"),
        ("ingediend door mevrouw Lieve Hombeek,\nVlaams minister van Werk\n\n9 maart 2021", "2021-03-09"),
        ("Bijgewerkt op 9 maart 2021.\n\nDatum: 3 mei 2020", "2020-05-03"),
        ("Besluit van 3 mei 2020 over snoeien\n\nBijgewerkt op 9 maart 2021.", "2020-05-03"),
        ("Besluit van de raad van 3 mei 2020\n\nPublicatiedatum: 9 maart 2021", "2020-05-03"),
        ("Bijgewerkt met de cijfers van 9 maart 2021", None),
        ("Bijgewerkt tot 9 maart 2021", None),
        ("ingediend door mevrouw Lieve Hombeek\n\nVan 9 maart 2021", None),
        ("De linden worden vandaag gesnoeid.\n\nBijgewerkt op 9 maart 2021.", None),
    ],
)
@pytest.mark.parametrize("suffix", [".md", ".txt"])
def test_the_day_of_a_page_or_paper_is_read(lines: str, date: str | None, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"snoeien{suffix}"
    title = "" if lines.startswith("Besluit") else "Snoeiwerken\n\n"
    path.write_text(f"{title}{lines}\n\nWij snoeien vandaag de linden.\n", encoding="utf-8")
    assert read_document(path).metadata.date == (date and datetime.date.fromisoformat(date))


@pytest.mark.parametrize(
    ("lines", "title", "kind"),
    [
        ("Nota|Aan: het bestuur|Datum: 4 mei 2021|Onderwerp: snoeien in juni", "Nota: snoeien in juni", Kind.ANDERE),
        ("Verslag|Aanwezig: An, Jo|Datum: 4 mei 2021", "Verslag", Kind.VERSLAG),
        ("Advies|Van: de boomraad", "Advies", Kind.ADVIES),
        ("Advies|Linden: wie snoeit ze|Datum: 4 mei 2021", "Advies Linden: wie snoeit ze", Kind.ADVIES),
        ("ADVIES|Snoeien in juni|Datum: 4 mei 2021", "ADVIES Snoeien in juni", Kind.ADVIES),
        ("Besluit|De linden", "Besluit", Kind.BESLUIT),
        ("Resolutie|Snoeien in juni", "Resolutie Snoeien in juni", Kind.RESOLUTIE),
        ("Snoeien in juni|Advies", "Snoeien in juni", Kind.ANDERE),
    ],
)
def test_a_kind_alone_is_a_title_with_the_subject_and_no_label(
    lines: str, title: str, kind: Kind, tmp_path: Path
) -> None:
    path = tmp_path / "a.md"
    path.write_text("# " + lines.replace("|", "\n\n") + "\n\nWij snoeien vandaag de linden.\n", encoding="utf-8")
    metadata = read_document(path).metadata
    assert (metadata.title, metadata.kind) == (title, kind)


def test_a_mail_whose_subject_is_a_kind_has_that_title(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(b"Subject: Verslag\nFrom: An <an@voorbeeld.be>\nTo: jo@voorbeeld.be\n\nDag Jo,\n\nTot morgen.\n")
    assert read_document(path).metadata.title == "Verslag"


@pytest.mark.parametrize(
    ("opening", "minister"),
    [
        ("Kabinet van An Peeters", "An Peeters"),
        ("KABINET VAN AN PEETERS", "An Peeters"),
        ("Kabinet An Peeters", "An Peeters"),
        ("Brief van An Peeters", "An Peeters"),
        ("Jan van Peel", "Jan van Peel"),
        ("JAN VAN DEN BERG", "Jan Van den Berg"),
    ],
)
def test_a_letterhead_names_the_minister_without_what_comes_from_her(
    opening: str, minister: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"{opening}\nVlaams minister van Werk\n\nWij snoeien vandaag de linden.\n", encoding="utf-8")
    assert read_document(path).metadata.minister == minister
