"""Who may ask what: every caller at every route."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from lxml import html
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.access.keys import KeyStore, Right
from api.app import create_app
from api.cli.main import app as commands
from api.settings import Settings
from index.store.update import update_index
from tests.conftest import ROOT, HashingEmbedder

PROXY = "10.9.9.9"
PUBLIC = {"/livez", "/readyz", "/aanmelden"}
EVALUATE = {("GET", "/feedback"), ("GET", "/feedback/export")}
ADMIN = {("GET", "/metrics")}
CHANGES = {"/inlezen", "/inlezen/verwijderen", "/inlezen/terugzetten", "/inlezen/verbeteren"}
DOCUMENT = "000-schriftelijke-vraag-duurzaamheidsverslag"
GIVEN = {"question": "Wat?", "document_id": DOCUMENT, "text": "31 juli", "verdict": "helpt"}
OWN = {"sec-fetch-site": "same-origin"}
PAGE = {"accept": "text/html"}
# Who asks -> the rights that they have; None is nobody that we know.
READER, EVALUATOR, INGESTER = (frozenset({"read", *more}) for more in ((), ("evaluate",), ("ingest",)))
EVERYTHING = frozenset({"read", "ingest", "evaluate", "admin"})
CALLERS: dict[str, frozenset[str] | None] = {
    "nobody": None,
    "wrong key": None,
    "key under another scheme": None,
    "revoked key": None,
    "wrong session": None,
    "session of a revoked key": None,
    "ended session": None,
    "key to read": READER,
    "key to ingest": INGESTER,
    "key to evaluate": EVALUATOR,
    "key to administer": EVERYTHING,
    "session to read": READER,
    "session to administer": EVERYTHING,
    "wrong key in a good session": None,
    "session, and what a proxy logs in with": EVERYTHING,
    "user of the proxy": READER,
    "user of the proxy with a session that is over": READER,
    "user of the proxy, which passes on how they logged in": READER,
    "user of the proxy by a socket of IPv6": READER,
    "evaluator of the proxy": EVALUATOR,
    "ingester of the proxy": INGESTER,
    "administrator of the proxy": EVERYTHING,
    "administrator of elsewhere": None,
    "proxy without a user": None,
    "proxy with an empty user": None,
    "proxy with two users": None,
    "proxy with two rows of groups": None,
    "key of elsewhere": READER,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("access")
    (folder / "corpus").mkdir()
    (folder / "corpus" / f"{DOCUMENT}.txt").write_text("Het verslag moet er zijn op 31 juli.", encoding="utf-8")
    update_index(folder / "index", [folder / "corpus"], HashingEmbedder())
    return folder


@pytest.fixture(scope="module")
def app(folder: Path) -> FastAPI:
    settings = Settings.model_validate({"index_dir": folder / "index", "trusted_proxy": PROXY})
    return create_app(settings, HashingEmbedder())


@pytest.fixture(scope="module")
def keys(app: FastAPI) -> KeyStore:
    store: KeyStore = app.state.keys
    return store


@pytest.fixture(scope="module")
def callers(app: FastAPI, keys: KeyStore) -> dict[str, TestClient]:
    """One client for each line of `CALLERS`."""
    secret = {scope: keys.make(f"om te {scope}", [scope]) for scope in Right}
    revoked = keys.make("weg", [Right.ADMIN])
    gone = keys.find(revoked)
    assert gone
    lost_session = keys.begin_session(gone)
    assert keys.revoke(gone.key_id) and not keys.revoke(gone.key_id)
    found = {scope: keys.find(secret[scope]) for scope in Right}
    sessions = {scope: keys.begin_session(key) for scope, key in found.items() if key}
    admin_key = found[Right.ADMIN]
    assert admin_key
    ended = keys.begin_session(admin_key)
    with closing(sqlite3.connect(app.state.settings.access_path())) as file, file:
        file.execute(
            "UPDATE session SET ends = '2020-01-01T00:00:00+00:00' WHERE rowid = (SELECT max(rowid) FROM session)"
        )

    def client(address: str = "10.0.0.1", session: str = "", **headers: str) -> TestClient:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        cookies = {"beleidswijzer_sessie": session} if session else {}
        return TestClient(app, client=(address, 1), headers=sent, cookies=cookies, follow_redirects=False)

    two = client(PROXY)
    two.headers = [("x-forwarded-user", "an"), ("x-forwarded-user", "jan")]
    grouped = client(PROXY)
    grouped.headers = [("x-forwarded-user", "an"), ("x-forwarded-groups", "a"), ("x-forwarded-groups", "kabinet")]
    admin = "Bearer " + secret[Right.ADMIN]
    return {
        "nobody": client(),
        "wrong key": client(authorization="Bearer bw_" + "x" * 43),
        "key under another scheme": client(authorization=admin.replace("Bearer", "Basic")),
        "revoked key": client(authorization=f"Bearer {revoked}"),
        "wrong session": client(session="x" * 43),
        "session of a revoked key": client(session=lost_session),
        "ended session": client(session=ended),
        "key to read": client(authorization="Bearer " + secret[Right.READ]),
        "key to ingest": client(authorization="Bearer " + secret[Right.INGEST]),
        "key to evaluate": client(authorization="bearer  " + secret[Right.EVALUATE]),
        "key to administer": client(authorization=admin),
        "session to read": client(session=sessions[Right.READ]),
        "session to administer": client(session=sessions[Right.ADMIN]),
        "wrong key in a good session": client(session=sessions[Right.ADMIN], authorization="Bearer bw_x"),
        "session, and what a proxy logs in with": client(
            session=sessions[Right.ADMIN], authorization="Bearer eyJhbGciOiJub25lIn0.e30."
        ),
        "user of the proxy": client(PROXY, x_forwarded_user="an@example.org", x_forwarded_groups="boekhouding"),
        "user of the proxy with a session that is over": client(PROXY, "x" * 43, x_forwarded_user="an"),
        "user of the proxy, which passes on how they logged in": client(
            PROXY, x_forwarded_user="an", authorization="Basic YTpi"
        ),
        "user of the proxy by a socket of IPv6": client(f"::ffff:{PROXY}", x_forwarded_user="an"),
        "evaluator of the proxy": client(PROXY, x_forwarded_user="an", x_forwarded_groups="a, beleidswijzer-evaluate"),
        "ingester of the proxy": client(PROXY, x_forwarded_user="an", x_forwarded_groups="beleidswijzer-ingest"),
        "administrator of the proxy": client(PROXY, x_forwarded_user="an", x_forwarded_groups="beleidswijzer-admin"),
        "administrator of elsewhere": client(x_forwarded_user="an", x_forwarded_groups="beleidswijzer-admin"),
        "proxy without a user": client(PROXY, x_forwarded_groups="beleidswijzer-admin"),
        "proxy with an empty user": client(PROXY, x_forwarded_user=" ", x_forwarded_groups="beleidswijzer-admin"),
        "proxy with two users": two,
        "proxy with two rows of groups": grouped,
        "key of elsewhere": client("192.0.2.1", authorization="Bearer " + secret[Right.READ]),
    }


def requests(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """Yield each route of the application with each of its methods: method, template, address."""
    for route in iter_route_contexts(app.routes):
        if route.path and route.methods:
            address = route.path.replace("{document_id}", DOCUMENT).replace("{passage_id}", "x")
            yield from ((method, route.path, address) for method in sorted(route.methods - {"HEAD"}))
    yield from (("GET", path, path) for path in ("/static/style.css", "/weg", "/feedback/", "/api/", "//feedback"))


def token(client: TestClient) -> str:
    """Return what the forms of this visitor carry."""
    page = html.fromstring(client.get("/?q=verslag", headers=PAGE).text)
    found = page.cssselect("form[action='/feedback'] input[name=token]")
    return found[0].get("value") or "" if found else ""


@pytest.mark.parametrize("who", CALLERS)
def test_every_caller_at_every_route(app: FastAPI, callers: dict[str, TestClient], who: str) -> None:
    assert set(callers) == set(CALLERS)
    client, rights = callers[who], CALLERS[who]
    form = {**GIVEN, "token": token(client)}
    seen = set()
    for method, template, address in requests(app):
        if method == "POST" and template in ("/aanmelden", "/afmelden"):  # below
            continue
        needed = "evaluate" if (method, template) in EVALUATE else "admin" if (method, template) in ADMIN else "read"
        needed = "ingest" if template in CHANGES else needed
        body = {"data": form} if address in {"/feedback", "/map", *CHANGES} and method == "POST" else {}
        response = client.request(method, address, headers=OWN, **body)  # type: ignore[arg-type]
        where = f"{who}: {method} {address} gives {response.status_code}"
        if template in PUBLIC or template.startswith("/static/"):
            assert response.status_code not in (401, 403), where
        elif rights is None:
            assert response.status_code == 401 and response.headers["www-authenticate"] == "Bearer", where
            assert "Meld u aan" in str(response.json()["error"]), where
        elif needed not in rights:
            assert response.status_code == 403 and f"'{needed}'" in str(response.json()["error"]), where
        else:
            assert response.status_code not in (401, 403) and response.status_code < 500, where
        foreign = client.request(method, address, headers={**OWN, "host": "kwaad.example"}, **body)  # type: ignore[arg-type]
        assert foreign.status_code == 421, where
        seen.add(template)
    assert {"/", "/feedback", "/api/ask", "/api/documents/{document_id}", "/openapi.json", "/livez", *CHANGES} <= seen


def test_nobody_learns_what_exists(callers: dict[str, TestClient]) -> None:
    there, not_there = (callers["nobody"].get(f"/documents/{name}") for name in (DOCUMENT, "bestaat-niet"))
    assert there.status_code == not_there.status_code == 401 and there.content == not_there.content


@pytest.mark.parametrize("who", ["session to read", "user of the proxy"])
@pytest.mark.parametrize(
    ("headers", "changes"),
    [
        (OWN, {}),
        (OWN, {"token": ""}),
        (OWN, {"token": "x" * 64}),
        (OWN, {"token": "é"}),
        ({"sec-fetch-site": "cross-site"}, {"token": "good"}),
        ({"origin": "https://kwaad.example"}, {"token": "good"}),
    ],
)
def test_another_site_writes_nothing(
    app: FastAPI, callers: dict[str, TestClient], who: str, headers: dict[str, str], changes: dict[str, str]
) -> None:
    client, before = callers[who], len(app.state.feedback.read())
    good = {name: token(client) if value == "good" else value for name, value in changes.items()}
    for address in ("/feedback", "/afmelden"):
        response = client.post(address, data={**GIVEN, **good}, headers=headers)
        assert response.status_code in (403, 422)
    assert len(app.state.feedback.read()) == before and client.get("/").status_code == 200
    other = "session to administer" if "session" in who else "evaluator of the proxy"
    assert len({token(callers[who]), token(callers[other]), ""}) == 3
    assert client.post("/feedback", data={**GIVEN, "token": token(callers[other])}, headers=OWN).status_code == 403
    assert client.post("/feedback", data={**GIVEN, "token": token(client)}, headers=OWN).status_code == 303


def test_a_session_from_log_in_to_log_out(app: FastAPI, keys: KeyStore) -> None:
    client = TestClient(app, follow_redirects=False)
    asked = client.get("/?q=verslag", headers=PAGE)
    form = html.fromstring(asked.text).cssselect("form[action='/aanmelden']")[0]
    assert asked.status_code == 401 and form.cssselect("input[name=back]")[0].get("value") == "/?q=verslag"
    assert not html.fromstring(asked.text).cssselect("form[action='/feedback'], .hit")
    secret = keys.make("tijdelijk", [Right.READ])
    for wrong, headers, status in ((secret + "x", OWN, 401), (secret, {"sec-fetch-site": "cross-site"}, 403)):
        refused = client.post("/aanmelden", data={"key": wrong, "back": "/"}, headers={**PAGE, **headers})
        assert refused.status_code == status and "set-cookie" not in refused.headers and secret not in refused.text
    entered = client.post("/aanmelden", data={"key": f" {secret} ", "back": "/?q=verslag"}, headers=OWN)
    assert entered.status_code == 303 and entered.headers["location"] == "/?q=verslag"
    cookie = entered.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie and "secure" not in cookie and secret not in cookie
    page = client.get("/?q=verslag", headers=PAGE)
    assert page.status_code == 200 and "Meld af" in page.text and 'href="/feedback"' not in page.text
    left = client.post("/afmelden", data={"token": token(client)}, headers=OWN)
    session = cookie.split("=", 1)[1].split(";")[0]
    assert left.status_code == 303 and client.get("/").status_code == 401
    again = TestClient(app, cookies={"beleidswijzer_sessie": session})
    assert again.get("/").status_code == 401, "the token is worth nothing any more"
    safe = TestClient(app, base_url="https://localhost", follow_redirects=False)
    assert "secure" in safe.post("/aanmelden", data={"key": secret}, headers=OWN).headers["set-cookie"].lower()
    away = safe.post("/aanmelden", data={"key": secret, "back": "//kwaad.example"}, headers=OWN)
    assert away.headers["location"] == "/"


def test_open_until_the_first_key_and_never_again(tmp_path: Path, folder: Path) -> None:
    settings = Settings(index_dir=folder / "index", access_file=tmp_path / "a.sqlite", feedback_file=tmp_path / "f")
    client = TestClient(create_app(settings, HashingEmbedder()), headers={"authorization": "Bearer onzin"})
    assert client.get("/feedback").status_code == 200 and not settings.access_path().exists()
    keys = KeyStore(settings.access_path())
    settings.access_path().touch()
    assert client.get("/feedback").status_code == 200, "a change that is not whole is none"
    keys.note("iets", "anders")
    assert client.get("/feedback").status_code == 200, "a trail is no key"
    secret = keys.make("eerste", [Right.READ])
    assert client.get("/feedback").status_code == client.get("/").status_code == 401
    assert keys.revoke(keys.read()[0].key_id)
    assert client.get("/", headers={"authorization": f"Bearer {secret}"}).status_code == 401
    for damage in (b"no database", b""):
        settings.access_path().write_bytes(damage)
        assert client.get("/").status_code == 503 and client.get("/livez").status_code == 200
    settings.access_path().unlink()
    assert client.get("/").status_code == 503, "what is gone opens nothing"


def test_no_secret_is_kept_and_the_trail_only_grows(app: FastAPI, keys: KeyStore) -> None:
    secret = keys.make("geheim", [Right.READ])
    key = keys.find(secret)
    assert key
    token = keys.begin_session(key)
    data = app.state.settings.access_path().read_bytes()
    assert secret.encode() not in data and secret[3:].encode() not in data and token.encode() not in data
    assert app.state.settings.access_path().stat().st_mode & 0o077 == 0
    assert keys.read()[-1].used is not None and keys.find(secret) == keys.read()[-1]
    with closing(sqlite3.connect(app.state.settings.access_path())) as file:
        for statement in ("DELETE FROM trail", "UPDATE trail SET who = 'x'"):
            with pytest.raises(sqlite3.IntegrityError):
                file.execute(statement)
    assert keys.trail()[-1].what == "sleutel gemaakt" and secret not in keys.trail()[-1].about


def test_a_stop_before_any_statement_changes_all_or_nothing(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "tests.api.keys_run", str(tmp_path)], cwd=ROOT, check=True)
    files = sorted(tmp_path.glob("*.sqlite"), key=lambda path: int(path.stem))
    seen = []
    for file in files:
        store = KeyStore(file)
        keys = {key.name: key for key in store.read()}
        steps = [(step.what, step.about.split()[0]) for step in store.trail()]
        wanted = [("sleutel gemaakt", keys[name].key_id) for name in ("oud", "nieuw") if name in keys]
        wanted += [("sleutel ingetrokken", key.key_id) for key in keys.values() if key.revoked]
        assert steps == wanted, f"{file.name}: the trail says what was done, and nothing else"
        assert "nieuw" not in keys or keys["nieuw"].groups == {"kabinet"}
        seen.append((len(keys), keys["oud"].revoked is not None))
        store.make("later", [Right.READ])
    assert len(files) > 15 and seen == sorted(seen) and seen[0] == (1, False) and seen[-1] == (2, True)
    assert seen.count((2, False)) > 3


def test_the_commands_make_list_and_revoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_ACCESS_FILE", str(tmp_path / "access.sqlite"))
    run = CliRunner().invoke
    assert "mag alles lezen en beoordelen; documenten wijzigen" in run(commands, ["key", "list"]).stdout
    made = run(commands, ["key", "make", "An", "--scope", "read", "--scope", "evaluate"])
    key = KeyStore(tmp_path / "access.sqlite").find(made.stdout.strip())
    assert made.exit_code == 0 and key and key.name == "An" and key.scopes == {"read", "evaluate"}
    listed = run(commands, ["key", "list"]).stdout
    assert key.key_id in listed and "evaluate, read  An" in listed and made.stdout.strip() not in listed
    assert '"scopes": [\n' in run(commands, ["key", "list", "--json"]).stdout
    assert run(commands, ["key", "revoke", key.key_id]).exit_code == 0
    again = run(commands, ["key", "revoke", key.key_id])
    assert (
        again.exit_code == 1
        and again.stderr.startswith("Fout: ")
        and "ingetrokken" in run(commands, ["key", "list"]).stdout
    )
    assert run(commands, ["key", "make", "An", "--scope", "alles"]).exit_code == 2
    steps = run(commands, ["trail"]).stdout.splitlines()
    assert len(steps) == 2 and "sleutel gemaakt" in steps[0] and "sleutel ingetrokken" in steps[1]
    assert '"who"' in run(commands, ["trail", "--json"]).stdout
    (tmp_path / "access.sqlite").write_bytes(b"no database")
    for command in (["key", "make", "Jan"], ["serve", "--port", "18767"]):
        broken = run(commands, command)
        assert broken.exit_code == 1 and broken.stderr.startswith("Fout: ") and len(broken.stderr.splitlines()) == 1


def test_with_a_key_it_serves_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_ACCESS_FILE", str(tmp_path / "access.sqlite"))
    command = [sys.executable, "-m", "api", "serve", "--host", "0.0.0.0", "--port", "18766"]
    monkeypatch.setenv("BELEIDSWIJZER_INDEX_DIR", str(tmp_path / "none"))
    KeyStore(tmp_path / "access.sqlite").make("An", [Right.READ])
    for more in ([], ["--insecure"]):
        with subprocess.Popen([*command, *more], stderr=subprocess.PIPE, text=True) as service:
            assert service.stderr
            assert any("Beleidswijzer: http://0.0.0.0:18766" in line for line in service.stderr)
            service.terminate()
