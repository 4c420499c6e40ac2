import re
from dataclasses import replace
from html import unescape
from itertools import pairwise
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from api.web.document_page import page_anchors, page_named, shown_pages
from api.web.flow import GONE, flowed
from index.model.embed import Embedder
from index.store.load import load_index
from index.store.update import update_index
from ingest.document import Document, Heading, Metadata, Page, Pair, Span
from tests.api.pages import Served
from tests.conftest import HashingEmbedder
from tests.records import plain_passage

HTML = {"accept": "text/html,application/xhtml+xml"}
BRIEF = "/documents/001-beleidsbrief-sociale-economie-2017-2018"


def texts(html: str) -> str:
    """What a reader sees of the document, without mark-up and white space."""
    shown = "".join(re.findall(r'<(?:div|h\d) class="text"[^>]*>(.*?)</(?:div|h\d)>', html, re.S))
    return "".join(unescape(re.sub(r'<a class="pin".*?</a>|<[^>]+>', "", shown, flags=re.S)).split())


# --- the text


def test_the_whole_text_stands_on_the_page_and_nothing_else(client: TestClient) -> None:
    for document in client.get("/api/documents").json()["documents"]:
        text = client.get(f"/api/documents/{document['document_id']}").json()["text"]
        kept = "".join(c for c in "".join(flowed(text).split()) if c.isprintable())
        assert "".join(c for c in texts(client.get(document["url"]).text) if c.isprintable()) == kept


def test_each_heading_of_the_contents_leads_to_its_own_words(client: TestClient) -> None:
    page = client.get(BRIEF).text
    contents = dict(re.findall(r'<a href="#(kop-\d+)"><bdi>(.*?)</bdi>', page))
    assert len(contents) > 40
    found = {
        anchor: " ".join(text.split())
        for anchor, text in re.findall(r'<h\d class="text" id="(kop-\d+)">(.*?)</h', page, re.S)
    }
    assert set(found) | set(re.findall(r'<span id="(kop-\d+)">', page)) == set(contents)
    assert len(found) > 0.9 * len(contents)
    assert found["kop-1"] == "II. LIJST MET AFKORTINGEN"
    plain = {anchor: re.sub(r"<[^>]+>", "", text) for anchor, text in found.items()}
    assert all(plain[anchor].split()[0].strip("#*:") in contents[anchor] for anchor in plain)


def test_a_passage_is_marked_once_with_its_reference(client: TestClient) -> None:
    hit = client.post("/api/search", json={"query": "SIFO trekkingsrechten", "filters": {"document_id": [BRIEF[11:]]}})
    passage = hit.json()["hits"][0]
    page = client.get(passage["url"]).text
    assert page.count('id="passage"') == 1
    card = page.split('id="passage"')[1].split("</section>")[0]
    assert passage["reference"] in card and "data-copy" in card
    marked = "".join(re.findall(r'<mark class="cited">(.*?)</mark>', page, re.S))
    assert "".join(unescape(re.sub(r"<[^>]+>", "", marked)).split()) == "".join(passage["text"].split())


def test_a_printed_page_is_named_and_can_be_jumped_to(client: TestClient) -> None:
    page = client.get(BRIEF, params={"p": "15", "q": "trekkingsrechten"}).text
    assert re.search(r'<p class="page-number" id="p-15"><span>bladzijde 15<', page)
    assert 'href="#p-15" data-jump>Ga naar bladzijde 15' in page
    assert re.search(r"<mark>trekkingsrechten</mark>", page) and "gemarkeerd" in page
    assert "Dit document heeft geen bladzijde 99" in client.get(BRIEF, params={"p": "99"}).text
    assert "Geen woord uit" in client.get(BRIEF, params={"q": "zeppelin"}).text


def test_what_is_unknown_is_said_and_what_is_known_says_where_from(client: TestClient) -> None:
    page = client.get(BRIEF).text
    assert re.search(r'<dt>Datum</dt><dd class="unknown"><bdi>onbekend</bdi></dd>', page)
    assert re.search(r"<dt>Nummer</dt><dd><bdi>1328/1</bdi> <span class=\"origin\">uit: catalogus</span>", page)


