import datetime
import functools
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from index.store.update import update_index
from tests.conftest import ROOT, HashingEmbedder

QUESTION = "Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?"


def post(client: TestClient, body: object) -> tuple[int, Any]:
    response = client.post("/api/search", json=body)
    return response.status_code, response.json()


def assert_error(status: int, body: dict[str, Any], expected: int, words: str) -> None:
    """Every error has one shape and says in Dutch what to do."""
    assert status == expected
    assert set(body) == {"ok", "error", "errors", "status"}
    assert body["ok"] is False and body["status"] == expected
    assert words in body["error"] and body["error"].endswith(".")
    assert " ".join(body["errors"]) == body["error"]


def test_the_first_three_hits_hold_the_deadline(client: TestClient) -> None:
    status, body = post(client, {"query": QUESTION})
    assert status == 200 and len(body["hits"]) == 10
    assert any("31 juli" in hit["text"] for hit in body["hits"][:3])
    first = body["hits"][0]
    assert first["reference"].startswith("Schriftelijke vraag 'Maatwerkbedrijven - Duurzaamheidsverslag'")
    assert first["section"] == ["Vraag en antwoord 1"]
    assert first["date"] is None and first["page"] is None
    assert first["text"][first["answer_start"] :].startswith("1. Maatwerkbedrijven") and "mvo" in first["topics"]
    assert body["took_ms"] > 0


def test_a_hit_says_why_it_was_found(client: TestClient) -> None:
    _, plain = post(client, {"query": QUESTION, "k": 2})
    assert all(hit["explanation"] is None for hit in plain["hits"])
    _, body = post(client, {"query": QUESTION, "k": 2, "explain": True})
    why = body["hits"][0]["explanation"]
    assert [hit["passage_id"] for hit in body["hits"]] == [hit["passage_id"] for hit in plain["hits"]]
    assert why["nearest_sentence"] in body["hits"][0]["text"] and "31 juli" in why["nearest_sentence"]
    assert -1 <= why["late"] <= 1 and -1 <= why["dense"] <= 1 and why["lexical"] > 0
    assert "duurzaamheidsverslag" in why["matched_terms"]
    _, body = post(client, {"query": "31 juli", "explain": True})
    found = [(hit["explanation"]["pairs"] > 0, "31 juli" in hit["text"]) for hit in body["hits"]]
    assert set(found) == {(True, True), (False, False)}


def test_a_typing_error_is_corrected_and_said(client: TestClient) -> None:
    _, body = post(client, {"query": "duurzaamheidsverslagg voor een maatwerkbedrijfven"})
    assert body["corrected_query"] == "duurzaamheidsverslag voor een maatwerkbedrijven"
    assert body["hits"][0]["document_id"].startswith("000")
    page = client.get("/", params={"q": "duurzaamheidsverslagg"})
    assert 'Bedoelde u <a href="/?q=duurzaamheidsverslag"><em>duurzaamheidsverslag</em></a>?' in page.text
    assert post(client, {"query": QUESTION})[1]["corrected_query"] is None


def test_spans_and_highlights_point_into_the_stored_text(client: TestClient) -> None:
    for query in (QUESTION, "SIFO rentevoet", "uitstroom arbeidszorg 2010", "subsidie nieuwe dienstverlening"):
        _, body = post(client, {"query": query, "k": 10})
        for hit in body["hits"]:
            document = client.get(f"/api/documents/{hit['document_id']}").json()
            pages = {page["page"]: page["text"] for page in document["pages"]}
            pieces = [pages[span["page"]][span["start"] : span["end"]] for span in hit["spans"]]
            assert "".join("".join(pieces).split()) == "".join(hit["text"].split())
            assert all(hit["text"][start:end].strip() for start, end in hit["highlights"])
            assert document["text"] == "".join(pages.values())


