"""The documents and passages of an index, read from the records when they are asked for."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping

from index.store.engine import Digest, Engine
from index.store.records import RecordStore
from ingest.document import Document, Passage

_KEPT = 4_000_000  # characters of text in documents that are kept: of what is asked now, more is asked soon


class Documents(Mapping[str, Document]):
    """The documents of some digests by id, in one state of the records; each is checked when it is read."""

    def __init__(self, store: RecordStore, digests: Mapping[str, Digest]) -> None:
        self.store = store
        self.digests = digests
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def __getitem__(self, document_id: str) -> Document:
        return self.some([document_id])[document_id]

    def some(self, document_ids: Collection[str]) -> dict[str, Document]:
        """Return documents by id; those that are not kept are read together."""
        wanted = {document_id: self.digests[document_id].content for document_id in document_ids}
        with self._lock:
            found = {document_id: self._kept[document_id] for document_id in wanted if document_id in self._kept}
            for document_id in found:
                self._kept.move_to_end(document_id)
        missing = {name: content for name, content in wanted.items() if name not in found}
        read = self.store.read_some(missing)  # others do not wait for it
        with self._lock:
            for document_id, document in read.items():
                if document_id not in self._kept:
                    self._size += _size(document)
                self._kept[document_id] = document
            while self._size > _KEPT and len(self._kept) > 1:
                self._size -= _size(self._kept.popitem(last=False)[1])
        return found | read

    def __contains__(self, document_id: object) -> bool:
        return document_id in self.digests

    def __iter__(self) -> Iterator[str]:
        return iter(self.digests)

    def __len__(self) -> int:
        return len(self.digests)


def _size(document: Document) -> int:
    return sum(len(page.text) for page in document.pages)


class Passages:
    """Passages by number; the engine knows where they stand, and `size` is how many there are."""

    def __init__(self, engine: Engine, documents: Documents, size: int) -> None:
        self._engine, self._documents, self._size = engine, documents, size

    def __getitem__(self, number: int) -> Passage:
        (place,) = self._engine.places([int(number)])
        return self._documents[place.document_id].passages[place.ordinal]

    def __iter__(self) -> Iterator[Passage]:
        """Yield all, in order of document; it reads every document."""
        for document in self._documents.values():
            yield from document.passages

    def __len__(self) -> int:
        return self._size
