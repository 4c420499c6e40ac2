"""A map of citations in the browser: kept, ordered, noted, written; and one copy of a whole answer."""

import re
from pathlib import Path

import pytest
import rispy
from playwright.sync_api import Page, expect

from tests.api.pages import BUDGET, DEADLINE
from tests.api.test_word import read_docx
from tests.browser.conftest import NewPage, breaches
from tests.browser.test_search_flow import CLIPBOARD

_READ_CLIPBOARD = """async () => {
  const [item] = await navigator.clipboard.read();
  return Promise.all(["text/plain", "text/html"].map(async (type) => (await item.getType(type)).text()));
}"""


def keep(page: Page, question: str, where: str, n: int = 0) -> str:
    """Keep a citation by keyboard and return its quote."""
    page.goto(f"/?q={question}")
    button = page.locator(f"{where} [data-keep]").nth(n)
    expect(button).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "false")
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#melding")).to_have_text("Bewaard in uw map.")
    quote = page.locator(f"{where} [data-copy]").nth(n).get_attribute("data-quote")
    assert quote
    return quote


@pytest.mark.parametrize("width", [360, 1280])
def test_a_map_from_several_searches_is_ordered_noted_and_written(new_page: NewPage, width: int) -> None:
    page = new_page(viewport={"width": width, "height": 800}, accept_downloads=True)
    page.goto("/")
    expect(page.locator("[data-collection]")).to_be_hidden()
    first = keep(page, DEADLINE, ".statements")
    second = keep(page, BUDGET, ".hits", 1)
    third = keep(page, DEADLINE, ".hits", 2)
    page.get_by_role("navigation", name="Hoofdmenu").get_by_role("link", name="Map 3").press("Enter")
    quotes = page.locator("#bewaard blockquote")
    expect(quotes).to_have_text([first, second, third])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert breaches(page) == []

    up = page.get_by_role("button", name="Omhoog citaat 3")
    up.press("Enter")
    expect(quotes).to_have_text([first, third, second])
    expect(page.locator("#melding")).to_have_text("Nu citaat 2 van 3.")
    page.keyboard.press("Enter")  # the focus went along
    expect(quotes).to_have_text([third, first, second])
    expect(page.get_by_role("button", name="Omlaag citaat 1")).to_be_focused()  # it cannot go further up
    page.get_by_label("Nota citaat 1").fill("Nakijken voor vrijdag")
    page.reload()
    expect(quotes).to_have_text([third, first, second])
    expect(page.get_by_label("Nota citaat 1")).to_have_value("Nakijken voor vrijdag")

    with page.expect_download() as written:
        page.get_by_role("button", name="Bewaar als Word-bestand").press("Enter")
    paragraphs = [text for _, text in read_docx(Path(written.value.path()).read_bytes())[0]]
    assert [text[5:-1] for text in paragraphs if re.match(r"\[\d\]", text)] == [third, first, second]
    assert "Nakijken voor vrijdag" in paragraphs and written.value.suggested_filename == "beleidswijzer-map.docx"
    with page.expect_download() as written:
        page.get_by_role("button", name="Voor Zotero (RIS)").press("Enter")
    entries = rispy.loads(Path(written.value.path()).read_text(encoding="utf-8"))
    assert "Nota: Nakijken voor vrijdag" in [note for entry in entries for note in entry["notes"]]

    page.get_by_role("button", name="Haal weg citaat 2").press("Enter")
    expect(quotes).to_have_text([third, second])
    page.locator("#bewaard a").first.click()
    expect(page.locator("#passage")).to_be_visible()
    kept = page.locator("#passage [data-keep][aria-pressed=true]")
    expect(kept).to_be_visible()
    kept.press("Enter")  # the same citation: it goes out again
    expect(kept).to_have_count(0)
    page.goto("/map")
    expect(quotes).to_have_text([second])
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Maak de map leeg").press("Enter")
    expect(page.get_by_text("Uw map is leeg.")).to_be_visible()
    expect(quotes).to_have_count(0)


def test_what_was_done_is_said_although_the_page_still_had_to_say_what_it_found(new_page: NewPage) -> None:
    page = new_page()
    page.clock.install()  # what the page says when it opens waits for its clock
    page.goto(f"/?q={DEADLINE}")
    page.clock.pause_at(page.evaluate("Date.now()") + 1)
    page.reload()
    page.locator(".hits [data-keep]").first.press("Enter")
    page.clock.run_for(1_000)
    expect(page.locator("#melding")).to_have_text("Bewaard in uw map.")


def test_without_script_the_map_says_what_it_needs(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/map")
    expect(page.locator("noscript .notice")).to_contain_text("heeft JavaScript nodig")
    expect(page.get_by_role("button", name="Bewaar als Word-bestand")).to_have_count(0)
    page.goto(f"/?q={DEADLINE}")
    expect(page.locator("[data-keep]:visible")).to_have_count(0)


def test_nothing_is_sent_until_a_file_is_asked_for(new_page: NewPage) -> None:
    page = new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url} {request.post_data or ''}"))
    quote = keep(page, DEADLINE, ".statements")
    page.goto("/map")
    page.get_by_label("Nota citaat 1").fill("zeppelin")
    page.reload()
    expect(page.get_by_label("Nota citaat 1")).to_have_value("zeppelin")
    assert not [one for one in sent if one.startswith("POST") or "zeppelin" in one or quote[:40] in one]


def test_a_whole_answer_is_copied_with_its_marks(new_page: NewPage) -> None:
    page = new_page(permissions=CLIPBOARD)
    page.goto(f"/?q={DEADLINE}")
    button = page.get_by_role("button", name="Kopieer met opmaak")
    button.press("Enter")
    expect(page.get_by_role("button", name="Gekopieerd")).to_be_visible()
    plain, rich = page.evaluate(_READ_CLIPBOARD)
    references = page.locator(".citations .reference").all_inner_texts()
    sentences = page.locator(".statements > li").all()
    assert plain.startswith(DEADLINE) and "Bronnen" in plain and rich.count("<li>") == len(sentences)
    for n, reference in enumerate(references, start=1):
        assert f"[{n}] “" in plain and reference in plain
    assert rich.count("<a href=") == len(references) and "#passage" in rich and "Kopieer" not in plain
    assert "Zekerheid: " in plain or plain.split("\n\n")[1].startswith("Misschien gaat dit"), "before what it is about"
