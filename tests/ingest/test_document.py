"""The JSON of a document, as it is stored and handed over between processes."""

import datetime

import pytest
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


@pytest.mark.parametrize("session", ["0000-0001", "0000-0000", "2018-2017", "2018-2018", "1899-1900", "9998-9998"])
def test_a_session_that_is_no_parliamentary_year_is_no_period(session: str) -> None:
    assert Metadata("a", session=session).period is None
    assert Metadata("a", session="2017-2018").period == (datetime.date(2017, 9, 22), datetime.date(2018, 9, 27))


@given(_DOCUMENTS)
def test_a_document_survives_its_json(document: Document) -> None:
    data = to_json(document)
    assert from_json(data) == document
    assert to_json(from_json(data)) == data and b"\n" not in data
