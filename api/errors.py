"""Errors over HTTP: one shape, in Dutch; a page for who asks for a page, JSON for all others.

Below /v1 the shape is that of OpenAI, so that its clients show the sentence.
"""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from api.logs import told_places
from index.errors import RetrievalError
from ingest.faults import sentence

logger = logging.getLogger(__name__)
_compiled = cache(compile_path)

CRASHED = "Er ging iets mis in de toepassing; probeer opnieuw of meld het aan de beheerder."
OPENAI = "/v1/"  # below it all is as the clients of OpenAI expect
_STATUS_TEXTS = {
    400: "De aanvraag is niet te lezen; stuur JSON in UTF-8.",
    404: "Deze pagina bestaat niet; controleer het adres.",
    405: "Deze methode kan hier niet; kijk in de beschrijving op /openapi.json.",
}
_NO_INDEX = (
    "Er is nog geen bruikbare index, dus zoeken kan niet; de beheerder moet 'beleidswijzer ingest' draaien "
    "en kan met 'beleidswijzer doctor' zien wat er scheelt."
)


class ErrorOut(BaseModel):
    """Elke fout heeft deze vorm."""

    ok: bool = False
    error: str = Field(description="wat er mis is en wat u kunt doen")
    errors: list[str] = Field(description="hetzelfde, per veld")
    status: int


class OpenAiError(BaseModel):
    """Een fout zoals OpenAI ze zegt."""

    message: str = Field(description="wat er mis is en wat u kunt doen")
    type: str = Field(description="invalid_request_error, of server_error waar later opnieuw proberen helpt")
    param: str | None = Field(default=None, description="het veld dat niet klopt")
    code: str | None = Field(default=None, description="invalid_api_key of model_not_found")


class OpenAiErrorOut(BaseModel):
    """Elke fout onder /v1 heeft deze vorm."""

    error: OpenAiError


def documented(model: type[BaseModel] = ErrorOut, /, **told: str) -> dict[int | str, dict[str, Any]]:
    """Return errors for the OpenAPI description; a status is written as `e404`."""
    return {int(status[1:]): {"model": model, "description": description} for status, description in told.items()}


_EVERYWHERE = {
    "e400": "de aanvraag is niet te lezen",
    "e401": "niet aangemeld",
    "e403": "geen recht hierop",
    "e405": "deze methode kan hier niet",
    "e408": "te traag verstuurd",
    "e411": "de lengte ontbreekt",
    "e413": "te groot",
    "e421": "voor een andere computer bedoeld",
    "e422": "verkeerde invoer",
    "e503": "er is nog geen index, of het is te druk",
}
EVERYWHERE = documented(**_EVERYWHERE)
EVERYWHERE_OPENAI = documented(OpenAiErrorOut, **_EVERYWHERE)
_FIELD_NAMES = {
    "query": "De vraag",
    "question": "De vraag",
    "body": "De aanvraag",
    "filters.date_from": "De begindatum",
    "filters.date_to": "De einddatum",
    "page": "De bladzijde",
    "title": "De titel",
    "date": "De datum",
    "kind": "De soort",
    "sort": "De volgorde",
}


@dataclass(eq=False)
class ApiError(Exception):
    """An answer that is an error."""

    status: int  # of HTTP
    message: str  # one Dutch sentence: what, where, what to do
    retry_after_s: float | None = None  # when the same may succeed, seconds; None where only somebody can mend it
    param: str | None = None  # the field that is wrong, for clients of OpenAI
    code: str | None = None  # what OpenAI calls the error, where it has a name

    def __str__(self) -> str:
        return self.message


def error_response(
    path: str, status: int, messages: Sequence[str], *, param: str | None = None, code: str | None = None
) -> JSONResponse:
    """Return an error in the shape of the address that was asked for; `param` and `code` as in `ApiError`."""
    body: BaseModel = ErrorOut(error=" ".join(messages), errors=list(messages), status=status)
    if f"{path}/".startswith(OPENAI):
        kind = "server_error" if status >= 500 else "invalid_request_error"
        code = "invalid_api_key" if status == 401 else code
        body = OpenAiErrorOut(error=OpenAiError(message=" ".join(messages), type=kind, param=param, code=code))
    return JSONResponse(body.model_dump(), status_code=status)


def wants_page(request: Request) -> bool:
    """Whether who asks reads pages, not data."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(("/api/", OPENAI))


def no_index(error: RetrievalError) -> ApiError:
    """Return the answer while there is no usable index; the English reason goes to the log."""
    logger.error("%s", error)
    return ApiError(503, _NO_INDEX)


def register_errors(app: FastAPI, page: Callable[[Request, int, Sequence[str]], Response]) -> None:
    """Give every error of an app the one shape; `page` makes the page of one, out of its status and sentences."""

    def respond(
        request: Request,
        status: int,
        messages: Sequence[str],
        headers: Mapping[str, str] | None = None,
        **told: str | None,
    ) -> Response:
        if wants_page(request):
            response = page(request, status, messages)
        else:
            response = error_response(request.url.path, status, messages, **told)
        response.headers.update(headers or {})
        return response

    @app.exception_handler(ApiError)
    async def _api(request: Request, error: ApiError) -> Response:
        headers = {} if error.retry_after_s is None else {"Retry-After": str(math.ceil(error.retry_after_s))}
        return respond(request, error.status, [error.message], headers, param=error.param, code=error.code)

    @app.exception_handler(RetrievalError)
    async def _index(request: Request, error: RetrievalError) -> Response:
        """What is damaged, or an engine that does not answer, shows only when it is asked for."""
        return await _api(request, no_index(error))

    @app.exception_handler(RequestValidationError)
    async def _validation(request: Request, error: RequestValidationError) -> Response:
        wrong = error.errors()
        return respond(request, 422, [translate(item) for item in wrong], param=_field(wrong[0]) if wrong else None)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        message = _STATUS_TEXTS.get(error.status_code, f"De aanvraag is mislukt (HTTP {error.status_code}).")
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(sorted(_methods(app, request)))
        return respond(request, error.status_code, [message], headers)

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> Response:
        logger.error("Onverwachte fout op %s: %s", request.url.path, told_places(error))
        return respond(request, 500, [CRASHED])


def _methods(app: FastAPI, request: Request) -> set[str]:
    """Return the methods that an address has; starlette itself names those of the first route only."""
    methods = {
        method
        for route in iter_route_contexts(app.routes)
        if route.path and _compiled(route.path)[0].fullmatch(request.url.path)
        for method in route.methods or ()
    } or {"GET"}  # files have no methods
    return methods | {"HEAD"} if "GET" in methods else methods


def _field(item: dict[str, Any]) -> str:
    """Return the name of a field; FastAPI puts in front of it where it came from."""
    place = item["loc"][1:] if len(item["loc"]) > 1 and item["loc"][0] in ("body", "query", "path") else item["loc"]
    return ".".join(str(part) for part in place)


def translate(item: dict[str, Any]) -> str:
    """Return a pydantic error as a Dutch sentence: which field, what is wrong, what to do."""
    where = _field(item)
    name = _FIELD_NAMES.get(where, f"Het veld '{where}'")
    match item["type"]:
        case "string_too_short" if where in ("query", "question"):
            return "De vraag is leeg; typ een vraag of enkele zoekwoorden."
        case "json_invalid":
            return "De aanvraag is geen geldige JSON; controleer haakjes en aanhalingstekens."
        case _:
            return sentence(item, name)
