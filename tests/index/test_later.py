from index.answer.newer import NewerPassages
from index.search.rank import Searcher


def test_a_newer_passage_on_the_same_matter_is_named(searcher: Searcher) -> None:
    newer, found = NewerPassages(searcher.index), {}
    for document in searcher.index.documents.values():
        for passage in document.passages:
            later = newer.find(passage)
            if later:
                found[passage.passage_id] = later.passage.search_text
                assert document.metadata.period is not None and later.document.metadata.period is not None
                assert later.document.metadata.period[0] > document.metadata.period[1]
    assert {passage_id[:3] for passage_id in found} == {"003"}, "the newest has nothing newer, an undated one neither"
    assert 10 <= len(found) <= 60, "a link that is always there says nothing"
    sifo = [text for passage_id, text in found.items() if "SIFO werd opgericht" in text]
    assert sifo
