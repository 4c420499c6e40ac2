import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.writer.guard import MAX_SENTENCES, guard, split_sentences

QUOTES = {
    1: "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljoen euro, ongeveer 1% van de totale "
    "Vlaamse begroting.",
    2: "De maatregel Lokale Diensteneconomie krijgt een bedrag van 28,1 miljoen euro. In 2017 was dat 27.500.000 euro.",
    3: "Het eerste duurzaamheidsverslag dient uiterlijk 31 juli 2020 te worden ingediend bij het departement WSE.",
    4: "Een maatwerkbedrijf hoeft het verslag niet door een externe revisor te laten goed-\nkeuren.",
    5: "\tJuni 2010\tJuni 2011\nAllochtonen\t46.436\t45.493\nPmah\t29.376\t27.980",
    6: "In vijftien trajecten werden 116 ondernemingen bereikt. Minister Homans lanceerde de oproep op 17/02/2017.",
    7: "De werkzaamheidsgraad van personen met een arbeidshandicap daalde met 3,2 procentpunt tot 33,5%.",
    8: "De hernieuwde website zal in 2018 gelanceerd worden.\nBinnen deze oproep startten 15 projecten gesteund met "
    "een totaalbudget van 583k EUR. Ze lopen van 1 december 2017 tot 31 mei 2018.",
    9: "Maatwerkbedrijven die enclaves organiseren, begeleiden hun doelgroepwerknemers op de werkvloer van de klant; "
    "de begeleider moet permanent aanwezig zijn.",
    10: "In 2011 bedroeg het krediet voor arbeidszorg 4.250.000 euro. In 2012 bedroeg het krediet voor sociale "
    "werkplaatsen 5.000.000 euro en voor arbeidszorg 4.500.000 euro.",
    11: "Het maatwerkbedrijf moet de enclave vooraf melden aan het Vlaams Subsidieagentschap, uiterlijk op de dag van "
    "de start.",
    12: "Wie de premie ontvangt, mag ze niet cumuleren met een andere loonkostsubsidie, tenzij de minister een "
    "afwijking toestaat.",
    13: "De subsidie bedraagt maximaal 60 % van de loonkosten (met inbegrip van de vakantiegelden) en minstens 5.000 "
    "euro per jaar.",
    14: "De minister heeft de steun aan invoegbedrijven, sociale werkplaatsen en enclaves geweigerd.",
    15: "Volgende uitspraken zijn fout:\n- De premie geldt voor onbepaalde duur.\n- De erkenning is overdraagbaar.",
    16: "Krijgen alle maatwerkbedrijven de premie? Geen enkele maatregel vervalt vanaf 1 januari 2019.",
    17: "De heer Janssens ontkent dat het departement de steun aan de bedrijven verlaagt, zegt de oppositie.",
    18: "Tussen 2015 en 2017 daalde het aantal wachtenden van 1.250 naar 980, een daling van ruim 21 %.",
    19: "Met steun van de minister sociale bedrijven wil het departement de tewerkstelling verhogen.",
    20: "Het budget 2012 bedraagt 105.000 euro op artikel A en op artikel B, 389.000 euro. Het actieplan is onder "
    "coördinatie van de minister, in uitvoering.",
    21: "Volgende uitspraken kloppen niet: 1. De premie geldt levenslang. 2. De premie stijgt jaarlijks.",
    23: "Een derde van de bedrijven sloot.",
    24: "Het overzicht moet klaar zijn tegen 1 april, behoudens verlenging. De omzet bedraagt 2.715 (duizend euro). "
    "De bijdrage (in duizend euro) is 12. De bouw kost 10 miljoen euro, raming. De vergoeding is 500 euro (excl. btw). "
    "De toelage is 600 euro (inclusief btw). De huur (x 1.000 euro) is 14. De winst is 31 (procentpunt).",
    22: "Verboden is: de premie met andere steun cumuleren; de steun wordt doorgegeven aan derden.",
}

