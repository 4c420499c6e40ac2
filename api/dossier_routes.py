"""The dossier over HTTP: a question as JSON, or a form with a text or a file."""

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.routing import Match
from starlette.types import Scope

from api.dossier import DossierOut, DossierRequest, build
from api.errors import EVERYWHERE
from api.incoming import IncomingDep
from api.routes import AnswererDep, check_documents

dossier_router = APIRouter(prefix="/api", responses=EVERYWHERE)
_FORM = {
    "schema": {
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "de hele vraag"},
            "file": {"type": "string", "format": "binary", "description": "of een PDF of Word-bestand"},
        },
    }
}


class _FormRoute(APIRoute):
    """A route that only takes forms; another at the same address takes JSON."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found, child = super().matches(scope)
        is_form = Headers(scope=scope).get("content-type", "").startswith("multipart/form-data")
        return (found, child) if is_form else (Match.NONE, {})


def _form(incoming: IncomingDep, answerer: AnswererDep) -> DossierOut:
    return build(answerer, incoming.read())


dossier_router.add_api_route(
    "/dossier", _form, methods=["POST"], include_in_schema=False, route_class_override=_FormRoute
)


@dossier_router.post(
    "/dossier",
    summary="Zoek op wat er al op een schriftelijke vraag geantwoord is",
    openapi_extra={"requestBody": {"content": {"multipart/form-data": _FORM}}},
)
def dossier(wanted: DossierRequest, answerer: AnswererDep) -> DossierOut:
    """Splits een schriftelijke vraag; geef per deelvraag eerdere antwoorden, passages, wat nieuwer is en ontbreekt."""
    check_documents(answerer.searcher, wanted.filters)
    return build(answerer, wanted.text, wanted.filters)
