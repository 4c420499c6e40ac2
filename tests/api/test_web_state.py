"""Every state of the search page is an address, and a wrong one is explained."""

from datetime import date
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from starlette.testclient import TestClient

from api.web.state import PageState
from tests.api.pages import texts


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*"qh", "kind", "topic", "document", "from", "to", "sort", "page", "x"]),
            st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
        )
    )
)
def test_every_state_is_an_address(params: list[tuple[str, str]]) -> None:
    state = PageState.from_params(params)
    query = urlsplit(state.url()).query
    assert PageState.from_params(parse_qsl(query, keep_blank_values=True)) == state
    hidden = list(state.fields("q"))
    assert PageState.from_params(hidden + ([("q", state.q)] if state.q is not None else [])) == state
    assert not state.without_filters().filtered
    assert state.without_filters().q == state.q and state.without_filters().history == state.history


def test_an_address_becomes_the_question_of_the_api() -> None:
    params = parse_qsl(
        "q=En+in+2018&h=Hoeveel+krediet&kind=beleidsbrief&topic=lde&topic=mvo&document=d&from=2017-01-01"
    )
    state = PageState.from_params(params)
    wanted = state.to_ask(50)
    assert (wanted.question, [turn.question for turn in wanted.history]) == ("En in 2018", ["Hoeveel krediet"])
    assert wanted.filters.kind == ["beleidsbrief"] and wanted.filters.topic == ["lde", "mvo"]
    assert wanted.filters.date_from == date(2017, 1, 1) and wanted.filters.date_to is None and wanted.k == 50
    corrected = state.with_(standalone="Hoeveel krediet in 2018").to_ask()
    assert corrected.question == "Hoeveel krediet in 2018" and corrected.history == []


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"q": ""}, "De vraag is leeg"),
        ({"q": "x" * 1001}, "hoogstens 1000 tekens"),
        ({"kind": "onzin"}, "kies uit"),
        ({"topic": "sport"}, "kies uit"),
        ({"document": "999"}, "bestaat niet"),
        ({"from": "gisteren"}, "De begindatum is geen datum"),
        ({"to": "2018-02-31"}, "De einddatum is geen datum"),
        ({"from": "2018-01-02", "to": "2018-01-01"}, "De begindatum ligt na de einddatum;"),
        ({"sort": "mooiste"}, "De volgorde heeft een onbekende waarde"),
        ({"page": "0"}, "De bladzijde is te klein"),
        ({"page": "twee"}, "De bladzijde moet een geheel getal zijn"),
        ({"h": ["vraag"] * 21}, "hoogstens 20"),
    ],
)
def test_a_wrong_parameter_is_explained_and_kept(small: TestClient, params: dict[str, str], words: str) -> None:
    response = small.get("/", params={"q": "maatwerk", **params})
    page = html.fromstring(response.text)
    assert response.status_code == 422 and words in texts(page, "[role=alert]")[0]
    kept = {(field.get("name"), field.get("value")) for field in page.cssselect("form input")}
    for name, value in {"q": "maatwerk", **params}.items():
        if name not in ("page", "h"):
            assert (name, value) in kept


def test_a_document_that_is_gone_is_said_in_words_of_the_page(small: TestClient) -> None:
    page = html.fromstring(small.get("/", params={"q": "premie", "document": "weg"}).text)
    told = "Het document 'weg' bestaat niet; kijk in de lijst van documenten welke er zijn."
    assert texts(page, ".error") == [told]
