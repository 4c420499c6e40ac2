"""What holds of every page: WCAG 2.1 A and AA, no sideways scrolling, small, Dutch, all from one origin."""

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from api.web.dossier_page import pack
from tests.api.test_dossier import LETTER
from tests.browser.conftest import NewPage, breaches

PAGES = {
    "home": "/",
    "answer": "/?q=Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?",
    "abstention": "/?q=Wat kost een zeppelin naar de maan?",
    "dossier form": "/dossier",
    "dossier": f"/dossier?v={pack(LETTER)}",
    "places": "/vindplaatsen?q=doorstroom",
    "document": "/documents/001-beleidsbrief-sociale-economie-2017-2018?p=15&q=trekkingsrechten",
    "documents": "/documents",
    "lists": "/lijsten",
    "holdings": "/inlezen",
    "collection": "/map",
    "feedback": "/feedback",
    "about": "/over",
    "glossary": "/begrippen",
    "thanks": "/feedback/bedankt",
    "error": "/weg",
}
WIDTHS = (320, 375, 768, 1280, 1920)
MOST_BYTES = 150_000  # of a page without a document


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), pytest.param("dark", 360, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", PAGES)
def test_wcag_2_1_aa(new_page: NewPage, name: str, scheme: str, width: int) -> None:
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.goto(PAGES[name])
    assert page.locator("html").get_attribute("lang") == "nl"
    assert page.locator("h1").count() == 1 and "Beleidswijzer" in page.title()
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert breaches(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_the_window(page: Page, name: str) -> None:
    page.goto(PAGES[name])
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


@pytest.mark.parametrize("name", [name for name in PAGES if name != "document"])
def test_a_page_weighs_little(page: Page, name: str) -> None:
    requests: list[Request] = []
    page.on("requestfinished", lambda request: requests.append(request))
    page.goto(PAGES[name], wait_until="networkidle")
    sizes = [request.sizes() for request in requests]
    assert len(sizes) >= 3
    assert sum(size["responseHeadersSize"] + size["responseBodySize"] for size in sizes) <= MOST_BYTES


def test_the_policy_allows_nothing_inline(chromium: Browser, origin: str) -> None:
    page = chromium.new_page()  # not `page`, which tolerates no complaint on its console
    response = page.goto(origin)
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p id=\"x\" onclick=\"window.broken = 1\">x</p>')")
    page.evaluate("document.getElementById('x').click()")
    assert page.evaluate("window.broken") is None
    page.close()


def test_the_api_is_read_and_tried_without_a_network(page: Page) -> None:
    page.goto("/api")
    operation = page.locator("#api .opblock", has_text="/api/health").first
    operation.locator("button").first.click()
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table").first).to_contain_text("200")
    assert page.locator("#api .opblock").count() >= 10
