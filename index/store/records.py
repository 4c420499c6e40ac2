"""Records in SQLite: the documents of an index with their known questions, and the vectors already computed.

Everything else in an index folder is derived from these records and can be made again from them. A document is one row
of JSON. Each row carries a SHA-256 over all of it, so that a damaged date, number or page is never cited.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np

from index.arrays import Vectors
from index.model.embed import Encoded
from index.store.database import Database, seal
from index.store.known import KnownQuestion
from index.store.token_vectors import PackedTokens, TokenBook
from ingest.document import Document, from_json, to_json

_ALL_IDS = "SELECT document_id FROM document ORDER BY document_id"


class RecordStore(Database):
    """The records of one index folder, see Database."""

    def recipes(self) -> dict[str, tuple[str, str]]:
        """Return document_id -> (recipe, source path) of all documents; what is damaged here is read from its file."""
        rows = self.select("SELECT document_id, recipe, source_path FROM document")
        return {document_id: (recipe, source_path) for document_id, recipe, source_path in rows}

    def copies(self) -> dict[str, tuple[str, str, str]]:
        """Return document_id -> (recipe, source path, id of the original) of files with known text."""
        return {row[0]: (row[3], row[2], row[4]) for row in self.sealed("bestand", "SELECT * FROM copy")}

    def copy_names(self) -> list[tuple[str, str]]:
        """Return (id of the original, name of the file) of files with known text, in order."""
        rows = self.sealed("bestand", "SELECT * FROM copy ORDER BY original, file_name")
        return [(row[4], row[1]) for row in rows]

    def put_copy(self, document: Document, source_path: str, recipe: str, original: str) -> None:
        """Remember a file whose text is already there; call inside a transaction, after its original is."""
        self.put("copy", document.document_id, document.file_name, source_path, recipe, original)

    def stage(self, document_id: str, recipe: str, document: bytes) -> None:
        """Keep a document that was read until it is put: after a stop it need not be read again."""
        with self.transaction():
            self.put("staged", document_id, recipe, document)

    def staged(self, document_id: str, recipe: str) -> bytes | None:
        """Return a staged document, if it was read by this recipe and is whole."""
        for *row, sha256 in self.select(
            "SELECT * FROM staged WHERE document_id = ? AND recipe = ?", (document_id, recipe)
        ):
            if seal(row) == sha256:
                return bytes(row[2])
        return None

    def clear_staged(self) -> None:
        """Drop all staged documents; call inside the transaction that puts them."""
        self.db.execute("DELETE FROM staged")

    def put_document(self, document: Document, source_path: str, recipe: str, twin: str = "") -> None:
        """Add or replace a document with its pages and passages; call inside a transaction.

        Args:
            document: the document.
            source_path: where its file lies.
            recipe: what it follows from.
            twin: what it shares with documents that are the same.
        """
        self.remove_document(document.document_id)
        content = to_json(replace(document, copies=()))
        self.put("document", document.document_id, source_path, recipe, content, _sha256(content), twin)

    def remove_document(self, document_id: str) -> None:
        """Remove a document with its pages and passages, or what is known of a copy; call inside a transaction."""
        self.db.execute("DELETE FROM document WHERE document_id = ?", (document_id,))
        self.db.execute("DELETE FROM copy WHERE document_id = ?", (document_id,))

    def known_questions(self) -> list[KnownQuestion]:
        """Return all known questions, in order.

        Raises:
            IndexDamaged: one differs from its hash.
        """
        rows = self.sealed("de bekende vragen van", "SELECT * FROM known ORDER BY question, doc, passage")
        return [KnownQuestion(*row[1:]) for row in rows]

    def put_known_questions(self, folders: Mapping[Path, Sequence[KnownQuestion]]) -> None:
        """Replace the known questions of folders and of all that lies in them; call inside a transaction."""
        for (stored,) in self.select("SELECT DISTINCT folder FROM known"):
            if any(Path(stored).is_relative_to(folder) for folder in folders):
                self.db.execute("DELETE FROM known WHERE folder = ?", (stored,))
        for folder, known in folders.items():
            for one in known:
                self.put("known", str(folder), *astuple(one))

    def start_vectors(self, recipe: str) -> bool:
        """Drop all vectors where they were made by another recipe, and return whether they were.

        An index without this fact has those of 1.1.
        """
        stored = dict(self.select("SELECT key, value FROM meta"))
        stale = bool(stored.get("vectors", "1.1") != recipe)
        with self.transaction():
            if stale:
                self.db.execute("DELETE FROM embedding")
            self.db.execute("INSERT OR REPLACE INTO meta VALUES ('vectors', ?)", (recipe,))
        return stale

    def known_embeddings(self, keys: Iterable[str]) -> set[str]:
        """Return those keys for which a vector is stored."""
        return {key for key in keys if self.select("SELECT 1 FROM embedding WHERE key = ?", (key,))}

    def count_embeddings(self) -> int:
        """Return how many vectors are stored."""
        return int(self.select("SELECT COUNT(*) FROM embedding")[0][0])

    def put_embeddings(self, keys: Sequence[str], encoded: Encoded, book: TokenBook) -> None:
        """Store what the model made of the texts with these keys, at once: it is never computed again."""
        packed = PackedTokens.pack(encoded.tokens, book)
        with self.transaction():
            for i, key in enumerate(keys):
                self.put("embedding", key, encoded.vectors[i].tobytes(), packed.of(i))

    def keep_embeddings(self, keys: Iterable[str]) -> None:
        """Drop all vectors but those of the keys; call inside a transaction."""
        unused = {key for (key,) in self.select("SELECT key FROM embedding")}.difference(keys)
        self.db.executemany("DELETE FROM embedding WHERE key = ?", [(key,) for key in unused])

    def read_embeddings(self, keys: Sequence[str], book: TokenBook) -> tuple[Vectors, PackedTokens]:
        """Return the vectors of the keys, float32 (len(keys), dimension), and their token vectors.

        Raises:
            IndexDamaged: a vector is missing, has another length or differs from its hash.
        """
        vectors = np.empty((len(keys), book.dimension), np.float32)
        parts: list[bytes] = []
        for row, key in enumerate(keys):
            found = list(self.sealed("vector", "SELECT * FROM embedding WHERE key = ?", key))
            if not found or len(found[0][1]) != 4 * book.dimension:
                raise self.damaged("er ontbreekt een vector")
            _, vector, codes = found[0]
            vectors[row] = np.frombuffer(vector, "<f4")
            parts.append(codes)
        try:
            return vectors, PackedTokens.join(parts, book)
        except ValueError as error:
            raise self.damaged(str(error)) from error

    def check(self) -> None:
        """Look through the whole database, which takes time in proportion to its size.

        Raises:
            IndexDamaged: it is not whole, or a row differs from its hash.
        """
        self.read_documents()
        if self.select("PRAGMA integrity_check(1)") != [("ok",)]:
            raise self.damaged("de databank is niet heel")

    def heads(self) -> dict[str, str]:
        """Return document_id -> content hash of all documents, in order of it, without reading them."""
        return dict(self.select("SELECT document_id, content FROM document INDEXED BY head ORDER BY document_id"))

    def with_twin(self, twin: str) -> list[str]:
        """Return the documents that share something, see `put_document`."""
        return [row[0] for row in self.select("SELECT document_id FROM document WHERE twin = ? ORDER BY 1", (twin,))]

    def read_document(self, document_id: str, content: str | None = None) -> Document:
        """Read a document.

        Args:
            document_id: its id.
            content: its content hash, where that is known from elsewhere.

        Raises:
            IndexDamaged: it is missing or differs from a hash.
        """
        found = list(self.sealed("document", "SELECT * FROM document WHERE document_id = ?", document_id))
        if not found or content not in (None, found[0][4]) or _sha256(found[0][3]) != found[0][4]:
            raise self.damaged(f"document {document_id} is gewijzigd sinds het inlezen")
        rows = self.sealed("bestand", "SELECT * FROM copy WHERE original = ? ORDER BY file_name", document_id)
        return replace(from_json(found[0][3]), copies=tuple(row[1] for row in rows))

    def read_documents(self) -> tuple[Document, ...]:
        """Read all documents, in order of document_id.

        Raises:
            IndexDamaged: the database is damaged, or a document differs from its hash.
        """
        if self.select("PRAGMA quick_check(1)") != [("ok",)]:
            raise self.damaged("de databank is niet heel")
        return tuple(map(self.read_document, [row[0] for row in self.select(_ALL_IDS)]))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def embedding_key(model: str, text: str) -> str:
    """Return the key under which the vector of a text by a model is stored."""
    return hashlib.sha256(f"{model}\0{text}".encode()).hexdigest()
