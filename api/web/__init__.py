"""The web page, rendered on the server; it works without JavaScript."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.web import (
    about_page,
    collection_page,
    document_list,
    document_page,
    dossier_page,
    feedback_page,
    holdings_page,
    occurrences,
    original_file,
    search_page,
)

web_router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
for page in (
    search_page, dossier_page, occurrences, collection_page, document_list, document_page,
    original_file, holdings_page, feedback_page, about_page,
):  # fmt: skip
    web_router.include_router(page.router)
