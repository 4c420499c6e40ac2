"""The web page, rendered on the server; it works without JavaScript."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.web import (
    about_page,
    collection_page,
    document_list,
    document_page,
    dossier_page,
    export_page,
    feedback_page,
    holdings_page,
    occurrences_page,
    original_file,
    search_page,
)

web_router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
web_router.include_router(search_page.router)
web_router.include_router(dossier_page.router)
web_router.include_router(occurrences_page.router)
web_router.include_router(export_page.router)
web_router.include_router(collection_page.router)
web_router.include_router(document_list.router)
web_router.include_router(document_page.router)
web_router.include_router(original_file.router)
web_router.include_router(holdings_page.router)
web_router.include_router(feedback_page.router)
web_router.include_router(about_page.router)
