"""How the service is: alive, ready, and what it searches. None of it waits for the index, or for a turn."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.errors import EVERYWHERE, ApiError
from api.metrics import Metrics
from api.schemas import Alive, Health
from api.service import SearchService

status_router = APIRouter(responses={status: told for status, told in EVERYWHERE.items() if status != 422})
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@status_router.get("/livez", summary="Leeft de dienst")
async def livez() -> Alive:
    """Antwoord, meer niet: wie dit niet krijgt, mag de dienst herstarten."""
    return Alive(ok=True)


@status_router.get("/readyz", summary="Kan er gezocht worden")
def readyz(request: Request) -> Alive:
    """Zeg of er een index geladen is; zo niet, stuur dan nog geen vragen."""
    service: SearchService = request.app.state.service
    service.load_soon()
    if service.loaded is None:
        raise ApiError(503, "De index wordt geladen; probeer het over enkele seconden opnieuw.", retry_after_s=5)
    return Alive(ok=True)


@status_router.get("/api/health", summary="Toestand van de dienst")
def health(request: Request) -> Health:
    """Zeg of er gezocht kan worden, en waarin."""
    service: SearchService = request.app.state.service
    index = service.answerer(may_wait=False).searcher.index
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
