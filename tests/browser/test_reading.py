"""Reading a document and giving an opinion: by mouse, by keyboard alone, without script, on paper; hostile text."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import create_app
from api.server import on_free_port
from api.settings import Settings
from index.store.update import update_index
from tests.browser.conftest import NewPage
from tests.conftest import HashingEmbedder

BRIEF = "/documents/001-beleidsbrief-sociale-economie-2017-2018"
QUESTION = "Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?"


def test_an_address_after_the_hash_leads_to_the_page_and_the_words(page: Page) -> None:
    page.goto(f"{BRIEF}#p=15&q=trekkingsrechten")
    expect(page.locator("#p-15")).to_be_in_viewport()
    assert page.url.endswith("?p=15&q=trekkingsrechten#p-15")
    expect(page.locator("mark").first).to_have_text("trekkingsrechten")
    page.goto(f"{BRIEF}#p=3")  # its first sheets have no printed number of their own
    expect(page.locator("[data-jump]")).to_have_text("Ga naar bladzijde 3")
    assert page.evaluate("document.querySelector('[data-jump]').hash === location.hash")
    page.locator("#bladzijde").fill("16")
    page.locator("#bladzijde").press("Enter")
    expect(page.locator("#p-16")).to_be_in_viewport()


def test_the_contents_lead_to_their_heading_by_keyboard(page: Page) -> None:
    page.goto(BRIEF)
    link = page.locator(".toc a", has_text="BEGROTING").first
    if link.count() == 0:
        link = page.locator(".toc a").nth(20)
    link.focus()
    page.keyboard.press("Enter")
    anchor = page.url.split("#")[1]
    expect(page.locator(f"#{anchor}")).to_be_in_viewport()


def test_each_passage_leads_to_its_reference(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(BRIEF)
    pin = page.locator(".pin").nth(5)
    text = pin.locator("xpath=..").inner_text()[2:60]
    pin.click()
    expect(page.locator("#passage")).to_be_in_viewport()
    expect(page.locator("#passage .reference")).to_contain_text("nr. 1328/1")
    assert text.split()[:3] == page.locator("mark.cited").first.inner_text().split()[:3]


def test_on_paper_only_the_document_stands(page: Page) -> None:
    page.goto(BRIEF)
    page.emulate_media(media="print")
    for hidden in (".toc", ".pin", ".jump", "nav"):
        expect(page.locator(f"{hidden}:visible")).to_have_count(0)
    expect(page.locator("#p-15")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_an_opinion_is_kept_and_listed(new_page: NewPage, feedback_file: Path, script: bool) -> None:
    feedback_file.unlink(missing_ok=True)
    page = new_page(java_script_enabled=script)
    page.goto(f"/?q={QUESTION}")
    asked = page.url
    evidence = page.locator(".citations > li").first
    evidence.locator(".judge summary").click()
    evidence.get_by_role("button", name="Helpt bron 1", exact=True).click()
    if script:
        expect(evidence.locator(".thanks")).to_have_text("Bedankt, bewaard op deze computer.")
        assert page.url == asked
    else:
        expect(page.get_by_role("heading", level=1)).to_have_text("Bedankt")
        page.get_by_role("link", name="Terug naar uw vraag").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION)
    page.goto("/feedback")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("31 juli")
    feedback_file.unlink()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server over one document that means harm."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "corpus").mkdir()
    text = (
        "Over maatwerk: <script>document.title = 'kwaad'</script> <img src=x onerror=\"document.title='kwaad'\">\n\n"
        f"Een woord over maatwerk: {'W' * 100_000}\n\nHet bedrag \u202e000.1 omgekeerd \u2066 voor maatwerk.\n"
    )
    (folder / "corpus" / "kwaad.txt").write_text(text, encoding="utf-8")
    embedder = HashingEmbedder()
    update_index(folder / "index", [folder / "corpus"], embedder)
    with on_free_port(create_app(Settings(index_dir=folder / "index"), embedder)) as address:
        yield address


@pytest.mark.parametrize("path", ["/documents/kwaad", "/documents/kwaad?q=maatwerk", "/documents", "/?q=maatwerk"])
def test_a_hostile_document_is_text_within_the_window(chromium: Browser, hostile: str, path: str) -> None:
    context = chromium.new_context(base_url=hostile, viewport={"width": 375, "height": 700})
    page = context.new_page()
    page.goto(path, wait_until="networkidle")
    assert page.title() != "kwaad"
    assert page.locator("main script, main img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    shown = page.locator("main").inner_text()
    assert not set("\u202e\u2066") & set(shown)
    if path.startswith("/documents/kwaad"):
        assert "<script>document.title" in shown and "onerror=" in shown
        assert page.locator(".page").inner_text().count("W") == 100_000
    context.close()
