"""What is wrong with settings is said as their user writes them, and before the service is started."""

import shutil
from pathlib import Path

import pytest

from api.cli.doctor import Check, run_checks
from api.settings import Settings, SettingsError
from index.errors import ModelError
from index.model.adapter import adapter_id


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BELEIDSWIJZER_INDEX_DIR", str(tmp_path / "index"))


def checked(name: str) -> Check:
    return next(check for check in run_checks() if check.name == name)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PUBLIC_URL", "abc", "schrijf het zoals https://naam."),
        ("TRUSTED_PROXY", "foo", "schrijf het zoals 127.0.0.1."),
        ("PORT", "0", "BELEIDSWIJZER_PORT"),
        ("ENGINE", "localhost:6333", "schrijf ze als http://naam:6333,"),
        ("ENGINE", "http://an:geheim@host:6333", "Qdrant kent geen naam of wachtwoord in het adres;"),
        ("LOG", "xml", "schrijf het zoals 'tekst' of 'json'."),
        ("CLIENT_TIMEOUT_S", "lang", "schrijf het zoals 20.0."),
        ("LANGUAGE_MODEL_URL", "http://127.0.0.1:9/v1", "BELEIDSWIJZER_LANGUAGE_MODEL_NAME ontbreekt;"),
    ],
)
def test_a_wrong_setting_is_said_with_a_right_value(
    name: str, value: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"BELEIDSWIJZER_{name}", value)
    with pytest.raises(SettingsError) as caught:
        Settings()
    check = checked("instellingen")
    assert not check.ok and check.detail == str(caught.value)
    assert told in check.detail and f"BELEIDSWIJZER_{name}" in check.detail and not list(Path().iterdir())
    assert "geheim" not in check.detail


def test_an_empty_setting_is_one_that_was_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("BELEIDSWIJZER_INDEX_DIR")
    before = Settings()
    names = list(Settings.model_fields)
    for name in names[::2]:
        monkeypatch.setenv(f"BELEIDSWIJZER_{name.upper()}", "")
    (tmp_path / ".env").write_text(
        "".join(f"BELEIDSWIJZER_{name.upper()}=\n" for name in names[1::2]), encoding="utf-8"
    )
    assert Settings() == before and checked("instellingen").ok


def test_doctor_looks_whether_serving_can_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checked("dienst").ok and not list(tmp_path.iterdir())
    (tmp_path / "geen.sqlite").write_bytes(b"no database, but long enough to be read as one" * 100)
    (tmp_path / "bestand").touch()
    wrong = {
        "HOST": ("x.invalid", "192.0.2.1"),
        "ACCESS_FILE": (str(tmp_path), str(tmp_path / "geen.sqlite"), str(tmp_path / "niet aangekoppeld" / "y")),
        "FEEDBACK_FILE": ("/proc/x/y", str(tmp_path / "bestand" / "y"), str(tmp_path / "geen")),
    }
    for name, values in wrong.items():
        for value in values:
            with monkeypatch.context() as patched:
                patched.setenv(f"BELEIDSWIJZER_{name}", value)
                check = checked("dienst")
            assert not check.ok and f"BELEIDSWIJZER_{name}" in check.detail and "[Errno" not in check.detail


def test_doctor_tells_what_an_ingest_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / "stukken" / "onder"
    inside.mkdir(parents=True)
    monkeypatch.setenv("BELEIDSWIJZER_CORPUS_DIR", str(inside.parent))
    for name in ("meeuw", "stern", "gans"):
        (inside / f"{name}.txt").write_text("Tekst over vogels.", encoding="utf-8")
    (inside / "catalogue.csv").write_text("document;titel\nmeeuw;Meeuw\n", encoding="utf-8")
    (inside / "stern.txt.toml").write_text("title = 'Stern'\n", encoding="utf-8")
    check = checked("corpus")
    assert check.ok and check.detail.startswith("3 documenten, 2 met gegevens uit een catalogus, ")
    (inside / "catalogue.csv").write_text("document;titel\nmus;Mus\n", encoding="utf-8")
    (inside / "stern.txt.toml").write_text("naam = 'Stern'\n", encoding="utf-8")
    (inside / "groepen.txt").touch()
    check = checked("corpus")
    assert not check.ok and check.detail.count("noemt geen groep") == 1
    assert "De catalogus noemt 'mus'" in check.detail and "stern.txt.toml: Het veld 'naam'" in check.detail


def test_no_password_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELEIDSWIJZER_LANGUAGE_MODEL_NAME", "m")
    monkeypatch.setenv("BELEIDSWIJZER_LANGUAGE_MODEL_URL", "http://an:geheim@127.0.0.1:9/v1")
    shown = checked("instellingen").values["BELEIDSWIJZER_LANGUAGE_MODEL_URL"]
    assert shown == ("http://***@127.0.0.1:9/v1", "omgeving")


@pytest.mark.parametrize("full", ["INDEX_DIR", "MODEL_DIR", "FEEDBACK_FILE"])
def test_every_disk_that_grows_is_looked_at(full: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv(f"BELEIDSWIJZER_{full}", str(other / "x"))
    usage = shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(path)._replace(free=0 if path == other else 10**11))
    check = checked("schijfruimte")
    assert not check.ok and str(other) in check.detail


def test_an_adapter_that_is_not_there_is_said() -> None:
    with pytest.raises(ModelError, match=r"in /niet/daar is niet te lezen \(dat bestaat niet\); stel"):
        adapter_id(Path("/niet/daar"))


def test_a_name_that_no_model_has_is_said_in_dutch(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"geladen worden \(dat is geen map en geen naam van een model\); stel"):
        Settings(model="a/b/c", model_dir=tmp_path).load_trainable()
