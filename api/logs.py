"""Log lines as JSON, each with the request that it belongs to."""

import datetime
import json
import logging
import secrets
from contextvars import ContextVar

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def begin_request() -> str:
    """Give the request that begins an id, new each time: one that a client chose could forge a line."""
    made = secrets.token_hex(8)
    _request_id.set(made)
    return made


class JsonFormatter(logging.Formatter):
    """One object a line: time in UTC, level, logger, request, and the message or what stands in its place."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request": _request_id.get(),
        }
        line |= getattr(record, "fields", None) or {"message": record.getMessage()}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def log_as_json() -> None:
    """Let what is logged from now on be JSON."""
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JsonFormatter())
