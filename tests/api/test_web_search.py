"""What the search page shows: the answer with its proof, what was found, and what that can be narrowed to."""

import re

import pytest
from lxml import html
from starlette.testclient import TestClient

from api.ask_schemas import AskResponse
from api.routes import run_ask
from api.web.search_page import parts_of, passage_of
from api.web.state import PageState
from index.answer.answer import Look
from tests.api.answers import UNSURE_ADVICE, UNSURE_HEADING, abstention, citation
from tests.api.pages import BUDGET, DEADLINE, ELSEWHERE, get, texts

BUDGETS = "Hoeveel budget was er voor lokale diensteneconomie in 2018?"


def hits(page: html.HtmlElement) -> list[str]:
    """Addresses of the hits shown."""
    return [link.get("href") for link in page.cssselect(".hit h3 a")]


def test_home_says_what_there_is_and_its_examples_lead_to_answers(client: TestClient) -> None:
    page = get(client)
    documents, passages, period, updated = texts(page, ".figures dd")
    assert (documents, period) == ("5", "2011–2018") and int(passages) > 250
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", updated)
    examples = [link.get("href") for link in page.cssselect(".examples a")]
    assert len(examples) == 3
    for example in examples:
        assert get(client, example).cssselect(".statements li"), example


def test_an_answer_shows_its_proof(client: TestClient) -> None:
    page = get(client, q=DEADLINE)
    body = client.post("/api/ask", json={"question": DEADLINE}).json()
    assert any("31 juli" in text for text in texts(page, ".statements li"))
    assert "ekerheid" in texts(page, ".confidence")[0] and len(texts(page, ".confidence")) == 1
    proof = page.cssselect(".citations > li")
    assert len(proof) == len(body["citations"]) > 0
    for item, cited in zip(proof, body["citations"], strict=True):
        number = page.cssselect(f'.statements a[href="#{item.get("id")}"]')[0]
        marked = item.cssselect("details blockquote mark")[0].text_content()
        assert "".join(marked.split()) in "".join(cited["quote"].split())
        assert item.cssselect("h3 a")[0].get("href") == cited["url"]
        assert texts(item, ".reference") == [" ".join(cited["reference"].split())]
        button = number.getparent().cssselect("button[data-copy]")[0]
        pasted = f"“{button.get('data-quote')}”, {button.get('data-reference')}"
        assert pasted in client.post("/api/ask/export", json={"question": DEADLINE}).text
        assert button.get("hidden") is not None, "without JavaScript there is nothing to click"
    assert texts(page, ".precedent summary")[0].startswith("1. Zijn er al")
    assert texts(page, ".notice")[0] == "Bron 1 heeft geen datum."
    told = {"zeker": "Antwoord gevonden", "misschien": "Misschien een antwoord gevonden"}[body["look"]]
    assert texts(page, "[data-tell]")[0].startswith(told)


