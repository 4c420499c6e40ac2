import re
from html import unescape
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import HttpUrl
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from api.web.render import explain
from eval.gate import figures, read_baseline
from index.model.embed import Embedder
from index.search.glossary import Glossary
from index.store.acronyms import acronyms_in
from index.store.engine import Digest
from ingest.document import Document, Metadata, Page, Span
from tests.records import plain_passage


def test_the_quality_shown_is_that_of_the_baseline(client: TestClient) -> None:
    page = client.get("/over").text
    rows = read_baseline().retrieval.values()
    for name in ("nDCG@10", "RR", "S@1", "S@5", "S@10", "R@10"):
        mean = 100 * sum(row[name] for row in rows) / len(rows)
        assert f"{mean:.1f}".replace(".", ",") in page.split("<svg")[-1].split("</svg>")[0]
        assert any(one.measure == name and one.low < mean < one.high for one in figures(read_baseline()))
    assert f"{len(rows)} vragen" in page and 'role="img"' in page


def test_about_says_what_is_kept_and_what_leaves(client: TestClient, corpus_index: Path, embedder: Embedder) -> None:
    page = client.get("/over").text
    assert "niet bewaard" in page and "Niets verlaat deze computer" in page and "18" in page
    model = Settings(
        index_dir=corpus_index, language_model_url=HttpUrl("http://127.0.0.1:9/v1"), language_model_name="gem"
    )
    told = TestClient(create_app(model, embedder)).get("/over").text
    assert "Niets verlaat" not in told and "gaan naar het taalmodel" in told


def test_the_glossary_names_its_sources(client: TestClient) -> None:
    page = client.get("/begrippen").text
    row = re.search(r"<bdi>SIFO</bdi></th>.*?</tr>", page, re.S)
    assert row and "Sociaal Investeringsfonds" in row[0] and "?passage=" in row[0]


def glossary(*pairs: tuple[str, str]) -> Glossary:
    text = "\n".join(f"{acronym} {full}" for acronym, full in pairs)
    passage = plain_passage(f"d:1:0-{len(text)}", ("Lijst met afkortingen",), (Span(1, 0, len(text)),), text)
    document = Document("d", "d.txt", "", Metadata("t"), (Page(1, None, text),), (passage,))
    digest = Digest("d", "", document.metadata, 1, 1, tuple(acronyms_in(document)))
    return Glossary([digest], {"d": document})


KNOWN = glossary(("VTE", 'Voltijds "equivalent" <b>'), ("LDE", "Lokale diensteneconomie"))


def test_an_acronym_is_explained_at_its_first_place() -> None:
    shown = explain("LDE & VTE, LDE; VTEs en XLDE", KNOWN)
    assert shown == (
        '<abbr title="Lokale diensteneconomie">LDE</abbr> &amp; '
        '<abbr title="Voltijds &quot;equivalent&quot; &lt;b&gt;">VTE</abbr>, LDE; VTEs en XLDE'
    )


@given(st.lists(st.one_of(st.text(max_size=10), st.sampled_from(["LDE", "VTE", "<", "&amp;", " "]))).map("".join))
@settings(max_examples=200)
def test_explaining_never_alters_the_text(text: str) -> None:
    assert unescape(re.sub(r"</?abbr[^<>]*>", "", explain(text, KNOWN))) == unescape(unescape_free(text))


def unescape_free(text: str) -> str:
    """The text as HTML would carry it, so that reading it back is the identity."""
    return text.replace("&", "&amp;")
