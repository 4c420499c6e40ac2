"""Answers over texts made here: years that are compared, headings that ask, cells of tables."""

from pathlib import Path

import pytest

from index.answer.citation import Citation
from index.answer.statement import is_new
from index.model.embed import Embedder
from tests.index.made import answerer_over

REPORT = """# Vloot van de luchtvaartdienst

De dienst schreef dit overzicht in de winter. In 2014 vlogen er 31 zeppelins boven zee. De piloten volgden een cursus.

In 2016 vlogen er 47 zeppelins boven zee. Elke vlucht werd vooraf gemeld.

In 2014 haalde 31 % van de hangars de norm voor waterstof niet. In 2012 was dat 38 %.

De luchtvaartdienst kende in 2014 aan de hangars een toelage van 2,1 miljoen euro toe.

De luchtvaartdienst kende in 2016 aan de hangars een toelage van 2,6 miljoen euro toe.
"""


@pytest.mark.parametrize(
    ("question", "held", "missing"),
    [
        ("Hoeveel zeppelins vlogen er boven zee in 2014 en in 2016?", ("31", "47"), ()),
        ("Hoeveel zeppelins vlogen er boven zee in 2016 en in 2018?", ("47",), (2018,)),
        ("Hoeveel zeppelins vlogen er boven zee in 2012 en in 2016?", ("47",), (2012,)),  # that year is of hangars
        ("Hoeveel zeppelins vlogen er boven zee in 2016?", ("47",), ()),
        ("Hoeveel zeppelins vlogen er boven zee in 2016? soort:andere -2018", ("47",), ()),
        ("Welke toelage kregen de hangars in 2014 en in 2016?", ("2,1", "2,6"), ()),  # alike but for the figures
        ("Hoeveel procent van de hangars haalde in 2012 de norm voor waterstof niet?", ("38 %",), ()),  # the next says
    ],
)
def test_each_side_is_shown_or_named(
    question: str, held: tuple[str, ...], missing: tuple[int, ...], tmp_path: Path, embedder: Embedder
) -> None:
    answer = answerer_over(tmp_path, embedder, {"vloot.md": REPORT}, threshold=1e-9).answer(question)
    told = " ".join(one.text for one in answer.citations)
    assert all(figure in told for figure in held) and answer.missing == missing


LAW = """# Decreet over luchtschepen

Artikel 1. In dit decreet wordt verstaan onder luchtschip: een schip dat lichter is dan lucht en dat boven zee vliegt.

Artikel 2. Elke piloot van een luchtschip meldt zijn vlucht een dag vooraf bij de luchtvaartdienst.

Artikel 3. De luchtvaartdienst betaalt de hangars een toelage, en houdt toezicht op hun norm voor waterstof.
"""


@pytest.mark.parametrize(
    ("question", "held", "never"),
    [
        ("Wat bepaalt artikel 2 van het decreet over luchtschepen?", "meldt zijn vlucht", "toelage"),
        ("Wat bepaalt art. 3 van het decreet over luchtschepen?", "een toelage", "Artikel 1"),
        ("Wat bepaalt artikel 12 van het decreet over luchtschepen?", None, "Artikel"),
        ("Wat staat er in artikel 3?", "een toelage", "Artikel 1"),
        ("Hoeveel zeppelins vlogen er boven zee na 2014?", "47", "31"),
        ("Hoeveel zeppelins vlogen er boven zee tussen 2015 en 2018?", "47", "31"),
        ("Hoeveel zeppelins vlogen er boven zee na 2016?", "", "47"),
        ("Hoeveel zeppelins vlogen er boven zee op 31/12/2018?", None, "47"),
    ],
)
def test_what_is_of_another_article_or_time_is_no_answer(
    question: str, held: str | None, never: str, tmp_path: Path, embedder: Embedder
) -> None:
    texts = {"decreet.md": LAW, "vloot.md": REPORT}
    answer = answerer_over(tmp_path, embedder, texts, threshold=1e-9).answer(question)
    told = " ".join(one.text for one in answer.citations)
    assert answer.answered is (held is not None) and (held or "") in told and never not in told, told


def _list_of(year: int, items: tuple[str, ...]) -> str:
    listed = "".join(f"- {item};\n" for item in items)
    return f"Nota {year}\n\nWie in {year} een hangar wil bouwen, voegt bij de aanvraag deze stukken:\n{listed}"


def test_both_sides_are_shown_where_each_is_a_long_list(tmp_path: Path, embedder: Embedder) -> None:
    then = (
        "een plan van het terrein op schaal, met alle gebouwen en wegen die er al zijn",
        "een verslag van de brandweer van de zone waarin het terrein ligt",
        "een raming van de kosten, opgesteld door een architect of een ingenieur",
        "een verklaring van de gemeente dat het terrein bestemd is voor luchtvaart",
        "een lijst van de ballonnen die er bewaard zullen worden, met hun inhoud",
    )
    later = (
        "de nummers van de vergunningen die de aanvrager eerder kreeg, met hun datum",
        "een studie van het geluid in de omliggende dorpen, overdag en in de nacht",
        "een attest van de verzekering voor schade aan derden",
        "een akkoord van de beheerder van het luchtruim over de hoogte van het gebouw",
        "een planning van de werken, maand per maand, tot de opening",
    )
    texts = {"een.txt": _list_of(2019, then), "twee.txt": _list_of(2022, later)}
    answer = answerer_over(tmp_path, embedder, texts).answer(
        "Welke stukken waren er in 2019 nodig bij een aanvraag voor een hangar, en welke in 2022?"
    )
    quotes = sorted(one.quote for one in answer.citations)
    assert ["brandweer" in quotes[0], "luchtruim" in quotes[-1], answer.missing] == [True, True, ()]


