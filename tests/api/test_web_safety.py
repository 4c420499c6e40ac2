"""No text can do harm, and everybody can read the pages: by speech, by keyboard, on a small line."""

import re
import unicodedata

import pytest
from lxml import html
from starlette.testclient import TestClient

from api.web.render import STATIC
from api.web.state import PageState
from tests.api.pages import ELSEWHERE, get, texts

OWN_SCRIPTS = {"/static/app.js", "/static/collection.js", "/static/feedback.js"}
EVIL_QUERY = '"><script>alert(3)</script><p style="x" onclick=alert(4)> maatwerk \u202e\x07'


@pytest.mark.parametrize("address", ["/?q=maatwerk&kind=andere", f"/?{PageState(q=EVIL_QUERY).url()[2:]}", "/"])
def test_hostile_text_is_text(small: TestClient, address: str) -> None:
    response = small.get(address)
    page = html.fromstring(response.text)
    assert {script.get("src", "").split("?")[0] for script in page.cssselect("script")} <= OWN_SCRIPTS
    assert not page.cssselect("style, img, b, [onerror], [onclick]")
    for element in page.iter():
        assert "style" not in element.attrib and not any(name.startswith("on") for name in element.attrib)
    assert "49" not in texts(page, "main")[0] or "7*7" in response.text
    controls = {c for c in page.text_content() if unicodedata.category(c) in ("Cc", "Cf")} - {"\n", "\t", "\r"}
    assert controls == set()


def test_a_hostile_document_is_found_and_shown(small: TestClient) -> None:
    shown = " ".join(texts(get(small, q="maatwerk alert -zeppelin", kind="andere"), ".hit blockquote"))
    assert "<script>alert(1)</script>" in shown and 'onerror="alert(2)"' in shown and "{{ 7*7 }}" in shown
    assert "wwwwwwwwww" in shown


def test_the_browser_may_load_only_our_own_files(small: TestClient) -> None:
    policy = small.get("/").headers["content-security-policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/?q=maatwerk",
        "/over",
        "/documents",
        "/feedback",
        "/begrippen",
        "/niets",
        "/static/style.css",
        "/api/health",
        "/export?q=maatwerk",
        "/zoekverslag?q=maatwerk",
    ],
)
def test_no_response_allows_inline_style_or_script(small: TestClient, address: str) -> None:
    policy = small.get(address, headers={"accept": "text/html"}).headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy and "unsafe" not in policy


# --- for everyone


@pytest.mark.parametrize("address", ["/", "/?q=maatwerk", f"/?q={ELSEWHERE}", "/?q=maatwerk&page=0", "/?q=a&h=b"])
def test_the_page_is_well_built(small: TestClient, address: str) -> None:
    page = html.fromstring(small.get(address).text)
    assert page.get("lang") == "nl" and len(page.cssselect("h1")) == len(page.cssselect("main")) == 1
    assert page.cssselect("body > a.skip")[0].get("href") == "#" + page.cssselect("main")[0].get("id")
    levels = [int(heading.tag[1]) for heading in page.cssselect("main h1, main h2, main h3, main h4")]
    assert all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False))
    ids = [element.get("id") for element in page.cssselect("[id]")]
    assert len(ids) == len(set(ids))
    for field in page.cssselect("input:not([type=hidden])"):
        assert field.getparent().tag == "label" or page.cssselect(f'label[for="{field.get("id")}"]')


def test_a_page_is_small(small: TestClient) -> None:
    page = get(small, q="maatwerk")
    files = [one.get("href") or one.get("src") for one in page.cssselect("link[rel], script[src]")]
    assert len(files) >= 3
    assert sum(len(small.get(address).content) for address in ["/?q=maatwerk", *files]) < 150_000


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_can_be_read(scheme: int) -> None:
    """Relative luminance and contrast as WCAG 2.1 defines them."""
    css = (STATIC / "style.css").read_text(encoding="utf-8")
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", re.findall(r":root \{(.*?)\}", css, re.S)[scheme]))

    def contrast(one: str, other: str) -> float:
        light, dark = sorted((_luminance(tokens[one]), _luminance(tokens[other])), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    grounds = ("page", "surface", "raised")
    for text in ("text", "soft", "accent", "accent-strong", "good", "fair", "bad"):
        assert all(contrast(text, ground) >= 4.5 for ground in grounds), text
    for text, ground in (
        ("text", "mark"),
        ("text", "cited"),
        ("text", "tint"),
        ("text", "note-tint"),
        ("text", "bad-tint"),
        ("accent", "note-tint"),
        ("accent", "tint"),
        ("on-accent", "accent"),
        ("on-accent", "accent-strong"),
    ):
        assert contrast(text, ground) >= 4.5, (text, ground)
    assert all(contrast("edge", ground) >= 3 for ground in grounds)


def test_a_static_file_is_kept_until_its_content_changes(small: TestClient) -> None:
    address = get(small).cssselect("link[rel=stylesheet]")[0].get("href")
    assert re.fullmatch(r"/static/style\.css\?v=[0-9a-f]{12}", address)
    assert "immutable" in small.get(address).headers["cache-control"]
    assert "cache-control" not in small.get("/static/style.css").headers
