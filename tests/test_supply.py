"""What we build on, and what the paper says: licences of the lock, and threats and faults with tests that exist."""

import re
from collections import Counter
from importlib.metadata import PackageNotFoundError, metadata

import pytest

from tests.conftest import ROOT

# Words of the licences that we may ship or test with: permissive, or copyleft on its own files only; all are compatible
# with the EUPL. Source: https://interoperable-europe.ec.europa.eu/collection/eupl/matrix
ALLOWED = re.compile(
    r"0BSD|AND|Apache|Apache-2\.0|BSD|BSD-[23]-Clause|BSL-1\.0|CC0-1\.0|CNRI-Python|ISC|LLVM-exception|MIT|MIT-CMU|MPL-2\.0"
    r"|OR|PSF-2\.0|WITH|Zlib"
)
# What a package's metadata says in another way -> the same; read in its own licence file where metadata says nothing.
TOLD = {
    "2.0": "Apache",
    "(ISCL)": "ISC",
    "(MPL": "MPL-2.0",
    "2.0)": "MPL-2.0",
    "BSD,": "BSD",
    "3-Clause": "BSD",
    "MIT,": "MIT",
    "Mozilla": "MPL-2.0",
    "Public": "MPL-2.0",
    "Software": "Apache",
    "License": "OR",
}
READ_BY_EYE = {
    "axe-playwright-python": "MIT",  # its licenses/LICENSE
    "locate": "MIT",  # its LICENSE; the classifier says "Other"
    "matplotlib": "PSF-2.0",  # its LICENSE: "based on the Python Software Foundation License"
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",  # PDFium, Apache and BSD, is inside
}
PAPER = (ROOT / "docs" / "dreigingen.md").read_text(encoding="utf-8")
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def locked() -> list[str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return [line.split("==")[0] for line in lines if "==" in line] + ["torch"]


def licence(name: str) -> str:
    """Return the licence of an installed package, as it says it first."""
    about = metadata(name)
    if name in READ_BY_EYE:
        return READ_BY_EYE[name]
    if "License-Expression" in about:
        return about["License-Expression"]
    classified = [one.rsplit(" :: ", 1)[-1] for one in about.get_all("Classifier") or [] if one.startswith("License")]
    return " OR ".join(classified) or (about["License"] if "License" in about else "")


def refused(told: str) -> list[str]:
    """Return the words of a licence that are not those of one that we may use."""
    words = [TOLD.get(word, word) for word in told.split()]
    return [word for word in words if not ALLOWED.fullmatch(word)]


@pytest.mark.parametrize("name", locked())
def test_every_licence_is_one_that_we_may_use(name: str) -> None:
    try:
        told = licence(name)
    except PackageNotFoundError:
        pytest.skip("not on this machine")
    assert told and not refused(told), f"{name}: {told}"


@pytest.mark.parametrize("told", ["GPL-3.0-only", "AGPL-3.0", "Other/Proprietary License", "BSD AND LGPL-2.1", "None"])
def test_another_licence_is_refused(told: str) -> None:
    assert refused(told)


def rows(heading: str) -> list[list[str]]:
    """Return the rows of the table under a heading, cell by cell."""
    section = PAPER.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line.strip().strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[2:]]


@pytest.mark.parametrize(("heading", "most"), [("Threats", 40), ("Faults of 0.5.0", 17)])
def test_each_threat_and_each_fault_names_a_test_that_guards_it(heading: str, most: int) -> None:
    found = rows(heading)
    assert 12 <= len(found) <= most
    for row in found:
        named = _NAMED.findall(row[-1])
        assert named, f"{row[0]} names no test"
        for path, test in named:
            code = (ROOT / path).read_text(encoding="utf-8")
            assert re.search(rf"^def {test}\(", code, re.M), f"{row[0]}: {path} has no {test}"


def test_the_faults_are_all_there_once() -> None:
    assert Counter(row[0] for row in rows("Faults of 0.5.0")) == Counter(str(n) for n in range(1, 18))


def test_the_threats_fit_on_two_pages() -> None:
    assert len(PAPER.split()) < 1800
