import pytest

from index.search.question import Expected, holds_expected, read_question
from index.store.years import reached, years_in


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wanneer trad de nieuwe regeling in werking?", Expected.DATE),
        ("Tegen welke datum moet het verslag er zijn?", Expected.DATE),
        ("goedkeuringsdatum besluit", Expected.DATE),
        ("Hoeveel mensen werken er in Gent?", Expected.NUMBER),
        ("Welk percentage stroomt door?", Expected.NUMBER),
        ("Wat is een werkwinkel?", Expected.DEFINITION),
        ("Waarvoor staat VDAB?", Expected.DEFINITION),
        ("Waarom is er geen lijst?", Expected.REASON),
        ("Wie houdt toezicht?", Expected.NAME),
        ("Welke scholen vallen buiten het budget?", Expected.NAME),
        ("Welke prijs heeft een plaats?", Expected.NUMBER),
        ("Waarom steeg het bedrag van de toelage?", Expected.REASON),
        ("En hoe komt het dat de termijn verstreek?", Expected.REASON),
        ("Wie keurt het krediet goed?", Expected.NAME),
        ("Door wie wordt de deadline gekozen?", Expected.NAME),
        ("Wanneer heeft een student recht op een toelage?", Expected.ANY),
        ("Wanneer kom ik voor een lening in aanmerking?", Expected.ANY),
        ("Wanneer heeft Gent het recht op rust ingevoerd?", Expected.DATE),
        ("naar welk mailadres stuur ik dat", Expected.MAIL),
        ("mailadres luchthaven", Expected.MAIL),
        ("Moet ik een mailadres opgeven?", Expected.ANY),
        ("Hoeveel mensen kregen dat in hun mailbox?", Expected.NUMBER),
        ("Wat is het telefoonnummer van het departement?", Expected.PHONE),
        ("subsidie aanvragen", Expected.ANY),
        ("Hoeveel plaatsen zijn er? Wanneer was dat?", Expected.DATE),  # the follow-up is what is asked
    ],
)
def test_kind_of_answer(text: str, expected: Expected) -> None:
    assert read_question(text).expected is expected


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("in 2012 en 2018, opnieuw in 2012", (2012, 2018)),
        ("2.012 euro, artikel 12018, 2018,5", ()),
        ("op 31/12/2017, 3.1.2016 en 4-5-2015", (2017, 2016, 2015)),
        ("1.2016 vragen, stuk 12/2016, 1.12/2016", ()),
        ("minstens 2000 piloten, Meer dan 2010 of minder dan 2020, ongeveer 2015", ()),
        ("2000 euro, € 2010 of €2011, 2012 %", ()),
        ("meer dan in 2016", (2016,)),
    ],
)
def test_years_are_not_amounts_or_numbers(text: str, years: tuple[int, ...]) -> None:
    assert years_in(text) == years


@pytest.mark.parametrize(
    ("question", "years", "within", "outside"),
    [
        ("Hoeveel boten voeren er na 2013?", (), 2014, 2013),
        ("Hoeveel boten voeren er sinds 2012?", (), 2012, 2011),
        ("Hoeveel boten voeren er tussen 2015 en 2018?", (2015, 2018), 2016, 2019),
        ("Hoeveel boten voeren er vanaf 2015 tot 2018?", (2015, 2018), 2016, 2019),
        ("Hoeveel boten voeren er in 2015 en 2018?", (2015, 2018), None, 2016),
    ],
)
def test_a_time_is_read_alike_in_question_and_passage(
    question: str, years: tuple[int, ...], within: int | None, outside: int
) -> None:
    asked = read_question(question)
    assert asked.years == years
    assert [year for year in (within, outside) if any(year in period for period in asked.periods)] == (
        [within] if within else []
    )
    assert reached(question, [outside]) == frozenset() and (within is None or reached(question, [within]))


def test_two_years_compare() -> None:
    assert read_question("Hoeveel was het budget in 2012 en in 2018?").compares
    assert not read_question("Hoeveel was het budget in 2012?").compares


@pytest.mark.parametrize(
    ("expected", "yes", "no"),
    [
        (Expected.NUMBER, "in totaal 47 VTE", "op 17 februari 2017"),
        (Expected.MAIL, "via de mailbox mwb@voorbeeld.be.", "via een aparte mailbox"),
        (Expected.PHONE, "bel 02 553 42 56 of +32 (0)2/553.42.56", "op 17 februari 2017, nr. 0123"),
    ],
)
def test_a_text_holds_the_kind_of_answer(expected: Expected, yes: str, no: str) -> None:
    assert holds_expected(expected, yes)
    assert not holds_expected(expected, no)