def test_a_printed_page_is_cited(client: TestClient) -> None:
    _, body = post(client, {"query": "Welke maximale subsidie kregen negen projecten voor nieuwe dienstverlening?"})
    hit = next(hit for hit in body["hits"] if "168.008" in hit["text"])
    assert hit["page"] == 15 or hit["page"] is None
    sifo = next(hit for hit in post(client, {"query": "SIFO trekkingsrechten"})[1]["hits"] if hit["page"] == 15)
    assert sifo["reference"] == "Beleidsbrief Sociale Economie 2017-2018, Parl.St. Vl.Parl. 2017-18, nr. 1328/1, 15"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"query": ""}, "De vraag is leeg"),
        ({"query": "   "}, "De vraag is leeg"),
        ({"query": "x" * 10_000}, "hoogstens 1000 tekens"),
        ({}, "De vraag ontbreekt"),
        ({"query": 5}, "moet tekst zijn"),
        ({"query": "premie soort:pamflet"}, "De soort in 'soort:pamflet' bestaat niet; kies uit beleidsbrief, "),
        ({"query": "jaar:2018-2012 premie"}, "Het jaar in 'jaar:2018-2012' klopt niet"),
        ({"query": "jaar:ooit"}, "Het jaar in 'jaar:ooit' klopt niet"),
        ({"query": "a", "k": 0}, "minstens 1"),
        ({"query": "a", "k": 51}, "hoogstens 50"),
        ({"query": "a", "k": "tien"}, "geheel getal"),
        ({"query": "a", "explain": "ja"}, "Het veld 'explain' moet true (ja) of false (nee) zijn."),
        ({"k": 3}, "De vraag ontbreekt; vul aan."),
        ({"query": "a", "filters": {"kind": ["onzin"]}}, "kies uit 'beleidsbrief'"),
        ({"query": "a", "filters": {"topic": ["sport"]}}, "kies uit 'maatwerk', 'lde' of 'mvo'"),
        ({"query": "a", "filters": {"topic": "lde"}}, "moet een lijst zijn"),
        ({"query": "a", "filters": {"document_id": ["999"]}}, "'999' bestaat niet"),
        ({"query": "a", "filters": {"date_from": "gisteren"}}, "JJJJ-MM-DD"),
        ({"query": "a", "filters": {"date_from": "2018-02-31"}}, "JJJJ-MM-DD"),
        ({"query": "a", "filters": {"date_from": "2018-01-02", "date_to": "2018-01-01"}}, "ligt na de einddatum"),
        ({"query": "a", "filters": {"minister": "x"}}, "bestaat niet"),
        ({"query": "a", "limit": 3}, "bestaat niet"),
        ([], "klopt niet"),
    ],
)
def test_wrong_input_is_422_in_dutch(client: TestClient, body: object, words: str) -> None:
    assert_error(*post(client, body), 422, words)


def test_broken_json(client: TestClient) -> None:
    response = client.post("/api/search", content=b"{", headers={"content-type": "application/json"})
    assert_error(response.status_code, response.json(), 422, "geen geldige JSON")


def test_a_body_that_is_too_large(client: TestClient) -> None:
    response = client.post("/api/search", json={"query": "x" * 100_000})
    assert_error(response.status_code, response.json(), 413, "te groot")


def test_unknown_addresses_and_methods(client: TestClient) -> None:
    for path, words in (("/api/documents/999", "'999' bestaat niet"), ("/weg", "bestaat niet")):
        response = client.get(path)
        assert_error(response.status_code, response.json(), 404, words)
    response = client.get("/api/ask")
    assert_error(response.status_code, response.json(), 405, "methode")


def test_health_and_documents(client: TestClient) -> None:
    health = client.get("/api/health").json()
    assert health["ok"] is True and health["documents"] == 5 and health["passages"] > 250
    documents = client.get("/api/documents").json()["documents"]
    assert [document["document_id"][:3] for document in documents] == ["000", "001", "002", "003", "004"]
    assert documents[3]["minister"] == "Freya Van den Bossche" and documents[1]["minister"] is None


