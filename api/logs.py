"""Log lines, each with the request that it belongs to; as JSON where that is asked."""

import datetime
import json
import logging
import secrets
import traceback
from contextvars import ContextVar
from types import TracebackType

_ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)  # of the one that is served; None: none


def begin_request() -> str:
    """Give the request that begins an id, new each time: one that a client chose could forge a line."""
    made = secrets.token_hex(8)
    request_id.set(made)
    return made


def told_places(error: BaseException | None) -> str:
    """Return the types of an error and of what led to it, each with the places it came by.

    Not what they say: that may repeat a question, which no log keeps (docs/privacy.md).
    """
    told = []
    link = traceback.TracebackException.from_exception(error, lookup_lines=False) if error else None
    while link:
        came_by = ", ".join(f"{place.filename}:{place.lineno} {place.name}" for place in link.stack)
        told.append(f"{link.exc_type.__name__} ({came_by})")
        link = link.__cause__ or link.__context__
    return " <- ".join(told)


class PlacesFormatter(logging.Formatter):
    """Of an error only the places: a server logs what we raise, with all it says."""

    def formatException(self, ei: _ErrorInfo) -> str:
        """Return the types and places."""
        return told_places(ei[1])


class JsonFormatter(PlacesFormatter):
    """One object a line: time in UTC, level, logger, request, and the message or what stands in its place."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds")
        line = {"time": at, "level": record.levelname, "logger": record.name, "request": request_id.get()}
        line |= getattr(record, "fields", None) or {"message": record.getMessage()}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log_as_json() -> None:
    """Let what is logged from now on be JSON."""
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonFormatter())