# What a fair writer makes of the quotes: some shorten, some put it in another way. The guard may refuse the latter.
HONEST = {
    "Budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljoen euro, ongeveer 1% van totale Vlaamse "
    "begroting [1].": True,
    "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljoen euro [1].": True,
    "Het budget 2018 voor sociale economie bedraagt 486 miljoen euro [1].": False,
    "Het budget voor sociale economie bedraagt in 2018 486 miljoen euro [1].": False,
    "De Lokale Diensteneconomie krijgt een bedrag van 28,1 miljoen euro [2].": True,
    "De Lokale Diensteneconomie krijgt 28,1 miljoen euro [2].": False,
    "In 2017 was dat 27.500.000 euro [2].": True,
    "Het eerste verslag moet uiterlijk op 31/07/2020 ingediend worden [3].": False,
    "Het eerste duurzaamheidsverslag dient uiterlijk 31 juli 2020 te worden ingediend bij WSE [3].": True,
    "Het maatwerkbedrijf hoeft het verslag niet door een externe revisor te laten goedkeuren [4].": True,
    "In juni 2011 waren er 45.493 allochtonen [5].": False,
    "In vijftien trajecten werden bovendien 116 ondernemingen bereikt [6].": True,
    "Minister Homans lanceerde de oproep in februari 2017 [6].": False,
    "De werkzaamheidsgraad van personen met arbeidshandicap daalde met 3,2 procentpunt tot 33,5% [7].": True,
    "De hernieuwde website zal ook in 2018 gelanceerd worden [8].": True,
    "Ze lopen van 1 december 2017 tot 31 mei 2018 [8].": True,
    "Daarnaast moet de begeleider permanent aanwezig zijn [9].": False,
    "De begeleider moet er permanent aanwezig zijn [9].": True,
    "In 2011 bedroeg het krediet voor arbeidszorg 4.250.000 euro [10].": True,
    "De subsidie bedraagt maximaal 60 % van de loonkosten en minstens 5.000 euro per jaar [13].": False,
    "Tussen 2015 en 2017 daalde het aantal wachtenden van 1.250 naar 980 [18].": True,
}
KEPT = [sentence for sentence, kept in HONEST.items() if kept]