def test_what_may_not_answer_is_said_first(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {"look": Look.UNSURE, "confidence": 0.94}
    monkeypatch.setattr("api.web.search_page.run_ask", lambda *given: run_ask(*given).model_copy(update=changed))
    assert texts(get(client, q=DEADLINE), ".confidence") == [f"{UNSURE_HEADING}. {UNSURE_ADVICE}"]


@pytest.mark.parametrize(("look", "span"), [(Look.SURE, None), (Look.UNSURE, (17, 24))])  # unsure, nothing is marked
def test_the_cells_of_a_row_are_set_apart(
    look: Look, span: tuple[int, int] | None, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = AskResponse(**client.post("/api/ask", json={"question": DEADLINE, "k": 50}).json())
    cited, stated = found.citations[0], found.statements[0]
    cited.quote, cited.readings = "Jaar\tPremie\t\n2018\t40 euro", ("2018 × Premie = 40 euro", "2018 × Jaar = 2018")
    stated.text, stated.answer_span, found.look = "Jaar Premie 2018 40 euro", span, look
    monkeypatch.setattr("api.web.search_page.run_ask", lambda *_: found)
    page = get(client, q=DEADLINE)
    assert texts(page, ".statements li")[0].startswith("Jaar | Premie / 2018 | 40 euro[1]")
    assert texts(page, ".citations ul.hint li") == list(cited.readings)


def test_each_sentence_stands_once_and_each_control_has_a_name_of_its_own(client: TestClient) -> None:
    page = get(client, q=DEADLINE)
    for statement in client.post("/api/ask", json={"question": DEADLINE}).json()["statements"]:
        closed = [one.text_content() for one in page.cssselect("details, .found")]
        shown = " ".join("".join([page.cssselect("main")[0].text_content()]).split())
        folded = sum(" ".join(text.split()).count(statement["text"]) for text in closed)
        assert shown.count(statement["text"]) - folded == 1
    answer, after = page.get_element_by_id("antwoord"), page.get_element_by_id("vervolg")
    assert after in list(answer.iter()), "the follow-up belongs to the answer, before its sources"
    names = [" ".join(one.text_content().split()) for one in page.cssselect("button, summary, .actions a")]
    assert len(names) == len(set(names)) > 20


def test_the_words_that_answer_are_marked_and_the_sentence_stays_whole(client: TestClient) -> None:
    page, body = get(client, q=BUDGET), client.post("/api/ask", json={"question": BUDGET}).json()
    first = body["statements"][0]
    assert texts(page, ".statements li")[0].startswith(first["text"])
    assert texts(page, ".statements li mark.asked")[0] == first["text"][slice(*first["answer_span"])] == "808.000 euro"


def test_an_abstention_helps(client: TestClient) -> None:
    page = get(client, q=ELSEWHERE, kind="beleidsbrief")
    assert "Geen antwoord gevonden." in texts(page, ".no-answer")[0] and not page.cssselect(".statements")
    assert texts(page, "#passages")[0].endswith("die het dichtst komen, maar geen antwoord") and len(hits(page)) == 10
    assert not page.cssselect(".precedent") and "Hier ontbreekt een antwoord" in texts(page, "button")
    assert page.cssselect(".tips a")[0].get("href") == f"/?q={ELSEWHERE.replace(' ', '+').replace('?', '%3F')}"
    assert "Geen antwoord: " in texts(page, "title")[0]


def test_each_sentence_says_where_it_comes_from_and_can_be_copied(client: TestClient) -> None:
    page = get(client, q="Hoeveel budget was er voor lokale diensteneconomie in 2012 en in 2018?")
    sources = texts(page, ".statements .from")
    assert any("] Beleidsbrief Sociale Economie 2011-2012, 25/10/2011" in source for source in sources)
    assert any("] Beleidsbrief Sociale Economie 2017-2018, parlementair jaar" in source for source in sources)
    copied = [button.get("data-quote") for button in page.cssselect(".statements [data-copy]")]
    assert len(copied) == len(page.cssselect(".citations > li"))
    assert "Schriftelijke vraag ‘" in texts(get(client, q=DEADLINE), ".statements .from")[0]


def test_a_refused_question_about_two_years_can_be_asked_for_each(client: TestClient) -> None:
    page = get(client, q="vergelijk het aantal zeppelins van 2012 en 2018")
    links = page.cssselect(".tips a")[:2]
    assert [(link.text, link.get("href")) for link in links] == [
        ("2012", "/?q=het+aantal+zeppelins+van+2012"),
        ("2018", "/?q=het+aantal+zeppelins+van+2018"),
    ]


def test_a_follow_up_shows_how_it_was_read_and_can_be_corrected(client: TestClient) -> None:
    first = "Hoeveel budget was er in 2012 voor de invoegbedrijven?"
    page = get(client, q="En voor de activiteitencoöperaties?", h=first, kind="beleidsbrief")
    read = page.get_element_by_id("gelezen").get("value")
    assert read == "Hoeveel budget was er in 2012 voor de activiteitencoöperaties?"
    assert [link.get("href") for link in page.cssselect(".turns a")] == [
        PageState(q=first, kind=("beleidsbrief",)).url()
    ]
    following, correcting = page.cssselect(".followup form")
    asked = [(field.get("name"), field.get("value")) for field in following.cssselect("input[type=hidden]")]
    assert asked == [("h", first), ("h", "En voor de activiteitencoöperaties?"), ("kind", "beleidsbrief")]
    elsewhere = [url for url in page.xpath("//a/@href") if url.startswith(("/feed?", "/vindplaatsen?"))]
    alone = PageState(q=read, kind=("beleidsbrief",))  # what reads no question before it
    assert sorted(set(elsewhere)) == [alone.url("/feed"), alone.url("/vindplaatsen")]
    fields = dict((field.get("name"), field.get("value")) for field in correcting.cssselect("input"))
    corrected = get(client, **fields | {"standalone": DEADLINE, "kind": "schriftelijke_vraag"})
    assert any("31 juli" in text for text in texts(corrected, ".statements li"))
    assert corrected.get_element_by_id("gelezen").get("value") == DEADLINE


def test_a_typing_error_can_be_corrected_with_one_click(client: TestClient) -> None:
    page = get(client, q="duurzaamheidsverslagg", kind="schriftelijke_vraag")
    link = page.cssselect('a[href="/?q=duurzaamheidsverslag&kind=schriftelijke_vraag"]')[0]
    assert link.text_content() == "duurzaamheidsverslag"
    assert "Bedoelde u" not in get(client, link.get("href")).text_content()


# --- passages


def test_pages_hold_every_close_hit_once(small: TestClient) -> None:
    related = small.post("/api/ask", json={"question": "maatwerk", "k": 50}).json()["related"]
    close = [hit["url"] for hit in related if hit["score"] >= 0.5]
    assert 10 < len(close) < len(related) == 50
    address, shown, addresses = "/?q=maatwerk", [], []
    while address:
        page = get(small, address)
        shown += hits(page)
        addresses.append(address)
        following = page.cssselect("a[rel=next]")
        address = following[0].get("href").split("#")[0] if following else ""
    assert shown == close and len(set(addresses)) == len(addresses) > 1
    assert texts(page, "#passages") == [f"De {len(close)} passages die het dichtst komen, maar geen antwoord"]
    assert hits(get(small, "/?q=maatwerk&page=5")) == hits(page), "a page too far is the last"


def test_hits_are_sorted_by_date_with_the_undated_last(small: TestClient) -> None:
    documents = {d["url"]: d for d in small.get("/api/documents").json()["documents"]}
    known = [url for url, document in documents.items() if document["session"]]
    kinds = ["beleidsbrief", "schriftelijke_vraag"]
    pages = [get(small, q="maatwerk", sort="datum", page=n, kind=kinds) for n in range(1, 4)]
    order = [url.split("?")[0] for page in pages for url in hits(page)]
    sessions = [documents[url]["session"] if url in known else "" for url in order]
    assert sessions == sorted(sessions, reverse=True) and len(set(sessions)) > 1
    assert texts(pages[0], ".sorts [aria-current]") == ["datum"]
    oldest = get(small, q="maatwerk", sort="oudste", kind=kinds)
    assert texts(oldest, ".sorts [aria-current]") == ["oudste"]
    assert documents[hits(oldest)[0].split("?")[0]]["session"] == min(filter(None, sessions))


def counts(page: html.HtmlElement, name: str) -> dict[str, int]:
    options = [box.getparent() for box in page.cssselect(f'.filters input[type=checkbox][name="{name}"]')]
    return {option.cssselect("input")[0].get("value"): int(option.cssselect(".count")[0].text) for option in options}


def having(client: TestClient, *words: str, kind: str = "") -> list[tuple[str, int]]:
    """Documents with the number of their passages that have all words, by a plain search of the stored text."""
    index = client.app.state.service.searcher().index  # type: ignore[attr-defined]
    found: dict[str, int] = {}
    for passage in index.passages:
        document = index.documents[passage.document_id]
        there = set(re.findall(r"[a-zà-ÿ0-9]+", passage.search_text.lower()))
        if there.issuperset(words) and kind in ("", document.metadata.kind):
            found[passage.document_id] = found.get(passage.document_id, 0) + 1
    return sorted(found.items())


def test_counts_are_of_the_whole_corpus_and_a_choice_leaves_those_beside_it(small: TestClient) -> None:
    page = get(small, q="Wat is het departement WSE?")
    plain = having(small, "wse", "departement")
    assert sorted(counts(page, "document").items()) == plain
    kinds = counts(page, "kind")
    assert sum(kinds.values()) == sum(n for _, n in plain) > 3 and len(kinds) > 1
    narrowed = get(small, q="Wat is het departement WSE?", kind="schriftelijke_vraag")
    assert counts(narrowed, "kind") == kinds, "what else could be chosen stays in sight"
    assert sorted(counts(narrowed, "document").items()) == having(
        small, "wse", "departement", kind="schriftelijke_vraag"
    )
    assert texts(narrowed, ".chips li")[0] == "Verwijder filter: Schriftelijke vraag ×"
    assert narrowed.cssselect(".chips a")[0].get("href") == PageState(q="Wat is het departement WSE?").url()


def test_where_no_passage_has_the_words_all_that_is_searched_is_counted(small: TestClient) -> None:
    page = get(small, q="maatwerk zeppelin")
    index = small.app.state.service.searcher().index  # type: ignore[attr-defined]
    assert sum(counts(page, "document").values()) == len(index.passages)
    assert "waarin gezocht wordt" in texts(page, ".filters .hint")[0]
    operated = get(small, q='soort:vraag -enclave zeppelin "zoals nergens staat"')
    every, out = (sum(n for _, n in having(small, *one, kind="schriftelijke_vraag")) for one in ((), ("enclave",)))
    assert counts(operated, "kind") == {"schriftelijke_vraag": every - out} and out
    named = get(small, q="zeppelin in de Beleidsbrief Sociale Economie 2017-2018")
    assert next(iter(counts(named, "document"))) == "001-beleidsbrief-sociale-economie-2017-2018"


NAMED = "[aria-label='Herkend in uw vraag'] a"


def test_what_the_question_names_is_shown_and_can_be_switched_off(small: TestClient) -> None:
    q = "Wat staat er over maatwerk in de beleidsbrief van 2017?"
    page = get(small, q=q)
    kind, year = texts(page, NAMED)
    assert (kind, year) == ("Laat niet meetellen: soort: beleidsbrief ×", "Laat niet meetellen: jaar: 2017 ×")
    assert texts(get(small, page.cssselect(NAMED)[0].get("href")), NAMED) == [year]
    body = small.post("/api/ask", json={"question": q, "filters": {"ignore": ["soort:beleidsbrief"]}}).json()
    assert [named["key"] for named in body["named"]] == ["jaar:2017"]


def test_a_document_that_is_named_is_one_click_away(small: TestClient) -> None:
    page = get(small, q="stuk 1328")
    (link,) = page.cssselect(".answer > p.called a")
    assert link.get("href") == "/documents/001-beleidsbrief-sociale-economie-2017-2018"
    off = get(small, page.cssselect(NAMED)[0].get("href"))
    assert not off.cssselect(".answer > p.called a[href^='/documents/']")


def test_signs_in_the_question_filter_exactly_and_are_counted(small: TestClient) -> None:
    body = small.post(
        "/api/search", json={"query": '"lokale diensteneconomie" -enclave soort:beleidsbrief', "k": 50}
    ).json()
    assert body["exact"]["passages"] >= len(body["hits"]) > 0
    for hit in body["hits"]:
        assert hit["kind"] == "beleidsbrief" and "enclave" not in hit["text"].lower().split()
    assert small.post("/api/search", json={"query": "maatwerk"}).json()["exact"] is None


def test_bars_count_what_their_year_has_newest_first(small: TestClient) -> None:
    brief = "001-beleidsbrief-sociale-economie-2017-2018"
    page = get(small, q="maatwerk", document=brief)
    bars = {texts(link, ".year")[0]: link for link in page.cssselect(".years a")}
    assert list(bars) == ["2018", "2017"] and "tellen in twee jaren" in texts(page, ".timeline .hint")[0]
    for year, link in bars.items():
        assert int(link.cssselect(".count")[0].text) == dict(having(small, "maatwerk"))[brief]
        narrowed = get(small, link.get("href"))
        assert texts(narrowed, ".years a[aria-current] .year") == [year]
        back = narrowed.cssselect(".years a[aria-current]")[0].get("href")
        assert hits(get(small, back)) == hits(page)
    undated = sum(n for _, n in having(small, "maatwerk", kind="schriftelijke_vraag"))
    asked = get(small, q="maatwerk", kind="schriftelijke_vraag")
    assert texts(asked, ".timeline .hint") == [f"{undated} passages zonder datum."]


def test_nothing_found_says_what_to_do(small: TestClient) -> None:
    page = get(small, q="maatwerk", from_="1950-01-01", to="1950-12-31")
    assert texts(page, "#passages") == ["Geen passages"] and "maak ze ruimer" in texts(page, ".no-answer")[0]
    assert "/?q=maatwerk" in [link.get("href") for link in page.cssselect(".found a")]
    assert {"RIS", "BibTeX"}.isdisjoint(word for text in texts(page, ".exports a") for word in text.split())


def test_a_pair_is_shown_as_a_pair() -> None:
    hit = abstention().abstention.nearest[0]  # type: ignore[union-attr]
    hit = hit.model_copy(update={"text": "1. Wat kost het?\n\n1. Het kost niets.", "answer_start": 18})
    parts = list(parts_of(hit.model_copy(update={"highlights": [(7, 11), (24, 28)]})))
    assert parts[0] == ("Vraag", [("1. Wat ", False), ("kost", True), (" het?", False)])
    assert parts[1:] == [("Antwoord", [("1. Het", False), (" kos", True), ("t niets.", False)])]
    earlier = hit.model_copy(update={"answer_start": 16, "highlights": [(24, 28)]})  # at the white space between them
    assert list(parts_of(earlier))[1:] == parts[1:]
    (whole,) = parts_of(hit.model_copy(update={"answer_start": None, "highlights": []}))
    assert whole == ("", [(hit.text, False)])


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
