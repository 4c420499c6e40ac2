"""Assistants and programs, each by its official client: MCP over stdio and HTTP, the chat of OpenAI; and CORS."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import httpx2
import openai
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from starlette.testclient import TestClient

from api.access.keys import KeyStore, Right
from api.app import create_app
from api.server import on_free_port
from api.settings import Settings
from index.model.embed import Embedder
from index.store.update import update_index
from tests.conftest import ROOT, HashingEmbedder

BUDGET = "Hoeveel is in 2012 voorzien voor de financiering van de activiteitencoöperaties in Vlaanderen?"
ANSWER = "808.000 euro"
LETTER = "003-beleidsbrief-sociale-economie-2011-2012"
NO_MODEL = b'{"messages": [{"role": "user", "content": "x"}], "model": "\\ud800"}'


@pytest.fixture(scope="module")
def address(corpus_index: Path, embedder: Embedder) -> Iterator[str]:
    with on_free_port(create_app(Settings(index_dir=corpus_index), embedder)) as address:
        yield address


async def use_every_tool(server: str | StdioServerParameters) -> None:
    async with Client(server) as client:
        tools = (await client.list_tools()).tools
        assert {tool.name for tool in tools} == {"search", "ask", "document", "dossier", "precedents"}
        assert all(tool.annotations and tool.annotations.read_only_hint and tool.description for tool in tools)

        async def call(name: str, **arguments: object) -> dict[str, Any]:
            result = await client.call_tool(name, arguments)
            assert not result.is_error, result
            content: dict[str, Any] = result.structured_content or {}
            return content

        asked = await call("ask", question=BUDGET)
        assert asked["answered"] and ANSWER in asked["citations"][0]["quote"]
        assert asked["citations"][0]["reference"].startswith("Beleidsbrief Sociale Economie 2011-2012, Parl.St.")
        assert await call("ask", question=BUDGET, history=["?", "soort:onzin"]) == asked | {"took_ms": ANY}
        found = await call("search", query=BUDGET, k=3, kind=["beleidsbrief"], date_to="2012-12-31")
        assert len(found["hits"]) == 3 and {hit["document_id"] for hit in found["hits"]} == {LETTER}
        assert all(hit["reference"] and hit["text"] for hit in found["hits"])
        read = await call("document", document_id=LETTER)
        assert read["metadata"]["date"] == "2011-10-25" and ANSWER in "".join(page["text"] for page in read["pages"])
        past = await call("precedents", question="Wanneer moet het duurzaamheidsverslag ingediend worden?")
        assert "31 juli" in json.dumps(past, ensure_ascii=False) and past["precedents"][0]["answers"][0]["reference"]
        letter = "Vraag\n\n1. Wanneer moet het duurzaamheidsverslag ingediend worden?\n2. Wat is SIFO?\n"
        assert "31 juli" in json.dumps(await call("dossier", text=letter), ensure_ascii=False)
        for name, arguments, words in (
            ("search", {"query": " "}, "De vraag is leeg"),
            ("search", {"query": "x", "date_from": "gisteren"}, "is geen datum"),
            ("search", {}, "Het veld 'query' ontbreekt"),
            ("search", {"query": "x", "k": "veel"}, "Het veld 'k' moet een geheel getal zijn."),
            ("search", {"query": "x", "kind": ["krant"]}, "Het veld 'kind.0' heeft een onbekende waarde"),
            ("document", {"document_id": "weg"}, "Het document 'weg' bestaat niet"),
            ("document", {"document_id": "weg", "first_page": 0}, "Het veld 'first_page' is te klein"),
            ("weg", {}, "Het hulpmiddel 'weg' bestaat niet; kies uit search, ask, "),
            ("search", {"query": "x", "from": "2030-01-01"}, "Het veld 'from' bestaat niet; kies uit query, k, kind, "),
            (
                "ask",
                {"question": BUDGET, "filters": {}},
                "Het veld 'filters' bestaat niet; kies uit question, ",
            ),
            ("dossier", {"text": "Waarom? " * 5000}, "Het veld 'text' is te lang; gebruik hoogstens 30000 tekens."),
        ):
            wrong = await client.call_tool(name, arguments)
            (told,) = [part.text for part in wrong.content if part.type == "text"]
            assert wrong.is_error and told.startswith(words) == (words != "is geen datum") and words in told, told


def test_every_tool_over_http(address: str) -> None:
    asyncio.run(use_every_tool(f"{address}/mcp"))


def test_every_tool_over_stdio(corpus_index: Path) -> None:
    environment = {**os.environ, "BELEIDSWIJZER_INDEX_DIR": str(corpus_index), "PYTHONPATH": str(ROOT)}
    asyncio.run(
        use_every_tool(StdioServerParameters(command=sys.executable, args=["-m", "api", "mcp"], env=environment))
    )


def test_the_chat_of_openai_by_its_own_client(address: str) -> None:
    with openai.OpenAI(base_url=f"{address}/v1", api_key="niet nodig") as client:
        assert [model.id for model in client.models.list()] == ["beleidswijzer"]
        said = client.chat.completions.create(
            model="beleidswijzer", messages=[{"role": "user", "content": BUDGET}], temperature=0
        )
        text = said.choices[0].message.content or ""
        assert ANSWER in text and "Parl.St. Vl.Parl. 2011-12" in text and f"{address}/documents/{LETTER}" in text
        pieces = client.chat.completions.create(
            model="beleidswijzer", messages=[{"role": "user", "content": BUDGET}], stream=True
        )
        streamed = [piece.choices[0].delta.content or "" for piece in pieces]
        assert "".join(streamed) == text and len(streamed) > 5
        turns = [{"role": "user", "content": "Hoeveel krediet was er in 2012 voor invoeg?"}]
        turns += [{"role": "user", "content": unusable} for unusable in ("\N{THUMBS UP SIGN}", "soort:onzin")]
        turns += [{"role": "assistant", "content": "..."}, {"role": "user", "content": "En voor sociale werkplaatsen?"}]
        follow = client.chat.completions.create(model="beleidswijzer", messages=turns)  # type: ignore[arg-type]
        assert "63.392.000 euro" in (follow.choices[0].message.content or "")
        nothing = [{"role": "user", "content": [{"type": "text", "text": "Hoe laat sluit het zwembad van Oostende?"}]}]
        refused = client.chat.completions.create(model="beleidswijzer", messages=nothing)  # type: ignore[arg-type]
        assert "Niet gevonden" in (refused.choices[0].message.content or "")


def told(error: openai.APIStatusError) -> tuple[str, str | None, str | None, str | None]:
    """What a client of OpenAI knows of an error: sentence, type, field and name; nothing else may be in it."""
    body = error.response.json()
    assert body.keys() == {"error"} and body["error"].keys() == {"message", "type", "param", "code"}
    assert body["error"]["message"] in str(error), "its text is what people see"
    return body["error"]["message"], error.type, error.param, error.code


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_of_openai_shows_our_sentence(address: str, stream: bool) -> None:
    wrong = "invalid_request_error"
    cases: list[tuple[dict[str, Any], int, str, str | None, str | None]] = [
        ({"messages": []}, 422, "messages", "messages", None),
        ({"messages": "Wat is SIFO?"}, 422, "messages", "messages", None),
        ({"messages": [{"role": "user", "content": 3}]}, 422, "messages", "messages.0.content.str", None),
        ({"messages": [{"role": "user", "content": BUDGET}], "stream": 0}, 422, "stream", "stream", None),
        ({"messages": [{"role": "system", "content": "x"}]}, 422, "Er is geen vraag", "messages", None),
        ({"messages": [{"role": "user", "content": "w " * 2000}]}, 422, "hoogstens", None, None),
        ({"messages": [{"role": "user", "content": "w" * 70_000}]}, 413, "te groot", None, None),
        (
            {"messages": [{"role": "user", "content": BUDGET}], "model": "gpt-5"},
            404,
            "gpt-5",
            "model",
            "model_not_found",
        ),
    ]
    with openai.OpenAI(base_url=f"{address}/v1", api_key="niet nodig") as client:
        for given, status, words, param, code in cases:
            with pytest.raises(openai.APIStatusError) as caught:
                client.chat.completions.create(**{"model": "beleidswijzer", "stream": stream, **given})
            sentence, *rest = told(caught.value)
            assert caught.value.status_code == status and words in sentence, sentence
            assert rest == [wrong, param, code]


def test_a_client_of_openai_that_asks_what_is_not_there(address: str) -> None:
    with openai.OpenAI(base_url=f"{address}/v1", api_key="niet nodig") as client:
        assert client.models.retrieve("beleidswijzer").id == "beleidswijzer"
        roads: list[tuple[Callable[[], object], int, str]] = [
            (lambda: client.models.retrieve("gpt-5"), 404, "Het model 'gpt-5' is er niet"),
            (lambda: client.embeddings.create(model="beleidswijzer", input="x"), 404, "bestaat niet"),
            (lambda: client.models.delete("beleidswijzer"), 405, "Deze methode kan hier niet"),
            (lambda: client.get("/chat/completions", cast_to=object), 405, "Deze methode kan hier niet"),
        ]
        for ask, status, words in roads:
            with pytest.raises(openai.APIStatusError) as caught:
                ask()
            assert caught.value.status_code == status and words in told(caught.value)[0]
    browser = {"accept": "text/html"}
    for answer in (httpx2.get(f"{address}/v1/onbekend", headers=browser), httpx2.post(f"{address}/v1/", content=b"x")):
        assert answer.status_code == 404 and answer.json()["error"]["type"] == "invalid_request_error"
    for content, words in ((b"{", "geen geldige JSON"), (b"\xff", ""), (NO_MODEL, "'model'")):
        as_json = {"content-type": "application/json"}
        answer = httpx2.post(f"{address}/v1/chat/completions", content=content, headers=as_json)
        assert answer.status_code in (400, 422) and words in answer.json()["error"]["message"]
    asked = {"messages": [{"role": "user", "content": BUDGET}], "stream": None}  # as some clients leave it unsaid
    assert httpx2.post(f"{address}/v1/chat/completions", json=asked).json()["object"] == "chat.completion"
    foreign = httpx2.get(f"{address}/v1/models", headers={"host": "kwaad.example"})
    assert foreign.status_code == 421 and "kwaad.example" in foreign.json()["error"]["message"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_of_openai_without_a_key_or_an_index_or_a_place(tmp_path: Path, stream: bool) -> None:
    settings = Settings(index_dir=tmp_path / "geen", access_file=tmp_path / "a.sqlite", queue=0, workers=1)
    app = create_app(settings, HashingEmbedder())
    secret = KeyStore(settings.access_path()).make("An", [Right.READ])

    def refused(key: str) -> openai.APIStatusError:
        headers = {} if key else {"Authorization": openai.Omit()}
        with openai.OpenAI(base_url=f"{address}/v1", api_key=key or "geen", max_retries=0) as client:
            with pytest.raises(openai.APIStatusError) as caught:
                client.chat.completions.create(
                    model="beleidswijzer",
                    messages=[{"role": "user", "content": BUDGET}],
                    stream=stream,
                    extra_headers=headers,
                )
        return caught.value

    with on_free_port(app) as address:
        for key in ("", "verkeerd"):
            error = refused(key)
            assert isinstance(error, openai.AuthenticationError) and told(error)[3] == "invalid_api_key"
            assert told(error)[0] == "Meld u aan met een sleutel; vraag er een aan de beheerder."
        error = refused(secret)
        assert error.status_code == 503 and told(error)[1] == "server_error"
        assert "beleidswijzer ingest" in told(error)[0]
        asyncio.run(app.state.turns.take())  # the only place is taken
        error = refused(secret)
        assert error.status_code == 503 and "te druk" in told(error)[0]
        assert error.response.headers["retry-after"] == "5"


def test_who_may_not_read_a_document_does_not_get_it_by_an_assistant(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    (corpus / "kabinet").mkdir(parents=True)
    (corpus / "open.txt").write_text("De maatwerkpremie bedraagt 30 euro.", encoding="utf-8")
    (corpus / "kabinet" / "dicht.txt").write_text("De zeppelinpremie bedraagt 40 euro.", encoding="utf-8")
    (corpus / "kabinet" / "groepen.txt").write_text("kabinet\n", encoding="utf-8")
    settings = Settings(index_dir=tmp_path / "index", access_file=tmp_path / "a.sqlite")
    update_index(settings.index_dir, [corpus], HashingEmbedder())
    keys = KeyStore(settings.access_path())
    secrets = {"read": keys.make("An", [Right.READ]), "kabinet": keys.make("Jan", [Right.READ], ["kabinet"])}

    async def found(address: str, secret: str) -> set[str]:
        async with httpx2.AsyncClient(headers={"authorization": f"Bearer {secret}"}) as http:
            async with Client(streamable_http_client(f"{address}/mcp", http_client=http)) as client:
                result = await client.call_tool("search", {"query": "zeppelinpremie euro"})
                hidden = await client.call_tool("document", {"document_id": "dicht"})
                names = {hit["document_id"] for hit in (result.structured_content or {})["hits"]}
                assert hidden.is_error == ("dicht" not in names)
                return names

    with on_free_port(create_app(settings, HashingEmbedder())) as address:
        assert httpx2.post(f"{address}/mcp", json={}).status_code == 401
        assert asyncio.run(found(address, secrets["read"])) == {"open"}
        assert asyncio.run(found(address, secrets["kabinet"])) == {"open", "dicht"}
        for who, wanted in (("read", False), ("kabinet", True)):
            with openai.OpenAI(base_url=f"{address}/v1", api_key=secrets[who]) as client:
                said = client.chat.completions.create(
                    model="beleidswijzer", messages=[{"role": "user", "content": "Hoeveel bedraagt de zeppelinpremie?"}]
                )
                assert ("40 euro" in (said.choices[0].message.content or "")) == wanted


def test_search_by_address_pages_and_versions(small: TestClient) -> None:
    params = {"query": "maatwerk", "k": "3", "kind": "schriftelijke_vraag"}
    by_address = small.get("/api/search", params=params).json()
    body = {"query": "maatwerk", "k": 3, "filters": {"kind": ["schriftelijke_vraag"]}}
    by_body, versioned = (small.post(path, json=body).json() for path in ("/api/search", "/api/v1/search"))
    for answer in (by_address, by_body, versioned):
        answer.pop("took_ms")
    assert by_address == by_body == versioned and 3 < by_address["total"] <= 50
    pages = [small.get("/api/search", params={**params, "start": str(start)}).json()["hits"] for start in (0, 3)]
    six = small.get("/api/search", params={**params, "k": "6"}).json()["hits"]
    assert [hit["passage_id"] for page in pages for hit in page] == [hit["passage_id"] for hit in six]
    assert small.head("/api/search", params=params).content == b""
    for wrong in ({"query": "x", "k": "99"}, {"query": "x", "date_from": "gisteren"}, {"query": "x", "onzin": "1"}, {}):
        assert small.get("/api/search", params=wrong).status_code == 422
    listed = small.get("/api/documents", params={"start": "1", "limit": "2"}).json()
    whole = small.get("/api/documents").json()
    assert listed["documents"] == whole["documents"][1:3] and listed["total"] == whole["total"] == len(
        whole["documents"]
    )


def test_only_a_site_that_was_named_may_ask_from_a_browser(tmp_path: Path) -> None:
    settings = Settings.model_validate({"index_dir": tmp_path, "cors_origins": "https://intranet.example"})
    client = TestClient(create_app(settings, HashingEmbedder()))
    for origin, wanted in (("https://intranet.example", "https://intranet.example"), ("https://kwaad.example", None)):
        ask = {"origin": origin, "access-control-request-method": "POST"}
        for response in (client.get("/livez", headers={"origin": origin}), client.options("/api/ask", headers=ask)):
            assert response.headers.get("access-control-allow-origin") == wanted
            assert "access-control-allow-credentials" not in response.headers
    plain = TestClient(create_app(Settings(index_dir=tmp_path), HashingEmbedder()))
    assert (
        "access-control-allow-origin" not in plain.get("/livez", headers={"origin": "https://intranet.example"}).headers
    )
