"""Documents that come in, go out and are corrected in the page, and what is told of them."""

import tomllib

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.errors import ApiError
from api.intake import clean_name
from index.store.update import lock_index
from tests.api.holdings import HERE, NOTE, OWN, SlowEmbedder, act, add, documents, outcome, trail
from tests.api.pages import texts
from tests.pdf import Text, draw_pdf


def test_a_pdf_comes_in_and_each_page_says_what_came_of_it(app: FastAPI, here: TestClient) -> None:
    pages = [
        [
            Text(60, 800, "Vlaams Parlement - Stuk 12"),
            Text(60, 760, f"{number}. Hoofdstuk over de premie", 16, bold=True),
            *(
                Text(60, 720 - 14 * i, f"De premie van jaar {number}{i} bedraagt veertig euro per maand.")
                for i in range(9)
            ),
            Text(300, 40, str(number)),
        ]
        for number in (1, 2, 3)
    ]
    page = add(here, ("Nota.pdf", draw_pdf(pages)))
    assert texts(page, "h2")[0] == "Nota.pdf" and "3 bladzijden" in texts(page, ".facts p")[0]
    rows = [texts(row, "th, td") for row in page.cssselect("tbody tr")]
    assert [row[0] for row in rows] == ["1", "2", "3"]
    for number, (_, passages, headings, rest) in enumerate(rows, start=1):
        assert int(passages) >= 1 and headings == f"{number}. Hoofdstuk over de premie"
        running = "" if number == 1 else "Vlaams Parlement - Stuk 12 "  # where it stands first, it may be a title
        assert rest == f"{running}{number}"
    assert "veertig euro" in here.get("/api/documents/Nota").json()["text"]
    steps = trail(app)
    assert steps[0] == ("gevraagd", "toevoegen van Nota.pdf") and steps[1] == ("ingelezen", "nieuw: Nota")


def test_what_cannot_be_read_is_told_and_not_kept(app: FastAPI, here: TestClient) -> None:
    page = add(here, ("leeg.txt", b""), ("nota.md", NOTE), groups="kabinet")
    assert texts(page, ".error") == ["leeg.txt is leeg (0 bytes); haal het opnieuw op."]
    kept = sorted(file.name for file in app.state.settings.corpus_dir.iterdir())
    assert kept == ["nota.md", "nota.md.toml"], "what is told beside a file goes with it"


def test_a_file_of_another_sort_is_told_and_the_others_come_in(app: FastAPI, here: TestClient) -> None:
    page = add(here, ("foo.exe", b"MZ"), ("leeg.txt", b""), ("nota.md", NOTE))
    sort, empty = texts(page, ".error")
    assert sort.startswith("‘foo.exe’ wordt niet ingelezen; geef een bestand") and empty.startswith("leeg.txt is leeg")
    assert list(documents(here)) == ["nota"] and trail(app)[0] == ("gevraagd", "toevoegen van leeg.txt, nota.md")
    sent = [("file", ("foo.exe", b"MZ")), ("file", ("oud.doc", b"x"))]
    refused = here.post("/inlezen", files=sent, headers={"accept": "text/html"})
    assert refused.status_code == 422 and "foo.exe" in refused.text and "bewaar het als .docx" in refused.text
    assert 'href="/documents"' in refused.text and 'type="file"' in here.get("/documents").text


