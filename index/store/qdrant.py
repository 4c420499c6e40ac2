"""The engine of several machines: a Qdrant collection of passages, and one of documents beside it.

A passage is a point under its number, with named vectors `dense`, `bm25` (our terms, sparse) and `late` (its token
vectors: MaxSim, no graph, on disk), and a payload for filters. The weights of words are not those of Qdrant's IDF
modifier, which counts the whole collection, but are counted among the documents that a visitor may read (ADR 9, 12).
"""

import atexit
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter
from qdrant_client import QdrantClient
from qdrant_client import models as q
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse

from index.arrays import Rows, Vectors
from index.store.acronyms import digest_of
from index.store.engine import ABOVE, ANYWHERE, Asked, Digest, Field, Phrase, Place, Scored, Where, passage_number
from index.store.known import KnownVectors
from index.store.local import K1, B, term_weights
from index.store.postings import term_key
from index.store.remote import unreachable
from index.store.segment import lexical_text, placed_words
from index.store.token_vectors import PackedTokens
from index.store.years import years_of
from index.terms import pairs, terms
from ingest.document import Document, Passage, Topic
from ingest.groups import NOBODY, may_read

# Terms of a passage on average; fixed, so that no weight tells of documents that a visitor may not read.
MEAN_LENGTH = 155.0
_AT_ONCE = 32  # points a request: their token vectors are some 100 kB each
_ALL = 1_000_000  # values of a facet
_SPARSE = 2**32 - 1  # numbers that Qdrant has for terms
_SIGNS = str.maketrans({".": "ƥ", ",": "ƙ", ABOVE: "ƕ"})  # where Qdrant would cut a word
_DIGEST: TypeAdapter[Digest] = TypeAdapter(Digest)
_OF = ["document", "content"]  # what a point is of
_KEYWORDS = ("document", "kind", "topics", "years", "groups", "words", "terms")
_INDEXES: dict[str, q.PayloadSchemaType | q.TextIndexParams] = {
    **dict.fromkeys(_KEYWORDS, q.PayloadSchemaType.KEYWORD),
    **dict.fromkeys(("first", "last"), q.PayloadSchemaType.INTEGER),
    "text": q.TextIndexParams(type=q.TextIndexType.TEXT, tokenizer=q.TokenizerType.WORD, phrase_matching=True),
}


