"""Write docs/screenshots/: the six pages as a user sees them, at 1280 px. Run by `make screenshots`."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

from api.app import create_app
from api.server import on_free_port
from api.settings import Settings
from index.store.update import update_index
from tests.browser.conftest import CHROMIUM
from tests.conftest import CORPUS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

FOLDER = ROOT / "docs" / "screenshots"
QUESTION = "Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?"
PAGES = {
    "home": "/",
    "answer": f"/?q={QUESTION}",
    "abstention": "/?q=Hoeveel bedraagt de subsidie voor zonnepanelen in 2024?",
    "document": "",  # the source of the answer
    "feedback": "/feedback",
    "about": "/over",
}
MOST_BYTES = 200_000


def main() -> None:
    """Index the corpus, serve it, and photograph each page."""
    if CHROMIUM is None:
        sys.exit("Chromium is missing; run 'apt-get install chromium'.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, served(Path(folder)) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(base_url=origin, viewport={"width": 1280, "height": 900})
        page.goto(PAGES["answer"])
        for form in page.locator("details.judge").all()[:2]:
            form.locator("summary").click()
            form.locator("button[value=helpt]").click()
            form.get_by_text("Bedankt").wait_for()
        page.goto(PAGES["answer"])
        source = page.locator(".citations h3 a").first.get_attribute("href") or "/"
        for name, path in PAGES.items():
            page.goto(path or source, wait_until="networkidle")
            _shoot(page, FOLDER / f"{name}.png")


@contextmanager
def served(folder: Path) -> "Iterator[str]":
    """Serve an index of corpus/ and yield its address."""
    settings = Settings(index_dir=Path(os.environ.get("BELEIDSWIJZER_INDEX_DIR", folder / "index")))
    settings = settings.model_copy(update={"feedback_file": folder / "feedback.sqlite"})
    embedder = settings.load_embedder()
    update_index(settings.index_dir, [CORPUS], embedder)
    with on_free_port(create_app(settings, embedder)) as address:
        yield address


def _shoot(page: "Page", path: Path) -> None:
    """Write a picture in 64 colours, which a page of text does not need more of."""
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        sys.exit(f"{path} is larger than {MOST_BYTES} bytes; photograph less of the page.")


if __name__ == "__main__":
    main()
