import json

import pytest

from index.answer.cells import asked_cell, lacks_cell
from index.answer.span import answer_span, find_words
from index.search.question import read_question
from ingest.tables import TableCell
from tests.conftest import ROOT

_HUUR = "De huur bedraagt hoogstens 64 euro per week voor een rijhuis en 91 euro per week voor een hoekhuis met tuin."


@pytest.mark.parametrize(
    ("question", "text", "wanted"),
    [
        ("Wanneer opent de loods?", "De loods opent op 3 mei 2016 na de werken van 2015.", "3 mei 2016"),
        ("Hoeveel euro kost de loods?", "De loods telt 12 kamers en kost 4,5 miljoen euro.", "4,5 miljoen euro"),
        ("Hoeveel kamers telt de loods?", "De loods kost 45.000 euro en telt 12 kamers.", "12"),
        ("Hoeveel kamers telt een loods?", "Een loods telt 4 tot 6 kamers.", "4 tot 6"),
        ("Hoeveel kamers telt de wijk?", "Zie artikel 9\N{DEGREE SIGN}: de wijk telt 2 857 kamers.", "2 857"),
        ("Wie leidt de loods?", "De loods wordt geleid door Jan De Smet.", "Jan De Smet"),
        ("Waarom sluit de loods?", "De loods sluit omdat het dak lekt.", "omdat het dak lekt"),
        ("Wat vindt de minister?", "De minister vindt dit belangrijk.", None),
        ("Hoeveel kamers in 2015?", "Het waren er toen vele, in 2015.", None),
        (
            "Hoeveel stro werd geleverd in 2012?",
            "In 2011 werd 4.210 ton stro geleverd, in 2012 3.940 ton en in 2013 4.050.",
            "3.940",
        ),
        (
            "Hoeveel kamers waren er in 2012?",
            "Op 3 mei 2011 waren er 210 kamers. Op 3 mei 2012 waren dat er 256.",
            "256",
        ),
        ("Hoeveel kamers waren er in 2012?", "Het aantal daalde van 64 kamers in 2011 tot 51 in 2012.", "51"),
        ("Hoeveel kamers waren er in 2012?", "Er waren 120 kamers in 2012, 15 meer dan in 2011.", "120"),
        ("Hoeveel kamers waren er in 2012?", "In 2011 waren er 45 kamers, in 2012 is dat niet geteld.", None),
        (
            "Hoeveel bedraagt de huurpremie?",
            "De huurpremie bedraagt 30 % van de huur. De bouwpremie telt drie schijven.",
            "30 %",
        ),
        ("Hoeveel huurders in 2012?", "Dat was in 2012. Sindsdien (besluit van 3 mei 2011) kwamen er 32.", "32"),
        (
            "Hoe hoog is de korting?",
            "De korting ligt tussen 5 % en 15 % van de prijs. Er zijn vier tarieven.",
            "5 % en 15 %",
        ),
        ("Hoeveel huurders krijgen korting?", "Van de huurders krijgt 40 % korting. Dat zijn 12 gezinnen.", "12"),
        ("Tot wanneer loopt de actie?", "De actie loopt van 2 mei 2011 tot en met 9 juni 2011.", "9 juni 2011"),
        ("Tegen wanneer moet ik bieden?", "U kunt bieden tussen 4 mei 2011 en 8 juni 2011.", "8 juni 2011"),
        ("Wanneer sluit de kassa?", "De kassa opent op 1 juni 2011 en sluit op 3 juli 2011.", "3 juli 2011"),
        (
            "Vanaf wanneer kan ik bieden?",
            "Bieden kan tot 8 juni 2011, en dat al sinds 4 mei 2011.",
            "4 mei 2011",
        ),
        ("Hoeveel korting is er voor huurders?", "Voor een koper bedraagt de korting 5 %.", None),  # of another group
        ("Hoeveel korting is er voor kopers?", "Voor een koper bedraagt de korting 5 %.", "5 %"),
        ("Hoeveel steun krijgt een zangvereniging?", "Een turnvereniging krijgt 400 euro.", None),
        (
            "Hoeveel huurders uit Mol wachtten in 2020 langer op een hoekhuis met tuin?",
            "In 2020 wachtten 64 mensen langer op een hoekhuis met tuin. In Mol ging het om 13 gezinnen.",
            "13",
        ),
        ("Wie is de huismeester?", "Mia Claes huismeester", "Mia Claes"),
        ("Wie is minister van Loodsen?", "An De Wit, Waals minister van Loodsen, kwam langs.", "An De Wit"),
        ("Wie is de penningmeester?", "Aanwezig: Mia Claes, Jo Maes, An De Wit (penningmeester)", "An De Wit"),
        ("Wie is de voorzitter?", "Aanwezig: Mia Claes (voorzitter), Jo Maes, An De Wit (penningmeester)", "Mia Claes"),
        ("Wie kocht de loods?", "Volgens Mia Claes is dat de stad.", "Mia Claes"),
        ("Hoeveel dagen heeft de huurder?", "Art. 7. De huurder antwoordt binnen dertig dagen.", "dertig dagen"),
        (
            "Hoe lang geldt de huur?",
            "De huur geldt vijfentwintig jaar. Ze is telkens met tien jaar te verlengen.",
            "vijfentwintig jaar",
        ),
        ("Hoelang duurt de keuring?", "Meestal vier werkdagen. In augustus ligt het werk stil.", "vier werkdagen"),
        ("Hoeveel kamers telt de loods?", "3. De loods telt volgens artikel 12 eenentachtig kamers.", "eenentachtig"),
        (
            "Wanneer is een loods leeg?",
            "Een loods is leeg als er meer dan 9,5 % plaats is. In 2012 stonden er vele.",
            "als er meer dan 9,5 % plaats is",
        ),
        ("Wanneer is de laatste markt?", "De eerste markt is op 2 mei 2016, de laatste op 9 juni 2016.", "9 juni 2016"),
        ("Wanneer is de tweede markt?", "De eerste markt is op 2 mei 2016.", None),
        (
            "Hoeveel bedraagt de boete hoogstens?",
            "De boete bedraagt minstens 50 euro en hoogstens 900 euro.",
            "900 euro",
        ),
        ("Hoeveel bedroeg de huur in 2012?", "De huur bedraagt 64 euro. In 2012 was dat nog 62 euro.", "62 euro"),
        ("Hoeveel betaalt een huurder voor een bezoek?", "De stad geeft 21 euro. Een huurder betaalt niets.", "niets"),
        ("Hoeveel huurders keerden terug?", "Twaalf van de 412 huurders keerden terug.", "Twaalf"),
        ("Hoe oud zijn de huurders in 2012?", "Er zijn 210 huurders. In 2012 waren ze 44,6 jaar oud.", "44,6 jaar"),
        ("Wie is voorzitter?", "Voorzitter is professor An De Wit. Ondervoorzitter is Mia Claes.", "An De Wit"),
        ("Hoeveel loodsen zijn er?", "Loodsen krijgen 900 euro. Er kwamen er 12 bij.", "12"),
        ("Wie is voorzitter?", "Ondervoorzitter van de wijk is Mia Claes, voorzitter is An De Wit.", "An De Wit"),
        ("Wanneer werd de loods erkend als hal?", "De loods werd erkend als hal. Dat was op 3 mei 2016.", "3 mei 2016"),
        ("Hoeveel bedraagt de huur voor een hoekhuis?", _HUUR, "91 euro"),
        ("Hoeveel bedraagt de huur voor een rijhuis?", _HUUR, "64 euro"),
        ("Hoeveel bedraagt de huur voor een woonboot?", _HUUR, None),  # of a group that is not named
        ("Hoeveel bedraagt de huur per week voor een woonboot?", _HUUR, None),
        ("Hoeveel betaalt een woonboot?", _HUUR, None),
        (
            "Hoeveel weken heeft de stad voor loodsen boven 2 miljoen euro?",
            "De stad antwoordt binnen acht weken; voor loodsen boven 2 miljoen euro is dat twaalf weken.",
            "twaalf weken",
        ),
        (
            "Wanneer wordt de huur betaald?",
            "Huur wordt betaald rond de 12de. In augustus wordt de huur pas op de 20ste betaald.",
            "de 12de",
        ),
        ("Wanneer is er markt?", "Er is elke week markt, behalve in juli.", "elke week"),
        ("Hoeveel meter haag is er in Mol?", "Er is 31 meter haag in Geel, 22 meter in Mol en 9 meter in Balen.", "22"),
        ("Hoeveel meter haag is er in Balen?", "Er is 31 meter haag in Geel, 22 meter in Mol en 9 in Balen.", "9"),
        ("Hoeveel loodsen zijn er tegen 2025?", "Er zijn 12 loodsen. Tegen eind 2025 moeten er dat 30 zijn.", "30"),
        ("Hoeveel loodsen zijn verkocht?", "Van 80 loodsen werden er 51 verhuurd en 29 verkocht.", "29"),
        ("Hoeveel loodsen telt de wijk?", "De wijk telt 80 loodsen, waarvan 51 verhuurd en 29 verkocht.", "80"),
        # What a "waarvan" tells is part of what stands before it, so that its own words count besides.
        (
            "Hoeveel huurders kregen de korting in Mol?",
            "In Mol kregen 64 buren de korting, waarvan 21 huurders. Nog 12 buren wachten (waarvan 3 huurders).",
            "21",
        ),
        (
            "Hoeveel personen met een vaste huur zijn er?",
            "Eind mei waren er 64 waaronder 31 met een vaste huur en 27 met een losse (6 personen hebben beide huren).",
            "31",
        ),
        ("Hoeveel buren kregen de korting?", "In Mol kregen 64 buren de korting, waarvan 21 huurders.", "64"),
        (
            "Hoeveel huurders zijn er in de rijhuizen?",
            "Eind 2010 zijn dat er 90: - in de rijhuizen gaat het om 64 huurders. Ook wonen daar 12 gidsen in de "
            "rijhuizen, waarvan 3 met een tuin.",
            "64",
        ),
        ("Hoeveel kamers waren er in 2012?", "Het aantal ging van 64 kamers in 2011 naar 51 in 2012.", "51"),
        # A side may be named behind its figure.
        ("Hoeveel huurders kwamen in het najaar?", "Er kwamen 12 huurders in het voorjaar en 15 in het najaar.", "15"),
        ("Hoeveel stemmen in de tweede ronde?", "Mol kreeg 12 stemmen in de eerste ronde, 15 in de tweede.", "15"),
        ("Hoe hoog is de minimale huur?", "De minimale huur is 90 euro, de maximale huur 900 euro.", "90 euro"),
        # Of two years that are asked both figures count, and of an amount its unit.
        ("Hoeveel huurders in 2010 en 2012?", "In 2010 waren er 64 huurders, in 2012 51.", "64 huurders, in 2012 51"),
        ("Hoeveel subsidie krijgt de wijk?", "De wijk krijgt 126.000 EUR per jaar.", "126.000 EUR"),
        ("Hoeveel subsidie krijgt de wijk?", "De 14 loodsen kregen 2.000.000€.", "2.000.000€"),
        ("Hoeveel subsidie is er?", "Er zijn 15 projecten met steun.", None),  # things are no amount
        # Figures that compete, none of them of what is asked, are told apart by nothing.
        ("Hoe hoog is de toelage voor kasten?", "Er is een toelage van 40 euro. De andere is 12 euro.", None),
        # A time that is open at its end leaves out the year that it names.
        ("Hoeveel kamers vóór 2012?", "Er waren 64 kamers in 2011 en 51 in 2012.", "64"),
        ("Hoeveel kamers vóór 1 januari 2012?", "Er waren 51 kamers in 2012 en 64 in 2011.", "64"),
        ("Hoeveel kamers vóór 31 december 2012?", "Er waren 51 kamers in 2012 en 64 in 2013.", "51"),
        # What the rate of a question comes to is not told.
        ("Hoeveel is het bij 5 euro per lid?", "De huur is 5 euro per lid, tot 500 euro per wijk.", None),
        ("Hoeveel is het hoogstens bij 5 euro per lid?", "Dat is 5 euro per lid, met hoogstens 500 euro.", "500 euro"),
        ("Hoeveel stemmen waren er tegen?", "Er waren 17 stemmen voor, 6 tegen.", "6"),
        ("Hoeveel loodsen hebben een kelder?", "De wijk telt 90 loodsen. Daarvan zijn er 14 met een kelder.", "14"),
        (
            "Hoeveel meter haag was er in 2012 in Balen?",
            "In 2011 was er 50 meter haag, in 2012 60. In 2012 lag 31 meter in Geel, 22 in Mol en 7 meter in Balen.",
            "7",
        ),
        ("Hoeveel meter haag sinds 2012?", "In 2011 was er 50 meter haag, in 2012 60 meter.", "60"),
        (
            "Hoeveel meter haag werd in 2012 gesnoeid?",
            "In 2011 werd 50 meter geplant en 20 gesnoeid. In 2012 werd 31 meter geplant en 12 gesnoeid.",
            "12",
        ),
        ("Hoeveel wilgen kocht de stad?", "De stad kocht 9 bomen: 4 wilgen, 3 beuken en 2 eiken.", "4"),
        ("Hoeveel blanco stemmen bij de stemming?", "Er waren 17 stemmen voor, 6 tegen en 3 blanco.", "3"),
        (
            "Hoe hoog is de huur voor een atelier?",
            "De huur is 80 euro voor een atelier en 50 euro voor een kast. In 2009 was een atelier 70 euro.",
            "80 euro",
        ),
        ("Hoeveel huurders in 2012?", "In 2011 kwamen 12 huurders. In 2012 waren er 340 bezoekers.", None),
        ("Hoeveel kreeg de wijk in 2012?", "In 2012 kreeg de wijk voor 12 loodsen 4 miljoen euro.", "4 miljoen euro"),
        ("Hoe hoog is het huurbedrag?", "De stad betaalt tot 40% van de huur, met een top van 900 euro.", "900 euro"),
        ("Hoe vaak kan de huur verlengd worden?", "De huur loopt vier jaar en is tweemaal te verlengen.", "tweemaal"),
        ("Hoeveel loodsen van steen zijn er?", "Een loods van steen krijgt 45.000 euro.", None),
        ("Waar is de zitting?", "De zitting is in het wijkhuis Mol Aanwezig: Mia Claes", "Mol"),
        ("Wie leidt de wijk?", "De voorzitter van Wijkhuis Mol, Mia Claes, leidt de wijk.", "Mia Claes"),
        ("Wie leidt Wonen in Mol?", "Het agentschap Wonen in Mol wordt geleid door Mia Claes.", "Mia Claes"),
        ("Wie leest de brief?", "De brief gaat naar de leesdienst van Wonen in Mol.", "leesdienst van Wonen in Mol"),
        ("Wie int de huur?", "De dienst Loodsen int de huur.", "dienst Loodsen"),
    ],
)
def test_the_asked_words_are_found_by_their_form(question: str, text: str, wanted: str | None) -> None:
    asked = read_question(question)
    span = answer_span(asked, text)
    assert (text[slice(*span)] if span else None) == wanted


