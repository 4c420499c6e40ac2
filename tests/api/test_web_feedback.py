import datetime
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import api.feedback
from api.app import create_app
from api.feedback import Feedback, FeedbackStore
from api.quota import Quota
from api.settings import Settings
from eval.judge import Candidate, as_questions, pool
from eval.qrels import read_qrels
from index.store.update import update_index
from ingest.jsonl import read_rows
from tests.conftest import ROOT, HashingEmbedder

OWN = {"sec-fetch-site": "same-origin"}
DOCUMENT = "000-schriftelijke-vraag-duurzaamheidsverslag"
GIVEN = {
    "question": "Wanneer moet het verslag er zijn?",
    "document_id": DOCUMENT,
    "text": "31 juli 2020",
    "verdict": "helpt",
}


@pytest.fixture
def settings(small_corpus: Path, tmp_path: Path, hashing: HashingEmbedder) -> Settings:
    update_index(tmp_path / "index", [small_corpus], hashing)
    return Settings(index_dir=tmp_path / "index")


@pytest.fixture
def client(settings: Settings, hashing: HashingEmbedder) -> Iterator[TestClient]:
    with TestClient(create_app(settings, hashing), follow_redirects=False) as client:
        yield client


def kept(settings: Settings) -> list[Candidate]:
    return FeedbackStore(settings.feedback_path(), settings.feedback_days).read()


def test_feedback_is_kept_with_the_day_and_nothing_of_the_user(client: TestClient, settings: Settings) -> None:
    response = client.post("/feedback", data={**GIVEN, "back": "/?q=verslag#passages", "name": "Jan"}, headers=OWN)
    assert response.status_code == 303
    assert response.headers["location"] == "/feedback/bedankt?terug=%2F%3Fq%3Dverslag%23passages"
    with closing(sqlite3.connect(settings.feedback_path())) as file:
        rows = file.execute("SELECT question, document_id, text, verdict, date FROM feedback").fetchall()
        columns = [row[1] for row in file.execute("PRAGMA table_info(feedback)")]
    assert rows == [(*GIVEN.values(), datetime.date.today().isoformat())]
    assert columns == ["id", "date", "question", "document_id", "text", "verdict"]
    assert settings.feedback_path().stat().st_mode & 0o077 == 0
    assert settings.feedback_path().parent == settings.index_dir.parent
    thanks = client.get(response.headers["location"])
    assert "Bedankt" in thanks.text and 'href="/?q=verslag#passages"' in thanks.text


def test_a_missing_answer_names_no_document(client: TestClient, settings: Settings) -> None:
    client.post("/feedback", data={**GIVEN, "verdict": "ontbreekt"}, headers=OWN)
    assert (kept(settings)[0].document_id, kept(settings)[0].text) == ("", "")


def test_line_ends_come_back_as_they_were(client: TestClient, settings: Settings) -> None:
    client.post("/feedback", data={**GIVEN, "text": "een\r\ntwee\u2028drie\x85"}, headers=OWN)
    assert kept(settings)[0].text == "een\ntwee\u2028drie\x85"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://testserver"},
        {"sec-fetch-site": "none"},
        {"origin": "https://kwaad.example"},
        {"origin": "null"},
        {"origin": "http://[::1"},
        {"origin": "http://testserver.kwaad.example"},
    ],
)
def test_other_sites_cannot_give_feedback(client: TestClient, settings: Settings, headers: dict[str, str]) -> None:
    response = client.post("/feedback", data=GIVEN, headers={**headers, "accept": "text/html"})
    assert response.status_code == 403 and "niet van een pagina van Beleidswijzer" in response.text
    assert not kept(settings)


