"""Documents that not everybody may read: to who may not, each answer is that of an index without them."""

import io
import json
import random
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.access.keys import Right
from api.app import create_app
from api.cli.main import app as commands
from api.settings import Settings
from api.text_forms import one_line
from api.web.dossier_page import pack
from index.store.update import update_index
from ingest.document import Document, Passage
from tests.conftest import HashingEmbedder

PROXY = "10.9.9.9"
GROUP = "kabinet"
TEXTS = {
    "brief-2016": "Beleidsbrief 2016\n\nDe zeppelinpremie (ZEP) bedraagt 40 euro per maand in het jaar 2016.\n",
    "brief-2018": "Beleidsbrief 2018\n\nHet zeppelinplan (ZEP) geeft 55 euro per maand, de zeppelinpremie ook.\n",
    "vraag-12": "Vraag nr. 12\n\n1. Hoeveel zeppelins zijn er?\n2. Waarom?\n\n1. Er zijn 9 zeppelins.\n2. Daarom.\n",
    "vraag-13": "Vraag nr. 13\n\n1. Hoeveel zeppelins zijn er nu?\n2. Waarom?\n\n1. Nu zijn er 7.\n2. Zie vraag nr. "
    "12 (2017-2018).\n",
    "nota": "Nota over maatwerk\n\nZie schriftelijke vraag nr. 12 (2017-2018). Wie meldt, meldt begeleiders.\n",
    "lijst": "# Lijst met afkortingen\n\nMWB maatwerkbedrijf\nZEP zeppelinpremie\n",
    "verslag": "Verslag van de commissie\n\nDe begeleiders van het maatwerkbedrijf vroegen naar de maatwerkpremie.\n",
}
CATALOGUE = "".join(
    f"[{name}]\nnumber = '{name[-2:]}'\nsession = '2017-2018'\nkind = 'schriftelijke_vraag'\n"
    for name in ("vraag-12", "vraag-13")
)
KNOWN = (
    '{"question": "Wat kost een zeppelin?", "doc": "brief", "passage": "zeppelinpremie bedraagt 40 euro per maand"}\n'
    '{"question": "Wie meldt er begeleiders?", "doc": "nota", "passage": "Wie meldt, meldt begeleiders"}\n'
)
ASKED = (
    "Hoeveel bedraagt de zepelinpremie in 2016?",
    "Waar staat ZEP voor?",
    "Hoeveel zeppelins zijn er?",
    "begeleiders",
)
# Of the administrator; without an index; what changes documents is in test_web_holdings.
NOT_A_VISITOR = {"/metrics", "/aanmelden", "/afmelden", "/feedback/bedankt", "/inlezen"} | {
    f"/inlezen/{action}" for action in ("verwijderen", "terugzetten", "verbeteren")
}
CHANGES = re.compile(
    r'\\?"took_ms\\?":\s*[\d.e-]+|chatcmpl-\w+|"created":\d+|\d\d/\d\d/\d{4}, \d\d\.\d\d uur|'
    r"\d+(?:[.,]\d+)? (?:ms|seconden)"
)


def write(folder: Path, names: set[str], shut: set[str] = frozenset()) -> Path:  # type: ignore[assignment]
    folder.mkdir(parents=True)
    for name in sorted(names):
        (folder / f"{name}.txt").write_text(TEXTS[name], encoding="utf-8")
        if name in shut:
            (folder / f"{name}.txt.toml").write_text(f"groups = ['{GROUP}']\n", encoding="utf-8")
    (folder / "catalogue.toml").write_text(CATALOGUE, encoding="utf-8")
    (folder / "questions.jsonl").write_text(KNOWN, encoding="utf-8")
    return folder


def serve(folder: Path, corpus: Path) -> FastAPI:
    update_index(folder, [corpus], HashingEmbedder())
    changes = {"index_dir": folder, "access_file": folder / "a", "feedback_file": folder / "f", "trusted_proxy": PROXY}
    return create_app(Settings.model_validate(changes), HashingEmbedder())


