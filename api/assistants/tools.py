"""The MCP server: five tools that read and never write, each with citations; over stdio and over HTTP.

Source: https://modelcontextprotocol.io/specification
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, ValidationError
from starlette.types import Receive, Scope, Send

from api.ask import ask as answer_question
from api.ask_schemas import AskRequest, AskResponse, PrecedentOut, earlier
from api.dossier import DossierOut, DossierRequest, build
from api.errors import CRASHED, ApiError
from api.routes import checked
from api.schemas import DocumentSummary, PageOut, SearchRequest, SearchResponse
from api.service import answer
from index.answer.answer import Answerer
from index.errors import RetrievalError
from ingest.document import Kind, Topic
from ingest.faults import explain

if TYPE_CHECKING:
    from mcp.server import MCPServer
    from mcp.server.mcpserver import Context
    from mcp.types import CallToolResult, InputRequiredResult

_MOST_PAGES = 20  # of one call; a whole policy letter would fill what an assistant can take in
_TOLD = (
    "Vlaamse beleidsdocumenten over sociale economie: beleidsbrieven en antwoorden op schriftelijke vragen. Citeer "
    "de `quote` altijd letterlijk, met de `reference` die erbij staat. Is `answered` false, zeg dan dat het er niet "
    "in staat. Een `url` hoort achter {}."
)


class Precedents(BaseModel):
    """Parlementaire vragen die op een vraag lijken."""

    precedents: list[PrecedentOut]


class DocumentPart(BaseModel):
    """Bladzijden van een document, met wat het over zichzelf zegt."""

    metadata: DocumentSummary
    pages: list[PageOut]
    more: Annotated[bool, Field(description="of er nog bladzijden volgen")]


def _dutch_server() -> "type[MCPServer]":
    """Return the library's server, which tells in Dutch what is wrong with a call."""
    from mcp.server import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError

    class Server(MCPServer):
        async def call_tool(
            self, name: str, arguments: dict[str, Any], context: "Context[Any, Any] | None" = None
        ) -> "CallToolResult | InputRequiredResult":
            """Call a tool, as the library has it; its errors without the English that it puts before them."""
            tools = {tool.name: tool.input_schema["properties"] for tool in await self.list_tools()}
            for kind, given, known in (("hulpmiddel", [name], tools), ("veld", arguments, tools.get(name, ()))):
                for one in given:  # the library lets a field that is not there go unsaid
                    if one not in known:
                        raise ToolError(f"Het {kind} '{one[:100]}' bestaat niet; kies uit {', '.join(known)}.")
            try:
                return await super().call_tool(name, arguments, context)
            except ToolError as error:
                cause = error.__cause__
                if isinstance(error, UnexpectedToolError) and not isinstance(cause, (ApiError, RetrievalError)):
                    raise UnexpectedToolError(CRASHED) from cause
                told = explain(cause) if isinstance(cause, ValidationError) else str(cause)
                raise ToolError(told) from cause

    return Server


def make_server(answerer: Callable[[], Answerer], version: str, site: str = "") -> "MCPServer":
    """Return the server; `answerer` gives what answers for who asks now, links begin with `site`."""
    from mcp.types import ToolAnnotations

    server = _dutch_server()(
        "beleidswijzer", instructions=_TOLD.format(site or "het adres van de dienst"), version=version
    )
    reads = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

    @server.tool(annotations=reads)
    def search(
        query: Annotated[str, Field(description="vraag of zoekwoorden in het Nederlands")],
        k: Annotated[int, Field(description="hoogste aantal passages, 1 tot 50")] = 10,
        kind: Annotated[list[Kind], Field(description="alleen deze soorten")] = [],  # noqa: B006
        topic: Annotated[list[Topic], Field(description="alleen deze onderwerpen")] = [],  # noqa: B006
        date_from: Annotated[str | None, Field(description="vanaf deze dag, JJJJ-MM-DD")] = None,
        date_to: Annotated[str | None, Field(description="tot en met deze dag, JJJJ-MM-DD")] = None,
    ) -> SearchResponse:
        """Zoek passages, letterlijk en met hun verwijzing, de beste eerst."""
        filters = {"kind": kind, "topic": topic, "date_from": date_from, "date_to": date_to}
        return answer(answerer().searcher, checked(SearchRequest, query=query, k=k, filters=filters))

    @server.tool(annotations=reads)
    def ask(
        question: Annotated[str, Field(description="vraag in het Nederlands")],
        history: Annotated[list[str], Field(description="eerdere vragen, de oudste eerst")] = [],  # noqa: B006
    ) -> AskResponse:
        """Beantwoord een vraag met letterlijke citaten, of zeg dat het antwoord er niet in staat."""
        return answer_question(answerer(), checked(AskRequest, question=question, history=earlier(history)))

    @server.tool(annotations=reads)
    def document(
        document_id: Annotated[str, Field(description="zoals `search` en `ask` het noemen")],
        first_page: Annotated[int, Field(ge=1, description="volgnummer van de eerste bladzijde")] = 1,
    ) -> DocumentPart:
        """Lees een document: wat het over zichzelf zegt, en hoogstens 20 bladzijden."""
        found = answerer().searcher.index.documents.get(document_id)
        if found is None:
            raise ApiError(404, f"Het document '{document_id}' bestaat niet; zoek het met 'search'.")
        pages = found.pages[first_page - 1 : first_page - 1 + _MOST_PAGES]
        return DocumentPart(
            metadata=DocumentSummary.from_document(found),
            pages=[PageOut(page=p.number, label=p.label, text=p.text, sha256=p.sha256) for p in pages],
            more=first_page - 1 + _MOST_PAGES < len(found.pages),
        )

    @server.tool(annotations=reads)
    def dossier(text: Annotated[str, Field(description="een hele schriftelijke vraag")]) -> DossierOut:
        """Splits een schriftelijke vraag; geef per deelvraag eerdere antwoorden, passages en wat nieuwer is."""
        return build(answerer(), checked(DossierRequest, text=text).text)

    @server.tool(annotations=reads)
    def precedents(question: Annotated[str, Field(description="vraag in het Nederlands")]) -> Precedents:
        """Vind eerdere parlementaire vragen hierover, met elk antwoord van de minister, het nieuwste eerst."""
        return Precedents(precedents=ask(question).precedents)

    return server


class McpRoute:
    """The same over HTTP; each request stands alone, so that who asks and what they may read is known each time."""

    def __init__(self, make: Callable[[], "MCPServer"]) -> None:
        self._make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        from mcp.server.transport_security import TransportSecuritySettings

        hosts = TransportSecuritySettings(enable_dns_rebinding_protection=False)  # `api.guard` refuses foreign names
        server = self._make()
        server.streamable_http_app(json_response=True, stateless_http=True, transport_security=hosts)
        async with server.session_manager.run():
            await server.session_manager.handle_request(scope, receive, send)
