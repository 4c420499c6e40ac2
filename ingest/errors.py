"""Errors of the ingest layer.

IngestError
├── CatalogueError    the catalogue, or another file about the documents, cannot be used
├── UnreadableFile    one file cannot be turned into a document
└── SpanError         a span does not lie inside its document
"""


class IngestError(Exception):
    """Base of all ingest errors; the message is one sentence: what, where, what to do."""


class CatalogueError(IngestError):
    """The catalogue or a value in it cannot be used."""


class UnreadableFile(IngestError):
    """One file cannot be turned into a document; the other files are not affected."""


class SpanError(IngestError):
    """A span does not lie inside its document, so nothing may be quoted from it."""
