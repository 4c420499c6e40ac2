"""What is new on a saved search: the feed as a feed reader has it, the mail as a mail server gets it."""

import datetime
import email.policy
import json
import re
import socket
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import feedparser
import pytest
from aiosmtpd.controller import Controller
from starlette.testclient import TestClient

from api.access.door import acting_for
from api.alert import AlertError, begun, find_new, keep_seen, read_searches, send, write_digest
from api.app import create_app
from api.service import SearchService
from api.settings import Settings
from api.web.feed import Followed
from index.store.records import RecordStore
from index.store.update import update_index
from ingest.document import Document
from tests.conftest import HashingEmbedder

LETTER = "003-beleidsbrief-sociale-economie-2011-2012"
SITE = "https://beleid.example"
CATALOGUE = """
[oud]
title = "Oude nota"
date = 2015-03-01
minister = "Freya Van den Bossche"
[nieuw]
title = "Nieuwe <b>nota</b> & meer"
date = 2018-03-01
member = "An Peeters"
minister = "Liesbeth Homans"
[dicht]
title = "Gesloten nota"
date = 2019-03-01
groups = ["kabinet"]
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "catalogue.toml").write_text(CATALOGUE, encoding="utf-8")
    (corpus / "oud.txt").write_text("De zeppelinpremie bedraagt 30 euro. Verder niets.", encoding="utf-8")
    (corpus / "nieuw.txt").write_text("Er verandert veel. De zeppelinpremie stijgt tot 40 euro.", encoding="utf-8")
    (corpus / "dicht.txt").write_text("De zeppelinpremie verdwijnt.", encoding="utf-8")
    (corpus / "anders.txt").write_text("Iets over een verslag.", encoding="utf-8")
    settings = Settings.model_validate({"index_dir": tmp_path / "index", "corpus_dir": corpus, "public_url": SITE})
    update_index(settings.index_dir, [corpus], HashingEmbedder())
    return settings


def read(client: TestClient, **params: str) -> feedparser.FeedParserDict:
    response = client.get("/feed", params=params)
    assert response.status_code == 200 and response.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = feedparser.parse(response.content)
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


def test_a_feed_has_the_documents_on_a_question_newest_first(settings: Settings) -> None:
    client = TestClient(create_app(settings, HashingEmbedder()))
    feed = read(client, q="zeppelinpremie")
    assert [entry.title for entry in feed.entries] == ["Nieuwe <b>nota</b> & meer", "Oude nota"]
    assert feed.feed.title == "Beleidswijzer: zeppelinpremie" and feed.feed.language == "nl"
    newest = feed.entries[0]
    assert "De zeppelinpremie stijgt tot 40 euro." in newest.summary and newest.updated == "2018-03-01T00:00:00Z"
    assert newest.link.startswith(f"{SITE}/documents/nieuw?passage=") and newest.id == f"{SITE}/documents/nieuw"
    assert feed.feed.links[0].href == f"{SITE}/feed?q=zeppelinpremie"
    assert client.get(newest.link.removeprefix(SITE)).status_code == 200


def test_a_feed_of_a_person_a_topic_or_everything(settings: Settings, small: TestClient) -> None:
    client = TestClient(create_app(settings, HashingEmbedder()))
    for params, wanted in (
        ({"minister": "Homans"}, ["nieuw"]),
        ({"minister": "van den bossche"}, ["oud"]),
        ({"member": "Peeters", "q": "zeppelinpremie"}, ["nieuw"]),
        ({"member": "Peet"}, []),
        ({"from": "2016-01-01"}, ["nieuw"]),
        ({}, ["nieuw", "oud", "anders"]),
    ):
        entries = read(client, **params).entries
        assert [entry.id.rsplit("/", 1)[1] for entry in entries] == wanted, params
    changed = datetime.date.fromtimestamp((settings.index_dir / "manifest.json").stat().st_mtime)
    for params in ({}, {"kind": "decreet"}):
        assert read(client, **params).feed.updated == f"{changed}T00:00:00Z"
    assert [entry.updated[:10] for entry in read(client).entries] == ["2018-03-01", "2015-03-01", str(changed)]
    assert LETTER in str([entry.id for entry in read(small, topic="lde", kind="beleidsbrief").entries])
    for wrong in ({"from": "gisteren"}, {"document": "weg"}, {"q": "zeppelinpremie", "document": "weg"}):
        assert client.get("/feed", params=wrong).status_code == 422
    assert not read(small, q='<script>alert("x")</script> maatwerk').bozo


class Mailbox:
    """What a mail server does with a mail: keep it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:
        del server, session
        content: bytes = envelope.content  # type: ignore[attr-defined]
        self.mails.append(message_from_bytes(content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


def test_a_mail_tells_once_what_is_new_and_open(
    settings: Settings, mailbox: tuple[Mailbox, str], tmp_path: Path
) -> None:
    box, address = mailbox
    settings = Settings.model_validate({**settings.model_dump(), "smtp_url": address, "mail_from": "bw@beleid.example"})
    searches, seen = tmp_path / "zoekopdrachten.txt", tmp_path / "gezien"
    searches.write_text(f"# premies\n{SITE}/?q=zeppelinpremie&page=2\n\n/feed?minister=Homans\n", encoding="utf-8")
    wanted = read_searches(searches)
    assert [one.title for one in wanted] == ["zeppelinpremie", "alle documenten: minister Homans"]
    with acting_for(()):
        searcher = SearchService(settings, HashingEmbedder()).searcher()
    news = find_new(searcher, wanted, seen)
    assert [[entry.document.document_id for entry in entries] for _, entries in news] == [["nieuw", "oud"], ["nieuw"]]
    quiet = [Followed.of_address("/?q=a+|+b+|+c")]  # found nothing when it was begun
    titles = begun(quiet, seen)
    keep_seen([], seen, titles)
    assert titles == {"a | b | c"} and not begun(quiet, seen)
    seen.unlink()
    send(settings, ["an@beleid.example", "jan@beleid.example"], write_digest(news, settings.site()), 2)
    keep_seen(news, seen)
    assert find_new(searcher, wanted, seen) == []
    (mail,) = box.mails
    text = mail.get_content()
    assert mail["To"] == "an@beleid.example, jan@beleid.example" and mail["From"] == "bw@beleid.example"
    assert mail["Subject"] == "Beleidswijzer: 2 nieuwe documenten"
    assert "De zeppelinpremie stijgt tot 40 euro." in text and f"{SITE}/documents/nieuw?passage=" in text
    assert "Gesloten" not in text and len(json.loads(seen.read_text(encoding="utf-8"))) == 3

    (settings.corpus_dir / "later.txt").write_text("De zeppelinpremie is 50 euro.", encoding="utf-8")
    update_index(settings.index_dir, [settings.corpus_dir], HashingEmbedder())
    with acting_for(["kabinet"]):
        searcher = SearchService(settings, HashingEmbedder()).searcher()
    later = find_new(searcher, wanted, seen)
    assert [[entry.document.document_id for entry in entries] for _, entries in later] == [["dicht", "later"]]


def test_a_search_that_is_wrong_by_now_keeps_no_other_from_its_mail(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "zoek.txt").write_bytes("\ufeff# mijn\n/?q=premie&document=weg\n/?q=zeppelinpremie\n".encode())
    with acting_for(()):
        searcher = SearchService(settings, HashingEmbedder()).searcher()
    news = find_new(searcher, read_searches(tmp_path / "zoek.txt"), tmp_path / "gezien")
    assert [followed.title for followed, _ in news] == ["zeppelinpremie"]
    told = caplog.messages[-1]
    assert told.startswith("De zoekopdracht 'premie: weg' is overgeslagen. Het document 'weg' bestaat niet;")


def test_what_cannot_be_mailed_is_one_sentence(settings: Settings, tmp_path: Path) -> None:
    for text in ("", "# niets\n"):
        (tmp_path / "leeg.txt").write_text(text, encoding="utf-8")
        with pytest.raises(AlertError, match="bevat geen zoekopdracht"):
            read_searches(tmp_path / "leeg.txt")
    with pytest.raises(AlertError, match="kan niet gelezen worden"):
        read_searches(tmp_path / "weg.txt")
    for line in ("onzin", "http://[x?q=premie"):
        (tmp_path / "fout.txt").write_text(f"{SITE}/?q=premie\n{line}\n", encoding="utf-8")
        told = rf"De regel '{re.escape(line)}' in .*fout\.txt is geen adres van een zoekopdracht"
        with pytest.raises(AlertError, match=told):
            read_searches(tmp_path / "fout.txt")
    with pytest.raises(AlertError, match="geen mailserver ingesteld"):
        send(settings, ["an@beleid.example"], "x", 1)
    closed = Settings.model_validate({**settings.model_dump(), "smtp_url": "smtp://127.0.0.1:1"})
    with pytest.raises(AlertError, match="niet verstuurd"):
        send(closed, ["an@beleid.example"], "x", 1)


@pytest.mark.parametrize("content", [b"\xff\xfe[]", b'["half', b"{}", b"[1]", None])
def test_what_was_mailed_is_not_guessed(settings: Settings, tmp_path: Path, content: bytes | None) -> None:
    seen = tmp_path / "zoek.txt.gezien"
    if content is None:
        seen.mkdir()
    else:
        seen.write_bytes(content)
    with acting_for(()):
        searcher = SearchService(settings, HashingEmbedder()).searcher()
    wanted = [Followed.of_address("/?q=zeppelinpremie")]
    with pytest.raises(AlertError, match=r"zoek\.txt\.gezien, met wat al gemaild is, kan niet gelezen") as error:
        find_new(searcher, wanted, seen)
    assert str(error.value).count(". ") == 0
    with pytest.raises(AlertError, match="kan niet gelezen"):
        keep_seen([], seen)
    assert content is None or seen.read_bytes() == content


def test_only_documents_that_are_shown_are_read(
    tmp_path: Path, hashing: HashingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "corpus").mkdir()
    for n in range(60):
        (tmp_path / "corpus" / f"d{n}.txt").write_text(f"Maatwerk in gemeente {n}.", encoding="utf-8")
    update_index(tmp_path / "index", [tmp_path / "corpus"], hashing)
    read: list[str] = []
    whole = RecordStore.read_some

    def counted(store: RecordStore, contents: Mapping[str, str]) -> dict[str, Document]:
        read.extend(contents)
        return whole(store, contents)

    with TestClient(create_app(Settings(index_dir=tmp_path / "index"), hashing)) as client:
        client.app.state.service.answerer()  # type: ignore[attr-defined]
        monkeypatch.setattr(RecordStore, "read_some", counted)
        found = client.post("/api/search", json={"query": "maatwerk", "k": 3}).json()
        assert found["total"] == 50 and len(found["hits"]) == 3 == len(set(read))
        read.clear()
        assert client.get("/feed").text.count("<entry>") == 30
        assert len(set(read)) <= 30
