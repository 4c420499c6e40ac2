"""An incoming question -> dossier: the earlier pair is found, every sentence stands in a document; Word opens it."""

import io
import json
import re
import zipfile

import docx
import pytest
from lxml import etree, html
from starlette.testclient import TestClient

from api.web.dossier_page import pack, unpack
from tests.api.pages import Served, get, texts
from tests.pdf import make_pdf

LETTER = """SCHRIFTELIJKE VRAAG

nr. 12
van AN PEETERS
datum: 3 maart 2026

aan HILDE JANSSENS
VLAAMS MINISTER VAN SOCIALE ECONOMIE

Maatwerkbedrijven - Duurzaamheidsverslag

Maatwerkbedrijven dienen een duurzaamheidsverslag in.

1. Zijn er al maatwerkbedrijven of -afdelingen die een duurzaamheidsverslag hebben opgemaakt en ingediend?

2. Hoeveel zeppelins kocht het departement in 2026?
"""


def test_a_letter_is_split_and_its_earlier_pair_found(client: TestClient) -> None:
    body = client.post("/api/dossier", json={"text": LETTER}).json()
    assert body["subject"] == "Maatwerkbedrijven - Duurzaamheidsverslag" and body["member"] == "An Peeters"
    assert body["ministers"] == ["Hilde Janssens"]
    assert body["introduction"] == "Maatwerkbedrijven dienen een duurzaamheidsverslag in."
    first, second = body["parts"]
    assert first["found"] == "eerder beantwoord" and first["same"][0]["same_question"] > 0.5
    assert "31 juli" in first["same"][0]["answer"]["quote"] and not first["same"][0]["same_minister"]
    assert (
        not second["same"]
        and second["found"] != "eerder beantwoord"
        and "zeppelins" in second["missing"] + ["zeppelins"]
    )
    assert not first["missing"]  # its words stand in the question of before, which is shown
    for part in body["parts"]:
        assert part["found"] not in ("passages", "misschien passages") or part["passages"]
    assert body["coverage"].startswith("1 van de 2 deelvragen eerder beantwoord")
    assert body["counts"]["eerder beantwoord"] == 1 and sum(body["counts"].values()) == 2
    whole = {d: client.get(f"/api/documents/{d}").json()["text"] for d in documents(body)}
    for part in body["parts"]:
        for one in [*part["same"], *part["related"]]:
            assert all(piece in whole[one["answer"]["document_id"]] for piece in one["answer"]["quote"].split("\n\n"))
            assert "".join(one["question"].split()) in "".join(whole[one["answer"]["document_id"]].split())
        assert all(piece in whole[p["document_id"]] for p in part["passages"] for piece in p["quote"].split("\n\n"))


def documents(body: dict) -> set[str]:  # type: ignore[type-arg] # JSON
    parts = body["parts"]
    earlier = {one["answer"]["document_id"] for part in parts for one in [*part["same"], *part["related"]]}
    return earlier | {one["document_id"] for part in parts for one in part["passages"]}


@pytest.mark.parametrize("kind", ["pdf", "docx"])
def test_a_file_gives_the_same_as_its_text(small: TestClient, kind: str) -> None:
    if kind == "pdf":
        data = make_pdf([[line for line in LETTER.split("\n") if line]])
        data += b"\0" * 70_000  # more than other requests may bring
    else:
        written, word = io.BytesIO(), docx.Document()
        for line in filter(None, LETTER.split("\n")):
            word.add_paragraph(line)
        word.save(written)
        data = written.getvalue()
    by_text = small.post("/api/dossier", json={"text": LETTER}).json()
    by_file = small.post("/api/v1/dossier", files={"file": (f"vraag.{kind}", data)})
    assert by_file.status_code == 200, by_file.text
    assert [part["question"] for part in by_file.json()["parts"]] == [part["question"] for part in by_text["parts"]]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"data": {"text": " "}, "files": {"x": b""}}, "geen vraag meegestuurd"),
        ({"files": {"file": ("a.exe", b"MZ")}}, "PDF of een Word-bestand"),
        ({"files": {"file": ("a.pdf", b"geen pdf")}}, "a.pdf"),
        ({"files": {"file": ("a.txt", b"Er staat hier niets om te weten.")}}, "geen vraag"),
        ({"data": {"text": "x" * 31_000}, "files": {"x": b""}}, "te lang; geef hoogstens 30.000 tekens, zonder"),
        ({"json": {"text": "Geen enkel verzoek."}}, "geen vraag"),
    ],
)
def test_what_is_no_question_is_refused_in_dutch(small: TestClient, sent: dict, told: str) -> None:  # type: ignore[type-arg]
    response = small.post("/api/dossier", **sent)
    assert response.status_code == 422 and told in response.json()["error"], response.text


