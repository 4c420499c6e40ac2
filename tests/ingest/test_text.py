from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text import join_lines, sentence_spans


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("met onder-\nsteuning", "met ondersteuning"),
        ("administratief-\ntechnisch comité", "administratief-technisch comité"),
        ("de KMO-\nportefeuille", "de KMO-portefeuille"),
        ("gesco- \nregularisatiepremie", "gesco-regularisatiepremie"),
        ("beheers- \nen beleidscyclus", "beheers- en beleidscyclus"),
        ("periode 2017-\n2019", "periode 2017- 2019"),
        ("een  \n regel", "een regel"),
    ],
)
def test_line_ends(text: str, joined: str) -> None:
    assert join_lines(text) == joined


@given(st.text())
def test_joining_twice_changes_nothing(text: str) -> None:
    once = join_lines(text)
    assert join_lines(once) == once
    assert "\n" not in once


@given(st.text(alphabet="abc .!?\nAB1,"), st.data())
def test_sentences_cover_all_but_white_space(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    spans = list(sentence_spans(text, start, end))
    assert spans == sorted(spans) and all(left < right for left, right in spans)
    assert "".join("".join(text[left:right].split()) for left, right in spans) == "".join(text[start:end].split())
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_abbreviations_end_no_sentence() -> None:
    text = "Dat kan m.b.t. Brussel (nr. 5 of art. 7). Ook t.o.v. Wallonië. Klaar!"
    assert [text[a:b] for a, b in sentence_spans(text, 0, len(text))] == [
        "Dat kan m.b.t. Brussel (nr. 5 of art. 7).",
        "Ook t.o.v. Wallonië.",
        "Klaar!",
    ]
