"""About the product: how it works and how well, its limits, privacy, the acronyms it knows, its API."""

import re
from collections import defaultdict
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata, requires
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.routes import SearcherDep
from api.schemas import place_of
from api.web.render import templates
from eval.errors import QuestionsError
from eval.gate import figures, read_baseline

router = APIRouter()
_AFTER_NAME = re.compile(r"[^\w.-]")  # of a package in a requirement


@router.get("/over")
def about(request: Request, searcher: SearcherDep) -> HTMLResponse:
    """Say how it works, how well, and what is kept."""
    baseline = None
    with suppress(QuestionsError):
        baseline = read_baseline()
    context = {
        "baseline": baseline,
        "figures": figures(baseline) if baseline else [],
        "manifest": searcher.index.manifest,
        "settings": request.app.state.settings,
        "licences": licences(),
    }
    return templates.TemplateResponse(request, "about.html", context)


@router.get("/begrippen")
def glossary(request: Request, searcher: SearcherDep) -> HTMLResponse:
    """List the acronyms that the documents explain, each with where they do."""
    entries: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
    for entry in searcher.glossary:
        entries[entry.acronym].append((entry.full, place_of(entry.document, entry.passage)))
    return templates.TemplateResponse(request, "glossary.html", {"entries": entries})


@router.get("/api")
def api_page(request: Request) -> HTMLResponse:
    """Show the description of the API, to read and to try; all that it needs comes from this computer."""
    return templates.TemplateResponse(request, "api.html", {})


@cache
def licences() -> list[tuple[str, str, str]]:
    """Return name, version and licence of each package that the product runs on, as the packages state them."""
    found = []
    for wanted in requires("beleidswijzer") or []:
        if "extra ==" in wanted:
            continue
        try:
            stated = metadata(_AFTER_NAME.split(wanted, maxsplit=1)[0])
        except PackageNotFoundError:
            continue
        classified = [value.rsplit(" :: ", 1)[-1] for value in stated.get_all("Classifier", []) if "License" in value]
        told = [*stated.get_all("License-Expression", []), ", ".join(classified), *stated.get_all("License", [])]
        licence = next(filter(None, told), "onbekend")
        found.append((stated["Name"], stated["Version"], licence.splitlines()[0][:60]))
    return sorted(found, key=lambda row: row[0].casefold())