FALSE = {
    "no or wrong citation": [
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljoen euro.",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljoen euro [99].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljoen euro [1][99].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljoen euro [1-3].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljoen euro [3].",
    ],
    "another figure": [
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 687 miljoen euro [1].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljard euro [1].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt vijfhonderd miljoen euro [1].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486k euro [1].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486% [1].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljoen euro per maand [1].",
        "De werkzaamheidsgraad van personen met een arbeidshandicap daalde met 3,2 procentpunt tot 33,5 [7].",
        "De werkzaamheidsgraad van personen met een arbeidshandicap daalde met 32 procentpunt tot 33,5% [7].",
    ],
    "another year or day": [
        "Het budget 2019 voor het beleidsveld sociale economie bedraagt 486 miljoen euro [1].",
        "In 2018 was dat 27.500.000 euro [2].",
        "Het eerste duurzaamheidsverslag dient uiterlijk 30 juli 2020 te worden ingediend bij WSE [3].",
        "Ze lopen van 1 december 2018 tot 31 mei 2017 [8].",
        "Ze lopen van 31 mei 2018 tot 1 december 2017 [8].",
        "Minister Homans lanceerde de oproep op 02/17/2017 [6].",
        "Tussen 2017 en 2015 daalde het aantal wachtenden van 1.250 naar 980 [18].",
    ],
    "amounts of two sentences or halves swapped": [
        "In 2012 bedroeg het krediet voor arbeidszorg 5.000.000 euro [10].",
        "In 2012 bedroeg het krediet voor arbeidszorg 4.250.000 euro [10].",
        "In 2011 bedroeg het krediet voor arbeidszorg 4.500.000 euro [10].",
        "In 2011 bedroeg het krediet voor sociale werkplaatsen 5.000.000 euro [10].",
        "In 2012 bedroeg het krediet voor sociale werkplaatsen 4.500.000 euro [10].",
        "De Lokale Diensteneconomie krijgt een bedrag van 27.500.000 euro [2].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 28,1 miljoen euro [1][2].",
        "Tussen 2015 en 2017 daalde het aantal wachtenden van 980 naar 1.250 [18].",
        "De subsidie bedraagt minstens 60 % van de loonkosten en maximaal 5.000 euro per jaar [13].",
    ],
    "roles swapped": [
        "Het Vlaams Subsidieagentschap moet de enclave vooraf melden aan een maatwerkbedrijf [11].",
        "De enclave moet het maatwerkbedrijf vooraf melden aan het Vlaams Subsidieagentschap [11].",
        "De externe revisor hoeft het verslag niet door een maatwerkbedrijf te laten goedkeuren [4].",
        "De klant begeleidt de doelgroepwerknemers op de werkvloer van het maatwerkbedrijf [9].",
        "De oppositie ontkent dat het departement de steun aan de bedrijven verlaagt [17].",
    ],
    "another bound": [
        "Het maatwerkbedrijf moet de enclave vooraf melden aan het Vlaams Subsidieagentschap, uiterlijk op de dag na "
        "de start [11].",
        "Het maatwerkbedrijf moet de enclave vooraf melden aan het Vlaams Subsidieagentschap, ten vroegste op de dag "
        "van de start [11].",
        "Het eerste duurzaamheidsverslag dient ten vroegste 31 juli 2020 te worden ingediend bij WSE [3].",
        "Het eerste duurzaamheidsverslag dient na 31 juli 2020 te worden ingediend bij WSE [3].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt meer dan 486 miljoen euro [1].",
        "Ze lopen vanaf 1 december 2017 tot 31 mei 2018 [8].",
    ],
    "bound or condition dropped": [
        "Het eerste duurzaamheidsverslag dient 31 juli 2020 te worden ingediend bij WSE [3].",
        "Het maatwerkbedrijf moet de enclave vooraf melden aan het Vlaams Subsidieagentschap [11].",
        "Het maatwerkbedrijf moet de enclave melden aan het Vlaams Subsidieagentschap, uiterlijk op de dag van de "
        "start [11].",
        "De subsidie bedraagt 60 % van de loonkosten en 5.000 euro per jaar [13].",
        "De subsidie bedraagt maximaal 60 % van de loonkosten (met inbegrip van de vakantiegelden) [13].",
        "Wie de premie ontvangt, mag ze niet cumuleren met een andere loonkostsubsidie [12].",
        "Maatwerkbedrijven begeleiden hun doelgroepwerknemers op de werkvloer van de klant [9].",
        "Het overzicht moet klaar zijn tegen 1 april [24].",
        "De omzet bedraagt 2.715 [24].",
        "De bijdrage is 12 [24].",
        "De bouw kost 10 miljoen euro [24].",
        "De vergoeding is 500 euro [24].",
        "De toelage is 600 euro [24].",
        "De huur is 14 [24].",
        "De winst is 31 [24].",
        "Personen met een arbeidshandicap daalde met 3,2 procentpunt tot 33,5% [7].",
    ],
    "negation": [
        "Wie de premie niet ontvangt, mag ze cumuleren met een andere loonkostsubsidie, tenzij de minister een "
        "afwijking toestaat [12].",
        "Wie de premie ontvangt, mag ze cumuleren met een andere loonkostsubsidie, tenzij de minister een "
        "afwijking toestaat [12].",
        "Wie de premie niet ontvangt, mag ze niet cumuleren met een andere loonkostsubsidie, tenzij de minister een "
        "afwijking toestaat [12].",
        "Het eerste duurzaamheidsverslag dient niet uiterlijk 31 juli 2020 te worden ingediend bij WSE [3].",
        "Een maatwerkbedrijf hoeft het verslag door een externe revisor te laten goedkeuren [4].",
        "De begeleider moet niet permanent aanwezig zijn [9].",
        "De begeleider mag permanent aanwezig zijn [9].",
        "De maatregel vervalt vanaf 1 januari 2019 [16].",
        "Het departement verlaagt de steun aan de bedrijven [17].",
        "De werkzaamheidsgraad van personen met een arbeidshandicap steeg met 3,2 procentpunt tot 33,5% [7].",
    ],
    "cut where the meaning turns": [
        "De minister heeft de steun aan invoegbedrijven [14].",
        "De minister heeft de steun aan invoegbedrijven, sociale werkplaatsen en enclaves [14].",
        "De premie geldt voor onbepaalde duur [15].",
        "De erkenning is overdraagbaar [15].",
        "De premie stijgt jaarlijks [21].",
        "De steun wordt doorgegeven aan derden [22].",
        "Krijgen alle maatwerkbedrijven de premie [16].",
        "Dat het departement de steun aan de bedrijven verlaagt [17].",
        "De steun aan de bedrijven verlaagt, zegt de oppositie [17].",
        "De heer Janssens ontkent dat het departement de steun aan de bedrijven verlaagt [17].",
    ],
    "words of the quote tied otherwise": [
        "Met steun van sociale bedrijven wil het departement de tewerkstelling verhogen [19].",
        "De derde van de bedrijven sloot [23].",
        "Het budget 2012 bedraagt 105.000 euro op artikel A en op artikel B [20].",
        "Het actieplan is onder coördinatie van de minister [20].",
    ],
    "made up": [
        "De minister heeft alle coöperaties wegens fraude gesloten [1].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljoen euro omdat men corrupt is [1].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljoen euro en is verspilling [1].",
        "Minister Muyters lanceerde de oproep op 17/02/2017 [6].",
        "Het eerste duurzaamheidsverslag dient uiterlijk 31 juli 2020 te worden ingediend bij EWI [3].",
        "Ja, dat is zo [1].",
        "Het [1].",
        "Budget [1].",
    ],
    "another script or language": [
        "Het budg\u0435t 2018 voor sociale economie bedraagt 486 miljoen euro [1].",  # a Cyrillic letter
        "H\u03b5t budget 2018 voor het beleidsveld sociale economie bedraagt 486 miljoen euro [1].",  # a Greek letter
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt ４８６ miljoen euro [1].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 48６ miljoen euro [1].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 486² miljoen euro [1].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt n i e t 486 miljoen euro [1].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt 4 8 6 miljoen euro [1].",
        "The budget 2018 amounts to 486 million euro [1].",
        "Le budget 2018 pour l'économie sociale est de 486 millions euro [1].",
    ],
    "no prose": [
        "Zie https://kwaad.example/486 voor het budget [1].",
        "Zie het budget op www.kwaad.be [1].",
        "Het budget.be 2018 voor sociale economie bedraagt 486 miljoen euro [1].",
        "Het budget <script>alert(1)</script> 2018 voor sociale economie bedraagt 486 miljoen euro [1].",
        "Het budget `rm -rf` 2018 voor sociale economie bedraagt 486 miljoen euro [1].",
        "Het [budget](javascript:1) 2018 voor sociale economie bedraagt 486 miljoen euro [1].",
        "Het budget 2018 voor het beleidsveld sociale economie bedraagt " + "het " * 120 + "486 miljoen euro [1].",
    ],
}
ALL_FALSE = [sentence for kind in FALSE.values() for sentence in kind]


