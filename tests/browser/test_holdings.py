"""Documents that are dragged in, corrected, removed and put back: by mouse, by keyboard alone, without script."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import create_app
from api.server import on_free_port
from api.settings import Settings
from index.store.update import update_index
from tests.browser.conftest import MOST_MS, breaches
from tests.conftest import HashingEmbedder
from tests.pdf import make_pdf

NOTE = f"# Nota over de premie\n\n## Bedrag\n\nDe premie bedraagt 40 euro.\n\n## {'B' * 300}\n\nNiets meer.\n"
LINES = [f"De premie van maand {month} bedraagt veertig euro voor elk maatwerkbedrijf." for month in range(1, 9)]
DROP = """([target, name, content]) => {
  const data = new DataTransfer();
  data.items.add(new File([content], name));
  for (const type of ["dragover", "drop"])
    document.querySelector(target).dispatchEvent(
      new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
}"""


@pytest.fixture
def own_origin(tmp_path: Path) -> Iterator[str]:
    """Address of a service of its own over one document."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "eerste.md").write_text(NOTE.replace("40", "39"), encoding="utf-8")
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")
    update_index(settings.index_dir, [settings.corpus_dir], HashingEmbedder())
    with on_free_port(create_app(settings, HashingEmbedder())) as address:
        yield address


def opened(chromium: Browser, origin: str, width: int, script: bool = True) -> Page:
    context = chromium.new_context(
        base_url=origin, viewport={"width": width, "height": 800}, java_script_enabled=script, locale="nl-BE"
    )
    context.set_default_timeout(MOST_MS)
    return context.new_page()


def sound(page: Page, width: int) -> None:
    """Nothing is wider than the window, and axe finds nothing."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert breaches(page) == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_a_pdf_is_dragged_in_and_comes_out_and_back(chromium: Browser, own_origin: str, width: int) -> None:
    page = opened(chromium, own_origin, width)
    page.goto("/documents")
    sound(page, width)
    page.evaluate(DROP, [".intake h2", "nota.md", NOTE])  # beside the field
    expect(page.get_by_role("button", name="Voeg toe")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("table", name="Wat er van elke bladzijde kwam")).to_contain_text("Bedrag")
    sound(page, width)
    page.get_by_label("Titel").fill("Nota over veertig euro")
    page.get_by_label("Datum").fill("2018-03-31")
    page.get_by_role("button", name="Bewaar de gegevens").click()
    expect(page.locator("main")).to_contain_text("De gegevens zijn verbeterd.")
    page.get_by_role("link", name="Nota over veertig euro").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nota over veertig euro")
    expect(page.locator(".facts")).to_contain_text("31/03/2018")
    sound(page, width)
    page.get_by_role("button", name="Verwijder dit document").click()
    expect(page.locator("[data-tell]")).to_have_text("Verwijderd: nota.")
    sound(page, width)
    page.get_by_role("button", name="Zet terug").click()
    expect(page.locator("[data-tell]")).to_have_text("Teruggezet: nota.")
    page.goto("/documents/nota")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nota over veertig euro")
    page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_by_keyboard_alone_without_script(chromium: Browser, own_origin: str, tmp_path: Path, width: int) -> None:
    (tmp_path / "vraag.pdf").write_bytes(make_pdf([LINES, LINES[::-1]]))
    page = opened(chromium, own_origin, width, script=False)
    page.goto("/documents")
    field = page.get_by_label("Sleep bestanden hierheen")
    with page.expect_file_chooser() as chooser:
        field.press("Space")
    chooser.value.set_files([tmp_path / "vraag.pdf"])
    for _ in range(2):  # over what is folded
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Voeg toe")).to_be_focused()
    page.keyboard.press("Enter")
    rows = page.get_by_role("table", name="Wat er van elke bladzijde kwam").locator("tbody tr")
    expect(rows).to_have_count(2)
    page.locator("summary", has_text="Verbeter de gegevens").press("Enter")
    page.get_by_label("Soort").press("v")  # the next that begins so
    page.get_by_role("button", name="Bewaar de gegevens").press("Enter")
    expect(page.locator(".facts p").first).to_contain_text("verslag")
    page.locator("summary", has_text="verwijder dit document").press("Enter")
    page.get_by_role("button", name="Verwijder dit document").press("Enter")
    expect(page.locator("[data-tell]")).to_have_text("Verwijderd: vraag.")
    page.get_by_role("button", name="Zet terug").press("Enter")
    expect(page.locator("[data-tell]")).to_have_text("Teruggezet: vraag.")
    page.context.close()
