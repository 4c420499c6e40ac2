import unicodedata
from pathlib import Path

import pytest

from ingest.about import read_catalogue
from ingest.naming import name_documents


def made(folder: Path, *names: str) -> list[Path]:
    files = [folder / name for name in names]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(file.name, encoding="utf-8")
    return files


@pytest.mark.parametrize(
    ("files", "ids"),
    [
        (("a.txt", "onder/b.txt"), ["a", "b"]),
        (("2019/vraag.txt", "2020/vraag.txt"), ["2019~vraag", "2020~vraag"]),
        (("x/2019/vraag.txt", "y/2019/vraag.txt"), ["x~2019~vraag", "y~2019~vraag"]),
        (("nota.docx", "nota.pdf"), ["nota.docx", "nota.pdf"]),
        (("1/n.pdf", "1/n.txt", "2/n.pdf", "2/n.txt"), ["1~n.pdf", "1~n.txt", "2~n.pdf", "2~n.txt"]),
    ],
)
def test_each_file_has_an_id_of_its_own(tmp_path: Path, files: tuple[str, ...], ids: list[str]) -> None:
    assert list(name_documents(made(tmp_path, *files), {})) == ids


def test_paths_that_are_written_the_same_differ_still(tmp_path: Path) -> None:
    files = made(tmp_path, "a~b/c.txt", "a/b~c.txt", "b~c.txt")
    assert len(name_documents([*files, *made(tmp_path, "b/c.txt", "x/a/b/c.txt", "x/a~b/c.txt")], {})) == 6


def test_a_document_keeps_the_id_it_has(tmp_path: Path) -> None:
    old, new = made(tmp_path, "2019/vraag.txt", "2020/vraag.txt")
    stored = {"vraag": str(old.resolve())}
    assert name_documents([old, new], stored) == {"vraag": old, "2020~vraag": new}
    assert name_documents([new], stored) == {"2020~vraag": new}  # the other is still there, only not read this time
    old.unlink()
    assert name_documents([new], stored) == {"vraag": new}  # it was moved
    assert name_documents([new], stored | {"2020~vraag": str(new.resolve())}) == {"2020~vraag": new}


def test_one_file_by_two_ways_is_one(tmp_path: Path) -> None:
    (file,) = made(tmp_path, "a.txt")
    (tmp_path / "b.txt").symlink_to(file)
    assert name_documents([file, tmp_path / "b.txt"], {}) == {"a": file}


def test_a_name_of_a_mac_is_the_same_name(tmp_path: Path) -> None:
    (file,) = made(tmp_path, unicodedata.normalize("NFD", "privé.txt"))
    (tmp_path / "catalogue.toml").write_text('["privé"]\ntitle = "Titel"\n', encoding="utf-8")
    entry = read_catalogue(tmp_path).entry(file)
    assert list(name_documents([file], {})) == ["privé"] and entry is not None and entry.title == "Titel"
