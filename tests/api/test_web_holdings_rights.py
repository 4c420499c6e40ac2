"""Who may bring documents in, take them out and correct them in the page."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from lxml import html
from starlette.testclient import TestClient

from api.access.keys import Right
from api.app import create_app
from api.settings import Settings
from tests.api.holdings import NOTE, OWN, act, add, keyed, trail
from tests.api.pages import get, texts
from tests.conftest import HashingEmbedder


def test_a_closed_document_never_shows(app: FastAPI) -> None:
    member = keyed(app, Right.INGEST, groups=("kabinet",))
    outsider, reader = keyed(app, Right.INGEST), keyed(app, Right.READ)
    add(member, ("open.md", NOTE))
    page = add(member, ("geheim.md", NOTE.replace(b"40", b"77")), groups="kabinet")
    assert "77" in member.get("/documents/geheim").text and texts(page, "tbody tr")
    assert reader.get("/documents/geheim").status_code == outsider.get("/documents/geheim").status_code == 404
    seen = outsider.get("/inlezen").text
    assert "geheim" not in seen and not html.fromstring(seen).cssselect("[data-tell], tbody")
    for action in ("verwijderen", "verbeteren"):
        there, not_there = (
            outsider.post(f"/inlezen/{action}", data={"document_id": name, "title": "X"})
            for name in ("geheim", "niets")
        )
        assert there.status_code == not_there.status_code == 404
        assert there.text.replace("geheim", "niets") == not_there.text
    # Who is in no group may give them a document, and is not told whether they have it.
    known, unknown = (
        texts(add(outsider, (f"gok-{i}.md", text), groups="kabinet"), ".facts p")
        for i, text in enumerate((NOTE.replace(b"40", b"77"), NOTE.replace(b"40", b"78")))
    )
    assert known == unknown and "niet in een groep" in known[0]
    assert outsider.post("/inlezen/terugzetten", data={"undo": "20200101T000000000000"}).status_code == 404
    page = act(member, "verwijderen", document_id="geheim")
    undo = page.cssselect("input[name=undo]")[0].get("value") or ""
    assert outsider.post("/inlezen/terugzetten", data={"undo": undo}).status_code == 404, "only who removed it"
    assert "geheim" not in outsider.get("/inlezen").text
    assert {step.who for step in app.state.keys.trail() if step.what == "verwijderd"} == {
        f"sleutel {app.state.keys.read()[0].key_id}"
    }


@pytest.mark.parametrize(
    ("address", "headers", "may"),
    [
        ("127.0.0.1", {"host": "127.0.0.1:8000"}, True),
        ("::1", {"host": "localhost"}, True),
        ("10.0.0.1", {"host": "127.0.0.1"}, False),
        ("127.0.0.1", {"host": "beleid.example"}, False),
        ("127.0.0.1", {"host": "localhost", "x-forwarded-for": "10.0.0.1"}, False),
        ("127.0.0.1", {"host": "localhost", "forwarded": "for=10.0.0.1"}, False),
        ("127.0.0.1", {"host": "localhost", "x-real-ip": "10.0.0.1"}, False),
        ("127.0.0.1", {"host": "localhost", "via": "1.1 proxy"}, False),
    ],
)
def test_where_nobody_signs_in_only_this_computer_changes_documents(
    tmp_path: Path, address: str, headers: dict[str, str], may: bool
) -> None:
    settings = Settings.model_validate({"index_dir": tmp_path / "index", "allowed_hosts": ("beleid.example",)})
    client = TestClient(create_app(settings, HashingEmbedder()), client=(address, 1), headers={**OWN, **headers})
    assert client.get("/inlezen").status_code == (200 if may else 403)
    assert client.post("/inlezen").status_code == (422 if may else 403)


def test_another_site_changes_nothing(app: FastAPI, here: TestClient) -> None:
    add(here, ("een.md", NOTE), ("twee.md", NOTE.replace(b"40", b"41")))
    key = app.state.keys.find(app.state.keys.make("iemand", [Right.INGEST]))
    visitor = TestClient(app, headers=OWN, cookies={"beleidswijzer_sessie": app.state.keys.begin_session(key)})
    token = get(visitor, "/inlezen").cssselect("form[enctype] input[name=token]")[0].get("value") or ""
    before = len(trail(app))
    for headers, sent in (
        ({"sec-fetch-site": "cross-site"}, {"token": token}),
        ({"sec-fetch-site": "none"}, {"token": token}),
        (OWN, {}),
        (OWN, {"token": "x" * 64}),
    ):
        refused = [
            visitor.post("/inlezen", headers=headers, data=sent, files={"file": ("drie.md", NOTE)}),
            visitor.post("/inlezen/verwijderen", headers=headers, data={**sent, "document_id": "een"}),
            visitor.post("/inlezen/verbeteren", headers=headers, data={**sent, "document_id": "een", "title": "X"}),
            visitor.post("/inlezen/terugzetten", headers=headers, data={**sent, "undo": "1"}),
        ]
        assert [one.status_code for one in refused] == [403] * 4
    assert len(trail(app)) == before
    assert texts(act(visitor, "verwijderen", document_id="een", token=token), "[data-tell]") == ["Verwijderd: een."]


def test_who_may_not_sees_no_form(app: FastAPI, here: TestClient) -> None:
    add(here, ("een.md", NOTE), ("twee.md", NOTE.replace(b"40", b"41")))
    for address in ("/documents", "/documents/een"):
        assert get(here, address).cssselect("form[action^='/inlezen']")
    reader = keyed(app, Right.READ)
    for address in ("/documents", "/documents/een"):
        assert not get(reader, address).cssselect("form[action^='/inlezen'], a[href^='/inlezen']")
    assert reader.get("/inlezen").status_code == 403 and here.get("/inlezen").status_code == 401
