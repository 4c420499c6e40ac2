"""Who may read a document, as folder, catalogue and sidecar say; what cannot be read there shuts it."""

from pathlib import Path

import pytest

from index.store.load import load_index
from index.store.update import update_index
from ingest.files import read_document
from ingest.groups import NOBODY
from tests.conftest import HashingEmbedder


def groups(corpus: Path, name: str = "nota.txt") -> tuple[str, ...]:
    """Return what reading the file gives, which is what the index holds."""
    folder = corpus.parent / "index"
    (corpus / "ander.txt").write_text("Een ander document.", encoding="utf-8")
    report = update_index(folder, [corpus], HashingEmbedder())
    assert not report.failed
    index = load_index(folder, HashingEmbedder())
    stored = index.documents[Path(name).stem].metadata.groups
    assert stored == read_document(next(corpus.rglob(name))).metadata.groups
    return stored


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "nota.txt").write_text("Een nota over maatwerk.", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("catalogue.toml", "[nota]\ngroups = ['b', 'a', 'b']\n", ("a", "b")),
        ("catalogue.toml", "[nota]\ngroups = 'a, b'\n", ("a", "b")),
        ("catalogue.csv", "document;groepen\nnota;a, b\n", ("a", "b")),
        ("nota.txt.toml", "groups = ['a']\n", ("a",)),
        ("groepen.txt", "a\r\nb\r\n", ("a", "b")),
        ("catalogue.toml", "[ander]\ngroups = ['a']\n", ()),
        ("catalogue.toml", "[nota]\ntitle = 'Nota'\n", ()),
        ("catalogue.csv", "document;titel\nnota;Nota\n", ()),
        # What is wrong and may name groups shuts; what does not speak of groups changes nothing.
        ("catalogue.toml", "[nota]\ngroups = 5\n", (NOBODY,)),
        ("catalogue.toml", "[nota]\ngroups = []\n", (NOBODY,)),
        ("catalogue.toml", "[nota]\ngroups = ['a']\nkind = 'onzin'\n", ("a",)),
        ("catalogue.toml", "[nota]\ngroepen = ['a']\n", ("a",)),
        ("catalogue.toml", "[nota\ngroups = ['a']\n", (NOBODY,)),
        ("catalogue.toml", b"[nota]\ngroups = ['\xff']\n", (NOBODY,)),
        ("catalogue.toml", "[nota\ntitle = 'a'\n", ()),
        ("catalogue.toml", "[nota]\nkind = 'onzin'\n", ()),
        ("catalogue.csv", "document;groepen;datum\nnota;a;gisteren\n", ("a",)),
        ("nota.txt.toml", "groups = ['a'\n", (NOBODY,)),
        ("nota.txt.toml", "groups = ['a']\nkind = 'onzin'\n", ("a",)),
        ("nota.txt.toml", "title = 'a'\nkind = 'onzin'\n", ()),
        ("groepen.txt", "", (NOBODY,)),
        ("groepen.txt", b"\xff\xfe\xff", (NOBODY,)),
    ],
)
def test_what_is_said_beside_a_document(corpus: Path, name: str, text: str | bytes, wanted: tuple[str, ...]) -> None:
    (corpus / name).write_bytes(text.encode() if isinstance(text, str) else text)
    assert groups(corpus) == wanted


def test_the_nearest_says_it(corpus: Path) -> None:
    (corpus / "groepen.txt").write_text("ver", encoding="utf-8")
    inside = corpus / "b" / "c"
    inside.mkdir(parents=True)
    (inside / "brief.txt").write_text("Een brief.", encoding="utf-8")
    assert groups(corpus, "brief.txt") == ("ver",)
    (corpus / "b" / "groepen.txt").write_text("dicht", encoding="utf-8")
    assert groups(corpus, "brief.txt") == ("dicht",)
    (inside / "catalogue.toml").write_text("[brief]\ngroups = ['catalogus']\n", encoding="utf-8")
    assert groups(corpus, "brief.txt") == ("catalogus",)
    (inside / "brief.txt.toml").write_text("groups = ['ernaast']\n", encoding="utf-8")
    assert groups(corpus, "brief.txt") == ("ernaast",) and groups(corpus) == ("ver",)
    for file in (
        corpus / "groepen.txt",
        corpus / "b" / "groepen.txt",
        inside / "catalogue.toml",
        inside / "brief.txt.toml",
    ):
        file.unlink()
    assert groups(corpus, "brief.txt") == ()


def test_a_link_and_a_line_are_shut_with_their_file(corpus: Path) -> None:
    inside = corpus / "geheim"
    inside.mkdir()
    (inside / "groepen.txt").write_text("kabinet", encoding="utf-8")
    (inside / "brief.txt").write_text("Een brief.", encoding="utf-8")
    (corpus / "koppeling.txt").symlink_to(inside / "brief.txt")
    line = '{"id": "v1", "question": "1. Hoeveel zeppelins?", "answer": "1. Negen zeppelins."}\n'
    (inside / "vragen.jsonl").write_text(line, encoding="utf-8")
    assert groups(corpus) == ()
    index = load_index(corpus.parent / "index", HashingEmbedder())
    kept = {name: document.metadata.groups for name, document in index.documents.items()}
    assert kept.pop("nota") == kept.pop("ander") == () and len(kept) == 2
    assert set(kept.values()) == {("kabinet",)}


def test_what_shuts_is_told_and_a_folder_rule_is_no_document(corpus: Path) -> None:
    (corpus / "groepen.txt").write_text("", encoding="utf-8")
    report = update_index(corpus.parent / "index", [corpus], HashingEmbedder())
    assert [fault.rsplit(";", 1)[1] for fault in report.faults] == [" zet op elke regel een groep."]
    assert report.documents == 1 and report.skipped == {}
