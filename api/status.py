"""How the service is: alive, ready, and what it searches. None of it waits for the index, or for a turn."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api.errors import EVERYWHERE, ApiError, no_index
from api.metrics import Metrics
from api.schemas import Alive, Health
from api.service import SearchService
from index.errors import RetrievalError

status_router = APIRouter(responses={status: told for status, told in EVERYWHERE.items() if status != 422})
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def get_service(request: Request) -> SearchService:
    """Return the service."""
    service: SearchService = request.app.state.service
    return service


ServiceDep = Annotated[SearchService, Depends(get_service)]


@status_router.get("/livez", summary="Leeft de dienst")
async def livez() -> Alive:
    """Antwoord, meer niet: wie dit niet krijgt, mag de dienst herstarten."""
    return Alive(ok=True)


@status_router.get("/readyz", summary="Kan er gezocht worden")
def readyz(service: ServiceDep) -> Alive:
    """Zeg of er een index geladen is; zo niet, stuur dan nog geen vragen."""
    try:
        service.load_soon()
    except RetrievalError as error:
        raise no_index(error) from error
    if service.loaded is None:
        raise ApiError(503, "De index wordt geladen; probeer het over enkele seconden opnieuw.", retry_after_s=5)
    return Alive(ok=True)


@status_router.get("/api/health", summary="Toestand van de dienst")
def health(request: Request, service: ServiceDep) -> Health:
    """Zeg of er gezocht kan worden, en waarin."""
    try:
        index = service.answerer(may_wait=False).searcher.index
    except RetrievalError as error:
        raise no_index(error) from error
    reason = service.problem()
    return Health(
        ok=True,
        status="vorige index in gebruik" if reason else "in orde",
        reason=reason,
        version=request.app.version,
        model=index.manifest.model,
        corpus_hash=index.manifest.corpus_hash,
        documents=len(index.documents),
        passages=len(index.passages),
    )


@status_router.get(
    "/metrics",
    summary="Metingen",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "in de vorm van Prometheus"}},
)
def metrics(request: Request) -> Response:
    """Geef hoeveel, hoe snel en waarin er gezocht wordt; geen vraag staat erin."""
    measured: Metrics = request.app.state.metrics
    return Response(measured.text(), media_type=_PROMETHEUS)