@pytest.mark.parametrize(
    ("said", "told", "new"),
    [
        ("De premie bedraagt 40 euro per maand.", "Per maand bedraagt de premie 40 euro.", False),
        ("De premie bedraagt 40 euro.", "De premie van de hangars bedraagt 40 euro per maand en per zeppelin.", True),
        ("De premie van de hangars bedraagt 40 euro per maand en per zeppelin.", "De premie bedraagt 40 euro.", False),
        ("De premie bedraagt 40 euro per maand.", "De premie bedraagt 50 euro per maand.", True),
    ],
)
def test_a_statement_is_new_by_what_it_says_itself(
    said: str, told: str, new: bool, tmp_path: Path, embedder: Embedder
) -> None:
    searcher = answerer_over(tmp_path, embedder, {"een.txt": said, "twee.txt": told}).searcher
    one, other = (Citation.of(hit, hit.passages[0], hit.passages[0].spans) for hit in searcher.index.documents.values())
    assert is_new(other, [one]) == new


FAQ = """# Vragen over de hangar

## Wat kost een plaats in de hangar?

Wie een klein schip heeft, betaalt 12 euro per nacht.

## Mag mijn hond mee aan boord?

Neen, een luchtschip vervoert geen dieren.

## Hoe meld ik een vlucht?

Met het formulier op de site.
"""
TABLES = """# Overzicht van de luchtvaart in 2022

| Provincie | Hangars | Erkende piloten |
|---|---|---|
| Limburg | 43 | 171 |
| Antwerpen | 66 | 291 |
| Kust met haven | 12 | 83 |
| Kust zonder haven | 7 | 25 |

De cijfers komen van de dienst.

| Soort club | Aantal erkend in 2018 | Uitbetaald in 2018 (euro) |
|---|---|---|
| Ballonnen | 24 | 31.450 |
| Vliegers | 57 | 48.920 |
"""


def test_a_heading_that_asks_the_same_brings_its_answer(tmp_path: Path, embedder: Embedder) -> None:
    answer = answerer_over(tmp_path, embedder, {"faq.md": FAQ, "nota.md": REPORT}).answer(
        "Wat kost een plaats in de hangar?"
    )
    assert answer.answered and "12 euro" in answer.citations[0].text


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("Hoeveel hangars waren er in Limburg in 2022?", "43"),
        ("Hoeveel erkende piloten telt de provincie Antwerpen?", "291"),
        ("Hoeveel buitenlandse piloten telt de provincie Antwerpen?", None),
        ("Hoeveel hangars waren er in Limburg in 2019?", None),
        ("Hoeveel hangars stonden er in Limburg in 2022?", "43"),
        ("Hoeveel erkende piloten telt de kust met haven?", "83"),
        ("Hoeveel clubs voor ballonnen waren erkend in 2018?", "24"),  # below "Aantal erkend"
        ("Hoeveel werd er in 2018 uitbetaald voor ballonnen?", "31.450"),  # below "Uitbetaald (euro)"
    ],
)
def test_a_cell_is_read_off_where_its_row_and_column_are_named(
    question: str, told: str | None, tmp_path: Path, embedder: Embedder
) -> None:
    answer = answerer_over(tmp_path, embedder, {"tabel.md": TABLES, "nota.md": REPORT}).answer(question)
    marked = [one.text[slice(*one.answer_span)] for one in answer.citations if one.answer_span]
    assert marked == [told] if told else not answer.answered


def test_what_asks_yes_or_no_has_no_figure_marked(tmp_path: Path, embedder: Embedder) -> None:
    text = (
        "# Clubs\n\nHet aantal ballonnen per club wordt niet bijgehouden. Per club is er minimaal 1 gids van de dienst."
    )
    answer = answerer_over(tmp_path, embedder, {"clubs.md": text, "nota.md": REPORT}, threshold=1e-9).answer(
        "Wordt het aantal ballonnen per club bijgehouden?"
    )
    marked = [one.text[slice(*one.answer_span)] for one in answer.citations if one.answer_span]
    assert "niet bijgehouden" in answer.citations[0].text and "1" not in marked


@pytest.mark.parametrize(
    ("whose", "told"),
    [("An Maes", "02 555 12 34"), ("Bo Claes", None), ("Cas Dom", None)],  # the last is only asked
)
def test_a_number_is_told_of_whom_it_is_asked(whose: str, told: str | None, tmp_path: Path, embedder: Embedder) -> None:
    text = (
        "# Dienst luchtvaart\n\nVoor meldingen belt u An Maes (tel. 02 555 12 34).\n\nBo Claes beheert de hangars.\n\n"
    )
    text += "Is het telefoonnummer van Cas Dom nog 02 555 98 76?\n"
    answer = answerer_over(tmp_path, embedder, {"dienst.md": text, "nota.md": REPORT}).answer(
        f"Wat is het telefoonnummer van {whose}?"
    )
    marked = [one.text[slice(*one.answer_span)] for one in answer.citations if one.answer_span]
    assert marked == [told] if told else not answer.answered