def test_every_field_that_goes_in_is_bounded_and_described(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    assert schemas["SearchRequest"]["properties"]["query"]["maxLength"] == 1000
    assert schemas["SearchRequest"]["properties"]["k"]["maximum"] == 50
    for name in ("SearchRequest", "SearchFilters"):
        assert schemas[name]["additionalProperties"] is False
        for field, schema in schemas[name]["properties"].items():
            assert "description" in schema or "$ref" in schema, f"{name}.{field}"


# --- without a usable index


def _app(folder: Path, embedder: HashingEmbedder) -> TestClient:
    return TestClient(create_app(Settings(index_dir=folder), embedder), raise_server_exceptions=False)


def test_503_until_there_is_an_index(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder) -> None:
    client = _app(tmp_path / "index", hashing)
    for response in (
        client.get("/api/health"),
        client.post("/api/search", json={"query": "a"}),
        client.get("/api/documents"),
    ):
        assert_error(response.status_code, response.json(), 503, "beleidswijzer ingest")
    page = client.get("/?q=maatwerk")
    assert page.status_code == 503 and "nog geen bruikbare index" in page.text
    update_index(tmp_path / "index", [small_corpus], hashing)
    assert client.get("/api/health").json()["documents"] == 3


def test_a_new_index_is_taken_up_and_a_damaged_one_is_not(
    small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    client = _app(folder, hashing)
    assert client.get("/api/health").json()["documents"] == 3
    (small_corpus / "nieuw.txt").write_text("Iets nieuws over zeppelins.", encoding="utf-8")
    update_index(folder, [small_corpus], hashing)
    assert client.get("/api/health").json()["documents"] == 4
    shutil.rmtree(folder)
    assert client.get("/api/health").json()["documents"] == 4, "what is loaded goes on working"


@pytest.mark.parametrize("name", ["manifest.json", "records.sqlite"])
def test_a_corrupt_index_is_503(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder, name: str) -> None:
    folder = tmp_path / "index"
    update_index(folder, [small_corpus], hashing)
    (folder / name).write_bytes(os.urandom(4096))
    response = _app(folder, hashing).post("/api/search", json={"query": "maatwerk"})
    assert_error(response.status_code, response.json(), 503, "beleidswijzer doctor")


# --- the page


def test_the_page_shows_cited_passages(client: TestClient) -> None:
    page = client.get("/", params={"q": QUESTION})
    assert page.status_code == 200
    assert "31 <mark>juli" in page.text or "31 juli" in page.text
    assert "onbekend" in page.text and '<html lang="nl">' in page.text
    assert client.get("/").status_code == 200
    assert client.get("/static/style.css").status_code == 200


@pytest.mark.parametrize(
    ("q", "words"),
    [("", "De vraag is leeg"), ("x" * 1001, "hoogstens 1000 tekens"), ("soort:pamflet", "bestaat niet; kies uit")],
)
def test_a_wrong_question_on_the_page(client: TestClient, q: str, words: str) -> None:
    page = client.get("/", params={"q": q})
    assert page.status_code == 422 and words in page.text


def test_the_link_of_a_hit_marks_its_passage(client: TestClient) -> None:
    hit = post(client, {"query": QUESTION})[1]["hits"][0]
    page = client.get(hit["url"])
    assert page.status_code == 200 and page.text.count('id="passage"') == 1
    assert "Het eerste duurzaamheidsverslag dient uiterlijk 31 juli 2020" in page.text.split('id="passage"')[1]
    gone = client.get(hit["url"].split("?")[0], params={"passage": "weg"})
    assert gone.status_code == 200 and "staat niet (meer) in dit document" in gone.text
    missing = client.get("/documents/999")
    assert_error(missing.status_code, missing.json(), 404, "bestaat niet")


def test_text_of_a_hostile_document_is_shown_as_text(tmp_path: Path, hashing: HashingEmbedder) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "<b>x.txt").write_text("<script>alert(1)</script> over maatwerk", encoding="utf-8")
    update_index(tmp_path / "index", [corpus], hashing)
    client = _app(tmp_path / "index", hashing)
    page = client.get("/", params={"q": '"><script>alert(2)</script> maatwerk'})
    assert page.status_code == 200 and "<script>" not in page.text and "&lt;script&gt;" in page.text
    hit = post(client, {"query": "maatwerk"})[1]["hits"][0]
    document = client.get(hit["url"])
    assert document.status_code == 200 and "<script>" not in document.text and "<b>x" not in document.text
    assert "default-src 'none'" in document.headers["content-security-policy"]


def test_no_question_is_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="beleidswijzer.access")
    post(client, {"query": "mijn geheime vraag over zeppelins"})
    client.get("/", params={"q": "mijn geheime vraag over zeppelins"})
    lines = [record.message for record in caplog.records if record.name == "beleidswijzer.access"]
    assert len(lines) == 2 and not any("zeppelins" in line for line in lines)
    logged = json.loads(lines[0])
    assert logged["status"] == 200 and len(logged["hits"]) == 10 and logged["took_ms"] > 0
    assert logged["query_hash"] == json.loads(lines[1])["query_hash"]
    plain = (hashlib.sha256, hashlib.blake2b, functools.partial(hashlib.blake2b, digest_size=8))
    guessed = {one(b"mijn geheime vraag over zeppelins").hexdigest() for one in plain}
    assert not any(guess.startswith(logged["query_hash"]) for guess in guessed), (
        "a list of questions would give it away"
    )


def test_what_repeats_a_question_is_not_kept(client: TestClient) -> None:
    for response in (
        client.get("/", params={"q": QUESTION}),
        client.post("/api/search", json={"query": QUESTION}),
        client.post("/api/ask", json={"question": QUESTION}),
        client.get("/", params={"q": ""}),
    ):
        assert response.headers["cache-control"] == "no-store"


def test_an_unexpected_error_is_guarded_and_logged(
    tmp_path: Path, hashing: HashingEmbedder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="beleidswijzer.access")
    app = create_app(Settings(index_dir=tmp_path), hashing)

    @app.get("/api/stuk")
    def broken() -> None:
        try:
            raise ValueError("mijn geheime vraag")
        except ValueError as error:
            raise RuntimeError("stuk") from error

    response = TestClient(app, raise_server_exceptions=False).get("/api/stuk")
    assert_error(response.status_code, response.json(), 500, "beheerder")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    (line,) = [record.message for record in caplog.records if record.name == "beleidswijzer.access"]
    assert json.loads(line)["status"] == 500 and json.loads(line)["path"] == "/api/stuk"
    (told,) = [record.getMessage() for record in caplog.records if record.name == "api.errors"]
    assert "RuntimeError (" in told and "ValueError (" in told and "test_api.py:" in told and " broken" in told
    assert "geheim" not in caplog.text and "stuk)" not in told, "what an error says may be the question"


def test_dates_go_out_as_iso(client: TestClient) -> None:
    filters = {"date_from": "2011-10-25", "date_to": datetime.date(2011, 10, 25).isoformat()}
    hits = post(client, {"query": "arbeidszorg", "filters": filters})[1]["hits"]
    assert {hit["date"] for hit in hits} == {"2011-10-25"}
    assert (ROOT / "corpus").exists()
