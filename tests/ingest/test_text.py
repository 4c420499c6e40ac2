import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import dutch as text_module
from ingest.dutch import join_broken, join_lines, sentence_spans
from tests.timing import growth


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("met onder-\nsteuning", "met ondersteuning"),
        ("administratief-\ntechnisch comité", "administratief-technisch comité"),
        ("de KMO-\nportefeuille", "de KMO-portefeuille"),
        ("gesco- \nregularisatiepremie", "gesco-regularisatiepremie"),
        ("beheers- \nen beleidscyclus", "beheers- en beleidscyclus"),
        ("periode 2017-\n2019", "periode 2017- 2019"),
        ("een  \n regel", "een regel"),
    ],
)
def test_line_ends(text: str, joined: str) -> None:
    assert join_lines(text) == joined


@given(st.text())
def test_joining_twice_changes_nothing(text: str) -> None:
    once = join_lines(text)
    assert join_lines(once) == once
    assert "\n" not in once


@given(st.text(alphabet="ab-\n 1_É"))
def test_broken_words_are_those_of_the_plain_pattern(text: str) -> None:
    plain = re.compile(r"([^\W\d_]+)-[^\S\n]*\n\s*([^\W\d_]+)")
    ours = [(match.span(), match.groups()) for match in text_module.LINE_HYPHEN.finditer(text)]
    assert ours == [(match.span(), match.groups()) for match in plain.finditer(text)]


@pytest.mark.parametrize("piece", ["w", "w-", "-\n", "w-\n ", "- "])
def test_joining_takes_time_in_proportion_to_length(piece: str) -> None:
    assert growth(join_lines, piece * 50_000) < 8


@given(st.text(alphabet="abc .!?\nAB1,"), st.data())
def test_sentences_cover_all_but_white_space(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    spans = list(sentence_spans(text, start, end))
    assert spans == sorted(spans) and all(left < right for left, right in spans)
    assert "".join("".join(text[left:right].split()) for left, right in spans) == "".join(text[start:end].split())
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_abbreviations_end_no_sentence() -> None:
    text = "Helpt J. Claes kmo's? Ook foto's. In 5? Kan m.b.t. Brussel (nr. 5 of art. 7). Ook t.o.v. Wallonië. Klaar!"
    assert [text[a:b] for a, b in sentence_spans(text, 0, len(text))] == [
        "Helpt J. Claes kmo's?",
        "Ook foto's.",
        "In 5?",
        "Kan m.b.t. Brussel (nr. 5 of art. 7).",
        "Ook t.o.v. Wallonië.",
        "Klaar!",
    ]


HYPHENATED = """secretaris-generaal directeur-generaal inspecteur-generaal administrateur-generaal minister-president
viceminister-president kmo-portefeuille publiek-private publiek-privaat bottom-up top-down start-up spin-off know-how
burn-out follow-up win-win vice-voorzitter oud-minister ex-gedetineerde niet-ingevulde non-profit semi-publieke
sociaal-economische politiek-bestuurlijke administratief-technisch btw-plichtige vzw-statuut cao-onderhandelingen
ict-dienst ngo-sector hr-beleid re-integratie co-ouderschap mee-eten na-apen zee-egel adjunct-directeur e-learning
kandidaat-werknemers ocmw-raadslid lde-onderneming tv-zender opt-out check-up socio-economische auto-ongeval
milieu-inspectie radio-omroep video-opname gesco-regularisatiepremie quasi-monopolie technisch-wetenschappelijke
pseudo-wetenschap eu-middelen mvo-beleid KMO-portefeuille""".split()
WHOLE = """onder-steuning doelgroep-werknemers maatwerk-bedrijven werkgelegenheids-beleid minister-raad secretari-aat
directeurs-functie publiek-rechtelijk privaat-rechtelijk sociaal-rechtelijk ree-ds muse-um beoor-deling
begeleidings-premie arbeids-marktbeleid diensten-economie loop-baanbegeleiding zorgzwaarte-meting her-verdeling
inschakelings-traject onderwijs-instelling vertegenwoor-digers overheids-opdrachten niet-tegenstaande ex-ploitatie
ex-portbeleid se-mester communi-catie in-komsten op-volging uit-betaling uitvoerings-besluit toegankelijk-heid
openbaar-heid oud-ere ouder-schap kandida-tuur start-ende top-sport top-positie in-novatie in-houd persoons-volgend
verantwoordelijk-heid subsidie-aanvraag premie-aanvraag ministeri-eel bedrijfs-leider beleids-brief energie-besparing
kinderopvang-plaatsen erkennings-aanvraag groeps-opvang rendements-verlies tewerkstellings-maatregel
eu-ropese door-stroomtraject""".split()


@pytest.mark.parametrize("word", HYPHENATED)
def test_a_hyphen_that_belongs_to_the_word_stays_at_a_line_end(word: str) -> None:
    left, right = word.split("-")
    assert join_broken(left, right, ()) == word


@pytest.mark.parametrize("word", WHOLE)
def test_a_hyphen_that_only_breaks_the_word_goes(word: str) -> None:
    left, right = word.split("-")
    assert join_broken(left, right, ()) == left + right


def test_the_document_itself_decides_first_and_an_address_keeps_its_hyphens() -> None:
    assert join_broken("maatwerk", "bedrijf", {"maatwerk-bedrijf"}) == "maatwerk-bedrijf"
    assert join_broken("publiek", "private", {"publiekprivate"}) == "publiekprivate"
    address = "https://data.vlaanderen.be/standaarden/standaarden-in"
    assert join_broken(address, "ontwikkeling/index.html", ()) == address + "-ontwikkeling/index.html"