def test_an_old_browser_says_its_origin(client: TestClient, settings: Settings) -> None:
    assert client.post("/feedback", data=GIVEN, headers={"origin": "http://testserver"}).status_code == 303
    assert len(kept(settings)) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"question": " "}, "De vraag is leeg"),
        ({"question": "x" * 1001}, "hoogstens 1000 tekens"),
        ({"verdict": "prachtig"}, "verdict"),
        ({"document_id": "999"}, "'999' bestaat niet"),
        ({"document_id": ""}, "bestaat niet"),
        ({"text": "x" * 10_001}, "hoogstens 10000 tekens"),
    ],
)
def test_wrong_feedback_is_refused(client: TestClient, settings: Settings, changes: dict[str, str], words: str) -> None:
    response = client.post("/feedback", data={**GIVEN, **changes}, headers=OWN)
    assert response.status_code == 422 and words in response.json()["error"]
    assert not kept(settings)


def test_a_form_that_is_too_large_or_unreadable_is_refused(client: TestClient) -> None:
    assert client.post("/feedback", data={"text": "x" * 70_000}, headers=OWN).status_code == 413
    assert client.post("/feedback", content=b"\xff\xfe", headers=OWN).status_code == 422
    assert client.post("/feedback", content=b"&".join(b"a=1" for _ in range(50)), headers=OWN).status_code == 422


@pytest.mark.parametrize(
    "back", ["https://kwaad.example", "//kwaad.example", "/\\kwaad.example", "javascript:1", "/a\nb"]
)
def test_the_way_back_stays_on_this_site(client: TestClient, back: str) -> None:
    response = client.post("/feedback", data={**GIVEN, "back": back}, headers=OWN)
    assert response.headers["location"] == "/feedback/bedankt?terug=%2F"
    assert "kwaad" not in client.get("/feedback/bedankt", params={"terug": back}).text


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path / "feedback.sqlite", 10)

    def write(who: int) -> None:
        for i in range(20):
            store.keep(Feedback(question=f"{who} {i}", text="x" * 9000, document_id="", verdict="ontbreekt"), {})

    threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {row.question for row in store.read()} == {f"{who} {i}" for who in range(4) for i in range(20)}


@pytest.mark.parametrize("how", ["kill", "steps", "full"])
def test_a_kill_or_a_full_disk_breaks_nothing(tmp_path: Path, how: str) -> None:
    path = tmp_path / "feedback.sqlite"
    command = [sys.executable, "-m", "tests.api.feedback_run", str(path), how]
    told = int(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout)
    rows = FeedbackStore(path, 10).read()
    assert told > 0 and told <= len(rows) <= told + 50, "each may have been kept just before it could be said"
    assert all(row.question.endswith("x" * 900) for row in rows)
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_rows_of_before_are_taken_over_once(client: TestClient, settings: Settings) -> None:
    legacy = settings.feedback_path().with_suffix(".jsonl")
    today = datetime.date.today()
    rows = [Candidate.model_validate({**GIVEN, "date": today - datetime.timedelta(days=ago)}) for ago in (9000, 2, 1)]
    good = "".join(f"{row.model_dump_json()}\n" for row in rows)
    legacy.write_text(good + '{"half a row', encoding="utf-8")
    assert client.get("/feedback").status_code == 200
    assert kept(settings) == rows[1:], "what is too old goes, a broken line holds nothing up"
    assert client.post("/feedback", data=GIVEN, headers=OWN).status_code == 303
    assert len(kept(settings)) == 3 and legacy.read_text(encoding="utf-8").startswith(good)


def test_what_is_old_leaves_no_trace(settings: Settings) -> None:
    path = settings.feedback_path()
    FeedbackStore(path, 10).keep(Feedback(question="geheim bestek", verdict="ontbreekt"), {})
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE feedback SET date = ?", ((datetime.date.today() - datetime.timedelta(11)).isoformat(),))
    assert FeedbackStore(path, 12).read() and b"geheim bestek" in path.read_bytes()
    assert not FeedbackStore(path, 10).read() and b"geheim bestek" not in path.read_bytes()


def test_a_client_may_give_so_much_an_hour(settings: Settings, hashing: HashingEmbedder) -> None:
    app = create_app(settings.model_copy(update={"feedback_per_hour": 3}), hashing)
    one, other = (TestClient(app, follow_redirects=False, client=(name, 1)) for name in ("10.0.0.1", "10.0.0.2"))
    codes = [one.post("/feedback", data=GIVEN, headers=OWN) for _ in range(5)]
    assert [response.status_code for response in codes] == [303, 303, 303, 429, 429]
    assert 1000 < int(codes[-1].headers["retry-after"]) <= 1200 and "wacht" in codes[-1].json()["error"]
    assert other.post("/feedback", data=GIVEN, headers=OWN).status_code == 303
    assert len(kept(settings)) == 4


