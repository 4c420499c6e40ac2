"""The JSON of a document, as it is stored and handed over between processes."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.document import (
    BlockKind,
    Document,
    Heading,
    Kind,
    Metadata,
    Page,
    Pair,
    Passage,
    Piece,
    Span,
    Topic,
    from_json,
    to_json,
)

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_SOME = _TEXT | st.none()
_SPAN = st.builds(Span, st.integers(1, 9), st.integers(0, 99), st.integers(0, 99))
_SPANS = st.lists(_SPAN, max_size=3).map(tuple)
_PASSAGES = st.builds(
    Passage,
    _TEXT,
    _TEXT,
    st.lists(_TEXT, max_size=2).map(tuple),
    _SPANS,
    _TEXT,
    _SPANS,
    st.lists(st.builds(Piece, st.sampled_from(BlockKind), _SPANS, _SPANS), max_size=2).map(tuple),
    st.integers(0, 9) | st.none(),
    st.lists(st.sampled_from(Topic), max_size=2).map(tuple),
)
_METADATA = st.builds(
    Metadata,
    _TEXT,
    st.sampled_from(Kind),
    st.dates() | st.none(),
    *[_SOME] * 6,
    origins=st.dictionaries(_TEXT, _TEXT, max_size=2),
)
_DOCUMENTS = st.builds(
    Document,
    _TEXT,
    _TEXT,
    _TEXT,
    _METADATA,
    st.lists(st.builds(Page, st.integers(1, 9), _SOME, _TEXT), max_size=3).map(tuple),
    st.lists(_PASSAGES, max_size=3).map(tuple),
    st.lists(st.builds(Heading, _TEXT, st.integers(1, 9), _SPAN), max_size=2).map(tuple),
    st.lists(st.builds(Pair, _SPANS, _SPANS), max_size=2).map(tuple),
    st.lists(st.tuples(_SPAN, st.floats(0, 1)), max_size=2).map(tuple),
    st.lists(_TEXT, max_size=2).map(tuple),
    st.lists(_TEXT, max_size=2).map(tuple),
)


@given(_DOCUMENTS)
def test_a_document_survives_its_json(document: Document) -> None:
    data = to_json(document)
    assert from_json(data) == document
    assert to_json(from_json(data)) == data and b"\n" not in data