def client(app: FastAPI, *groups: str) -> TestClient:
    secret = app.state.keys.make("iemand", [Right.EVALUATE], groups)
    headers = {"authorization": f"Bearer {secret}", "sec-fetch-site": "same-origin"}
    return TestClient(app, headers=headers, follow_redirects=False)


def kept(document: Document, passage: Passage) -> dict[str, object]:
    """Return a passage as a browser keeps it."""
    spans = [[span.page, span.start, span.end] for span in passage.spans]
    return {"passage": passage.passage_id, "spans": spans, "quote": one_line(document.quote(passage.spans))}


LETTER = "Vraag over zeppelins\n\n1. Hoeveel bedraagt de zeppelinpremie?\n2. Hoeveel zeppelins zijn er?\n"


def tool_call(tool: str, arguments: dict[str, str]) -> dict[str, object]:
    """Return what an assistant sends to use a tool."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    headers = {"accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"}
    return {"json": body, "headers": headers}


def asked(passages: list[str]) -> list[tuple[str, str, dict[str, object]]]:
    """Each road by which a document may show, with what is sent along it; method, template, arguments and address."""
    found: list[tuple[str, str, dict[str, object]]] = []
    for question in ASKED:
        words = {"q": question}
        for path in ("/", "/export", "/zoekverslag", "/feed", "/vindplaatsen", "/vindplaatsen.csv"):
            found.append(("GET", path, {"params": words}))
        for more in ({"sort": "datum"}, {"kind": "schriftelijke_vraag"}, {"from": "2017-01-01", "to": "2017-12-31"}):
            found.append(("GET", "/", {"params": words | more}))
        found.append(("POST", "/api/search", {"json": {"query": question, "k": 50, "explain": True}}))
        found.append(("GET", "/api/search", {"params": {"query": question, "start": 1}}))
        found.append(("POST", "/v1/chat/completions", {"json": {"messages": [{"role": "user", "content": question}]}}))
        for tool, named in (("search", "query"), ("ask", "question"), ("precedents", "question")):
            found.append(("POST", "/mcp", tool_call(tool, {named: question})))
        for path in ("/api/ask", "/api/ask/export", "/api/ask/record"):
            found.append(("POST", path, {"json": {"question": question, "k": 50}}))
    for name in (*TEXTS, "bestaat-niet"):
        for path in ("/documents/{document_id}", "/api/documents/{document_id}", "/documents/{document_id}/bestand"):
            found.append(("GET", path, {"name": name}))
        found.append(("GET", "/", {"params": {"q": "zeppelin", "document": name}}))
        found.append(("POST", "/mcp", tool_call("document", {"document_id": name})))
        found.append(("POST", "/api/ask", {"json": {"question": "zeppelin", "filters": {"document_id": [name]}}}))
        given = {"question": "Wat?", "document_id": name, "text": "zeppelin", "verdict": "helpt"}
        found.append(("POST", "/feedback", {"data": given}))
    for passage in passages:
        found.append(("GET", "/api/passages/{passage_id}/citation", {"name": passage}))
    for path in ("/dossier", "/dossier.docx"):
        found.append(("GET", path, {"params": {"v": pack(LETTER)}}))
    found.append(("POST", "/api/dossier", {"json": {"text": LETTER}}))
    found.append(("POST", "/mcp", tool_call("dossier", {"text": LETTER})))
    for path in (
        "/",
        "/api",
        "/documents",
        "/begrippen",
        "/over",
        "/api/documents",
        "/api/health",
        "/feedback",
        "/readyz",
    ):
        found.append(("GET", path, {}))
    found += [("GET", path, {}) for path in ("/feed", "/lijsten", "/v1/models", "/map")]
    found.append(("GET", "/v1/models/{model}", {"name": "beleidswijzer"}))
    found += [("GET", "/feedback/export", {"params": {"form": form}}) for form in ("jsonl", "qrels")]
    return [*found, ("GET", "/livez", {}), ("GET", "/openapi.json", {}), ("GET", "/feedback", {})]


def answer(client: TestClient, method: str, template: str, sent: dict[str, object]) -> tuple[object, ...]:
    arguments = {name: value for name, value in sent.items() if name != "name"}
    path = re.sub(r"\{.*?\}", str(sent.get("name", "")), template)
    response = client.request(method, path, **arguments)  # type: ignore[arg-type]
    kept = {name: value for name, value in response.headers.items() if name in ("content-type", "location", "etag")}
    if template.endswith("bestand"):
        kept.pop("etag", None)  # of the time of the file
    text = response.text
    if template.endswith(".docx") and response.is_success:  # a zip says when it was made
        text = zipfile.ZipFile(io.BytesIO(response.content)).read("word/document.xml").decode()
    return response.status_code, CHANGES.sub("", text), kept


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_each_answer_is_that_of_an_index_without(tmp_path: Path, seed: int) -> None:
    chosen = random.Random(seed)
    shut = {"brief-2016", "vraag-12"} if seed == 0 else set(chosen.sample(sorted(TEXTS), chosen.randint(1, 5)))
    whole = serve(tmp_path / "whole", write(tmp_path / "a", set(TEXTS), shut))
    less = serve(tmp_path / "less", write(tmp_path / "b", set(TEXTS) - shut))
    member, outsider, stranger = client(whole, GROUP), client(whole, "pers"), client(less)
    passages = [passage.passage_id for passage in whole.state.service.searcher().index.passages]
    for name in shut:  # what a member says of it is not for others
        form = {"question": "zeppelingeheim", "document_id": name, "text": "zeppelin", "verdict": "helpt"}
        assert member.post("/feedback", data=form).status_code == 303
    roads = asked(passages) + [
        ("POST", "/map", {"data": {"form": "ris", "items": json.dumps([kept(document, passage)])}})
        for document in whole.state.service.loaded.documents.values()
        for passage in document.passages
    ]
    differs = 0
    for method, template, sent in roads:
        seen, wanted = (answer(one, method, template, sent) for one in (outsider, stranger))
        assert seen == wanted, f"{method} {template} {sent}, shut: {shut}"
        differs += template != "/feedback" and answer(member, method, template, sent) != wanted
    assert differs > 20, "who is in the group sees them"
    routes = {route.path for route in iter_route_contexts(whole.routes) if route.path and route.methods}
    assert {template for _, template, _ in roads} | NOT_A_VISITOR == routes | {"/livez"}


@pytest.fixture(scope="module")
def shut(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    folder = tmp_path_factory.mktemp("shut")
    corpus = write(folder / "corpus", {"nota"})
    inside = write(corpus / "geheim" / "diep", {"vraag-12"})
    (inside.parent / "groepen.txt").write_text(f"{GROUP}\npers\n", encoding="utf-8")
    return serve(folder / "index", corpus)


@pytest.mark.parametrize(
    ("groups", "may"),
    [((), False), (("anders",), False), (("niemand",), False), (("pers",), True), ((GROUP, "x"), True)],
)
def test_a_key_and_a_user_of_the_proxy_are_in_groups(shut: FastAPI, groups: tuple[str, ...], may: bool) -> None:
    headers = {"x-forwarded-user": "an", "x-forwarded-groups": ", ".join(groups)}
    for visitor in (client(shut, *groups), TestClient(shut, client=(PROXY, 1), headers=headers)):
        assert (visitor.get("/documents/vraag-12").status_code == 200) == may
        assert visitor.get("/api/health").json()["documents"] == 1 + may
        assert visitor.get("/documents/nota").status_code == 200


def test_a_session_is_in_the_groups_of_its_key_and_an_administrator_in_none(shut: FastAPI) -> None:
    keys = shut.state.keys
    for rights, groups, may in (([Right.READ], [GROUP], True), ([Right.ADMIN], [], False)):
        key = keys.find(keys.make("iemand", rights, groups))
        visitor = TestClient(shut, cookies={"beleidswijzer_sessie": keys.begin_session(key)})
        assert (visitor.get("/documents/vraag-12").status_code == 200) == may


def test_where_nobody_signs_in_a_closed_document_stays_closed(shut: FastAPI, tmp_path: Path) -> None:
    settings = shut.state.settings.model_copy(update={"access_file": tmp_path / "a", "trusted_proxy": None})
    visitor = TestClient(create_app(settings, HashingEmbedder()))
    assert visitor.get("/api/health").json()["documents"] == 1
    assert "beleidswijzer_index_documents 1.0\n" in visitor.get("/metrics").text
    assert visitor.get("/documents/vraag-12").status_code == 404


def test_where_all_is_closed_nothing_is_there(tmp_path: Path) -> None:
    app = serve(tmp_path / "index", write(tmp_path / "a", {"nota", "vraag-12"}, {"nota", "vraag-12"}))
    visitor = client(app)
    assert visitor.get("/api/health").json()["documents"] == 0 and visitor.get("/").status_code == 200
    assert visitor.post("/api/search", json={"query": "zeppelin maatwerk"}).json()["hits"] == []
    assert visitor.post("/api/ask", json={"question": "Hoeveel zeppelins?"}).json()["answered"] is False
    assert visitor.get("/begrippen").status_code == visitor.get("/over").status_code == 200


def test_a_new_index_is_ready_for_who_asked_before(tmp_path: Path) -> None:
    corpus = write(tmp_path / "a", {"nota", "vraag-12"}, {"vraag-12"})
    app = serve(tmp_path / "index", corpus)
    visitor = client(app)
    assert visitor.get("/api/health").json()["documents"] == 1
    (corpus / "nota.txt.toml").write_text(f"groups = ['{GROUP}']\n", encoding="utf-8")
    (corpus / "vraag-12.txt.toml").unlink()
    update_index(tmp_path / "index", [corpus], HashingEmbedder())
    assert visitor.get("/documents/vraag-12").status_code == 200
    assert visitor.get("/documents/nota").status_code == 404
    assert app.state.service._views.in_use == (frozenset(),)


def test_without_groups_there_is_one_index(tmp_path: Path) -> None:
    app = serve(tmp_path / "index", write(tmp_path / "a", {"nota", "vraag-12"}))
    assert client(app, GROUP).get("/api/health").json()["documents"] == 2
    service = app.state.service
    assert service._views.in_use == () and service.searcher().index is service.loaded


def test_the_same_text_for_others_is_a_document_of_its_own(tmp_path: Path) -> None:
    corpus = write(tmp_path / "a", {"nota"})
    (corpus / "geheim").mkdir()
    (corpus / "geheim" / "groepen.txt").write_text(GROUP, encoding="utf-8")
    shutil.copy(corpus / "nota.txt", corpus / "geheim" / "kopie.txt")
    app = serve(tmp_path / "index", corpus)
    seen = client(app).get("/api/documents").json()["documents"]
    assert [(one["document_id"], one["copies"]) for one in seen] == [("nota", [])]
    assert len(client(app, GROUP).get("/api/documents").json()["documents"]) == 2


def test_the_command_gives_a_key_its_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_ACCESS_FILE", str(tmp_path / "access.sqlite"))
    run = CliRunner().invoke
    assert run(commands, ["key", "make", "An", "--group", GROUP, "--group", "pers"]).exit_code == 0
    assert "read, groep kabinet, groep pers  An" in run(commands, ["key", "list"]).stdout
    assert '"groups": [\n' in run(commands, ["key", "list", "--json"]).stdout
    for wrong in ("niemand", "a b", ""):
        made = run(commands, ["key", "make", "An", "--group", wrong])
        assert made.exit_code == 2 and made.stderr.startswith("Fout: ")