def test_a_quota_comes_back_and_remembers_not_everyone() -> None:
    quota = Quota(100_000)
    for client in range(20_000):
        assert quota.wait_s(str(client)) == 0
    waits = [Quota(2).wait_s("a") for _ in range(3)]
    assert waits == [0, 0, 0]
    small = Quota(2)
    assert [small.wait_s("a") == 0 for _ in range(3)] == [True, True, False] and 1700 < small.wait_s("a") <= 1800


def test_the_page_lists_counts_and_exports(client: TestClient, tmp_path: Path) -> None:
    for verdict in ("helpt", "helpt", "helpt niet", "ontbreekt"):
        client.post("/feedback", data={**GIVEN, "verdict": verdict, "text": "<b>31 juli</b>"}, headers=OWN)
    page = client.get("/feedback").text
    for count, name in ((2, "Helpt"), (1, "Helpt niet"), (1, "Antwoord klopt niet of ontbreekt"), (1, "vraag")):
        assert f"<strong>{count}</strong> {name}" in page
    assert "<b>31" not in page and "&lt;b&gt;31 juli" in page and "op deze computer" in page
    lines = client.get("/feedback/export", params={"form": "jsonl"})
    assert "attachment" in lines.headers["content-disposition"]
    (tmp_path / "k.jsonl").write_bytes(lines.content)
    candidates = read_rows(tmp_path / "k.jsonl", Candidate)
    assert [row.verdict for row in candidates] == ["helpt", "helpt", "helpt niet", "ontbreekt"]
    assert len(pool([], [], 5, candidates)) == 1


def test_qrels_name_the_passages_of_today(client: TestClient, tmp_path: Path) -> None:
    hits = client.post("/api/search", json={"query": "duurzaamheidsverslag", "k": 4}).json()["hits"]
    asked = {"question": "Welk verslag?"}
    for hit, verdict in zip(hits[:2], ("helpt", "helpt niet"), strict=True):
        given = {**asked, "document_id": hit["document_id"], "text": hit["text"], "verdict": verdict}
        assert client.post("/feedback", data=given, headers=OWN).status_code == 303
    (tmp_path / "f.qrels").write_bytes(client.get("/feedback/export", params={"form": "qrels"}).content)
    grades = {row.doc_id: row.relevance for row in read_qrels(tmp_path / "f.qrels")}
    assert grades[hits[0]["passage_id"]] == 1 and grades[hits[1]["passage_id"]] == 0


def test_the_last_opinion_on_a_passage_counts() -> None:
    given = [Candidate(question="v", document_id="d", text="t", verdict=v) for v in ("helpt", "helpt niet")]
    question = as_questions([*given, Candidate(question="v", verdict="ontbreekt")])[0]
    assert not question.answers and [quote.quote for quote in question.rejected] == ["t"]


def test_a_full_or_unwritable_file_is_said(
    client: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = settings.feedback_path()
    monkeypatch.setattr(api.feedback, "_MAX_PAGES", 5)
    codes = [client.post("/feedback", data={**GIVEN, "text": "x" * 9000}, headers=OWN) for _ in range(3)]
    assert [response.status_code for response in codes] == [303, 503, 503] and "geen plaats meer" in codes[2].text
    path.unlink()
    path.mkdir()
    unwritable = client.post("/feedback", data=GIVEN, headers=OWN)
    assert unwritable.status_code == 503 and "beschrijfbaar" in unwritable.json()["error"]


def test_a_damaged_file_is_said(client: TestClient, settings: Settings) -> None:
    settings.feedback_path().write_text("geen database\n", encoding="utf-8")
    page = client.get("/feedback", headers={"accept": "text/html"})
    assert page.status_code == 503 and "feedback.sqlite" in page.text