def test_a_name_leads_nowhere_and_never_replaces(app: FastAPI, here: TestClient) -> None:
    corpus = app.state.settings.corpus_dir
    outside = corpus.parent / "kwaad.md"
    outside.write_text("# Blijf\n\nDit blijft.\n", encoding="utf-8")
    add(here, ("../../kwaad.md", NOTE))
    add(here, ("kwaad.md", NOTE.replace(b"40", b"41")), ("..\\KWAAD.md", NOTE.replace(b"40", b"42")))
    assert outside.read_text(encoding="utf-8").startswith("# Blijf")
    kept = {file.name: file.read_text(encoding="utf-8") for file in corpus.iterdir()}
    assert sorted(kept) == ["KWAAD-3.md", "kwaad-2.md", "kwaad.md"] and "40 euro" in kept["kwaad.md"]
    page = add(here, ("zelfde.md", NOTE))
    assert "dezelfde tekst als" in texts(page, ".facts p")[0]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a/b\\c.txt", "c.txt"),
        (".verborgen.txt", "verborgen.txt"),
        ("~$open.docx", "open.docx"),
        ("twee\nregels\x00\u202e.txt", "twee regels.txt"),
        ("e\u0301e\u0301n.txt", "één.txt"),
        ("x" * 400 + ".pdf", "x" * 180 + ".pdf"),
        ("é" * 400 + ".pdf", "é" * 90 + ".pdf"),
    ],
)
def test_a_name_is_cleaned(name: str, kept: str) -> None:
    assert clean_name(name) == kept


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "wordt niet ingelezen"),
        (".txt", "wordt niet ingelezen"),
        ("prog.exe", "geef een bestand van een van deze soorten"),
        ("oud.doc", "bewaar het als .docx"),
        ("vraag.pdf.toml", "een van deze soorten"),
        ("groepen.txt", "een eigen betekenis"),
        ("GROEPEN.TXT", "een eigen betekenis"),
        ("../Catalogus.xlsx", "een eigen betekenis"),
        ("questions.jsonl", "een van deze soorten"),
    ],
)
def test_a_name_that_would_steer_is_refused(here: TestClient, app: FastAPI, name: str, told: str) -> None:
    with pytest.raises(ApiError, match=told):
        clean_name(name)
    if name:
        refused = here.post("/inlezen", files={"file": (name, b"iets")})
        assert refused.status_code == 422 and told in refused.json()["error"]
    assert not list(app.state.settings.corpus_dir.iterdir()) and trail(app) == []


def test_a_form_without_a_file_or_with_too_much_is_refused(here: TestClient) -> None:
    for sent, status in (
        ({}, 422),
        ({"data": {"groups": ""}}, 422),
        ({"files": [("file", (f"{i}.txt", b"x")) for i in range(11)]}, 422),
        ({"files": {"file": ("groot.txt", b"x" * 100_001)}}, 413),
        ({"files": {"file": ("nota.md", NOTE)}, "data": {"groups": " een, twee;;"}}, 303),
        ({"files": {"file": ("nota.md", NOTE)}, "data": {"groups": "een, twee woorden"}}, 422),
        ({"files": {"file": ("nota.md", NOTE)}, "data": {"groups": "niemand"}}, 422),
    ):
        refused = here.post("/inlezen", follow_redirects=False, headers={"accept": "text/html"}, **sent)
        assert refused.status_code == status and (status != 413 or 'role="alert">De aanvraag is' in refused.text), sent
        outcome(here)


def test_a_removal_and_its_undo(app: FastAPI, here: TestClient) -> None:
    add(here, ("een.md", NOTE), ("twee.md", NOTE.replace(b"40", b"41")))
    before = documents(here)
    page = act(here, "verwijderen", document_id="een")
    assert texts(page, "[data-tell]") == ["Verwijderd: een."] and list(documents(here)) == ["twee"]
    assert not (app.state.settings.corpus_dir / "een.md").exists()
    refused = here.post("/inlezen/verwijderen", data={"document_id": "twee"})
    assert refused.status_code == 422 and "geen document over" in refused.json()["error"]
    undo = page.cssselect("input[name=undo]")[0].get("value") or ""
    page = act(here, "terugzetten", undo=undo)
    assert texts(page, "[data-tell]") == ["Teruggezet: een."] and documents(here) == before
    assert not page.cssselect("input[name=undo]"), "it is undone once"
    for token in (undo, "../..", "", "20200101T000000000000"):
        assert here.post("/inlezen/terugzetten", data={"undo": token}).status_code == 404
    assert here.post("/inlezen/verwijderen", data={"document_id": "../een"}).status_code == 404
    assert [step for step in trail(app) if step[0] not in ("gevraagd", "ingelezen")] == [("verwijderd", "een")]


