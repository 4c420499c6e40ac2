"""What is found taken along: the addresses on the search page give the files that the API gives."""

import io
import re

import docx
import pytest
from starlette.testclient import TestClient

from api.export import ExportForm
from tests.api.pages import DEADLINE, get


def _words(content: bytes) -> list[str]:
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs]


@pytest.mark.parametrize("form", list(ExportForm))
def test_the_address_of_an_export_gives_what_the_api_gives(client: TestClient, form: ExportForm) -> None:
    params = {"q": "En in 2012?", "h": "Hoeveel krediet was er in 2011 voor arbeidszorg?", "kind": "beleidsbrief"}
    links = [link.get("href") for link in get(client, **params).cssselect(".exports a")]
    link = next(one for one in links if one.endswith(f"form={form.value}"))
    body = {"question": params["q"], "history": [{"question": params["h"]}], "filters": {"kind": ["beleidsbrief"]}}
    by_page, by_api = client.get(link), client.post(f"/api/ask/export?form={form.value}", json=body)
    assert by_page.content
    if form is ExportForm.WORD:  # a zip says when it was made
        assert _words(by_page.content) == _words(by_api.content)
    else:
        assert by_page.content == by_api.content
    for header in ("content-type", "content-disposition"):
        assert by_page.headers[header] == by_api.headers[header]


def test_the_address_of_a_record_gives_what_the_api_gives(client: TestClient) -> None:
    pages = [
        client.get("/zoekverslag", params={"q": DEADLINE}),
        client.post("/api/ask/record", json={"question": DEADLINE}),
    ]
    first, second = (re.sub(r"\d\d/\d\d/\d{4}, \d\d\.\d\d uur", "", page.text) for page in pages)
    assert first == second and "31 juli" in first
    assert client.get("/zoekverslag").status_code == 422
    word = client.get("/zoekverslag", params={"q": DEADLINE, "form": "word"})
    assert "beleidswijzer-zoekverslag-" in word.headers["content-disposition"] and "Zoekverslag" in _words(word.content)
