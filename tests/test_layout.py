"""The shape of the repository: what may import what, and that the documentation keeps up."""

import ast
import importlib
import re
import tomllib
from pathlib import Path

import pytest
from typer import Typer

from api.cli.main import app
from api.settings import Settings
from tests.conftest import ROOT

# A package may import those in its set, and nothing else of ours.
MAY_IMPORT = {
    "ingest": {"ingest"},
    "index": {"index", "ingest"},
    "eval": {"eval", "index", "ingest"},
    "api": {"api", "eval", "index", "ingest"},
}
MODULES = [path for package in MAY_IMPORT for path in sorted((ROOT / package).glob("*.py"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = README + "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_imports_go_one_way(path: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
    assert imported & set(MAY_IMPORT) <= MAY_IMPORT[path.parent.name]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_modules_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_every_setting_command_and_endpoint_is_documented() -> None:
    for name in Settings.model_fields:
        assert f"BELEIDSWIJZER_{name.upper()}" in DOCS
    for command in _commands(app):
        assert f"beleidswijzer {command}" in DOCS, command
    for endpoint in ("/api/search", "/api/health", "/api/documents"):
        assert endpoint in DOCS


def _commands(group: Typer, before: str = "") -> list[str]:
    names = [c.name or (c.callback.__name__ if c.callback else "") for c in group.registered_commands]
    found = [f"{before}{name}" for name in names]
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        found += _commands(inner.typer_instance, f"{before}{inner.name} " if inner.name else before)
    return found


def test_every_make_target_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = next(line for line in makefile.splitlines() if line.startswith(".PHONY:")).split()[1:]
    for target in phony:
        assert re.search(rf"^{target}:.*## ", makefile, re.M)


def test_the_lock_pins_every_dependency() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines if not line.startswith("#")}
    assert all("==" in line or line.startswith("#") for line in lines)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for dependency in [*project["dependencies"], *extras["dev"], *extras["eval"]]:
        name = re.split(r"[=<>~]", dependency)[0].lower()
        assert name in pinned, name


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_packages_import(package: str) -> None:
    assert importlib.import_module(package).__doc__