def test_a_removal_can_be_undone_after_a_restart(app: FastAPI, here: TestClient, slow: SlowEmbedder) -> None:
    add(here, ("een.md", NOTE), ("twee.md", NOTE.replace(b"40", b"41")))
    before = documents(here)
    act(here, "verwijderen", document_id="een")
    again = create_app(app.state.settings, slow)
    with TestClient(again, client=("127.0.0.2", 1), base_url="http://127.0.0.1", headers=OWN) as other:
        assert not outcome(other).cssselect("input[name=undo]"), "who did not remove it does not see it"
    with TestClient(again, client=HERE, base_url="http://127.0.0.1", headers=OWN) as later:
        page = outcome(later)
        undo = page.cssselect("input[name=undo]")[0].get("value") or ""
        assert "een" in texts(page, "[aria-labelledby=terug] li")[0]
        assert texts(act(later, "terugzetten", undo=undo), "[data-tell]") == ["Teruggezet: een."]
        assert documents(later) == before


def test_what_a_document_says_can_be_corrected(app: FastAPI, here: TestClient) -> None:
    add(here, ("nota.md", NOTE), ("ander.md", NOTE.replace(b"40", b"41")))
    sidecar = app.state.settings.corpus_dir / "nota.md.toml"
    title = 'Nota "over" \\ de €-premie 😀'
    act(here, "verbeteren", document_id="nota", title=title, date="2018-03-31", kind="andere")
    assert tomllib.loads(sidecar.read_text(encoding="utf-8"))["title"] == title
    told = here.get("/api/documents/nota").json()["metadata"]
    assert (told["title"], told["date"], told["kind"]) == (title, "2018-03-31", "andere")
    assert "begeleidend bestand" in told["origins"]["title"] and "kind" not in sidecar.read_text(encoding="utf-8")
    act(here, "verbeteren", document_id="nota", title="", date="2018-03-31", kind="besluit")
    told = here.get("/api/documents/nota").json()["metadata"]
    assert (told["title"], told["date"], told["kind"]) == ("Nota over de premie", "2018-03-31", "besluit")
    for wrong in ({"date": "gisteren"}, {"kind": "roman"}, {"title": "x" * 501}):
        refused = here.post("/inlezen/verbeteren", data={"document_id": "nota", **wrong})
        assert refused.status_code == 422 and refused.json()["error"].split("'")[0].startswith("De "), refused.text
    sidecar.write_text("groups = [", encoding="utf-8")  # by hand, and wrong: it is never overwritten
    page = act(here, "verbeteren", document_id="nota", title="Anders", date="2018-03-31", kind="besluit")
    assert "dit is geen TOML" in texts(page, ".error")[0] and sidecar.read_text(encoding="utf-8") == "groups = ["
    assert trail(app)[-1] == ("mislukt", "verbeteren van nota")


def test_one_change_at_a_time_and_the_rest_goes_on(app: FastAPI, here: TestClient, slow: SlowEmbedder) -> None:
    add(here, ("een.md", NOTE), ("twee.md", NOTE.replace(b"40", b"41")))
    slow.may_go_on.clear()
    try:
        third = here.post("/inlezen", files={"file": ("drie.md", NOTE.replace(b"40", b"43"))}, follow_redirects=False)
        assert third.status_code == 303
        for action, sent in (
            ("", {"files": {"file": ("vier.md", NOTE)}}),
            ("/verwijderen", {"data": {"document_id": "een"}}),
            ("/verbeteren", {"data": {"document_id": "een", "title": "X"}}),
        ):
            refused = here.post(f"/inlezen{action}", **sent)
            assert refused.status_code == 409 and refused.json()["error"].startswith("De documenten worden net bijge")
        page = here.get("/inlezen")
        assert page.headers["refresh"] == "2" and "Ververs niet vanzelf" in page.text
        assert "refresh" not in here.get("/inlezen?vanzelf=0").headers
        assert app.state.turns.busy == app.state.turns.waiting == 0
        assert here.post("/api/search", json={"query": "premie"}).json()["total"] == 2
    finally:
        slow.may_go_on.set()
    outcome(here)
    assert sorted(documents(here)) == ["drie", "een", "twee"]


def test_an_index_that_another_process_changes_is_left_alone(app: FastAPI, here: TestClient) -> None:
    with lock_index(app.state.settings.index_dir):
        page = add(here, ("nota.md", NOTE))
    assert "Een ander proces werkt de index" in texts(page, ".error")[0]
    assert not list(app.state.settings.corpus_dir.iterdir()), "who tries again finds the name free"
    assert trail(app)[-1] == ("mislukt", "toevoegen van nota.md")