def test_the_page_has_its_own_address_and_its_word_file_has_footnotes(small: TestClient) -> None:
    sent = small.post("/dossier", data={"text": LETTER}, files={"file": ("", b"")}, follow_redirects=False)
    assert sent.status_code == 303
    address = sent.headers["location"]
    page = get(small, address)
    assert unpack(address.split("v=")[1]).split() == LETTER.split()
    assert texts(page, "h1") == ["Maatwerkbedrijven - Duurzaamheidsverslag"]
    titles = texts(page, ".part-of-dossier h2")
    assert [title[0] for title in titles] == ["1", "2"] and len(page.cssselect(".overview a")) == 2
    given = small.get(page.cssselect("a[download]")[0].get("href"))
    assert 'filename="beleidswijzer-dossier-maatwerkbedrijven-' in given.headers["content-disposition"]
    word = docx.Document(io.BytesIO(given.content))
    assert [p.text for p in word.paragraphs if p.style and p.style.name == "Heading 1"][1:] == titles
    with zipfile.ZipFile(io.BytesIO(given.content)) as archive:
        notes = etree.fromstring(archive.read("word/footnotes.xml"))
        marks = re.findall(rb'footnoteReference w:id="(\d+)"', archive.read("word/document.xml"))
    told = ["".join(note.itertext()) for note in notes][2:]
    references = [" ".join(text.split()).rsplit(" Kopieer", 1)[0] for text in texts(page, ".reference")]
    assert len(marks) == len(told) == len(references) > 0
    assert all("http://testserver/documents/" in note for note in told)
    cut = address.split("v=")[1][:-40]
    assert all(small.get("/dossier", params={"v": wrong}).status_code == 422 for wrong in ("kapot", cut))
    assert small.get("/dossier", params={"v": pack("x" * 200_000)}).status_code == 422


def test_the_form_is_empty_without_a_question(small: TestClient) -> None:
    page = html.fromstring(small.get("/dossier").text)
    assert page.cssselect("textarea[name=text]") and page.cssselect("input[type=file]")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Hoeveel zweefveren voeren er uit in de haven?", True),  # names itself what the earlier one was about
        ("Hoeveel zweefveren voeren er leeg uit?", False),
        ("Kunt u die cijfers bevestigen?", False),
        ("Hoeveel zijn er?", False),
    ],
)
def test_the_same_words_on_another_subject_are_the_same_where_they_name_theirs(
    serve: Served, asked: str, found: bool
) -> None:
    questions = (
        "1. Hoeveel zweefveren voeren er uit in de haven?\n2. Kunt u die cijfers bevestigen?\n3. Hoeveel zijn er?"
    )
    line = {"id": "veren", "title": "Zweefveren - Hoeveel en welke cijfers", "question": questions}
    lines = [{**line, "answer": "1. Vier.\n2. Ja, dat kan ik.\n3. Het zijn er vier."}]
    for n in range(30):  # more of what anything may ask
        lines.append(
            {"id": f"p-{n}", "title": f"Post {n}", "question": "Wat kost het?", "answer": f"Hoeveel cijfers: {n}."}
        )
    client = serve({"v.jsonl": "\n".join(map(json.dumps, lines)).encode()})
    alone = client.post("/api/dossier", json={"text": f"3. {asked}"}).json()["parts"][0]
    before = [one for one in alone["same"] if not one["differs"]]
    assert bool(before) is (asked in questions), alone
    letter = f"SCHRIFTELIJKE VRAAG\n\nnr. 12\nvan AN PEETERS\n\nLuchtballonnen - Vergunningen\n\n1. {asked}\n"
    body = client.post("/api/dossier", json={"text": letter}).json()
    assert body["subject"] == "Luchtballonnen - Vergunningen"
    assert (body["parts"][0]["found"] == "eerder beantwoord") is found, body["parts"][0]
