import json
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax

from api.settings import Settings
from eval.beir import text_name
from eval.fit.pair_reader import VIEW, ReaderOptions, Trained, draw_view, quantise, save_reader, train
from eval.fit.pairs import fold
from eval.fit.reader_data import (
    Asked,
    Found,
    Task,
    find_tasks,
    gather,
    parliament,
    quoted,
    read_labels,
    search_files,
    span_tokens,
)
from index.errors import TuningError
from index.model.embed import SentenceTransformerEmbedder
from index.model.pair_reader import (
    CONTEXT,
    FIRST,
    MOST_PASSAGE,
    MOST_PLACE,
    MOST_QUESTION,
    MOST_SPAN,
    QUESTION,
    UNIT,
    Packer,
    PairReader,
    PassageUnits,
    batch,
    best_span,
    make_net,
    read_net,
    torch_run,
)
from ingest.files import list_files, read_document
from tests.conftest import ROOT

DATA = ROOT / "eval" / "data"
QUICK = ReaderOptions(layers=1, seconds=600, steps=4, questions=4)
TOWNS = ("Gent", "Brugge", "Aalst", "Leuven", "Hasselt", "Mechelen", "Oostende", "Genk", "Ninove", "Tienen", "Ieper")


def _write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def embedder_alone() -> SentenceTransformerEmbedder:
    return Settings().load_trainable()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, embedder_alone: SentenceTransformerEmbedder) -> tuple[Trained, Path]:
    """A reader of one layer, trained a few steps on a corpus of a sentence a town."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "texts").mkdir()
    rows: list[dict[str, object]] = []
    for i, town in enumerate(TOWNS, start=11):
        answer = f"In {town} werken {i} mensen in het maatwerkbedrijf aan de haven."
        text = f"De stad {town} heeft een eigen plan voor werk. {answer} Het stadsbestuur betaalt de gebouwen."
        (folder / "texts" / f"{town}.txt").write_text(text, encoding="utf-8")
        question = f"Hoeveel mensen werken in het maatwerkbedrijf van {town}?"
        rows.append({"question": question, "doc": town, "quote": answer, "span": f"{i} mensen"})
    rows.append({"question": "Wie is de koning van Spanje?", "doc": "Gent", "quote": []})
    (asked,) = read_labels(_write(folder / "labels.jsonl", rows), [], [])
    searcher = search_files(folder / "index", folder / "texts", embedder_alone)
    tasks = find_tasks(searcher, asked, quoted)
    assert all(task.is_found for task in tasks[:-1]) and not tasks[-1].is_found
    assert all(any(one.span for one in task.found) for task in tasks[:-1])
    seen: list[int] = []
    trained = train(embedder_alone, tasks, tasks, QUICK, lambda _, done, __: seen.append(done))
    assert seen == [250, 500, 750, 1000]
    save_reader(folder / "reader", trained.tensors, trained.manifest)
    return trained, folder


def _transformer(embedder: SentenceTransformerEmbedder) -> torch.nn.Module:
    return embedder.transformer


def test_training_changes_the_weights_and_says_how_good_they_are(
    made: tuple[Trained, Path], embedder_alone: SentenceTransformerEmbedder
) -> None:
    trained, _ = made
    figures = trained.manifest.figures
    assert figures["own questions, answerable"] == len(TOWNS)
    assert 0 <= figures["own questions, best unit right"] <= 1 and 0 <= figures["own questions, AUROC"] <= 1
    assert trained.kept == (
        figures["own questions, best unit right"] > figures["own questions, best unit right by late interaction"]
    )
    assert trained.manifest.questions == len(TOWNS) + 1 and trained.manifest.layers == 1
    untrained = quantise(make_net(_transformer(embedder_alone), 1))
    changed = [name for name in untrained if not torch.equal(untrained[name], trained.tensors[name])]
    assert {"kind.weight", "head.3.weight"} <= set(changed) and any(name.startswith("layers") for name in changed)


def test_a_reader_that_was_written_gives_the_same_odds(
    made: tuple[Trained, Path], embedder_alone: SentenceTransformerEmbedder
) -> None:
    trained, folder = made
    net = make_net(_transformer(embedder_alone), 1)
    scaled = {name: tensor for name, tensor in trained.tensors.items() if not name.endswith(".scale")}
    for name, weight in net.named_parameters():
        scale = trained.tensors.get(f"{name}.scale")
        weight.data = scaled[name].float() * (1 if scale is None else scale.float()[:, None])
    read = read_net(_transformer(embedder_alone), folder / "reader")
    for name, weight in read.named_parameters():
        assert torch.equal(weight, dict(net.named_parameters())[name]), name
    tokenizer = embedder_alone.model.tokenizer.backend_tokenizer
    text = "De stad telt 12 mensen in het bedrijf. Het bestuur betaalt."
    late = np.array([0.8, 0.5], np.float32)
    passage = PassageUnits(text, "Plan", (tuple(range(1, 9)), tuple(range(9, 14))), late)
    short = PassageUnits("Er zijn er 3.", "", ((4, 5),), late[:1])
    reader = PairReader(tokenizer, torch_run(_transformer(embedder_alone), folder / "reader", "float32"))
    found, alone = reader.read("Hoeveel mensen?", [passage, short])
    row = Packer(tokenizer).pack("Hoeveel mensen?", text, "Plan", passage.units)
    ids, kinds, shares, lates = (torch.from_numpy(one) for one in batch([row], [late]))
    with torch.no_grad():
        embedded = _transformer(embedder_alone).get_submodule("embeddings")(input_ids=ids)
        odds, marks = net.eval()(embedded, kinds, shares, lates)
    assert np.allclose(found.odds, odds[0].numpy(), atol=1e-4)
    for i, (unit, places) in enumerate(zip(passage.units, row.units, strict=True)):
        first, last, sure = best_span(marks[0].numpy()[list(places)])
        assert found.spans[i] == (unit[first], unit[last]) and found.sureness[i] == pytest.approx(sure, abs=1e-4)
    (again,) = reader.read("Hoeveel mensen?", [short])
    assert np.allclose(alone.odds, again.odds, atol=1e-4), "what is read beside it changes nothing"


def test_quantised_weights_are_within_half_a_step(embedder_alone: SentenceTransformerEmbedder) -> None:
    net = make_net(_transformer(embedder_alone), 1)
    before = {name: weight.detach().clone() for name, weight in net.named_parameters()}
    stored = quantise(net)
    assert {name for name in stored if not name.endswith(".scale")} == set(before)
    for name, weight in net.named_parameters():
        if f"{name}.scale" in stored:
            assert stored[name].dtype == torch.int8
            step = stored[f"{name}.scale"].float()[:, None]
            assert bool(((weight - before[name]).abs() <= 0.51 * step + before[name].abs() * 1e-2).all())
        assert torch.equal(quantise(net)[name], stored[name]), "what was quantised stays as it is"


@given(st.integers(1, 600), st.integers(1, 60), st.integers(0, 60), st.data())
def test_what_is_packed_is_the_question_the_place_and_the_passage_with_its_units(
    size: int, asked: int, about: int, data: st.DataObject
) -> None:
    texts = {"query: q": range(asked), "p": range(9000, 9001 + about), "passage: t": range(1000, 1000 + size)}

    class Numbers:
        def encode(self, text: str) -> "Numbers":
            self.ids = list(texts[text])
            return self

    ends = sorted(data.draw(st.sets(st.integers(1, size + 20))))
    units = [tuple(range(start, end)) for start, end in pairwise(ends)]
    row = Packer(cast(Any, Numbers())).pack("q", "t", "p", units)
    kept = min(asked, MOST_QUESTION), min(about, MOST_PLACE), min(size, MOST_PASSAGE) - 1
    assert row.ids == (*range(kept[0]), *range(9001, 9001 + kept[1]), *range(1001, 1001 + kept[2]))
    assert [row.ids[at] for unit in row.units for at in unit] == [1000 + t for u in units for t in u if t <= kept[2]]
    assert row.kinds[: kept[0]] == (QUESTION,) * kept[0] and len(row.kinds) == len(row.ids)
    of_units = [at for unit in row.units for at in unit]
    assert all((kind in {UNIT, FIRST}) == (at in of_units) for at, kind in enumerate(row.kinds))
    assert [at for at, kind in enumerate(row.kinds) if kind == FIRST] == [unit[0] for unit in row.units if unit]
    assert CONTEXT in row.kinds or not kept[1]
    _, _, shares, _ = batch([row], [np.zeros(len(units), np.float32)])
    assert all(shares[0, i].sum() == pytest.approx(float(bool(unit))) for i, unit in enumerate(row.units))


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_no_allowed_span_is_more_probable_than_the_best(size: int, seed: int) -> None:
    marks = np.random.default_rng(seed).normal(size=(size, 2)).astype(np.float32)
    first, last, probability = best_span(marks)
    allowed = [(i, j) for i in range(size) for j in range(i, min(size, i + MOST_SPAN))]
    assert (first, last) in allowed
    shares = log_softmax(marks, axis=0)
    assert probability == pytest.approx(max(shares[i, 0] + shares[j, 1] for i, j in allowed), abs=1e-4)


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=9), max_size=20), st.integers(0, 99))
def test_a_view_holds_what_answers_or_leaves_its_passages_out(passages: list[list[bool]], seed: int) -> None:
    found = tuple(
        Found(str(i), "", frozenset(), tuple((j,) for j in range(len(right))), np.zeros(len(right), np.float32),
              np.array(right), None)
        for i, right in enumerate(passages)
    )  # fmt: skip
    task = Task(Asked("?", (("d", "a"),)), found)
    view = draw_view(task, np.random.default_rng(seed))
    assert len(view) <= VIEW and len({id(one) for one in view}) == len(view)
    answering = [bool(one.right.any()) for one in view]
    assert answering == sorted(answering, reverse=True)


def test_words_are_found_in_the_tokens_of_a_unit() -> None:
    text, offsets = "Er zijn 12 mensen. Er zijn 12 honden.", [(0, 0), (0, 2), (3, 7), (8, 10), (11, 17), (17, 18)]
    offsets += [(19, 21), (22, 26), (27, 29), (30, 36), (36, 37)]
    assert span_tokens(text, offsets, range(1, 6), "12 mensen") == (2, 3)
    assert span_tokens(text, offsets, range(6, 11), "12honden.") == (2, 4)
    assert span_tokens(text, offsets, range(1, 6), "12 honden") is None
    assert span_tokens(text, offsets, range(1, 6), "") is None


def test_labels_with_places_are_read_from_their_collection(
    tmp_path: Path, embedder_alone: SentenceTransformerEmbedder
) -> None:
    text = "De Vlaamse Regering keurt het besluit over maatwerk goed. Het kost vier miljoen euro in dit jaar."
    _write(tmp_path / "corpus.jsonl", [{"_id": "vr/1", "title": "", "text": text}, {"_id": "vr-2", "text": "Anders."}])
    _write(tmp_path / "queries.jsonl", [])
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n", encoding="utf-8")
    at, cost = text.index("Het"), text.index("vier")
    row: dict[str, object] = {
        "question": "Wat kost het?",
        "doc": "vr/1",
        "places": [[at, len(text)]],
        "span": [cost, cost + 12],
    }
    path = _write(tmp_path / "labels.jsonl", [row, {**row, "doc": "weg", "question": "Wat kost dat?"}])
    own, other = read_labels(path, [tmp_path], [])
    answers = ((text_name("vr/1"), text[at:]),)
    assert not own and [(one.answers, one.span) for one in other] == [(answers, "vier miljoen")]
    assert read_labels(path, [], []) == [[]]
    with pytest.raises(TuningError, match="testvraag"):
        read_labels(path, [tmp_path], ["WAT KOST HET"])
    (tmp_path / "x.txt").write_text(text, encoding="utf-8")
    searcher = search_files(tmp_path / "own", tmp_path / "x.txt", embedder_alone)
    (task,) = gather(searcher, [[], other], [tmp_path], None, lambda *_: None)
    assert [one.right.tolist() for one in task.found if one.right.any()] == [[False, True]]
    with pytest.raises(TuningError, match="1 vragen zijn te weinig"):
        train(embedder_alone, [task], [], QUICK)


def test_questions_of_a_parliament_have_their_whole_answer(tmp_path: Path) -> None:
    line = {
        "id": "7",
        "question": "1. Hoeveel maatwerkers zijn er in Gent?",
        "answer": "Er waren vorig jaar 1200 maatwerkers in Gent aan het werk.",
    }
    documents = [read_document(file) for file in list_files([_write(tmp_path / "vragen.jsonl", [dict(line)])])]
    (asked,) = parliament(documents)
    assert asked.question == "Hoeveel maatwerkers zijn er in Gent?" and asked.weight < 1
    assert asked.answers == (("7", line["answer"]),)


def test_no_question_that_is_kept_apart_is_among_the_labels() -> None:
    def asked(name: str) -> list[str]:
        rows = (DATA / name).read_text(encoding="utf-8").splitlines()
        return [fold(json.loads(row)["question"]) for row in rows]

    labelled = asked("reader.jsonl")
    assert len(set(labelled)) == len(labelled)
    for name in ("dev.jsonl", *(path.name for path in DATA.glob("answer_[ft]*.jsonl"))):
        assert not set(asked(name)) & set(labelled), name
    rows = [json.loads(row) for row in (DATA / "reader.jsonl").read_text(encoding="utf-8").splitlines()]
    assert all(("quote" in row) != ("places" in row) for row in rows)
    assert all(isinstance(row.get("span", []), list) for row in rows if "places" in row), "no words of a decision"
