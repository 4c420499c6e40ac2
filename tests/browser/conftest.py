"""A real browser before a real server: Debian's Chromium, driven by Playwright, over an index of corpus/."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from api.app import create_app
from api.server import on_free_port
from api.settings import Settings
from index.model.embed import Embedder

CHROMIUM = shutil.which("chromium")
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations", "incomplete"]}
_OFFLINE = (
    "--no-sandbox",  # CI runs as root
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

MOST_MS = 20_000  # that anything on a page may take on a busy machine; each wait ends once it holds

NewPage = Callable[..., Page]
expect.set_options(timeout=MOST_MS)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="Chromium is missing; run 'apt-get install chromium'."))


@pytest.fixture(scope="session")
def feedback_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feedback") / "feedback.sqlite"


@pytest.fixture(scope="session")
def origin(corpus_index: Path, feedback_file: Path, embedder: Embedder) -> Iterator[str]:
    """Address of the product, served over the index of corpus/."""
    settings = Settings(index_dir=corpus_index, feedback_file=feedback_file)
    app = create_app(settings, embedder)
    app.state.service.answerer()  # loaded before the first page, as 'serve' does
    with on_free_port(app) as address:
        yield address


@pytest.fixture(scope="package")  # not longer: Playwright keeps an event loop running in this thread
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_OFFLINE))
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser, origin: str) -> Iterator[NewPage]:
    """Open a page in a fresh context, with the options of `Browser.new_context`.

    At the end no request may have left the origin, and nothing may stand on the console: a breach of the
    Content-Security-Policy would.
    """
    contexts: list[BrowserContext] = []
    requested: list[str] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "the server responded with a status of" not in message.text:
            complaints.append(message.text)

    def open_page(**options: object) -> Page:
        context = chromium.new_context(base_url=origin, locale="nl-BE", **options)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(MOST_MS)
        context.on("request", lambda request: requested.append(request.url))
        context.on("console", note)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert requested and not [url for url in requested if not url.startswith(f"{origin}/")]
    assert not complaints


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page at 1280 by 800, light, with JavaScript."""
    return new_page(viewport={"width": 1280, "height": 800})


def breaches(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.1 A and AA, and texts whose contrast it could not measure."""
    page.evaluate("for (const one of document.querySelectorAll('.page')) one.style.contentVisibility = 'visible'")
    found = Axe().run(page, options=WCAG).response
    unsure = [rule for rule in found["incomplete"] if rule["id"] == "color-contrast"]
    return [
        f"{rule['id']}: {node['target']} {node['any'][0]['message'] if node['any'] else node['html'][:200]}"
        for rule in (*found["violations"], *unsure)
        for node in rule["nodes"]
        if not node["html"].startswith("<text")  # in a picture, which axe cannot measure; its colours are those of text
    ]
