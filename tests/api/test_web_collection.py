"""The map of a reader becomes a file; what it holds is checked against the documents, and nothing of it stays here."""

import json
import logging

import pytest
import rispy
from lxml import html
from starlette.testclient import TestClient

from api.ask_schemas import AskResponse, CitationOut
from tests.api.pages import DEADLINE, get
from tests.api.test_groups import kept
from tests.api.test_word import read_docx

OWN = {"sec-fetch-site": "same-origin"}
NOTE = "Nakijken met <de cel>;\nvoor 31 juli: zeppelinnota"


def post(client: TestClient, items: object, form: str = "word", **headers: str) -> tuple[int, bytes]:
    """Send a map as the page does."""
    sent = {"items": (None, json.dumps(items)), "form": (None, form)}
    response = client.post("/map", files=sent, headers={**OWN, **headers})
    return response.status_code, response.content


def answered(client: TestClient) -> list[CitationOut]:
    found = AskResponse.model_validate(client.post("/api/ask", json={"question": DEADLINE}).json())
    assert found.citations
    return found.citations


def on_page(client: TestClient, address: str, **params: str) -> list[dict[str, object]]:
    """Return what the buttons of a page would keep."""
    page: html.HtmlElement = get(client, address, **params)
    buttons = page.cssselect("[data-copy]")
    assert buttons and all(button.getnext().get("data-keep") is not None for button in buttons)
    return [
        {
            "passage": button.get("data-passage"),
            "spans": json.loads(button.get("data-spans") or ""),
            "quote": button.get("data-quote"),
            "reference": button.get("data-reference"),
            "note": "",
        }
        for button in buttons
    ]


@pytest.mark.parametrize(
    ("address", "params"),
    [
        ("/", {"q": DEADLINE}),
        ("/", {"q": "Hoeveel bedraagt het budget voor lokale diensteneconomie in 2018?"}),
        ("/", {"q": "tabel met aantal doelgroepwerknemers per provincie"}),
    ],
)
def test_what_any_button_keeps_comes_out_with_its_reference(
    client: TestClient, address: str, params: dict[str, str]
) -> None:
    items = on_page(client, address, **params)
    status, content = post(client, items)
    assert status == 200, content
    paragraphs = [text for _, text in read_docx(content)[0]]
    assert paragraphs[0] == "Map met citaten"
    for n, item in enumerate(items, start=1):
        i = paragraphs.index(f"[{n}] “{item['quote']}”")
        assert paragraphs[i + 1] == item["reference"]


def test_the_passage_of_a_document_page_too(client: TestClient) -> None:
    items = on_page(client, answered(client)[0].url.split("#")[0])
    assert len(items) == 1 and post(client, items)[0] == 200


def test_order_and_notes_are_in_the_file(client: TestClient) -> None:
    items = on_page(client, "/", q=DEADLINE)[:3][::-1]
    items[1]["note"] = NOTE
    paragraphs = [text for _, text in read_docx(post(client, items)[1])[0]]
    quotes = [text for text in paragraphs if text.startswith("[")]
    assert quotes == [f"[{n}] “{item['quote']}”" for n, item in enumerate(items, start=1)]
    at = paragraphs.index(quotes[1])
    assert paragraphs[at + 2 : at + 4] == NOTE.splitlines() and len(paragraphs) == 1 + 2 * len(items) + 2
    entries = rispy.loads(post(client, items, "ris")[1].decode())
    notes = [note for entry in entries for note in entry["notes"]]
    assert f"Nota: {' '.join(NOTE.split())}" in notes and len(notes) == len(items) + 1
    assert all(any(str(item["quote"]) in note for note in notes) for item in items)


def test_a_quote_that_is_not_there_makes_no_file(client: TestClient) -> None:
    document = next(iter(client.app.state.service.loaded.documents.values()))  # type: ignore[attr-defined]
    good = kept(document, document.passages[0])
    assert post(client, [good])[0] == 200
    for wrong in (
        {"quote": "Iets anders."},
        {"passage": "bestaat-niet:1:0-5"},
        {"spans": [[1, 0, 5]]},
        {"spans": [[99, 0, 5]]},
        {"spans": [[1, 5, 5]]},
        {"spans": [[1, -5, 5]]},
        {"spans": [[1, 0, 10**30]]},
    ):
        status, content = post(client, [good, {**good, **wrong}])
        assert status == 422 and "citaat 2" in json.loads(content)["error"], wrong
    wrongs: list[object] = [[], "x", [{}], [{**good, "note": "x" * 5001}], [{**good, "spans": []}], [good] * 501]
    for items in wrongs:
        status, content = post(client, items)
        assert status == 422 and json.loads(content)["error"].endswith("."), content


def test_only_our_own_page_asks_and_nothing_is_logged(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    items = on_page(client, "/", q=DEADLINE)[:1]
    items[0]["note"] = NOTE
    assert post(client, items, **{"sec-fetch-site": "cross-site"})[0] == 403
    with caplog.at_level(logging.DEBUG):
        assert post(client, items)[0] == 200
    assert any("/map" in record.getMessage() for record in caplog.records)
    assert not any("zeppelin" in record.getMessage() or "31 juli" in record.getMessage() for record in caplog.records)


def test_a_map_is_as_large_as_an_upload(client: TestClient) -> None:
    document = next(iter(client.app.state.service.loaded.documents.values()))  # type: ignore[attr-defined]
    many = [kept(document, document.passages[0]) for _ in range(300)]
    assert len(json.dumps(many)) > 65_536 and post(client, many)[0] == 200
