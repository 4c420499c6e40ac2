"""The search page as HTML: what it shows, that every state is an address, and that no text can do harm."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from starlette.testclient import TestClient

from api.app import create_app
from api.export import ExportForm
from api.settings import Settings
from api.web.facets import Narrowing
from api.web.quotes import parts_of, passage_of
from api.web.render import STATIC
from api.web.state import PageState
from index.build import update_index
from index.embed import Embedder, Encoded
from index.recent import RecentQueries
from tests.api.answers import abstention, citation
from tests.conftest import CORPUS, HashingEmbedder

DEADLINE = "Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?"
ELSEWHERE = "Hoe laat sluit het stedelijk zwembad van Oostende op zondag?"
BUDGETS = "Hoeveel budget was er voor lokale diensteneconomie in 2018?"
HOSTILE = '<script>alert(1)</script> <img src=x onerror="alert(2)"> maatwerk \u202etxet\u202c \u2066x {{ 7*7 }}'
OWN_SCRIPTS = {"/static/app.js", "/static/feedback.js"}
EVIL_QUERY = '"><script>alert(3)</script><p style="x" onclick=alert(4)> maatwerk \u202e\x07'


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The page over the real corpus and a hostile document, with the fast embedder."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "<b>kwaad.txt").write_text(f"{HOSTILE}\n\nmaatwerk {'w' * 100_000}\n", encoding="utf-8")
    (folder / "maatwerk.txt").write_text("Maatwerk in een gewone zin over maatwerkbedrijven.", encoding="utf-8")
    embedder = HashingEmbedder()
    update_index(folder / "index", [folder, CORPUS], embedder)
    with TestClient(create_app(Settings(index_dir=folder / "index"), embedder)) as client:
        yield client


@pytest.fixture(scope="module")
def real(corpus_index: Path, embedder: Embedder) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(index_dir=corpus_index), embedder)) as client:
        yield client


def get(client: TestClient, address: str = "/", **params: str | int | list[str]) -> html.HtmlElement:
    response = client.get(address, params={name.rstrip("_"): value for name, value in params.items()} or None)
    assert response.status_code == 200, response.text
    return html.fromstring(response.text)


def texts(page: html.HtmlElement, css: str) -> list[str]:
    return [" ".join(element.text_content().split()) for element in page.cssselect(css)]


def hits(page: html.HtmlElement) -> list[str]:
    """Addresses of the hits shown."""
    return [link.get("href") for link in page.cssselect(".hit h3 a")]


# --- the address


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
        ({"from": "2018-01-02", "to": "2018-01-01"}, "ligt na de einddatum"),
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


# --- home and answer


def test_home_says_what_there_is_and_its_examples_lead_to_answers(real: TestClient) -> None:
    page = get(real)
    documents, passages, period, updated = texts(page, ".figures dd")
    assert (documents, period) == ("5", "2011–2018") and int(passages) > 250
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", updated)
    examples = [link.get("href") for link in page.cssselect(".examples a")]
    assert len(examples) == 3
    for example in examples:
        assert get(real, example).cssselect(".statements li"), example


def test_an_answer_shows_its_proof(real: TestClient) -> None:
    page = get(real, q=DEADLINE)
    body = real.post("/api/ask", json={"question": DEADLINE}).json()
    assert any("31 juli" in text for text in texts(page, ".statements li"))
    assert "Zekerheid: hoog" in texts(page, ".confidence")[0]
    proof = page.cssselect(".citations > li")
    assert len(proof) == len(body["citations"]) > 0
    for item, cited in zip(proof, body["citations"], strict=True):
        number = page.cssselect(f'.statements a[href="#{item.get("id")}"]')[0]
        quote = page.get_element_by_id(number.get("aria-describedby"))
        assert quote.text_content().split() == cited["quote"].split()
        tip = number.getparent().cssselect("[role=tooltip]")[0]
        assert "".join(tip.cssselect("mark")[0].text_content().split()) in "".join(cited["quote"].split())
        assert item.cssselect("h3 a")[0].get("href") == cited["url"]
        assert texts(item, ".reference") == [" ".join(cited["reference"].split())]
        button = item.cssselect("button[data-copy]")[0]
        pasted = f"“{button.get('data-quote')}”, {button.get('data-reference')}"
        assert pasted in real.post("/api/ask/export", json={"question": DEADLINE}).text
        assert button.get("hidden") is not None, "without JavaScript there is nothing to click"
    assert texts(page, ".precedent summary")[0].startswith("1. Zijn er al")
    assert "datum onbekend" in texts(page, ".notice")[0]
    assert texts(page, "[role=status]")[0].startswith("Antwoord gevonden")


def test_an_abstention_helps(real: TestClient) -> None:
    page = get(real, q=ELSEWHERE, kind="beleidsbrief")
    assert "Geen antwoord gevonden." in texts(page, ".no-answer")[0] and not page.cssselect(".statements")
    assert len(page.cssselect(".nearest > li")) == 3 and "maar geen antwoord" in page.text_content()
    assert page.cssselect(".tips a")[0].get("href") == f"/?q={ELSEWHERE.replace(' ', '+').replace('?', '%3F')}"
    assert "Geen antwoord: " in texts(page, "title")[0]


def test_each_sentence_says_where_it_comes_from_and_can_be_copied(real: TestClient) -> None:
    page = get(real, q=BUDGETS)
    sources = texts(page, ".statements .from")
    assert any(source.startswith("Beleidsbrief Sociale Economie 2011-2012, 25/10/2011") for source in sources)
    assert any(source.startswith("Beleidsbrief Sociale Economie 2017-2018, parlementair jaar") for source in sources)
    copied = [button.get("data-quote") for button in page.cssselect(".statements [data-copy]")]
    assert copied == [button.get("data-quote") for button in page.cssselect(".citations [data-copy]")]
    assert "Schriftelijke vraag ‘" in texts(get(real, q=DEADLINE), ".statements .from")[0]


def test_a_refused_question_about_two_years_can_be_asked_for_each(real: TestClient) -> None:
    page = get(real, q="vergelijk het aantal zeppelins van 2012 en 2018")
    links = page.cssselect(".tips a")[:2]
    assert [(link.text, link.get("href")) for link in links] == [
        ("2012", "/?q=het+aantal+zeppelins+van+2012"),
        ("2018", "/?q=het+aantal+zeppelins+van+2018"),
    ]


def test_a_comparison_of_two_years_is_answered_for_both(real: TestClient) -> None:
    statements = texts(get(real, q="Vergelijk het budget voor LDE in 2012 en 2018"), ".statements")[0]
    assert "20.444.000 euro" in statements and "28,1 miljoen euro" in statements


def test_a_follow_up_shows_how_it_was_read_and_can_be_corrected(real: TestClient) -> None:
    first = "Hoeveel krediet was er in 2012 voor arbeidszorg?"
    page = get(real, q="En voor de invoegmaatregel?", h=first, kind="beleidsbrief")
    read = page.get_element_by_id("gelezen").get("value")
    assert read == "Hoeveel krediet was er in 2012 voor de invoegmaatregel?"
    assert [link.get("href") for link in page.cssselect(".turns a")] == [
        PageState(q=first, kind=("beleidsbrief",)).url()
    ]
    following, correcting = page.cssselect(".followup form")
    asked = [(field.get("name"), field.get("value")) for field in following.cssselect("input[type=hidden]")]
    assert asked == [("h", first), ("h", "En voor de invoegmaatregel?"), ("kind", "beleidsbrief")]
    fields = dict((field.get("name"), field.get("value")) for field in correcting.cssselect("input"))
    corrected = get(real, **fields | {"standalone": DEADLINE, "kind": "schriftelijke_vraag"})
    assert any("31 juli" in text for text in texts(corrected, ".statements li"))
    assert corrected.get_element_by_id("gelezen").get("value") == DEADLINE


def test_a_typing_error_can_be_corrected_with_one_click(real: TestClient) -> None:
    page = get(real, q="duurzaamheidsverslagg", kind="schriftelijke_vraag")
    link = page.cssselect('a[href="/?q=duurzaamheidsverslag&kind=schriftelijke_vraag"]')[0]
    assert link.text_content() == "duurzaamheidsverslag"
    assert "Bedoelde u" not in get(real, link.get("href")).text_content()


# --- passages


def test_pages_hold_every_hit_once(small: TestClient) -> None:
    related = small.post("/api/ask", json={"question": "maatwerk", "k": 50}).json()["related"]
    assert len(related) == 50
    address, shown, addresses = "/?q=maatwerk", [], []
    while address:
        page = get(small, address)
        shown += hits(page)
        addresses.append(address)
        following = page.cssselect("a[rel=next]")
        address = following[0].get("href").split("#")[0] if following else ""
    assert shown == [hit["url"] for hit in related]
    assert len(set(addresses)) == 5
    assert len(hits(get(small, "/?q=maatwerk&page=5&document=maatwerk"))) == 1, "a page too far is the last"


def test_hits_are_sorted_by_date_with_the_undated_last(small: TestClient) -> None:
    documents = {d["url"]: d for d in small.get("/api/documents").json()["documents"]}
    known = [url for url, document in documents.items() if document["session"]]
    kinds = ["beleidsbrief", "schriftelijke_vraag"]
    pages = [get(small, q="maatwerk", sort="datum", page=n, kind=kinds) for n in range(1, 6)]
    order = [url.split("?")[0] for page in pages for url in hits(page)]
    sessions = [documents[url]["session"] if url in known else "" for url in order]
    assert sessions == sorted(sessions, reverse=True) and len(set(sessions)) == 3
    assert texts(pages[0], ".sorts [aria-current]") == ["datum"]


def counts(page: html.HtmlElement, name: str) -> dict[str, int]:
    options = [box.getparent() for box in page.cssselect(f'.filters input[type=checkbox][name="{name}"]')]
    return {option.cssselect("input")[0].get("value"): int(option.cssselect(".count")[0].text) for option in options}


@pytest.mark.parametrize("q", ["maatwerk", "begroting 2012", DEADLINE])
def test_counts_add_up_and_a_choice_leaves_those_beside_it(small: TestClient, q: str) -> None:
    page = get(small, q=q)
    kinds, documents = counts(page, "kind"), counts(page, "document")
    assert sum(kinds.values()) == sum(documents.values()) == 50
    related = small.post("/api/ask", json={"question": q, "k": 50}).json()["related"]
    assert counts(page, "topic") == {
        topic: n for topic in ("maatwerk", "lde", "mvo") if (n := sum(topic in hit["topics"] for hit in related))
    }
    narrowed = get(small, q=q, kind="schriftelijke_vraag")
    assert counts(narrowed, "kind") == kinds, "what else could be chosen stays in sight"
    found = small.post("/api/ask", json={"question": q, "k": 50, "filters": {"kind": ["schriftelijke_vraag"]}}).json()[
        "related"
    ]
    assert sum(counts(narrowed, "document").values()) == len(found)
    assert texts(narrowed, ".chips li")[0] == "Verwijder filter: Schriftelijke vraag ×"
    assert narrowed.cssselect(".chips a")[0].get("href") == PageState(q=q).url()


def test_bars_count_what_their_year_finds(small: TestClient) -> None:
    page = get(small, q="maatwerk", document="001-beleidsbrief-sociale-economie-2017-2018")
    bars = {texts(link, ".year")[0]: link for link in page.cssselect(".timeline a")}
    assert set(bars) == {"2017", "2018"} and "tellen in twee jaren" in texts(page, ".timeline .hint")[0]
    for year, link in bars.items():
        count = int(link.cssselect(".count")[0].text)
        assert texts(link, ".count")[0] == f"{count} in" and len(link.cssselect("svg rect")) == 1
        narrowed = get(small, link.get("href"))
        assert texts(narrowed, "#passages") == [f"{count} passages"]
        assert texts(narrowed, ".timeline a[aria-current] .year") == [year]
        back = narrowed.cssselect(".timeline a[aria-current]")[0].get("href")
        assert hits(get(small, back)) == hits(page)
    undated = get(small, q="maatwerk", kind="schriftelijke_vraag")
    found = texts(undated, "#passages")[0]
    assert texts(undated, ".timeline .hint") == [f"{found} zonder datum."]


def test_nothing_found_says_what_to_do(small: TestClient) -> None:
    page = get(small, q="maatwerk", from_="1950-01-01", to="1950-12-31")
    assert texts(page, "#passages") == ["0 passages"] and "maak ze ruimer" in texts(page, ".no-answer")[0]
    assert page.cssselect(".found a")[0].get("href") == "/?q=maatwerk"


def test_a_pair_is_shown_as_a_pair() -> None:
    hit = abstention().abstention.nearest[0]  # type: ignore[union-attr]
    hit = hit.model_copy(update={"text": "1. Wat kost het?\n\n1. Het kost niets.", "answer_start": 18})
    question, answer = parts_of(hit.model_copy(update={"highlights": [(7, 11), (24, 28)]}))
    assert question.label == "Vraag" and question.pieces == (("1. Wat ", False), ("kost", True), (" het?", False))
    assert answer.label == "Antwoord" and answer.pieces == (("1. Het", False), (" kos", True), ("t niets.", False))
    assert parts_of(hit.model_copy(update={"answer_start": None, "highlights": []}))[0].pieces == ((hit.text, False),)


def test_a_long_passage_is_whole_in_one_quotation(small: TestClient) -> None:
    """What shortens it is a style, which paper and a browser without it do not have."""
    passages = [one for n in range(1, 6) for one in get(small, q="maatwerk", page=n).cssselect(".passage")]
    sizes = [len(one.cssselect("blockquote")[0].text_content()) for one in passages]
    assert max(sizes) > 820 and min(sizes) < 320
    for one, size in zip(passages, sizes, strict=True):
        if size > 820:  # white space between the pieces of a quotation counts for a few
            assert "long" in one.get("class").split() and one.cssselect("details summary")
            assert one.cssselect("details")[0].get("open") is None
        if size < 320:
            assert not one.cssselect("details")


def test_a_cited_row_is_marked_with_its_header() -> None:
    hit = abstention().abstention.nearest[0]  # type: ignore[union-attr]
    hit = hit.model_copy(update={"text": "jaar\tbedrag\n\n2011\t5\n2012\t6", "passage_id": "p"})
    row = citation(1, "jaar\tbedrag\n\n2012\t6").model_copy(update={"passage_id": "p"})
    assert passage_of(row, [hit]) == [("jaar\tbedrag", True), ("\n\n2011\t5\n", False), ("2012\t6", True)]
    assert passage_of(row, []) == [(row.quote, True)]


# --- exports


@pytest.mark.parametrize("form", list(ExportForm))
def test_the_address_of_an_export_gives_what_the_api_gives(real: TestClient, form: ExportForm) -> None:
    params = {"q": "En in 2012?", "h": "Hoeveel krediet was er in 2011 voor arbeidszorg?", "topic": "lde"}
    links = [link.get("href") for link in get(real, **params).cssselect(".exports a")]
    link = next(one for one in links if one.endswith(f"form={form.value}"))
    body = {"question": params["q"], "history": [{"question": params["h"]}], "filters": {"topic": ["lde"]}}
    by_page, by_api = real.get(link), real.post(f"/api/ask/export?form={form.value}", json=body)
    assert by_page.content == by_api.content and by_page.content
    for header in ("content-type", "content-disposition"):
        assert by_page.headers[header] == by_api.headers[header]


def test_the_address_of_a_record_gives_what_the_api_gives(real: TestClient) -> None:
    pages = [
        real.get("/zoekverslag", params={"q": DEADLINE}),
        real.post("/api/ask/record", json={"question": DEADLINE}),
    ]
    first, second = (re.sub(r"\d\d/\d\d/\d{4}, \d\d\.\d\d uur", "", page.text) for page in pages)
    assert first == second and "31 juli" in first
    assert real.get("/zoekverslag").status_code == 422


# --- harm


@pytest.mark.parametrize("address", ["/?q=maatwerk&kind=andere", f"/?{PageState(q=EVIL_QUERY).url()[2:]}", "/"])
def test_hostile_text_is_text(small: TestClient, address: str) -> None:
    response = small.get(address)
    page = html.fromstring(response.text)
    assert {script.get("src", "").split("?")[0] for script in page.cssselect("script")} <= OWN_SCRIPTS
    assert not page.cssselect("style, img, b, [onerror], [onclick]")
    for element in page.iter():
        assert "style" not in element.attrib and not any(name.startswith("on") for name in element.attrib)
    assert "49" not in texts(page, "main")[0] or "7*7" in response.text
    controls = {c for c in page.text_content() if unicodedata.category(c) in ("Cc", "Cf")} - {"\n", "\t", "\r"}
    assert controls == set()


def test_a_hostile_document_is_found_and_shown(small: TestClient) -> None:
    shown = " ".join(texts(get(small, q="maatwerk alert", kind="andere"), ".hit blockquote"))
    assert "<script>alert(1)</script>" in shown and 'onerror="alert(2)"' in shown and "{{ 7*7 }}" in shown
    assert "wwwwwwwwww" in shown


def test_the_browser_may_load_only_our_own_files(small: TestClient) -> None:
    policy = small.get("/").headers["content-security-policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/?q=maatwerk",
        "/over",
        "/documents",
        "/feedback",
        "/begrippen",
        "/niets",
        "/static/style.css",
        "/api/health",
        "/export?q=maatwerk",
        "/zoekverslag?q=maatwerk",
    ],
)
def test_no_response_allows_inline_style_or_script(small: TestClient, address: str) -> None:
    policy = small.get(address, headers={"accept": "text/html"}).headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy and "unsafe" not in policy


# --- for everyone


@pytest.mark.parametrize("address", ["/", "/?q=maatwerk", f"/?q={ELSEWHERE}", "/?q=maatwerk&page=0", "/?q=a&h=b"])
def test_the_page_is_well_built(small: TestClient, address: str) -> None:
    page = html.fromstring(small.get(address).text)
    assert page.get("lang") == "nl" and len(page.cssselect("h1")) == len(page.cssselect("main")) == 1
    assert page.cssselect("body > a.skip")[0].get("href") == "#" + page.cssselect("main")[0].get("id")
    levels = [int(heading.tag[1]) for heading in page.cssselect("main h1, main h2, main h3, main h4")]
    assert all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False))
    ids = [element.get("id") for element in page.cssselect("[id]")]
    assert len(ids) == len(set(ids))
    for field in page.cssselect("input:not([type=hidden])"):
        assert field.getparent().tag == "label" or page.cssselect(f'label[for="{field.get("id")}"]')


def test_a_page_is_small(small: TestClient) -> None:
    page = get(small, q="maatwerk")
    files = [one.get("href") or one.get("src") for one in page.cssselect("link[rel], script[src]")]
    assert len(files) >= 3
    assert sum(len(small.get(address).content) for address in ["/?q=maatwerk", *files]) < 150_000


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_can_be_read(scheme: int) -> None:
    """Relative luminance and contrast as WCAG 2.1 defines them."""
    css = (STATIC / "style.css").read_text(encoding="utf-8")
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", re.findall(r":root \{(.*?)\}", css, re.S)[scheme]))

    def contrast(one: str, other: str) -> float:
        light, dark = sorted((_luminance(tokens[one]), _luminance(tokens[other])), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    grounds = ("page", "surface", "raised")
    for text in ("text", "soft", "accent", "accent-strong", "good", "fair", "bad"):
        assert all(contrast(text, ground) >= 4.5 for ground in grounds), text
    for text, ground in (
        ("text", "mark"),
        ("text", "cited"),
        ("text", "tint"),
        ("text", "note-tint"),
        ("text", "bad-tint"),
        ("accent", "note-tint"),
        ("accent", "tint"),
        ("on-accent", "accent"),
        ("on-accent", "accent-strong"),
    ):
        assert contrast(text, ground) >= 4.5, (text, ground)
    assert all(contrast("edge", ground) >= 3 for ground in grounds)


# --- remembering


def test_a_question_is_read_once_for_all_its_pages() -> None:
    inner = HashingEmbedder()
    reading = []

    def counted(texts: Sequence[str]) -> Encoded:
        reading.append(texts)
        return HashingEmbedder().embed_queries(texts)

    inner.embed_queries = counted  # type: ignore[method-assign]
    recent = RecentQueries(inner)
    first, again = recent.embed_queries(["maatwerk"]), recent.embed_queries(["maatwerk"])
    assert reading == [("maatwerk",)] and first is again
    assert (recent.embed_queries(["lde"]).vectors == HashingEmbedder().embed_queries(["lde"]).vectors).all()
    assert (recent.name, recent.dimension) == (inner.name, inner.dimension)


def test_narrowing_searches_anew_only_where_something_is_chosen(small: TestClient) -> None:
    service = small.app.state.service  # type: ignore[attr-defined]
    state = PageState(q="maatwerk")
    found = Narrowing(service.searcher(), "maatwerk", state.to_ask(50), [])
    assert list(found.facets(state)) == [] and found.timeline(state).years == ()


def test_a_static_file_is_kept_until_its_content_changes(small: TestClient) -> None:
    address = get(small).cssselect("link[rel=stylesheet]")[0].get("href")
    assert re.fullmatch(r"/static/style\.css\?v=[0-9a-f]{12}", address)
    assert "immutable" in small.get(address).headers["cache-control"]
    assert "cache-control" not in small.get("/static/style.css").headers
