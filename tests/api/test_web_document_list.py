"""The list of documents, and the lists of people and years."""

import json
import re
from html import unescape

from starlette.testclient import TestClient

from tests.api.pages import Served

HTML = {"accept": "text/html,application/xhtml+xml"}
BRIEF = "/documents/001-beleidsbrief-sociale-economie-2017-2018"


def test_the_list_is_sorted_and_narrowed(client: TestClient) -> None:
    def titles(**params: str) -> list[str]:
        page = client.get("/documents", params=params)
        assert page.status_code == 200
        return re.findall(r'<th scope="row"><a href="[^"]+"><bdi>(.*?)</bdi>', page.text)

    assert titles()[:2] == ["Beleidsbrief Sociale Economie 2017-2018", "Beleidsbrief Sociale Economie 2011-2012"]
    assert titles(sort="oudste")[:2] == titles()[1::-1]
    assert titles(sort="titel") == sorted(titles())
    assert len(titles(kind="schriftelijke_vraag")) == 3
    assert client.get("/documents", params={"sort": "x"}, headers=HTML).status_code == 422


def test_thousands_of_documents_stand_on_small_pages_and_are_found_by_name(serve: Served) -> None:
    lines = [
        json.dumps(
            {
                "id": f"v{n}",
                "title": f"Maatwerk in gemeente {n}" + (" - Enclaves" if n % 10 == 0 else ""),
                "question": "1. Hoeveel plaatsen zijn er?",
                "answer": "1. Er zijn er vijf.",
                "number": str(1000 + n),
                "session": "2017-2018" if n % 2 else "2018-2019",
                "minister": "Hilde Janssens" if n % 3 else "Bram De Costere",
                "member": f"An Peeters{n % 7}",
            }
        )
        for n in range(120)
    ]
    client = serve({"vragen.jsonl": "\n".join(lines).encode()})

    def rows(address: str = "/documents", **params: str) -> list[str]:
        page = client.get(address, params=params or None)
        assert page.status_code == 200 and len(page.content) < 40_000
        return re.findall(r'<th scope="row"><a href="/documents/(v\d+)">', page.text)

    seen = [row for n in ("1", "2", "3") for row in rows(page=n, sort="titel")]
    assert len(seen) == len(set(seen)) == 120 and len(rows()) == 50 and rows(page="99") == rows(page="3")
    assert rows(q="1042") == ["v42"] and rows(q="maatwerk 42") == ["v42"]
    assert set(rows(q="enclaves")) == {f"v{n}" for n in range(0, 120, 10)}
    assert set(rows(q="costere enclaves")) == {f"v{n}" for n in range(0, 120, 30)}
    assert not rows(q="zeppelin") and len(rows(q="schriftelijke vraag")) == 50
    lists = client.get("/lijsten").text
    links = dict(
        (name, unescape(url)) for url, name in re.findall(r'<a href="(/documents\?[^"]+)"><bdi>(.*?)</bdi>', lists)
    )
    assert len(links) == 2 + 7 + 2 and len(rows(links["Bram De Costere"])) == 40
    assert rows(links["An Peeters3"], q="") and "v3" in rows(links["An Peeters3"])
    inside = client.get("/", params={"q": "Hoeveel plaatsen?"}).text
    assert re.search(r'href="/\?q=[^"]+document=v\d+">Vraag in dit document', inside)
    assert '<input type="hidden" name="document" value="v3">' in client.get("/documents/v3").text
