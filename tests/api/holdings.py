"""What the tests of documents that come in and go out share."""

import threading
import time
from collections.abc import Sequence

from fastapi import FastAPI
from lxml import html
from starlette.testclient import TestClient

from api.access.keys import Right
from index.model.embed import Encoded
from tests.conftest import HashingEmbedder

OWN = {"sec-fetch-site": "same-origin"}
HERE = ("127.0.0.1", 1)
NOTE = b"# Nota over de premie\n\n## Bedrag\n\nDe premie bedraagt 40 euro.\n"


class SlowEmbedder(HashingEmbedder):
    """A real embedder that waits before each batch of passages until it may go on."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def embed_passages(self, texts: Sequence[str]) -> Encoded:
        assert self.may_go_on.wait(30)
        return super().embed_passages(texts)


def keyed(app: FastAPI, *rights: Right, groups: tuple[str, ...] = ()) -> TestClient:
    secret = app.state.keys.make("iemand", rights, groups)
    return TestClient(app, headers={**OWN, "authorization": f"Bearer {secret}"}, follow_redirects=False)


def add(client: TestClient, *files: tuple[str, bytes], **fields: str) -> html.HtmlElement:
    """Send files and return the page that says what came of them."""
    sent = client.post("/inlezen", files=[("file", file) for file in files], data=fields, follow_redirects=False)
    assert sent.status_code == 303 and sent.headers["location"] == "/inlezen", sent.text
    return outcome(client)


def outcome(client: TestClient) -> html.HtmlElement:
    for _ in range(1200):
        response = client.get("/inlezen")
        assert response.status_code == 200
        if "refresh" not in response.headers:
            return html.fromstring(response.text)
        time.sleep(0.05)
    raise AssertionError(response.text)


def act(client: TestClient, action: str, **fields: str) -> html.HtmlElement:
    sent = client.post(f"/inlezen/{action}", data=fields, follow_redirects=False)
    assert sent.status_code == 303, sent.text
    return outcome(client)


def documents(client: TestClient) -> dict[str, str]:
    found = client.get("/api/documents").json()["documents"]
    return {one["document_id"]: one["title"] for one in found}


def trail(app: FastAPI) -> list[tuple[str, str]]:
    return [(step.what, step.about) for step in app.state.keys.trail()]
