"""The page in a citation: found right on files made here, found wrong on documents that are doctored."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from eval.pages import check_files, check_pages
from index.answer.citation import place
from index.answer.units import cut_units
from ingest.document import Document
from ingest.files import read_document
from tests.conftest import ROOT
from tests.pdf import Text, draw_pdf

REAL = ROOT.parent / "shared" / "pdf"
QUESTION = [
    "SCHRIFTELIJKE VRAAG", "nr. 214", "van MIEKE VANDERSTRAETEN", "datum: 14 januari 2020", "",
    "Arbeidszorg - Wachtlijsten", "", "1. Hoeveel mensen staan op de wachtlijst voor arbeidszorg?",
]  # fmt: skip
ANSWER = [
    "KAREL DE BOCK", "VLAAMS MINISTER VAN ECONOMIE", "", "ANTWOORD", "op vraag nr. 214 van 14 januari 2020",
    "van MIEKE VANDERSTRAETEN", "", "1. Op de wachtlijst voor arbeidszorg staan 1.208 mensen.",
]  # fmt: skip


def _read(tmp_path: Path, pages: list[list[str]], feet: list[str] | None = None) -> Document:
    drawn = [[Text(60, 780 - 14 * i, line, 11) for i, line in enumerate(lines) if line] for lines in pages]
    for page, foot in zip(drawn, feet or [], strict=False):
        page.append(Text(290, 30, foot, 9))
    path = tmp_path / "stuk.pdf"
    path.write_bytes(draw_pdf(drawn))
    return read_document(path)


def _places(document: Document) -> dict[str, str | None]:
    units = [unit for passage in document.passages for unit in cut_units(document, passage)]
    return {" ".join(document.quote(unit.own).split()): place(document, unit.own) for unit in units}


def _running(count: int) -> list[list[str]]:
    """Pages of sentences, of which the last one goes on on the next page."""
    themes = ["stages", "premies", "vormingen", "plaatsen", "enclaves", "werkposten"]
    pages = []
    for n in range(count):
        rest = [
            f"Het departement telt in kwartaal {i} alle {themes[n]} en vergelijkt ze met vorig jaar." for i in range(30)
        ]
        first = f"de {themes[n - 1]} volgt ook wat ze kosten." if n else "De cijfers volgen hier."
        pages.append([first, *rest, f"Voor alle {themes[n]} samen betaalt de Vlaamse overheid aan elk fonds dat"])
    return pages


def test_an_answer_is_cited_on_its_own_page_and_not_on_that_of_its_question(tmp_path: Path) -> None:
    document = _read(tmp_path, [QUESTION, ANSWER])
    assert _places(document)[ANSWER[-1]] == "2"
    assert check_pages(document).wrong == ()


def test_a_sentence_over_a_page_end_is_cited_on_both(tmp_path: Path) -> None:
    document = _read(tmp_path, _running(2))
    places = {words: pages for words, pages in _places(document).items() if "alle stages samen" in words}
    assert list(places.values()) == ["1-2"], places
    assert check_pages(document).wrong == ()


def test_printed_numbers_are_found_back(tmp_path: Path) -> None:
    document = _read(tmp_path, _running(6), [str(n) for n in range(11, 17)])
    assert [page.label for page in document.pages] == [str(n) for n in range(11, 17)]
    found = check_pages(document)
    assert set(_places(document).values()) >= {"11", "11-12", "16"}
    assert (found.without, found.wrong) == (0, ())


@pytest.mark.parametrize("labels", [["11"] * 6, [*"abcaaa"], ["13", "12", "11", "13", "12", "11"]])
def test_a_doctored_document_fails(tmp_path: Path, labels: list[str]) -> None:
    """Numbers that stand on more than one page lead a reader astray."""
    document = _read(tmp_path, _running(6), [str(n) for n in range(11, 17)])
    pages = tuple(replace(page, label=label) for page, label in zip(document.pages, labels, strict=True))
    wrong = check_pages(replace(document, pages=pages)).wrong
    assert wrong
    assert all(found.quote and found.cited and found.true for found in wrong)


def test_the_command_counts_and_says_what_cannot_be_read(tmp_path: Path) -> None:
    document = _read(tmp_path, [QUESTION, ANSWER])
    (tmp_path / "leeg.txt").write_text("")
    units = sum(len(cut_units(document, passage)) for passage in document.passages)
    done = CliRunner().invoke(app, ["eval", "pages", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert f"{units} citaten, 0 zonder bladzijde, 0 op een foute bladzijde." in done.output
    assert "leeg.txt" in done.output
    assert CliRunner().invoke(app, ["eval", "pages", str(tmp_path / "geen")]).exit_code == 1


def test_a_wrong_page_is_an_error_of_the_command(tmp_path: Path) -> None:
    """Two parts of which the running heads give the same numbers: who turns to one finds the first."""
    said = ["De premie stijgt.", "Het aantal plaatsen daalt.", "Wie instroomt, krijgt hulp.", "De drempel blijft."]
    heads = [f"\n1328 (2017-2018) – Nr. 1\t{n % 2 + 5}\n" for n in range(4)]
    (tmp_path / "a.txt").write_text("".join(f"{head}{text}\n" for head, text in zip(heads, said, strict=True)))
    done = CliRunner().invoke(app, ["eval", "pages", str(tmp_path)])
    assert done.exit_code == 1
    assert "verwijst naar p. 5, maar staat op blad 4" in done.output


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="the real files are not here")
def test_no_quote_of_a_real_file_is_cited_on_another_page() -> None:
    found = check_files([ROOT / "corpus", *REAL.glob("[2-5]*.pdf")])
    assert found.units > 1_000
    assert (found.wrong, found.unread) == ((), ())
