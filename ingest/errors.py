"""Errors of the ingest layer."""


class IngestError(Exception):
    """Base of all ingest errors; the message is one sentence: what, where, what to do."""


class RowsError(IngestError):
    """A file of JSON lines cannot be read, or a line of it is wrong."""


class UnreadableFile(IngestError):
    """One file cannot be turned into a document; the other files are not affected."""


class SpanError(IngestError):
    """A span does not lie inside its document, so nothing may be quoted from it."""