class QdrantEngine:
    """See Engine; what is added and deleted, is so for everybody.

    `name` is that of the collection of passages, `groups` are those of who asks; None may read all. Of `listed`
    documents is the state that is searched; None are those there are. What another machine changes meanwhile is left
    out, until a newer state is loaded.
    """

    def __init__(
        self,
        client: QdrantClient,
        name: str,
        dimension: int,
        known: KnownVectors | None = None,
        groups: frozenset[str] | None = None,
        listed: Mapping[str, Digest] | None = None,
    ) -> None:
        self._client, self._name, self._documents = client, name, f"{name}-documents"
        self._dimension, self._groups = dimension, groups
        self._known = known or KnownVectors.none(dimension)
        self._counted = lru_cache(100_000)(self._count)
        self.term_count, self.word_count = partial(self._counted, "terms"), partial(self._counted, "words")
        self._listed = listed
        if not client.collection_exists(name):
            self._create()

    def _create(self) -> None:
        cosine = q.Distance.DOT  # vectors have length 1
        late = q.VectorParams(
            size=self._dimension,
            distance=cosine,
            multivector_config=q.MultiVectorConfig(comparator=q.MultiVectorComparator.MAX_SIM),
            hnsw_config=q.HnswConfigDiff(m=0),
            datatype=q.Datatype.FLOAT16,
            on_disk=True,
        )
        dense = q.VectorParams(size=self._dimension, distance=cosine, on_disk=True)
        self._client.create_collection(
            self._name,
            vectors_config={"dense": dense, "late": late},
            sparse_vectors_config={"bm25": q.SparseVectorParams(index=q.SparseIndexParams(on_disk=True))},
            on_disk_payload=True,
        )
        self._client.create_collection(self._documents, vectors_config={})
        if self._client.init_options.get("url"):  # it is a server
            for field, kind in _INDEXES.items():
                self._client.create_payload_index(self._name, field, kind)

    def digests(self) -> Mapping[str, Digest]:
        """See Engine."""
        if self._listed is None:
            self._listed = {one.document_id: one for one in sorted(self._heads(), key=lambda one: one.document_id)}
        return self._listed

    def count(self, where: Where = ANYWHERE) -> tuple[int, int]:
        """See Engine."""
        return self._client.count(self._name, self._filter(where), exact=True).count, len(self.facet("document", where))

    def facet(self, field: Field, where: Where = ANYWHERE) -> Mapping[str, int]:
        """See Engine."""
        key = {"topic": "topics", "year": "years"}.get(field, field)
        found = self._client.facet(self._name, key, self._filter(where), limit=_ALL, exact=True)
        counts = Counter({str(hit.value): hit.count for hit in found.hits})
        return counts if field != "document" else {name: n for name, n in counts.items() if name in self.digests()}

    def nearest(self, vector: Vectors, depth: int, where: Where = ANYWHERE) -> Rows:
        """See Engine."""
        return self._best(vector.tolist(), "dense", depth, where)

    def worded(self, terms: Sequence[str], depth: int, where: Where = ANYWHERE) -> Rows:
        """See Engine."""
        return self._best(self._weighed(terms), "bm25", depth, where)

    def sample(self, size: int, where: Where = ANYWHERE) -> Rows:
        """See Engine; a number is a hash, so that the lowest are no sort of passage."""
        points, _ = self._client.scroll(self._name, self._filter(where), limit=size, with_payload=_OF)
        return self._numbers(points)

    def _best(self, query: list[float] | q.SparseVector | None, using: str, depth: int, where: Where) -> Rows:
        """Return the numbers of the best passages; by words only those with a score above 0."""
        if query is None or depth < 1:
            return np.empty(0, np.int64)
        found = self._client.query_points(
            self._name, query, using=using, query_filter=self._filter(where), limit=depth, with_payload=_OF
        )
        return self._numbers([point for point in found.points if using == "dense" or point.score > 0])

    def _numbers(self, points: Iterable[Any]) -> Rows:
        """Return the numbers of those passages that are of a document in the state that is searched."""
        held = self.digests()
        found = [(p.id, held.get(p.payload["document"]), p.payload["content"]) for p in points]
        return np.array([number for number, digest, content in found if digest and digest.content == content], np.int64)

    def scores(self, asked: Asked, numbers: Rows) -> Scored:
        """See Engine."""
        late = asked.tokens.tolist()
        queries = {
            "dense": (asked.vector.tolist(), "dense"),
            "lexical": (self._weighed(asked.terms), "bm25"),
            "pairs": (self._weighed(asked.pairs), "bm25"),
            "late": (late, "late"),
        }
        found = {name: np.zeros(len(numbers), np.float32) for name in queries}
        made = {name: one for name, one in queries.items() if one[0] is not None and len(numbers)}
        among = q.Filter(must=[q.HasIdCondition(has_id=numbers.tolist())])
        requests = [
            q.QueryRequest(query=query, using=using, filter=among, limit=len(numbers)) for query, using in made.values()
        ]
        places = {number: place for place, number in enumerate(numbers.tolist())}
        answers = self._client.query_batch_points(self._name, requests) if made else []
        for name, answer in zip(made, answers, strict=True):
            for point in answer.points:
                found[name][places[int(point.id)]] = point.score
        found["late"] /= max(len(late), 1)
        return Scored(**found, known=self._known.best(asked.vector, numbers))

    def vectors(self, numbers: Rows) -> Vectors:
        """See Engine."""
        held = {point.id: point.vector["dense"] for point in self._retrieve(numbers.tolist(), vectors=["dense"])}
        return np.array([held[number] for number in numbers.tolist()], np.float32).reshape(-1, self._dimension)

    def token_vectors(self, number: int) -> Vectors:
        """See Engine."""
        (point,) = self._retrieve([number], vectors=["late"])
        return np.array(point.vector["late"], np.float32)

    def places(self, numbers: Iterable[int]) -> list[Place]:
        """See Engine."""
        wanted = [int(number) for number in numbers]
        held = {point.id: point.payload for point in self._retrieve(wanted)}
        return [
            Place(one["passage"], one["document"], one["ordinal"], frozenset(map(int, one["years"])))
            for one in (held[number] for number in wanted)
        ]

    def vocabulary(self) -> Collection[str]:
        """See Engine."""
        found = self._client.facet(self._name, "words", self._filter(ANYWHERE), limit=_ALL)
        return {str(hit.value) for hit in found.hits}

    def of(self, groups: Collection[str]) -> "QdrantEngine":
        """See Engine."""
        listed = {name: one for name, one in self.digests().items() if may_read(one.metadata.groups, groups)}
        return QdrantEngine(self._client, self._name, self._dimension, self._known, frozenset(groups), listed)

    def with_known(self, known: KnownVectors) -> "QdrantEngine":
        """See Engine."""
        return QdrantEngine(self._client, self._name, self._dimension, known, self._groups, self.digests())

    def stored(self) -> set[str]:
        """Return the ids of all documents of which something is there, also what a stop left half sent."""
        found = self._client.facet(self._name, "document", limit=_ALL, exact=True)
        return {str(hit.value) for hit in found.hits} | self.digests().keys()

    def upsert(self, documents: Sequence[tuple[Document, str]], vectors: Vectors, tokens: PackedTokens) -> None:
        """Add documents, each with its content hash, or put them in the place of those of that id.

        The vectors are those of their passages, in order, float32 (n, dimension). The same again changes nothing.
        """
        self.delete({document.document_id for document, _ in documents})
        passages = [(*one, i, p) for one in documents for i, p in enumerate(one[0].passages)]
        for start in range(0, len(passages), _AT_ONCE):
            some = range(start, min(start + _AT_ONCE, len(passages)))
            points = [_point(*passages[row], vectors[row], tokens.vectors(row)) for row in some]
            self._client.upsert(self._name, points, wait=True)
        heads = [_head(document, content) for document, content in documents]
        for start in range(0, len(heads), 1000):
            self._client.upsert(self._documents, heads[start : start + 1000], wait=True)

    def delete(self, document_ids: Collection[str]) -> None:
        """Drop documents."""
        self._listed = None
        if document_ids:
            chosen = q.FilterSelector(filter=q.Filter(must=[_any("document", document_ids)]))
            self._client.delete(self._documents, chosen, wait=True)  # first: what has no head is not whole
            self._client.delete(self._name, chosen, wait=True)

    def _weighed(self, terms: Sequence[str]) -> q.SparseVector | None:
        weights = term_weights(terms, self._counted("", ""), self.term_count)
        return _sparse(weights) if weights else None

    def _count(self, field: str, value: str) -> int:
        must: list[q.Condition] = [_any(field, [value])] if field else []
        return self._client.count(self._name, self._visible(must), exact=True).count

    def _filter(self, where: Where) -> q.Filter:
        named = {"kind": where.kinds or None, "document": where.documents, "topics": where.topics or None}
        must: list[q.Condition] = [_any(field, map(str, some)) for field, some in named.items() if some is not None]
        days = (("last", "gte", where.date_from), ("first", "lte", where.date_to), ("first", "gte", where.begins))
        must += [q.FieldCondition(key=key, range=q.Range(**{end: day.toordinal()})) for key, end, day in days if day]
        must += [q.Filter(should=[_phrase(phrase) for phrase in group]) for group in where.wanted]
        return self._visible(must, [_phrase(phrase) for phrase in where.unwanted])

    def _visible(self, must: Sequence[q.Condition], must_not: Sequence[q.Condition] = ()) -> q.Filter:
        conditions = list(must)
        if self._groups is not None:
            everybody = q.IsEmptyCondition(is_empty=q.PayloadField(key="groups"))
            conditions.append(q.Filter(should=[everybody, _any("groups", self._groups - {NOBODY})]))
        return q.Filter(must=conditions, must_not=list(must_not) or None)

    def _retrieve(self, numbers: Sequence[int], vectors: Sequence[str] = ()) -> list[Any]:
        return self._client.retrieve(self._name, numbers, with_payload=not vectors, with_vectors=list(vectors)) or []

    def _heads(self) -> Iterator[Digest]:
        offset = None
        while True:
            points, offset = self._client.scroll(self._documents, self._visible([]), limit=1000, offset=offset)
            yield from (_DIGEST.validate_json((point.payload or {})["digest"]) for point in points)
            if offset is None:
                return


