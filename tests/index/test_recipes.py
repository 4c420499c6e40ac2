"""Recipes have a version by hand: what each makes of fixed input is recorded, under the number it had.

`make golden` records the outcome of a new number; it never replaces that of a number that is already there.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.model.embed import SentenceTransformerEmbedder
from index.store.local import K1, B
from index.store.manifest import RECIPES
from index.store.segment import dense_text, lexical_text, placed_words
from index.store.token_vectors import PackedTokens, TokenBook
from index.terms import pairs, terms
from ingest.document import to_json
from ingest.files import read_document
from tests.conftest import CORPUS, ROOT
from tests.ingest.test_formats import write_docx, write_html, write_markdown
from tests.pdf import make_pdf

GOLDEN = ROOT / "tests" / "golden" / "recipes.json"
TEXTS = (
    "Een maatwerkbedrijf moet zijn duurzaamheidsverslag uiterlijk op 31 juli 2017 indienen.",
    "De coöperatie kreeg 2.715.000 euro voor lokale diensteneconomie (LDE).",
)


def reading(folder: Path) -> dict[str, str]:
    """SHA-256 of each kind of file as read, the file's own hash aside."""
    write_docx(folder / "brief.docx")
    write_html(folder / "brief.html")
    write_markdown(folder / "brief.md")
    (folder / "brief.pdf").write_bytes(make_pdf([TEXTS]))
    found = {}
    for file in [*sorted(CORPUS.glob("*.txt")), *sorted(folder.iterdir())]:
        document = read_document(file)
        content = to_json(document).replace(document.sha256.encode(), b"")
        found[file.name] = hashlib.sha256(content).hexdigest()
    return found


def lexical() -> dict[str, Any]:
    """Terms and pairs of texts, the parameters of BM25, and what words and vectors are made of."""
    document = read_document(next(CORPUS.glob("000*.txt")))
    texts = [lexical_text(document, passage) + dense_text(passage) for passage in document.passages]
    words = [placed_words(document, i) for i in range(len(document.passages))]
    return {
        "words": hashlib.sha256("\n".join(map(" ".join, words)).encode()).hexdigest(),
        "terms": [terms(text) + pairs(text) for text in TEXTS],
        "bm25": {"method": "lucene", "k1": K1, "b": B},
        "texts": hashlib.sha256("\n".join(texts).encode()).hexdigest(),
    }


def packed() -> dict[str, Any]:
    """Token vectors, packed."""
    vectors = ((np.arange(24) - 11) / 16).astype(np.float32).reshape(3, 8)
    tokens = PackedTokens.pack([vectors[:2], vectors[2:]], TokenBook.plain(8))
    return {"codes": tokens.codes.tolist(), "offsets": tokens.offsets.tolist()}


def encoded(embedder: SentenceTransformerEmbedder) -> dict[str, Any]:
    """The first numbers of vectors and token vectors; other processors differ in the last digits."""
    passages, queries = embedder.embed_passages(TEXTS), embedder.embed_queries(TEXTS)
    return {
        "vectors": [vector[:6].round(4).tolist() for vector in (*passages.vectors, *queries.vectors)],
        "tokens": [[len(tokens), *tokens[1, :6].round(4).tolist()] for tokens in (*passages.tokens, *queries.tokens)],
    }


def same(one: object, other: object) -> bool:
    """Compare outcomes; numbers may differ by rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 0.002
    return one == other


@pytest.mark.parametrize("recipe", ["reading", "terms", "tokens", "model"])
def test_a_recipe_with_another_outcome_has_another_version(
    recipe: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    makers: dict[str, Callable[[], dict[str, Any]]] = {
        "reading": lambda: reading(tmp_path),
        "terms": lexical,
        "tokens": packed,
        "model": lambda: encoded(request.getfixturevalue("untuned")),
    }
    outcome = {"version": getattr(RECIPES, recipe), "outcome": makers[recipe]()}
    recorded = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else {}
    is_new = recorded.get(recipe, {}).get("version") != outcome["version"]
    if request.config.getoption("--rewrite-golden") and is_new:
        recorded[recipe] = outcome
        GOLDEN.write_text(json.dumps(recorded, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert same(outcome, recorded.get(recipe)), (
        f"what '{recipe}' makes has changed: raise its version (docs/ontwerp.md) and run 'make golden'"
    )
