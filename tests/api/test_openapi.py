"""What the OpenAPI description says holds, also for what nobody should send."""

import os
import string
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.routing import iter_route_contexts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "400"))  # `make fuzz` sends 20,000
DOCUMENT = "000-schriftelijke-vraag-duurzaamheidsverslag"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
JSON = {"content-type": "application/json"}
# What was sent wrongly -> its status.
WRONG: dict[str, tuple[dict[str, Any], int]] = {
    "nothing": ({}, 422),
    "no UTF-8": ({"content": b'{"query": "\xff"}', "headers": JSON}, 400),
    "no JSON": ({"content": b"{", "headers": JSON}, 422),
    "deep": ({"content": b"[" * 30_000, "headers": JSON}, 400),
    "another type": ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 422),
    "too large": ({"content": b" " * 70_000, "headers": JSON}, 413),
    "another computer": ({"content": b"{}", "headers": {**JSON, "host": "kwaad.example"}}, 421),
}
# Fields that pydantic would take for something else.
FIELDS: list[tuple[dict[str, Any], int]] = [
    ({"k": 5.0}, 200),
    ({"k": 5.5}, 422),
    ({"k": True}, 422),
    ({"k": "5"}, 422),
    ({"k": float("1e300")}, 422),
    ({"filters": {"date_from": 0}}, 422),
    ({"filters": {"date_to": 1.5}}, 422),
    ({"filters": {"date_to": "0"}}, 422),
    ({"filters": {"date_from": "20180101"}}, 422),
    ({"filters": {"date_from": "2018-01-01T00:00:00"}}, 422),
    ({"filters": {"date_from": "2018-01-01"}}, 200),
]


def operations(client: TestClient) -> list[tuple[str, str, dict[str, Any]]]:
    """Return each operation that is described: method, address, description."""
    paths = client.get("/openapi.json").json()["paths"]
    found = [(method.upper(), path, told) for path, ways in paths.items() for method, told in ways.items()]
    assert len(found) >= 10
    return [(method, _filled(path), told) for method, path, told in found]


def _filled(path: str) -> str:
    return path.replace("{document_id}", DOCUMENT).replace("{passage_id}", "x").replace("{model}", "beleidswijzer")


@pytest.mark.parametrize("what", WRONG)
def test_every_refusal_is_described(small: TestClient, what: str) -> None:
    sent, status = WRONG[what]
    for method, path, told in operations(small):
        response = small.request(method, path, **sent)
        described = told["responses"].get(str(response.status_code))
        assert described, f"{method} {path}: {response.status_code}"
        assert response.headers["content-type"].split(";")[0] in described["content"]
        if "requestBody" in told or status in (413, 421):
            assert response.status_code == status, f"{method} {path}"
            error = response.json()["error"] if path.startswith("/v1/") else response.json()
            sentence = error["message"] if path.startswith("/v1/") else error["error"]
            assert error.get("status", status) == status
            assert sentence.endswith(".") and "HTTP" not in sentence


@pytest.mark.parametrize(("fields", "status"), FIELDS)
def test_a_value_is_what_its_schema_says(small: TestClient, fields: dict[str, Any], status: int) -> None:
    for path, name in (("/api/search", "query"), ("/api/ask", "question")):
        assert small.post(path, json={name: "maatwerk", **fields}).status_code == status
    assert small.post("/api/search", json={"query": "maatwerk", "explain": 1}).status_code == 422
    for day, wanted in ((0, 422), ("0", 422), ("2018-01-01", 200)):
        assert small.post("/api/ask", json={"question": "maatwerk", "as_of": day}).status_code == wanted


def test_every_page_has_a_head_and_every_address_names_its_methods(small: TestClient) -> None:
    allowed: dict[str, set[str]] = {"/static/style.css": {"GET"}}
    here = TestClient(small.app, client=("127.0.0.1", 1), base_url="http://127.0.0.1")  # where everything is allowed
    for route in iter_route_contexts(small.app.routes):  # type: ignore[attr-defined]
        if route.path and route.methods:
            path = _filled(route.path)
            allowed.setdefault(path, set()).update(route.methods)
    assert {"/", "/feedback", "/api/documents", "/openapi.json", "/livez"} <= set(allowed)
    for path, methods in allowed.items():
        wanted = methods | ({"HEAD"} if "GET" in methods else set())
        for method in METHODS:
            response = here.request(method, path, follow_redirects=False)
            assert (response.status_code == 405) == (method not in wanted), f"{method} {path}"
            if method not in wanted:
                assert set(response.headers["allow"].split(", ")) == wanted, f"{method} {path}"
        if "GET" in methods:
            read, head = (here.request(method, path, follow_redirects=False) for method in ("GET", "HEAD"))
            assert head.content == b"" and head.status_code == read.status_code
            own = {"content-length": "", "x-request-id": ""}
            assert {**head.headers, **own} == {**read.headers, **own}


@pytest.mark.parametrize("name", ["q", "h", "standalone", "kind", "from", "sort", "page"])
def test_a_page_that_is_asked_for_with_one_field_only(small: TestClient, name: str) -> None:
    for route in iter_route_contexts(small.app.routes):  # type: ignore[attr-defined]
        if route.path and "GET" in (route.methods or ()):
            response = small.get(_filled(route.path), params={name: "0"}, follow_redirects=False)
            assert response.status_code < 500, f"{route.path}?{name}=0"


TEXT = st.text(max_size=40)
NAMES = st.sampled_from(
    "q h standalone kind topic document from to sort page passage p form terug back key token question text".split()
)
HEADERS = st.dictionaries(
    st.sampled_from("accept origin cookie authorization range content-type sec-fetch-site x-forwarded-user".split()),
    st.sampled_from(["text/html", "http://[::1", "null", "bytes=5-2", "Bearer é", "same-origin", "a=b; c", "*/*;q="])
    | st.text(string.digits + string.ascii_letters + string.punctuation + " \t", max_size=30),
)


BODIES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.dictionaries(st.sampled_from("query question k filters history".split()), TEXT | st.integers()).map(
        lambda fields: {"json": fields}
    ),
    st.binary(max_size=99).map(lambda content: {"content": content}),
)


@settings(max_examples=REQUESTS, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_nothing_that_is_sent_breaks_it(small: TestClient, data: st.DataObject) -> None:
    routes = iter_route_contexts(small.app.routes)  # type: ignore[attr-defined]
    paths = [route.path for route in routes if route.path and route.methods]
    path = data.draw(st.sampled_from([*paths, "/static/style.css", "/weg"]))
    name = quote(data.draw(st.just(DOCUMENT) | TEXT), safe="")
    params: list[tuple[str, str | int | float | bool | None]] = data.draw(st.lists(st.tuples(NAMES, TEXT), max_size=5))
    headers = {name.encode(): value.encode("latin-1", "replace") for name, value in data.draw(HEADERS).items()}
    response = small.request(
        data.draw(st.sampled_from(METHODS)),
        path.replace("{document_id}", name).replace("{passage_id}", name),
        params=params,
        headers=headers,
        follow_redirects=False,
        **data.draw(BODIES),
    )
    assert response.status_code < 500, f"{response.request.method} {response.request.url}"
    assert response.headers["x-content-type-options"] == "nosniff" and "content-security-policy" in response.headers
