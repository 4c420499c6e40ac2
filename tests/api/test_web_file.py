"""The original file of a document, given as it is."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.api.pages import Served
from tests.pdf import make_pdf

HTML = {"accept": "text/html,application/xhtml+xml"}
BRIEF = "/documents/001-beleidsbrief-sociale-economie-2017-2018"


def test_the_original_file_is_served_as_it_is(client: TestClient) -> None:
    response = client.get(f"{BRIEF}/bestand")
    assert response.status_code == 200
    assert response.content == Path("corpus", f"{BRIEF[11:]}.txt").read_bytes()
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["content-disposition"].startswith("inline")
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_pdf_opens_at_the_page(serve: Served) -> None:
    sentence = "Maatwerkbedrijven melden een enclave vooraf bij het departement, dat binnen de maand antwoordt."
    client = serve({"b.pdf": make_pdf([[sentence], [sentence.replace("maand", "week")]])})
    response = client.get("/documents/b/bestand")
    assert response.content.startswith(b"%PDF") and response.headers["content-type"] == "application/pdf"
    assert response.headers["content-disposition"].startswith("inline")
    assert response.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert response.headers["x-content-type-options"] == "nosniff"
    part = client.get("/documents/b/bestand", headers={"range": "bytes=0-4"})
    assert part.status_code == 206 and part.content == b"%PDF-"
    assert 'href="/documents/b/bestand#page=2"' in client.get("/documents/b", params={"p": "2"}).text


def test_html_is_never_run_as_a_page(serve: Served) -> None:
    client = serve({"p.html": b"<h1>Over</h1><p>Over maatwerk en enclaves in dit stuk.</p><script>alert(1)</script>"})
    response = client.get("/documents/p/bestand")
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["content-disposition"].startswith("attachment")
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["..%2f..%2fpyproject.toml", "%2e%2e%2fcatalogue", "catalogue", "000", "%00", "x" * 300]
)
def test_only_files_of_the_index_are_served(client: TestClient, name: str) -> None:
    response = client.get(f"/documents/{name}/bestand")
    assert response.status_code in (404, 422) and "Beleidswijzer" not in response.text[:200]


def test_a_file_that_changed_or_became_a_link_is_not_served(serve: Served, tmp_path: Path) -> None:
    client = serve(
        {"a.txt": b"Over maatwerk en enclaves in dit stuk.", "geheim.md": b"Iets anders over LDE in dit stuk."}
    )
    assert client.get("/documents/a/bestand").status_code == 200
    path = tmp_path / "corpus" / "a.txt"
    path.unlink()
    assert client.get("/documents/a/bestand").status_code == 404
    path.symlink_to("/etc/passwd")
    changed = client.get("/documents/a/bestand", headers=HTML)
    assert changed.status_code == 404 and "gewijzigd" in changed.text and "root:" not in changed.text


def test_the_file_of_a_document_that_an_ingest_just_removed(serve: Served, tmp_path: Path) -> None:
    client = serve({"a.txt": b"Over maatwerk en enclaves in dit stuk."})
    assert client.get("/documents/a").status_code == 200
    with closing(sqlite3.connect(tmp_path / "index" / "records.sqlite")) as records, records:
        records.execute("DELETE FROM document")
    response = client.get("/documents/a/bestand")
    assert response.status_code == 404 and "beleidswijzer ingest" in response.json()["error"]


def test_the_file_of_a_document_whose_index_is_gone(serve: Served, tmp_path: Path) -> None:
    client = serve({"a.txt": b"Over maatwerk en enclaves in dit stuk."})
    assert client.get("/documents/a").status_code == 200
    shutil.rmtree(tmp_path / "index")
    response = client.get("/documents/a/bestand")
    assert response.status_code == 503 and "beleidswijzer ingest" in response.json()["error"]


def test_the_file_of_a_line_is_served_while_the_line_is_in_it(serve: Served, tmp_path: Path) -> None:
    first = b'{"id": "2020-1", "title": "Zweefveren", "question": "Hoeveel veren?", "answer": "Er zijn vier veren."}\n'
    second = first.replace(b"2020-1", b"2020-2").replace(b"vier", b"zes")
    client = serve({"vragen.jsonl": first + second})
    response = client.get("/documents/2020-2/bestand")
    assert response.status_code == 200 and response.content == second.strip(), "of the others nothing is told"
    assert response.headers["content-disposition"] == 'attachment; filename="vragen.jsonl"'
    (tmp_path / "corpus" / "vragen.jsonl").write_bytes(first + second.replace(b"zes", b"zeven"))
    assert client.get("/documents/2020-1/bestand").status_code == 200, "another line changed"
    for left in (first + second.replace(b"zes", b"zeven"), first):
        (tmp_path / "corpus" / "vragen.jsonl").write_bytes(left)
        gone = client.get("/documents/2020-2/bestand")
        assert gone.status_code == 404 and "'vragen.jsonl' staat niet meer" in gone.json()["error"]
