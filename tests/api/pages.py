"""Reading our own pages as HTML."""

from lxml import html
from starlette.testclient import TestClient

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