def kept(text: str) -> list[str]:
    return [sentence.text for sentence in guard(text, QUOTES) if sentence.holds]


@pytest.mark.parametrize("sentence", HONEST)
def test_a_shortened_sentence_of_a_quote_is_kept_and_no_other(sentence: str) -> None:
    (checked,) = guard(sentence, QUOTES)
    assert checked.holds is HONEST[sentence]
    assert "[" not in checked.text and checked.text.endswith(".")


def test_most_of_what_a_fair_writer_makes_is_kept() -> None:
    assert len(HONEST) > 20 and len(kept_of_honest()) >= 0.6 * len(HONEST)


def kept_of_honest() -> list[str]:
    return [sentence for sentence in HONEST if kept(sentence)]


@pytest.mark.parametrize("number", QUOTES)
def test_each_sentence_of_a_quote_holds(number: int) -> None:
    """A model that only repeats is never refused; an item of a list is no sentence of its own."""
    if "\n" not in QUOTES[number] and ":" not in QUOTES[number]:
        for sentence in split_sentences(QUOTES[number]):
            if not sentence.text.endswith("?"):
                assert kept(f"{sentence.text} [{number}]"), sentence


@pytest.mark.parametrize(("kind", "sentence"), [(kind, sentence) for kind in FALSE for sentence in FALSE[kind]])
def test_a_false_sentence_is_refused(kind: str, sentence: str) -> None:
    assert not kept(sentence), kind


