"""Files that come in together: none is lost for another, and none is seen without what shuts it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api import holdings, removed
from api.holdings import HoldingsError, add_files
from api.removed import put_back, remove_documents
from api.settings import Settings
from tests.api.holdings import NOTE, act, add, documents
from tests.api.pages import texts
from tests.conftest import HashingEmbedder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")


def test_of_two_files_for_one_place_none_is_lost_unsaid(
    settings: Settings, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    for year in ("2016", "2017"):
        (tmp_path / year / "brieven").mkdir(parents=True)
        (tmp_path / year / "brieven" / "brief.txt").write_text(f"De premie van {year} stijgt.", encoding="utf-8")
    of_years = [tmp_path / year / "brieven" for year in ("2016", "2017")]
    for paths in (of_years, [folder / "brief.txt" for folder in of_years]):
        for replace in (False, True):
            with pytest.raises(HoldingsError, match=r"2016.*brief\.txt en .*2017.*brief\.txt komen op dezelfde plaats"):
                add_files(settings, paths, hashing, None, replace=replace)
    assert not settings.corpus_dir.exists()
    shutil.copy(of_years[0] / "brief.txt", of_years[1] / "brief.txt")
    assert add_files(settings, of_years, hashing, None).added == ["brief"]


def test_a_link_in_a_folder_is_told_and_not_followed(
    settings: Settings, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    folder = tmp_path / "map"
    (folder / ".diep").mkdir(parents=True)
    (folder / "a.txt").write_text("De premie.", encoding="utf-8")
    (tmp_path / "b.txt").write_text("Het plan.", encoding="utf-8")
    for link in (folder / "b.txt", folder / ".diep" / "b.txt"):
        link.symlink_to(tmp_path / "b.txt")
    (folder / "elders").symlink_to(tmp_path)
    report = add_files(settings, [folder], hashing, None)
    assert report.added == ["a"] and list(report.skipped) == [str(folder / "b.txt"), str(folder / "elders")]
    assert all("is een koppeling" in told for told in report.skipped.values()) and not report.failed


def test_what_shuts_a_document_is_there_before_it(
    settings: Settings, tmp_path: Path, hashing: HashingEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "dossier"
    folder.mkdir()
    for name, text in (("a.txt", "De premie."), ("a.txt.toml", "groups = ['kabinet']"), ("groepen.txt", "kabinet\n")):
        (folder / name).write_text(text, encoding="utf-8")
    came: list[str] = []
    for module, name in ((holdings, "_copy"), (removed, "_move")):
        real_one: Callable[..., None] = getattr(module, name)

        def seen(*given: Path, real: Callable[..., None] = real_one) -> None:
            came.append(given[1].name)
            real(*given)

        monkeypatch.setattr(module, name, seen)
    add_files(settings, [folder, folder / "a.txt"], hashing, None)
    assert sorted(came) == ["a.txt", "a.txt", "a.txt.toml", "a.txt.toml", "groepen.txt"]
    assert came[-2:] == ["a.txt", "a.txt"], "a document before what tells of it"
    (settings.corpus_dir / "b.txt").write_text("Het plan.", encoding="utf-8")
    holdings.bring_up_to_date(settings, hashing, None)
    removal, _ = remove_documents(settings, ["corpus~a"], hashing, None)
    came.clear()
    put_back(settings, removal.token, hashing, None)
    assert came == ["a.txt.toml", "a.txt"]


@pytest.mark.parametrize("name", ["groepen .txt", "Groepen\u00a0.TXT", "catalogus .xlsx", "catalogue\u200b .xlsx"])
def test_no_name_becomes_one_that_steers(app: FastAPI, here: TestClient, name: str) -> None:
    add(here, ("open.md", NOTE))
    sent = here.post("/inlezen", files=[("file", (name, b"kabinet"))])
    assert sent.status_code == 422 and "eigen betekenis" in sent.text
    assert set(documents(here)) == {"open"}
    assert {file.name for file in app.state.settings.corpus_dir.iterdir()} == {"open.md"}


def test_the_page_says_which_copy_stays_or_has_the_text(here: TestClient) -> None:
    add(here, ("een.md", NOTE), ("twee.md", NOTE), ("anders.md", NOTE.replace(b"40", b"41")))
    gone = act(here, "verwijderen", document_id="een")
    assert texts(gone, "[data-tell]") == [
        "Verwijderd: een. Dezelfde tekst staat nog in twee; verwijder ook dat als ze weg moet."
    ]
    (undo,) = (one.get("value") for one in gone.cssselect("[name=undo]"))
    assert texts(act(here, "terugzetten", undo=undo), "[data-tell]") == ["Teruggezet: een (dezelfde tekst als twee)."]


def test_a_file_that_stays_elsewhere_is_said_beside_one_that_went(
    settings: Settings, tmp_path: Path, hashing: HashingEmbedder
) -> None:
    for place in (tmp_path / "elders.txt", settings.corpus_dir / "hier.txt", settings.corpus_dir / "blijft.txt"):
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"De premie van {place.stem}.", encoding="utf-8")
    holdings.bring_up_to_date(settings, hashing, None, [settings.corpus_dir, tmp_path / "elders.txt"])
    removal, _ = remove_documents(settings, ["hier", "elders"], hashing, None)
    assert removal.token and removal.stays == "Een bestand ligt buiten de map met het corpus en is blijven staan."


def test_a_full_disk_is_said(app: FastAPI, here: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "geen map"))
    assert "kon niet bewaard worden" in texts(add(here, ("open.md", NOTE)), "[role=alert]")[0]
    assert not list(app.state.settings.corpus_dir.iterdir())