def test_references_to_other_documents_are_links(serve: Served) -> None:
    number = (
        "Schriftelijke vraag nr. 657 van 24 mei 2017\naan Liesbeth Homans\n\nOver maatwerk en de melding van enclaves."
    )
    client = serve(
        {
            "vraag-657.txt": number.encode(),
            "brief.txt": b"Over maatwerk.\n\nZie het antwoord op schriftelijke vraag nr. 657 van 24 mei 2017 daarover.",
        }
    )
    assert 'href="/documents/vraag-657">schriftelijke vraag 657' in client.get("/documents/brief").text


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document of some pages, with passages and headings at any place."""
    words = st.text("ab \n-<&\u202e", max_size=60)
    pages = tuple(
        Page(i, draw(st.sampled_from([None, "4", "iv", "a b"])), draw(words))
        for i in range(1, draw(st.integers(1, 3)) + 1)
    )
    passages, headings = [], []
    for page in pages:
        places = sorted(draw(st.sets(st.integers(0, len(page.text)), max_size=4)))
        for start, end in pairwise(places):
            section = tuple(draw(st.lists(st.sampled_from(["a", "b a", "x"]), max_size=2)))
            span = Span(page.number, start, end)
            passages.append(plain_passage(f"d:{page.number}:{start}-{end}", section, (span,), ""))
            if draw(st.booleans()):
                headings.append(Heading("x", 1, Span(page.number, start, draw(st.sampled_from([start, end])))))
    return Document("d", "d.txt", "", Metadata("t"), pages, tuple(passages), tuple(headings))


@given(documents(), st.text("ab ", max_size=4), st.data())
@settings(max_examples=200)
def test_cutting_loses_and_adds_nothing(document: Document, words: str, data: st.DataObject) -> None:
    cited = data.draw(st.sampled_from(document.passages)) if document.passages else None
    shown = list(shown_pages(document, cited, words))
    assert ["".join(piece for block in page.blocks for piece, _, _ in block.pieces) for page in shown] == [
        flowed(page.text) for page in document.pages
    ]
    quoted = "".join(piece for page in shown for block in page.blocks for piece, inside, _ in block.pieces if inside)
    assert _letters(quoted) == _letters(document.quote(cited.spans) if cited else "")
    anchored = [block.heading for page in shown for block in page.blocks if block.heading]
    bare = [heading for page in shown for block in page.blocks for heading in block.anchors]
    assert len({page.anchor for page in shown}) == len(shown)
    assert len(anchored) == sum(heading.place.start < heading.place.end for heading in document.headings)
    assert len(bare) <= len(document.headings) - len(anchored)


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


@given(st.text(alphabet="aé1 -*_#|\n\t.(a)", max_size=80))
def test_text_that_flows_keeps_its_letters_and_their_places(text: str) -> None:
    shown = flowed(text)
    assert len(shown) == len(text)
    assert [(n, c) for n, c in enumerate(shown) if c.isalnum()] == [(n, c) for n, c in enumerate(text) if c.isalnum()]


def test_the_lines_of_a_source_flow_and_the_rows_of_its_tables_stay() -> None:
    page = Page(1, "1", "De onder-\nsteuning geldt\nvoor allen.\n\nJaar\tPlaatsen\n2017\t350\n- een\n- twee")
    (shown,) = shown_pages(Document("d", "d.pdf", "", Metadata("t"), (page,)))
    text = "".join(piece for block in shown.blocks for piece, _, _ in block.pieces)
    assert text.replace(GONE, "") == ("De ondersteuning geldt voor allen.\n\nJaar\tPlaatsen\n2017\t350\n- een\n- twee")


def test_a_cited_answer_begins_where_it_answers() -> None:
    question, answer = Span(1, 0, 10), Span(2, 4, 14)
    pair = Pair((question,), (answer,))
    passage = replace(plain_passage("d:1", (), (question, answer), ""), pair=0)
    pages = (Page(1, "1", "Hoeveel? x"), Page(2, "2", "x. Zeven stuks."))
    document = Document("d", "d.pdf", "", Metadata("t"), pages, (passage,), pairs=(pair,))
    shown = list(shown_pages(document, passage))
    cited = [(page.number, block.pieces[0][0]) for page in shown for block in page.blocks if block.cited]
    assert cited == [(2, "even stuks")]


def test_a_page_is_named_by_its_printed_number_first() -> None:
    pages = (Page(1, "iv", ""), Page(2, "1", ""), Page(3, None, ""))
    document = Document("d", "d.pdf", "", Metadata("t"), pages)
    named = [page_named(document, name) for name in ("1", "IV", "3", "9", "0", "-1", "x")]
    assert [page and page.number for page in named] == [2, 1, 3, None, None, None, None]
    assert page_anchors(document) == {1: "p-iv", 2: "p-1", 3: "blad-3"}


def test_a_long_document_is_fast() -> None:
    sentence = "Maatwerkbedrijven krijgen steun voor doelgroepwerknemers en hun begeleiding in het jaar. "
    pages, passages, headings = [], [], []
    for number in range(1, 401):
        text = f"{number}. Doelstelling {number}\n\n" + f"{sentence * 8}\n\n" * 4
        pages.append(Page(number, str(number), text))
        headings.append(Heading(f"{number}. Doelstelling {number}", 1, Span(number, 0, text.index("\n"))))
        for start in range(text.index("M"), len(text) - 10, len(sentence) * 8 + 2):
            span = Span(number, start, start + len(sentence) * 8)
            passage_id = f"d:{number}:{span.start}-{span.end}"
            passages.append(plain_passage(passage_id, (), (span,), ""))
    document = Document("d", "d.pdf", "", Metadata("t"), tuple(pages), tuple(passages), tuple(headings))
    started = process_time()
    shown = list(shown_pages(document, passages[9], "begeleiding"))
    assert process_time() - started < 10  # one second on a quiet core
    assert sum(block.heading is not None for page in shown for block in page.blocks) == 400
    assert sum(is_word for page in shown for block in page.blocks for _, _, is_word in block.pieces) == 400 * 32


# --- hostile text


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "</div></main><h1>Kwaad</h1>",
        "{{ 7 * 7 }} {% include 'base.html' %}",
        "&lt;script&gt;",
    ],
)
def test_hostile_text_is_shown_as_text(serve: Served, hostile: str) -> None:
    client = serve({"kwaad.txt": f"Over maatwerk staat hier {hostile} te lezen in dit stuk.".encode()})
    page = client.get("/documents/kwaad", params={"q": hostile, "p": hostile[:20]}).text
    assert "".join(hostile.split()) in texts(page)
    assert re.findall(r"<script\b[^>]*>", page) == [
        tag for tag in re.findall(r"<script\b[^>]*>", page) if "src=" in tag
    ]
    assert "<img" not in page and 'onerror="' not in page and "<h1>Kwaad" not in page


def test_what_turns_the_direction_of_writing_is_left_out(serve: Served) -> None:
    client = serve({"rtl.txt": "Over maatwerk: het bedrag is \u202e000.1\u2066 euro in dit stuk.".encode()})
    page = client.get("/documents/rtl").text
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page) and "000.1 euro" in page


# --- errors


@pytest.mark.parametrize(("path", "status", "words"), [("/weg", 404, "bestaat niet"), ("/documents/999", 404, "'999'")])
def test_errors_are_pages_for_people_and_json_for_programs(
    client: TestClient, path: str, status: int, words: str
) -> None:
    page = client.get(path, headers=HTML)
    assert page.status_code == status and 'lang="nl"' in page.text and words in unescape(page.text)
    assert "content-security-policy" in page.headers
    for address, headers in ((path, {}), (f"/api{path}", HTML)):
        program = client.get(address, headers=headers)
        assert program.status_code == status and program.json()["status"] == status


def test_without_an_index_the_pages_say_what_to_do(tmp_path: Path, hashing: HashingEmbedder) -> None:
    client = TestClient(create_app(Settings(index_dir=tmp_path / "none"), hashing))
    for path in ("/documents", "/documents/x", "/feedback", "/over", "/begrippen"):
        page = client.get(path, headers=HTML)
        assert page.status_code == 503 and "beleidswijzer ingest" in page.text, path


def test_outlines_of_the_corpus_are_in_order(corpus_index: Path, embedder: Embedder) -> None:
    for document in load_index(corpus_index, embedder).documents.values():
        places = [(heading.place.page, heading.place.start) for heading in document.headings]
        assert places == sorted(places)


def test_a_number_of_five_thousand_digits_is_text(tmp_path: Path) -> None:
    text = f"Zie vraag nr. {'7' * 5000} van 1 mei 2017 en Stuk 1324 (2011-2012) – Nr. {'7' * 5000} over maatwerk."
    (tmp_path / "cijfers.txt").write_text(text, encoding="utf-8")
    embedder = HashingEmbedder()
    update_index(tmp_path / "index", [tmp_path / "cijfers.txt"], embedder)
    with TestClient(create_app(Settings(index_dir=tmp_path / "index"), embedder)) as client:
        assert client.get("/documents/cijfers").status_code == 200
        assert client.get("/api/documents/cijfers").status_code == 200


def test_a_document_with_the_longest_name_opens(tmp_path: Path, hashing: HashingEmbedder) -> None:
    name = "n" * 251
    (tmp_path / f"{name}.txt").write_text("De premie bedraagt tien euro.", encoding="utf-8")
    update_index(tmp_path / "index", [tmp_path], hashing)
    with TestClient(create_app(Settings(index_dir=tmp_path / "index"), hashing)) as client:
        asked = {"query": "premie", "filters": {"document_id": [name]}}
        (hit,) = client.post("/api/search", json=asked).json()["hits"]
        assert client.get(f"/api/passages/{hit['passage_id']}/citation").status_code == 200
        assert client.get(f"/api/documents/{name}").status_code == 200
        assert client.get(f"/documents/{name}", params={"passage": hit["passage_id"]}).status_code == 200
        assert client.get(f"/documents/{name}/bestand").status_code == 200
