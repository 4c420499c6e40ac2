"""The file that a document was read from, as it lies on disk; only files of the index, and only unchanged ones."""

from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse

from api.errors import ApiError
from api.routes import DocumentId, SearcherDep, find_document
from index.store.manifest import file_sha256
from ingest.errors import UnreadableFile
from ingest.question_lines import is_line, line_sha256

router = APIRouter()
# Shown in the browser; every other type is handed over as a file to keep, so that none is ever run as a page.
_SHOWN = {".pdf": "application/pdf", ".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8"}
_KEPT = "application/octet-stream"
# Chromium shows a PDF in a viewer with a style of its own, which the policy of our pages would forbid; a PDF runs no
# script of ours or of anyone, and `nosniff` keeps it from being read as anything else.
_PDF_POLICY = "frame-ancestors 'none'"
_GONE = (
    "Het bestand '{}' staat niet meer op zijn plaats of is gewijzigd; de beheerder moet 'beleidswijzer ingest' draaien."
)


@router.get("/documents/{document_id}/bestand")
def original_file(request: Request, document_id: DocumentId, searcher: SearcherDep) -> FileResponse:
    """Give the original file of a document."""
    document = find_document(searcher, document_id)
    try:
        with request.app.state.settings.open_records() as store:
            _, source_path = store.recipes()[document_id]
        path = Path(source_path)
        if is_line(path):  # folders say who may read, so that who may read one line of a file may read all
            unchanged = line_sha256(path) == document.sha256
            path = path.parent
        else:
            status = path.stat()
            unchanged = _sha256(path, status.st_mtime_ns, status.st_size) == document.sha256
    except (KeyError, OSError, UnreadableFile):  # an ingest removed the document a moment ago; the file is gone
        unchanged = False
    if not unchanged:
        raise ApiError(404, _GONE.format(document.file_name))
    media_type = _SHOWN.get(path.suffix.lower())
    return FileResponse(
        path,
        headers={"Content-Security-Policy": _PDF_POLICY} if media_type == _SHOWN[".pdf"] else None,
        media_type=media_type or _KEPT,
        filename=document.file_name,
        content_disposition_type="inline" if media_type else "attachment",
    )


@lru_cache(maxsize=256)
def _sha256(path: Path, mtime_ns: int, size: int) -> str:
    """Return the hash of a file, remembered as long as its time and size stay: a PDF is asked for in many parts."""
    del mtime_ns, size
    return file_sha256(path)