@cache
def client_of(where: str) -> QdrantClient:
    """Return the client of a server, or of a folder; one for all that ask."""
    if "://" in where:
        served = QdrantClient(url=where, timeout=60, check_compatibility=False)
        served.http.client.add_middleware(partial(_send, where))
        return served
    client = QdrantClient(path=str(Path(where)))
    atexit.register(client.close)
    return client


def _send(where: str, request: Any, send: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - of the client's HTTP library
    """Send a request to a server; EngineMissing, at any time, where it does not answer or cannot do it."""
    try:
        response = send(request)
        if response.is_error:
            raise UnexpectedResponse.for_response(response)
    except ApiException as error:
        raise unreachable(where, error) from error
    return response


def _any(field: str, values: Iterable[str]) -> q.FieldCondition:
    return q.FieldCondition(key=field, match=q.MatchAny(any=sorted(values)))


def _phrase(phrase: Phrase) -> q.FieldCondition:
    return q.FieldCondition(key="text", match=q.MatchPhrase(phrase=" ".join(phrase).translate(_SIGNS)))


def _sparse(weights: Mapping[str, float]) -> q.SparseVector:
    placed = {int(term_key(term)) % _SPARSE: weight for term, weight in weights.items()}
    return q.SparseVector(indices=list(placed), values=list(placed.values()))


def _point(
    document: Document, content: str, ordinal: int, passage: Passage, vector: Vectors, late: Vectors
) -> q.PointStruct:
    text = lexical_text(document, passage)
    counts = Counter(terms(text) + pairs(text))
    norm = K1 * (1 - B + B * counts.total() / MEAN_LENGTH)
    saturated = _sparse({term: count / (count + norm) for term, count in counts.items()})
    words = placed_words(document, ordinal)
    period = document.metadata.period
    payload = {
        "passage": passage.passage_id,
        "document": document.document_id,
        "content": content,
        "ordinal": ordinal,
        "kind": document.metadata.kind.value,
        "topics": [Topic(topic).value for topic in passage.topics],
        "years": sorted(map(str, years_of(document, passage))),
        "groups": list(document.metadata.groups),
        "words": sorted({word for word in words if not word.startswith(ABOVE)}),
        "terms": sorted(counts),
        "text": " ".join(words).translate(_SIGNS),
    } | ({"first": period[0].toordinal(), "last": period[1].toordinal()} if period else {})
    vectors = {"dense": vector.tolist(), "bm25": saturated, "late": late.tolist()}
    return q.PointStruct(id=passage_number(passage.passage_id), vector=vectors, payload=payload)


def _head(document: Document, content: str) -> q.PointStruct:
    payload = {
        "document": document.document_id,
        "groups": list(document.metadata.groups),
        "digest": _DIGEST.dump_json(digest_of(document, content)).decode(),
    }
    return q.PointStruct(id=passage_number(document.document_id), vector={}, payload=payload)