def test_judged_spans_are_found() -> None:
    """A span is right where it is at least half of the judged one, or holds it and little more."""
    lines = (ROOT / "eval" / "data" / "answer_spans.jsonl").read_text(encoding="utf-8").splitlines()
    right = 0
    for row in map(json.loads, lines):
        assert row["span"] in row["text"]
        asked = read_question(row["question"])
        span = answer_span(asked, row["text"])
        got = row["text"][slice(*span)] if span else ""
        half = len(row["span"]) <= 2 * len(got) and got in row["span"]
        right += bool(got) and (half or (row["span"] in got and len(got) <= 2 * len(row["span"]) + 8))
    assert right >= 0.65 * len(lines)  # 60 of 90


@pytest.mark.parametrize(
    ("question", "text", "read", "wanted"),
    [
        ("Hoeveel zijn er in de loods?", "De loods telt 12 kamers en 14 ramen.", "14 ramen", "14"),  # of equals
        ("Hoeveel kamers telt de loods?", "De loods telt 12 kamers en 14 ramen.", "14 ramen", "12"),  # what fits better
        ("Hoeveel kamers telt de loods?", "Van de kamers is 40% vrij, en er zijn 9 kamers.", "40%", "9"),
        ("Welke ruimten heeft de loods?", "Volgens De Smet: een hal en een zolder.", "een hal en een zolder", None),
        ("Wat moet wie er woont?", "Wie er woont, moet niets betalen.", "niets betalen", None),  # no form to look for
        ("Welk mailadres heeft Jan?", "Jan leest loods@example.be elke dag.", "elke dag", "loods@example.be"),
        ("Wanneer sluit de loods?", "De loods is open van 2 mei tot 9 juni.", "2 mei", "9 juni"),
        ("Hoeveel kamers in 2012?", "In 2011 waren er 45 kamers, in 2012 51.", "45 kamers", "51"),
        ("Welke loods kwam er in 2013?", "Die van Mol in 2010 en die van Zele in 2013.", "Mol", "Zele"),
        ("Hoeveel kamers zijn er?", "Een kamer kost 45 euro.", "45 euro", ""),  # of another kind
        ("Aan wie is de loods verhuurd?", "Dat is niet aan de stad, maar aan de Franse buren.", "niet aan de stad", ""),
        ("Hoeveel bedraagt de huur voor een woonboot?", _HUUR, "64 euro", ""),
    ],
)
def test_words_that_a_reader_marks_narrow_the_form_down_and_stand_where_it_has_none(
    question: str, text: str, read: str, wanted: str | None
) -> None:
    asked = read_question(question)
    span = answer_span(asked, text, find_words(text, read))
    assert (text[slice(*span)] if span else "") == (read if wanted is None else wanted)


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Hoeveel procent van de vrouwen werkte in 2010?", "33,5"),
        ("Hoeveel procent van de vrouwen werkte in 2002?", "37,4"),
        ("Hoeveel procent van de vrouwen werkte er halftijds?", "12,5"),
        ("Hoeveel procent van de vrouwen werkte in 2009?", None),  # an empty cell
        ("Hoeveel procent van de vrouwen werkte?", None),
    ],
)
def test_of_a_row_the_cell_below_the_asked_column_counts(question: str, wanted: str | None) -> None:
    text = "Groep 2002 2009 2010 2009-2010 halftijds Vrouwen 37,4 33,5 -3,2 12,5"
    columns = {"2002": "37,4", "2010": "33,5", "2009-2010": "-3,2", "halftijds": "12,5"}
    cells = [TableCell("Vrouwen", column, value) for column, value in columns.items()]
    cell = asked_cell(read_question(question), text, cells)
    assert (text[slice(*cell)] if cell else None) == wanted
    assert lacks_cell(read_question(question), text, cells) == ("2009" in question)


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Wat was de uitgave voor vrouwen in 2012?", "295.112"),
        ("Wat was het budget voor vrouwen in 2012?", "290.000"),
        ("Wat was het tekort voor vrouwen in 2012?", None),
        ("Wat was de uitgave voor vrouwen in 2011?", "281.340"),
    ],
)
def test_of_columns_of_one_year_that_of_the_asked_words_counts(question: str, wanted: str | None) -> None:
    text = "Groep Budget 2012 Uitgave 2012 Uitgave 2011 Vrouwen 290.000 295.112 281.340"
    columns = {"Budget 2012": "290.000", "Uitgave 2012": "295.112", "Uitgave 2011": "281.340"}
    cells = [TableCell("Vrouwen", column, value) for column, value in columns.items()]
    cell = asked_cell(read_question(question), text, cells)
    assert (text[slice(*cell)] if cell else None) == wanted


def test_a_column_of_a_day_is_of_its_year() -> None:
    text = "31/12/2009 31/12/2010 Werkplaatsen 3490 3690"
    cells = [TableCell("Werkplaatsen", "31/12/2009", "3490"), TableCell("Werkplaatsen", "31/12/2010", "3690")]
    cell = asked_cell(read_question("Hoeveel plaatsen waren er in 2010?"), text, cells)
    assert cell and text[slice(*cell)] == "3690"


def test_a_value_with_a_comma_is_one_cell() -> None:
    text, value = "Jaar 2010 Werkplaatsen 12, waarvan 3 gesloten", "12, waarvan 3 gesloten"
    cell = asked_cell(read_question("Hoeveel werkplaatsen in 2010?"), text, [TableCell("Werkplaatsen", "2010", value)])
    assert cell and text[slice(*cell)] == value


def test_words_are_found_over_a_line_end() -> None:
    text = "Een maatwerk-\nbedrijf"
    assert find_words(text, "maatwerkbedrijf") == (4, len(text))
    assert find_words(text, "") is None and find_words(text, "elders") is None