def test_only_the_quote_that_a_sentence_shortens_is_cited() -> None:
    (sentence,) = guard("De Lokale Diensteneconomie krijgt een bedrag van 28,1 miljoen euro [4][2].", QUOTES)
    assert sentence.holds and sentence.citations == (2,)


def test_sentences_are_cut_at_their_ends_and_lines() -> None:
    text = (
        "# Antwoord\n1. Het budget stijgt o.a. in 2018. [1]\n- Het **daalt** niet [2] [3], zegt men.\u202e [2; 1]\nSlot"
    )
    cut = [(sentence.text, sentence.citations) for sentence in split_sentences(text)]
    assert cut == [
        ("Antwoord.", ()),
        ("Het budget stijgt o.a. in 2018.", (1,)),
        ("Het daalt niet, zegt men.", (2, 3, 1)),
        ("Slot.", ()),
    ]


def test_repeats_and_more_than_five_sentences_are_cut() -> None:
    assert len(guard(f"{KEPT[0]} {KEPT[0]}", QUOTES)) == 1
    assert len(KEPT) > MAX_SENTENCES == len(guard("\n".join(KEPT), QUOTES))


# --- laws


@given(st.sampled_from(KEPT), st.data())
@settings(max_examples=150)
def test_words_that_change_places_are_refused(sentence: str, data: st.DataObject) -> None:
    """Two words of a true sentence that differ and say something make it untrue where they stand for each other."""
    words = sentence.split()
    telling = [place for place, word in enumerate(words) if word.lower() not in FREE and "[" not in word]
    one, other = data.draw(st.lists(st.sampled_from(telling), min_size=2, max_size=2, unique=True))
    words[one], words[other] = words[other], words[one]
    assert words[one].lower() == words[other].lower() or not kept(" ".join(words))


FREE = frozenset("de het een er ook bovendien".split())


@given(
    st.sampled_from(KEPT),
    st.integers(0, 30),
    st.sampled_from("niet geen nooit zonder behalve uiterlijk minstens hoogstens na voor tot vanaf mag 5 2019".split()),
)
@settings(max_examples=150)
def test_a_word_that_turns_the_meaning_cannot_be_added(sentence: str, place: int, word: str) -> None:
    words = sentence.split()
    words.insert(place % (len(words) - 1), word)
    assert not kept(" ".join(words))


@given(st.sampled_from(KEPT), st.integers(0, 30))
@settings(max_examples=150)
def test_no_figure_or_preposition_can_be_dropped(sentence: str, place: int) -> None:
    words = sentence.split()
    word = words.pop(place % (len(words) - 1))
    if word[0].isdigit() or word.lower() in ("niet", "van", "voor", "tot", "met", "uiterlijk", "moet", "dient", "in"):
        assert not kept(" ".join(words))


@given(number=st.integers(1, 999_999_999), template=st.sampled_from(KEPT))
@settings(max_examples=60)
def test_digits_never_come_out_that_were_not_quoted(number: int, template: str) -> None:
    sentence = re.sub(r"\d[\d.,/]*\d|\d(?!\])", str(number), template, count=1)
    quoted = set(re.findall(r"\d+", " ".join(QUOTES.values())))
    for one in kept(sentence):
        assert set(re.findall(r"\d+", one)) <= quoted


@given(
    st.lists(
        st.one_of(
            st.sampled_from([*HONEST, *ALL_FALSE, *QUOTES.values()]),
            st.text(max_size=60),
            st.builds("[{}]".format, st.integers(-5, 1000)),
        ),
        max_size=8,
    ),
    st.sampled_from(["", " ", "\n", ". "]),
)
@settings(max_examples=100)
def test_whatever_a_model_writes_only_known_numbers_and_plain_text_come_out(pieces: list[str], glue: str) -> None:
    holding = [sentence for sentence in guard(glue.join(pieces), QUOTES) if sentence.holds]
    assert len(holding) <= MAX_SENTENCES
    for sentence in holding:
        assert sentence.citations and set(sentence.citations) <= set(QUOTES)
        assert not re.search(r"[\x00-\x1f<>{}\[\]`|\\\u200b-\u200f\u202a-\u202e\u2066-\u2069]|://|www\.", sentence.text)
