"""Folders as people have them: what is not read is said, with the reason."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.errors import UnreadableFile
from ingest.files import list_files, list_skipped


def test_hidden_files_catalogues_and_sidecars_are_passed_over(tmp_path: Path) -> None:
    for name in (
        "b/A.TXT",
        "a.md",
        ".git/c.txt",
        "~$a.docx",
        "catalogue.toml",
        "questions.jsonl",
        "a.md.toml",
        "Groepen.TXT",
        "b/Catalogus.csv",
        "b/a.txt.TOML",
        "foto.jpg",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("tekst")
    assert [file.relative_to(tmp_path).as_posix() for file in list_files([tmp_path])] == ["b/A.TXT", "a.md"]
    assert [reason.split(" is ")[0] for reason in list_skipped([tmp_path]).values()] == ["foto.jpg"]


def test_links_that_lead_nowhere_or_out_of_the_folder_are_said(tmp_path: Path) -> None:
    folder, outside = tmp_path / "map", tmp_path / "elders"
    folder.mkdir()
    outside.mkdir()
    (outside / "geheim.txt").write_text("tekst")
    (folder / "a.txt").write_text("tekst")
    for name, target in (("b.txt", "a.txt"), ("c.txt", "weg.txt"), ("d.txt", outside / "geheim.txt"), ("e", outside)):
        (folder / name).symlink_to(target)
    assert [file.name for file in list_files([folder])] == ["a.txt", "b.txt"]
    assert list_skipped([folder]) == {
        str(folder / "c.txt"): "c.txt is een koppeling naar iets wat er niet is; haal het bestand opnieuw op.",
        str(folder / "d.txt"): "d.txt is een koppeling naar buiten deze map; zet de bestanden zelf in de map.",
        str(folder / "e"): "e is een koppeling naar buiten deze map; zet de bestanden zelf in de map.",
    }


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read all; an ordinary account stays what it is."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        if user == 0:
            os.seteuid(user)


def test_a_folder_without_permission_is_said() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        closed = folder / "dicht"
        closed.mkdir(mode=0)
        (folder / "a.txt").write_text("tekst")
        with as_nobody():
            files, skipped = list_files([folder]), list_skipped([folder])
            with pytest.raises(UnreadableFile, match=r"dicht kan niet gelezen worden; kijk de rechten van de map na"):
                list_files([closed])
    assert files == [folder / "a.txt"]
    assert skipped == {str(closed): "dicht kan niet gelezen worden; kijk de rechten van de map na."}


def test_a_path_that_is_not_there_stops_the_ingest(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="bestaat niet; kijk het pad na"):
        list_files([tmp_path / "weg"])
    with pytest.raises(UnreadableFile, match=r"\.jsonl.*zet er documenten in"):
        list_files([tmp_path])
    assert list_skipped([tmp_path])[str(tmp_path)].startswith(f"{tmp_path.name} bevat geen .docm")
