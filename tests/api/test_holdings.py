"""Documents that come in, go out and come back, and a backup that is the same as what was backed up."""

import errno
import json
import os
import resource
import shutil
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from api.access.keys import KeyStore, Right
from api.holdings import HoldingsError, add_files, back_up, restore
from api.removed import KEPT, TRASH, put_back, remove_documents, removed_by
from api.settings import Settings
from index.errors import IndexReadOnly
from index.store.load import load_index
from index.store.records import RecordStore
from index.store.update import lock_index, update_index
from ingest.document import Document
from tests.conftest import HashingEmbedder


@pytest.fixture
def settings(tmp_path: Path, small_corpus: Path) -> Settings:
    settings = Settings(corpus_dir=small_corpus, index_dir=tmp_path / "index")
    update_index(settings.index_dir, [small_corpus], HashingEmbedder())
    return settings


def documents(settings: Settings) -> dict[str, Document]:
    with RecordStore(settings.index_dir) as store:
        return {one.document_id: one for one in store.read_documents()}


def elsewhere(tmp_path: Path) -> Settings:
    return Settings(corpus_dir=tmp_path / "nieuw" / "corpus", index_dir=tmp_path / "nieuw" / "index")


def contents(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let the system refuse to write larger files, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_file_comes_in_with_what_is_told_beside_it(
    settings: Settings, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    note = tmp_path / "nota.md"
    note.write_text("# Nota\n\nDe premie bedraagt 40 euro.\n", encoding="utf-8")
    (tmp_path / "nota.md.toml").write_text('title = "Nota over de premie"\n', encoding="utf-8")
    folder = tmp_path / "map"
    (folder / "onder").mkdir(parents=True)
    (folder / "onder" / "brief.txt").write_text("De minister antwoordt over de premie.", encoding="utf-8")
    (folder / ".verborgen.txt").write_text("Dit blijft weg.", encoding="utf-8")
    report = add_files(settings, [note, folder], hashing, None)
    assert report.added == ["brief", "nota"] and documents(settings)["nota"].metadata.title == "Nota over de premie"
    assert (settings.corpus_dir / "map" / "onder" / "brief.txt").exists()
    assert not (settings.corpus_dir / "map" / ".verborgen.txt").exists()
    note.write_text("# Nota\n\nDe premie bedraagt 41 euro.\n", encoding="utf-8")
    with pytest.raises(HoldingsError, match="--replace"):
        add_files(settings, [note], hashing, None)
    (folder / "foto.jpg").write_bytes(b"\xff\xd8")
    report = add_files(settings, [folder], hashing, None)
    assert [Path(name).name for name in report.failed] == ["foto.jpg"] and not report.skipped
    assert not list(settings.corpus_dir.rglob("foto.jpg"))
    assert add_files(settings, [note], hashing, None, replace=True).changed == ["nota"]
    assert "41 euro" in documents(settings)["nota"].pages[0].text


def test_what_cannot_be_read_is_not_kept(settings: Settings, tmp_path: Path, hashing: HashingEmbedder) -> None:
    empty, before = tmp_path / "leeg.txt", sorted(settings.corpus_dir.iterdir())
    empty.write_text("", encoding="utf-8")
    report = add_files(settings, [empty], hashing, None)
    assert list(report.failed.values()) == ["leeg.txt is leeg (0 bytes); haal het opnieuw op."]
    assert sorted(settings.corpus_dir.iterdir()) == before
    with pytest.raises(HoldingsError, match=r"weg\.txt bestaat niet"):
        add_files(settings, [tmp_path / "weg.txt"], hashing, None)


def test_what_was_there_comes_back_where_the_new_one_is_not_taken_in(
    settings: Settings, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    note, told = tmp_path / "nota.md", tmp_path / "nota.md.toml"
    note.write_text("# Nota\n\nDe premie bedraagt 40 euro.\n", encoding="utf-8")
    add_files(settings, [note], hashing, None)
    before, known = contents(settings.corpus_dir), documents(settings)
    note.write_text("", encoding="utf-8")
    told.write_text('title = "Een andere titel"\n', encoding="utf-8")
    report = add_files(settings, [note], hashing, None, replace=True)
    assert list(report.failed.values()) == ["nota.md is leeg (0 bytes); haal het opnieuw op."]
    assert contents(settings.corpus_dir) == before and documents(settings) == known
    assert update_index(settings.index_dir, [settings.corpus_dir], hashing).changed == []
    note.write_text("# Nota\n\nDe premie bedraagt 41 euro.\n", encoding="utf-8")
    with lock_index(settings.index_dir), pytest.raises(IndexReadOnly):
        add_files(settings, [note], hashing, None, replace=True)
    assert contents(settings.corpus_dir) == before
    assert add_files(settings, [note], hashing, None, replace=True).changed == ["nota"]
    assert contents(settings.corpus_dir) == before | {
        name: (tmp_path / name).read_bytes() for name in (note.name, told.name)
    }


def test_what_does_not_fit_on_the_disk_leaves_nothing(
    settings: Settings, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    small, large = tmp_path / "a.txt", tmp_path / "b.txt"
    small.write_text("De premie bedraagt 40 euro.", encoding="utf-8")
    large.write_text("De premie bedraagt 40 euro.\n" * 10_000, encoding="utf-8")
    shutil.copy(small, settings.corpus_dir / "b.txt")
    before = contents(settings.corpus_dir)
    with room_for(100_000), pytest.raises(HoldingsError, match=r"niet toegevoegd \(.*b\.txt.*schijfruimte"):
        add_files(settings, [small, large], hashing, None, replace=True)
    assert contents(settings.corpus_dir) == before
    (settings.corpus_dir / "map").touch()
    (tmp_path / "map").mkdir()
    small.rename(tmp_path / "map" / "a.txt")
    with pytest.raises(HoldingsError, match=r"niet toegevoegd .*map"):
        add_files(settings, [tmp_path / "map"], hashing, None)


def test_a_removal_can_be_undone(settings: Settings, hashing: HashingEmbedder) -> None:
    before = documents(settings)
    names = sorted(before)
    removal, _ = remove_documents(settings, names[:1], hashing, None)
    assert removal.token and sorted(documents(settings)) == names[1:] == sorted(
        load_index(settings.index_dir, hashing).documents
    )
    update_index(settings.index_dir, [settings.corpus_dir], hashing)
    assert sorted(documents(settings)) == names[1:], "an ingest does not find it again"
    with pytest.raises(HoldingsError, match="bestaat niet"):
        remove_documents(settings, names[:1], hashing, None)
    with pytest.raises(HoldingsError, match="geen document over"):
        remove_documents(settings, names[1:], hashing, None)
    for token in ("../..", "", "20200101T000000000000"):
        with pytest.raises(HoldingsError, match="niets om terug te zetten"):
            put_back(settings, token, hashing, None)
    assert put_back(settings, removal.token, hashing, None)[1].added == names[:1]
    assert documents(settings) == before and not list((settings.corpus_dir / TRASH).iterdir())


def test_the_last_removals_can_be_undone_by_who_made_them(settings: Settings, hashing: HashingEmbedder) -> None:
    corpus = settings.corpus_dir
    for number in range(KEPT + 2):
        (corpus / f"nota{number:02}.txt").write_text(f"De premie {number} bedraagt 40 euro.", encoding="utf-8")
    update_index(settings.index_dir, [corpus], hashing)
    names = [f"nota{number:02}" for number in range(KEPT + 2)]
    tokens = [
        remove_documents(settings, [name], hashing, None, by="An" if name > "nota03" else "")[0].token for name in names
    ]
    assert [one.document_ids for one in removed_by(settings, "An")] == [(name,) for name in reversed(names[4:])]
    assert [one.token for one in removed_by(settings, "")] == [tokens[3], tokens[2]]
    assert removed_by(settings, "Jan") == []
    assert sorted(one.name for one in (corpus / TRASH).iterdir() if one.is_dir()) == tokens[2:]
    with pytest.raises(HoldingsError, match="niets om terug te zetten"):
        put_back(settings, tokens[1], hashing, None)
    (corpus / TRASH / f"{tokens[5]}.json").write_text("{", encoding="utf-8")  # damaged
    assert tokens[5] not in {one.token for one in removed_by(settings, "An")}
    assert put_back(settings, tokens[5], hashing, None)[0].document_ids == (names[5],)
    assert put_back(settings, tokens[6], hashing, None)[0].document_ids == (names[6],)


def test_a_file_elsewhere_and_a_line_are_left_alone(
    settings: Settings, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    elsewhere = tmp_path / "elders.txt"
    elsewhere.write_text("De premie staat elders.", encoding="utf-8")
    lines = tmp_path / "vragen.jsonl"
    lines.write_text(json.dumps({"id": "v1", "question": "Wat?", "answer": "Dat."}) + "\n", encoding="utf-8")
    update_index(settings.index_dir, [elsewhere, lines], hashing)
    assert remove_documents(settings, ["elders"], hashing, None)[0].token == "" and elsewhere.exists()
    assert "elders" not in documents(settings)
    with pytest.raises(HoldingsError, match=r"een regel van vragen\.jsonl"):
        remove_documents(settings, ["v1"], hashing, None)


def test_a_backup_taken_while_keys_are_made_comes_back_elsewhere(
    settings: Settings, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    keys, target = KeyStore(settings.access_path()), tmp_path / "back-up.zip"
    secret = keys.make("An", [Right.READ])
    stop = threading.Event()

    def go_on() -> None:
        while not stop.is_set():
            keys.make("Jan", [Right.READ])

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        assert back_up(settings, target) > 1000 and target.stat().st_mode & 0o077 == 0
    finally:
        stop.set()
        thread.join()
    there = Settings(corpus_dir=tmp_path / "nieuw" / "corpus", index_dir=tmp_path / "nieuw" / "index")
    hashing.embedded.clear()
    report = restore(there, target, hashing, None)
    assert report.failed == {} and report.added == [] and documents(there) == documents(settings)
    assert hashing.embedded == [], "what was computed once is not computed again"
    assert KeyStore(there.access_path()).find(secret)
    assert (there.corpus_dir / "catalogue.toml").read_bytes() == (settings.corpus_dir / "catalogue.toml").read_bytes()
    with pytest.raises(HoldingsError, match="--overwrite"):
        restore(there, target, hashing, None)
    remove_documents(there, [sorted(documents(there))[0]], hashing, None)
    restore(there, target, hashing, None, overwrite=True)
    assert documents(there) == documents(settings)


def test_a_backup_holds_nothing_that_was_removed_and_leaves_no_half_file(
    settings: Settings, hashing: HashingEmbedder
) -> None:
    target = settings.corpus_dir / "back-up.zip"
    removed = sorted(documents(settings))[0]
    remove_documents(settings, [removed], hashing, None)
    back_up(settings, target)
    with zipfile.ZipFile(target) as packed:
        assert not [name for name in packed.namelist() if "/." in name or removed in name or name.endswith(".zip")]
    target.unlink()
    wrong = settings.corpus_dir / os.fsdecode(b"caf\xe9.txt")
    wrong.write_text("De premie bedraagt 40 euro.", encoding="utf-8")
    before = contents(settings.corpus_dir)
    with pytest.raises(HoldingsError, match=r"caf\?\.txt heeft in naam of map een teken dat geen UTF-8 is; geef het"):
        back_up(settings, target)
    assert contents(settings.corpus_dir) == before


def test_a_backup_replaces_nothing_unasked(settings: Settings, tmp_path: Path, hashing: HashingEmbedder) -> None:
    target, there = tmp_path / "back-up.zip", elsewhere(tmp_path)
    settings.feedback_path().write_bytes(b"")
    back_up(settings, target)
    there.index_dir.parent.mkdir()
    shutil.copytree(settings.corpus_dir, there.corpus_dir)
    newer = there.corpus_dir / "catalogue.toml"
    newer.write_text("# nieuwer", encoding="utf-8")
    with pytest.raises(HoldingsError, match=r"catalogue\.toml is er al en is anders; geef --overwrite"):
        restore(there, target, hashing, None)
    shutil.copy(settings.corpus_dir / "catalogue.toml", newer)
    with closing(sqlite3.connect(there.feedback_path())) as feedback:
        feedback.execute("CREATE TABLE oordeel (id)")
    with pytest.raises(HoldingsError, match=r"feedback\.sqlite is er al en is anders; geef --overwrite"):
        restore(there, target, hashing, None)
    assert there.feedback_path().stat().st_size and not (there.index_dir / "records.sqlite").exists()
    there.feedback_path().unlink()
    assert restore(there, target, hashing, None).failed == {} and documents(there) == documents(settings)
    newer.write_text("# nieuwer", encoding="utf-8")
    restore(there, target, hashing, None, overwrite=True)
    assert contents(there.corpus_dir) == contents(settings.corpus_dir)


def test_a_full_disk_is_no_fault_of_the_backup(settings: Settings, tmp_path: Path, hashing: HashingEmbedder) -> None:
    target, there = tmp_path / "back-up.zip", elsewhere(tmp_path)
    back_up(settings, target)
    with (
        room_for(10_000),
        pytest.raises(HoldingsError, match=r"kan niet teruggezet worden \(.*\); .*schijfruimte") as full,
    ):
        restore(there, target, hashing, None)
    assert "geen back-up" not in str(full.value) and not there.corpus_dir.exists()
    (there.index_dir / "records.sqlite").mkdir(parents=True)
    with pytest.raises(HoldingsError, match="kan niet teruggezet worden"):
        restore(there, target, hashing, None, overwrite=True)
    (there.index_dir / "records.sqlite").rmdir()
    (there.index_dir / "records.sqlite").write_bytes(b"no database, but long enough to be read as one" * 100)
    with pytest.raises(HoldingsError, match=r"kan niet teruggezet worden \(dat is geen databank\)"):
        restore(there, target, hashing, None, overwrite=True)


def test_a_backup_of_what_is_there_needs_no_leave(settings: Settings, tmp_path: Path, hashing: HashingEmbedder) -> None:
    target, keys = tmp_path / "back-up.zip", KeyStore(settings.access_path())
    keys.make("An", [Right.READ])
    with pytest.raises(HoldingsError, match=r"weg\.zip kan niet teruggezet worden \(dat bestaat niet\)"):
        restore(settings, tmp_path / "weg.zip", hashing, None)
    back_up(settings, target)
    assert restore(settings, target, hashing, None).changed == []
    keys.make("Jan", [Right.READ])
    with pytest.raises(HoldingsError, match=r"access\.sqlite is er al en is anders"):
        restore(settings, target, hashing, None)


def test_a_restore_that_a_full_disk_stopped_can_be_done_again(
    settings: Settings, tmp_path: Path, hashing: HashingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, there = tmp_path / "back-up.zip", elsewhere(tmp_path)
    KeyStore(settings.access_path()).make("An", [Right.READ])
    back_up(settings, target)
    with monkeypatch.context() as patched, pytest.raises(HoldingsError, match="de schijf is vol"):
        patched.setattr("api.holdings._copy", _no_room)
        restore(there, target, hashing, None)
    assert there.access_path().exists()
    os.truncate(there.index_dir / "records.sqlite", 0)  # as where the disk was full a little earlier
    restore(there, target, hashing, None)
    assert contents(there.corpus_dir) == contents(settings.corpus_dir)


def _no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


_LISTS = ("[]", '{"corpus": "x", "sha256": []}', '{"corpus": 1, "sha256": {}}', '{"corpus": "x", "sha256": {"": ""}}')


@pytest.mark.parametrize("fault", ["no zip", "changed", "outside", "no list", *_LISTS])
def test_what_is_no_whole_backup_changes_nothing(
    settings: Settings, tmp_path: Path, hashing: HashingEmbedder, fault: str
) -> None:
    good, bad = tmp_path / "goed.zip", tmp_path / "fout.zip"
    back_up(settings, good)
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(bad, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "backup.json" and fault == "outside":
                data = data.replace(b"corpus/catalogue.toml", b"corpus/../../kwaad.toml")
            if name == "backup.json" and fault == "no list":
                continue
            if name == "backup.json" and fault in _LISTS:
                data = fault.encode()
            if name.endswith("catalogue.toml"):
                data = b"# anders" if fault == "changed" else data
                name = "corpus/../../kwaad.toml" if fault == "outside" else name
            new.writestr(name, data)
    if fault == "no zip":
        bad.write_bytes(b"PK\x03\x04 niets")
    there = Settings(corpus_dir=tmp_path / "nieuw" / "corpus", index_dir=tmp_path / "nieuw" / "index")
    with pytest.raises(HoldingsError, match="geen back-up van Beleidswijzer"):
        restore(there, bad, hashing, None)
    assert not there.corpus_dir.exists() and not there.index_dir.exists() and not (tmp_path / "kwaad.toml").exists()
