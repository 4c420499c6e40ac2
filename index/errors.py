"""Errors of the index layer."""

from typing import Self

from ingest.reasons import reason_of


class RetrievalError(Exception):
    """Base of all index errors; the message is one sentence: what, where, what to do."""


class ModelError(RetrievalError):
    """The embedding model cannot be made or loaded."""

    @classmethod
    def unreadable(cls, what: str, remedy: str, folder: object, error: Exception) -> Self:
        """Return the error for a part of it whose files cannot be read."""
        return cls(f"{what} in {folder} is niet te lezen ({reason_of(error)}); {remedy}.")


class TuningError(RetrievalError):
    """The model cannot be tuned with these pairs; nothing was changed."""


class IndexMissing(RetrievalError):
    """There is no index in the folder yet."""

    @classmethod
    def at(cls, place: object) -> Self:
        """Return the error for a folder or a database."""
        return cls(f"Er is nog geen index in {place}; draai eerst 'beleidswijzer ingest'.")


class IndexMismatch(RetrievalError):
    """The index was built with another model or by another version of the code."""


class IndexDamaged(RetrievalError):
    """Files of the index are missing, unreadable or do not fit together."""


class IndexReadOnly(RetrievalError):
    """The index folder cannot be written; what is in it is untouched."""

    @classmethod
    def at(cls, folder: object, error: Exception) -> Self:
        """Return the error for a folder."""
        return cls(
            f"De map van de index {folder} kan niet beschreven worden ({reason_of(error)}); kijk de rechten en de "
            "vrije schijfruimte na, of stel BELEIDSWIJZER_INDEX_DIR in."
        )


class EngineMissing(RetrievalError):
    """The server that holds the passages or the records does not answer, or its client is not installed."""
