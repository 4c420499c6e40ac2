"""All places where words stand: the counts are those of a plain search over the stored text."""

import csv
import io
import random
import re

import pytest
from starlette.testclient import TestClient

from tests.api.pages import get, texts

ACCENTS = str.maketrans("éèêëïíóöôüúáàâäçñ", "eeeeiiooouuaaaacn")


def plain(client: TestClient) -> list[tuple[str, str]]:
    """Document and text of each stored passage with the headings it begins: lower case, no accents, on one line."""
    found: list[tuple[str, str]] = []
    for document in client.app.state.service.searcher().index.documents.values():  # type: ignore[attr-defined]
        before: tuple[str, ...] = ()
        for passage in document.passages:
            above = (document.metadata.title, *passage.section)
            begun = [one for depth, one in enumerate(above, start=1) if above[:depth] != before[:depth]]
            text = " 0 ".join([passage.search_text, *begun])  # no phrase goes on from one to the next
            found.append((document.document_id, " ".join(text.lower().split()).translate(ACCENTS)))
            before = above
    return found


def has(words: str, text: str) -> bool:
    return bool(re.search(r"(?<![^\W_])" + r"[\W_]+".join(map(re.escape, words.split())) + r"(?![^\W_])", text))


def test_counts_equal_a_plain_search_for_thirty_words_and_ten_phrases(small: TestClient) -> None:
    stored = plain(small)
    draw = random.Random(19)
    words = draw.sample(sorted({word for _, text in stored for word in re.findall(r"\b[a-z]{4,}\b", text)}), 30)
    runs = [re.findall(r"[a-z]{3,}(?: [a-z]+)+", text) for _, text in draw.sample(stored, 40)]
    phrases = [" ".join(run[0].split()[:3]) for run in runs if run][:10]
    assert len(phrases) == 10
    for asked in [*words, *(f'"{phrase}"' for phrase in phrases)]:
        wanted = [document for document, text in stored if has(asked.strip('"'), text)]
        page = get(small, "/vindplaatsen", q=asked)
        told = texts(page, "[data-tell]")[0]
        assert told.startswith(f"{len(wanted)} passage") and f"in {len(set(wanted))} document" in told, asked
        per_document = [int(text) for text in texts(page, "[aria-labelledby=per-document] .count")]
        assert sorted(per_document) == sorted(wanted.count(one) for one in set(wanted))
        sent = small.get("/vindplaatsen.csv", params={"q": asked})
        assert "beleidswijzer-vindplaatsen-" in sent.headers["content-disposition"]
        rows = list(csv.reader(io.StringIO(sent.text), delimiter=";"))
        assert len(rows) == 1 + len(wanted)


def test_they_are_sorted_by_date_and_paged_and_each_stands_once(small: TestClient) -> None:
    seen: dict[str, list[str]] = {}
    for order in ("", "oudste"):
        address, seen[order] = f"/vindplaatsen?q=maatwerk&sort={order}", []
        while address:
            page = get(small, address)
            seen[order] += [link.get("href") for link in page.cssselect(".hit h3 a")]
            following = page.cssselect("a[rel=next]")
            address = following[0].get("href") if following else ""
    total = sum(has("maatwerk", text) for _, text in plain(small))
    assert len(seen[""]) == len(set(seen[""])) == total > 20 and set(seen[""]) == set(seen["oudste"])
    briefs = [[url[:14] for url in seen[order] if "beleidsbrief" in url] for order in seen]
    assert briefs[0] == sorted(briefs[0])[::1] and briefs[1][0] == "/documents/003" and briefs[0][0] == "/documents/001"
    assert "beleidsbrief" not in seen[""][-1] and "beleidsbrief" not in seen["oudste"][-1], "undated last"


def test_operators_filters_and_years_narrow_and_their_counts_hold(small: TestClient) -> None:
    page = get(small, "/vindplaatsen", q="maatwerk -enclave soort:beleidsbrief")
    total = int(texts(page, "[data-tell] strong")[0].split()[0])
    wanted = [d for d, text in plain(small) if has("maatwerk", text) and not has("enclave", text)]
    assert total == sum("beleidsbrief" in document for document in wanted) > 10
    for link in page.cssselect("[aria-labelledby=per-jaar] a"):
        there = texts(get(small, link.get("href")), "[data-tell] strong")[0]
        assert there.split()[0] == texts(link, ".count")[0]
    assert small.get("/vindplaatsen", params={"q": "maatwerk", "document": "weg"}).status_code == 422
    assert small.get("/vindplaatsen").status_code == 422
    assert "Geen enkele passage" in texts(get(small, "/vindplaatsen", q="zeppelin"), ".notice")[0]


@pytest.mark.parametrize("value", ["=1+1", "+32", "-5", "@som"])
def test_a_spreadsheet_computes_nothing(value: str) -> None:
    from api.web.occurrences import _plain

    assert _plain(value) == f"'{value}" and _plain("5") == "5"
