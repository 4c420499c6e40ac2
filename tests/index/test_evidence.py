import re

from hypothesis import given
from hypothesis import strategies as st

from index.answer.evidence import Rarity
from index.answer.units import take_apart
from index.search.rank import Searcher
from ingest.document import Document, Metadata, Page, Span
from ingest.dutch import join_lines
from tests.conftest import HashingEmbedder
from tests.records import plain_passage

_WORDS = st.lists(
    st.sampled_from("werk onder- administratief- steuning 2012 één een. twee? -\tdrie\t".split(" ")), min_size=1
)


@given(_WORDS, st.sampled_from([" ", "\n", "  \n "]))
def test_each_token_belongs_to_the_unit_that_holds_its_word(words: list[str], space: str) -> None:
    text = space.join(words)
    document = Document("d", "d.txt", "0" * 64, Metadata("d"), (Page(1, None, text),))
    search_text = join_lines(text)
    passage = plain_passage("d:1:0-1", (), (Span(1, 0, len(text)),), search_text)
    embedder = HashingEmbedder()
    parts = take_apart(document, passage, embedder.token_offsets(search_text))
    tokens = re.findall(r"\w+", search_text.lower())
    for part in parts.units:
        held = join_lines(part.text).lower()
        for row in part.tokens:
            assert tokens[row] in held or tokens[row].startswith(tuple(re.findall(r"\w+", held)))


def test_tokens_of_the_real_model_are_those_of_the_sentence(searcher: Searcher) -> None:
    hit = searcher.search("Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?", 1)[0]
    parts = take_apart(hit.document, hit.passage, searcher.embedder.token_offsets(hit.passage.search_text)).units
    rows = [part.tokens for part in parts]
    assert sorted({row for some in rows for row in some}) == sorted(row for some in rows for row in some)
    alone = searcher.embedder.embed_passages([join_lines(parts[0].text)]).tokens[0]
    assert abs(len(alone) - len(rows[0])) <= 8  # prompt and marks


def test_rare_words_weigh_more_and_parts_count_partly(searcher: Searcher) -> None:
    rarity = Rarity(searcher.index.engine, len(searcher.index.passages))
    assert rarity.weight("sustatool") > rarity.weight("economie") > 0
    assert rarity.weigh("de economie").coverage(frozenset({"economie"})) == 1
    assert rarity.weigh("van de het").coverage(frozenset()) == 1
    assert rarity.weigh("economie zwembad").coverage(frozenset({"economie"})) < 0.5
    assert 0 < rarity.weigh("duurzaamheidsverslag").coverage(frozenset({"verslag"})) < 1
