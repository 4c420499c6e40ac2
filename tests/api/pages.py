"""Reading our own pages as HTML."""

from collections.abc import Callable
from html.parser import HTMLParser

from lxml import html
from starlette.testclient import TestClient

Served = Callable[[dict[str, bytes]], TestClient]

BUDGET = "Hoeveel is in 2012 voorzien voor de financiering van de activiteitencoöperaties in Vlaanderen?"
DEADLINE = "Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?"
ELSEWHERE = "Hoe laat sluit het stedelijk zwembad van Oostende op zondag?"


def get(client: TestClient, address: str = "/", **params: str | int | list[str]) -> html.HtmlElement:
    """Return a page that must be there; a parameter `from` is written `from_`."""
    response = client.get(address, params={name.rstrip("_"): value for name, value in params.items()} or None)
    assert response.status_code == 200, response.text
    return html.fromstring(response.text)


def texts(page: html.HtmlElement, css: str) -> list[str]:
    """Return the text of each element that a selector finds, white space made single."""
    return [" ".join(element.text_content().split()) for element in page.cssselect(css)]


class Page(HTMLParser):
    """What a browser would see: tags with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data
