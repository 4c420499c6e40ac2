"""What holds of every page: WCAG 2.1 A and AA, no sideways scrolling, small, Dutch, all from one origin."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NewPage, breaches

QUESTION = "Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?"
PAGES = {
    "home": "/",
    "results": f"/?q={QUESTION}",
    "document": "/documents/003-beleidsbrief-sociale-economie-2011-2012",
}
WIDTHS = (320, 375, 768, 1280, 1920)
MOST_BYTES = 150_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_wcag_2_1_aa(new_page: NewPage, name: str, scheme: str) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": 1280, "height": 800})
    page.goto(PAGES[name])
    assert page.locator("html").get_attribute("lang") == "nl"
    assert breaches(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_window(page: Page, name: str) -> None:
    page.goto(PAGES[name])
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


@pytest.mark.parametrize("name", [name for name in PAGES if name != "document"])
def test_a_page_weighs_little(page: Page, name: str) -> None:
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(sum(request.sizes()[k] for k in SIZES)))
    page.goto(PAGES[name], wait_until="networkidle")
    assert 0 < sum(sizes) <= MOST_BYTES


SIZES = ("responseHeadersSize", "responseBodySize")
