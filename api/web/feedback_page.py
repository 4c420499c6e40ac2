"""Feedback: taking it, listing it for an evaluator, and handing it over as a file."""

from collections import Counter
from enum import StrEnum
from typing import Annotated, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.access.door import visitor
from api.errors import ApiError
from api.feedback import Feedback
from api.routes import SearcherDep, attached, checked
from api.web.own_page import OwnForm, own_path
from api.web.render import templates
from eval.judge import Candidate, Verdict, as_questions
from eval.qrels import export_qrels, format_qrels
from eval.run import passages_of
from index.search.rank import Searcher

router = APIRouter()
_TOO_OFTEN = "U gaf al veel beoordelingen; wacht even en probeer het dan opnieuw."
_SHOWN = 100  # newest rows on the page; the exports hold all


class FeedbackForm(StrEnum):
    """Form of an export."""

    JSONL = "jsonl"
    QRELS = "qrels"


@router.post("/feedback")
def give_feedback(request: Request, fields: OwnForm, searcher: SearcherDep) -> RedirectResponse:
    """Keep the feedback of a form and go on to a page that says thank you."""
    back = own_path(fields.pop("back", "/"))
    feedback = checked(Feedback, **fields)
    wait_s = request.app.state.feedback_quota.wait_s(visitor().name)
    if wait_s:
        raise ApiError(429, _TOO_OFTEN, retry_after_s=wait_s)
    request.app.state.feedback.keep(feedback, searcher.index.documents)
    return RedirectResponse(f"/feedback/bedankt?{urlencode({'terug': back})}", status_code=303)


@router.get("/feedback/bedankt")
def thanks(request: Request, terug: Annotated[str, Query(max_length=20_000)] = "/") -> HTMLResponse:
    """Say thank you, with the way back."""
    return templates.TemplateResponse(request, "thanks.html", {"back": own_path(terug)})


@router.get("/feedback")
def feedback_list(request: Request, searcher: SearcherDep) -> HTMLResponse:
    """List the feedback, the newest first, with counts."""
    settings = request.app.state.settings
    rows = _rows(request, searcher)
    digests = searcher.index.documents.digests
    counts = Counter(row.verdict for row in rows)
    context = {
        "rows": [
            (row, digests[row.document_id].metadata.title if row.document_id in digests else row.document_id)
            for row in rows[: -_SHOWN - 1 : -1]
        ],
        "counts": [(verdict, counts[verdict]) for verdict in get_args(Verdict)],
        "questions": len({row.question for row in rows}),
        "total": len(rows),
        "file_name": settings.feedback_path().name,
        "days": settings.feedback_days,
    }
    return templates.TemplateResponse(request, "feedback.html", context)


def _rows(request: Request, searcher: Searcher) -> list[Candidate]:
    """Return the feedback; to who may not read all, none on a document that is not theirs, or that has gone."""
    rows: list[Candidate] = request.app.state.feedback.read()
    if searcher.index is request.app.state.service.loaded:
        return rows
    return [row for row in rows if not row.document_id or row.document_id in searcher.index.documents]


@router.get("/feedback/export")
def export_feedback(request: Request, searcher: SearcherDep, form: FeedbackForm = FeedbackForm.JSONL) -> Response:
    """Give all feedback as candidates for `eval judge`, or as TREC qrels over the passages of today."""
    rows = _rows(request, searcher)
    if form is FeedbackForm.JSONL:
        name, text = "feedback.jsonl", "".join(f"{row.model_dump_json()}\n" for row in rows)
    else:
        qrels = export_qrels(as_questions(rows), passages_of(searcher.index))
        name, text = "feedback-kandidaten.qrels", format_qrels(qrels)
    return attached(text, "text/plain; charset=utf-8", name)
