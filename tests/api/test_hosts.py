"""A hostile name that resolves to this machine reads and writes nothing, and stands in nothing that goes out."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.settings import Settings, SettingsError
from index.store.update import update_index
from tests.conftest import HashingEmbedder

REQUESTS = [
    ("GET", "/", None),
    ("GET", "/api/documents", None),
    ("GET", "/feedback/", None),
    ("GET", "/static/style.css", None),
    ("GET", "/api/health", None),
    ("POST", "/api/search", {"query": "a"}),
    ("POST", "/feedback", None),
]
FOREIGN = [
    "kwaad.example",
    "kwaad.example:8000",
    "127.0.0.1.kwaad.example",
    "localhost.",
    "10.0.0.1",
    "[::2]",
    "0.0.0.0",
]
NO_HOST = ["", "http://[::1", "[::1", "a b", "127.0.0.1@kwaad.example", "localhost:x", "localhost:8000:1", "\xe9"]


@pytest.fixture
def folder(small_corpus: Path, tmp_path: Path) -> Path:
    update_index(tmp_path / "index", [small_corpus], HashingEmbedder())
    return tmp_path / "index"


def serving(settings: Settings) -> TestClient:
    """A service that listens on 127.0.0.1, as uvicorn says it."""
    return TestClient(create_app(settings, HashingEmbedder()), base_url="http://127.0.0.1:8000", follow_redirects=False)


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with serving(Settings(index_dir=folder)) as client:
        yield client


@pytest.mark.parametrize("host", FOREIGN + NO_HOST)
def test_a_foreign_host_gets_nothing(client: TestClient, host: str, folder: Path) -> None:
    for method, path, body in REQUESTS:
        sent = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
        headers = {name.encode(): value.encode("latin-1") for name, value in sent.items()}
        response = client.request(method, path, json=body, headers=headers)
        assert response.status_code == 421 and "location" not in response.headers
        error = response.json()
        assert error["status"] == 421 and ("ALLOWED_HOSTS" in error["error"] or "Host" in error["error"])
    assert not list(folder.parent.glob("feedback*"))


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:65535", "[::1]:8000", "[::1]"])
def test_this_machine_is_asked_for_by_its_own_names_on_any_port(client: TestClient, host: str) -> None:
    assert client.get("/api/documents", headers={"host": host}).status_code == 200


def test_other_names_are_allowed_by_the_setting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_ALLOWED_HOSTS", "Beleid.example, 10.0.0.1")
    client = serving(Settings(index_dir=folder))
    for host, status in (("beleid.example:8000", 200), ("10.0.0.1", 200), ("kwaad.example", 421)):
        assert client.get("/api/documents", headers={"host": host}).status_code == status


def test_two_hosts_are_none(client: TestClient) -> None:
    headers = [("host", "localhost"), ("host", "kwaad.example")]
    assert client.get("/api/documents", headers=headers).status_code == 421


def test_what_goes_out_names_the_host_that_was_asked_for_or_the_site(folder: Path) -> None:
    asked = {"question": "Welk duurzaamheidsverslag?"}
    for settings, site in (
        (Settings(index_dir=folder), "http://localhost:8000"),
        (Settings(index_dir=folder, public_url="https://beleid.example/"), "https://beleid.example"),  # type: ignore[arg-type]
    ):
        client = serving(settings)
        headers = {"host": "localhost:8000", "x-forwarded-host": "kwaad.example", "forwarded": "host=kwaad.example"}
        passage = client.post("/api/search", json={"query": "verslag"}).json()["hits"][0]["passage_id"]
        for exported in (
            client.post("/api/ask/export?form=csl-json", json=asked, headers=headers).text,
            client.get(f"/api/passages/{passage}/citation?form=csl-json", headers=headers).text,
        ):
            addresses = [item["URL"] for item in json.loads(exported) if "URL" in item]
            assert all(address.startswith(f"{site}/documents/") for address in addresses)
        assert addresses
        assert client.get("/documents/", headers=headers).headers["location"] == f"{site}/documents"
        assert client.get("/documents", headers={"host": "beleid.example"}).status_code == (
            200 if "https" in site else 421
        )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOWED_HOSTS", "http://beleid.example"),
        ("ALLOWED_HOSTS", "beleid.example:80"),
        ("ALLOWED_HOSTS", "*"),
        ("PUBLIC_URL", "https://beleid.example/pad"),
        ("CORS_ORIGINS", "foo"),
        ("CORS_ORIGINS", "intranet.example"),
        ("CORS_ORIGINS", "https://intranet.example/pad"),
        ("CORS_ORIGINS", "https://goed.example,https://intranet.example?x"),
        ("ENGINE", "localhost:6333"),
        ("ENGINE", "qdrant"),
        ("SMTP_URL", "onzin"),
        ("SMTP_URL", "mail.example:587"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://naam:geheim@mail.example:poort"),
    ],
)
def test_a_wrong_name_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"BELEIDSWIJZER_{name}", value)
    with pytest.raises(SettingsError, match="schrijf ze") as refused:
        Settings()
    assert "geheim" not in str(refused.value) and f"BELEIDSWIJZER_{name} " in str(refused.value)


def test_a_site_is_allowed_as_browsers_name_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_CORS_ORIGINS", "https://Intranet.example:443/, http://ander.example:8080")
    monkeypatch.setenv("BELEIDSWIJZER_SMTP_URL", "")
    settings = Settings()
    assert settings.cors_origins == ("https://intranet.example", "http://ander.example:8080")
    assert settings.smtp_url is None


def test_the_service_does_not_open_itself_to_the_network_unasked() -> None:
    command = [sys.executable, "-m", "api", "serve", "--host", "0.0.0.0", "--port", "18765"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("Fout: Op het adres 0.0.0.0 ") and "--insecure" in done.stderr
