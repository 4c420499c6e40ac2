"""The chat of OpenAI, so that programs that speak it can ask: the answer is of verbatim quotes with references.

Source: https://platform.openai.com/docs/api-reference/chat
"""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.ask_schemas import AskRequest, earlier
from api.errors import EVERYWHERE_OPENAI, ApiError, OpenAiErrorOut, documented
from api.export import ExportForm, answer_file
from api.routes import AnswererDep, base_url, checked, run_ask

MODEL = "beleidswijzer"
_NO_QUESTION = "Er is geen vraag; stuur een bericht met role 'user' en de vraag als tekst."
router = APIRouter(prefix="/v1", responses=EVERYWHERE_OPENAI)


class Part(BaseModel):
    """Een deel van een bericht; alleen tekst telt."""

    type: str
    text: str = ""


class Message(BaseModel):
    """Een bericht van het gesprek."""

    role: str
    content: Annotated[str | list[Part] | None, Field(description="tekst, of delen waarvan de tekst telt")] = None

    @property
    def text(self) -> str:
        """The text of it."""
        if isinstance(self.content, list):
            return " ".join(part.text for part in self.content if part.type == "text").strip()
        return (self.content or "").strip()


class ChatRequest(BaseModel):
    """Een gesprek: de laatste vraag wordt beantwoord, de vorige vragen helpen haar te begrijpen; de rest telt niet."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"model": MODEL, "messages": [{"role": "user", "content": "Wat is SIFO?"}]}]},
    )

    messages: Annotated[list[Message], Field(min_length=1, max_length=1000)]
    model: Annotated[str, Field(max_length=1000, description="beleidswijzer: er is er één")] = MODEL
    stream: Annotated[bool | None, Field(strict=True, description="stuur het antwoord regel per regel")] = False


class Choice(BaseModel):
    """Het antwoord."""

    index: int = 0
    message: dict[str, str]
    finish_reason: Literal["stop"] = "stop"


class ChatResponse(BaseModel):
    """Een antwoord in de vorm van OpenAI; `beleidswijzer` is dat van `POST /api/ask`."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str = MODEL
    choices: list[Choice]
    beleidswijzer: dict[str, Any]


class Model(BaseModel):
    """Een model dat antwoordt."""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = MODEL


class ModelList(BaseModel):
    """De modellen: er is er één."""

    object: Literal["list"] = "list"
    data: list[Model] = [Model()]


@router.get("/models", summary="Modellen in de vorm van OpenAI")
def models() -> ModelList:
    """Noem het ene model."""
    return ModelList()


_NO_MODEL = documented(OpenAiErrorOut, e404="zo'n model is er niet")


@router.get("/models/{model}", summary="Een model in de vorm van OpenAI", responses=_NO_MODEL)
def model(model: str) -> Model:
    """Noem het ene model, of zeg dat er geen ander is."""
    _check_model(model)
    return Model()


def _check_model(model: str) -> None:
    if model != MODEL:
        message = f"Het model '{model[:100]}' is er niet; vraag '{MODEL}', of kijk in /v1/models."
        raise ApiError(404, message, param="model", code="model_not_found")


@router.post(
    "/chat/completions",
    summary="Beantwoord een vraag in de vorm van OpenAI",
    response_model=ChatResponse,
    responses={200: {"content": {"text/event-stream": {}}}, **_NO_MODEL},
)
def complete(request: Request, wanted: ChatRequest, answerer: AnswererDep) -> ChatResponse | StreamingResponse:
    """Beantwoord de laatste vraag van een gesprek met letterlijke citaten en hun verwijzing."""
    _check_model(wanted.model)
    asked = [message.text for message in wanted.messages if message.role == "user" and message.text]
    if not asked:
        raise ApiError(422, _NO_QUESTION, param="messages")
    *history, question = asked
    response = run_ask(request, answerer, checked(AskRequest, question=question, history=earlier(history)))
    text = answer_file(response, ExportForm.MARKDOWN, base_url(request)).decode()
    made = ChatResponse(
        id=f"chatcmpl-{uuid.uuid4().hex}",
        created=int(time.time()),
        choices=[Choice(message={"role": "assistant", "content": text})],
        beleidswijzer=response.model_dump(mode="json"),
    )
    return StreamingResponse(_events(made, text), media_type="text/event-stream") if wanted.stream else made


def _events(made: ChatResponse, text: str) -> Iterator[str]:
    """Yield an answer line by line, as server-sent events."""
    whole = {"id": made.id, "object": "chat.completion.chunk", "created": made.created, "model": MODEL}
    for delta in ({"role": "assistant"}, *({"content": line} for line in text.splitlines(True)), dict[str, str]()):
        choice = {"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}
        yield f"data: {json.dumps({**whole, 'choices': [choice]}, ensure_ascii=False)}\n\n"
    yield "data: [DONE]\n\n"
