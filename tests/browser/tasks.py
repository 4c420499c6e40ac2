"""Five tasks of real users, done on the real page as they would; prints clicks, characters and seconds. `make taken`.

What the machine takes is measured. What a person takes is estimated with the keystroke-level model (Card, Moran and
Newell, 1980, https://doi.org/10.1145/358886.358895): 0.28 s a character, 1.3 s to point and click, 1.35 s to decide;
and reading at 238 words a minute (Brysbaert, 2019, https://doi.org/10.1016/j.jml.2019.104047).
"""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.screenshots import served

_KEY_S, _CLICK_S, _DECIDE_S, _WORDS_PER_S = 0.28, 1.3, 1.35, 238 / 60
_PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass
class Visit:
    """A visit to the page, with what it takes."""

    page: Page
    clicks: int = 0
    characters: int = 0
    words: int = 0
    machine_s: float = 0.0

    def ask(self, question: str, box: str = "#q") -> None:
        """Type a question and press Enter."""
        self.page.fill(box, question)
        self.characters += len(question) + 1
        self._wait(lambda: self.page.press(box, "Enter"))

    def click(self, target: str, leads: bool = True) -> None:
        """Click on something that leads to another page, or does not."""
        self.clicks += 1
        button = self.page.locator(target).first
        self._wait(button.click) if leads else button.click()

    def read(self, target: str) -> str:
        """Read something that stands on the screen."""
        text = self.page.locator(target).first.inner_text()
        self.words += len(text.split())
        return text

    def _wait(self, act: object) -> None:
        started = time.perf_counter()
        with self.page.expect_navigation(wait_until="load"):
            act()  # type: ignore[operator]
        self.page.evaluate(_PAINTED)
        self.machine_s += time.perf_counter() - started

    @property
    def total_s(self) -> float:
        """Seconds of machine and person together."""
        person = self.characters * _KEY_S + self.clicks * _CLICK_S + self.words / _WORDS_PER_S
        return self.machine_s + person + _DECIDE_S * (1 + self.clicks)


def deadline(visit: Visit) -> str:
    """Find the deadline of the duurzaamheidsverslag, and paste it with its reference."""
    visit.ask("wanneer moet het duurzaamheidsverslag binnen zijn?")
    visit.read(".statements li")
    visit.click(".statements [data-copy]", leads=False)
    visit.page.wait_for_function("document.querySelector('.statements [data-copy]').textContent === 'Gekopieerd'")
    pasted: str = visit.page.evaluate("navigator.clipboard.readText()")
    return pasted


def asked_before(visit: Visit) -> str:
    """Find whether notifying an enclave was asked about before."""
    visit.ask("is er al eerder een vraag gesteld over de melding van enclaves?")
    visit.read(".statements li")
    visit.click(".citations h3 a")
    return visit.read("h1") + " | " + visit.read("mark.cited")


def budgets(visit: Visit) -> str:
    """Compare the budget of local services in 2012 and 2018."""
    visit.ask("Vergelijk het budget voor LDE in 2012 en 2018")
    return visit.read(".statements")


def acronym(visit: Visit) -> str:
    """Find what SIFO is."""
    visit.ask("wat is SIFO")
    return visit.read(".statements")


def missing(visit: Visit) -> str:
    """Ask something that the corpus does not hold."""
    visit.ask("hoeveel krijgt een onthaalouder per dag per kind?")
    return visit.read(".no-answer") + "\n" + visit.read(".tips")


def main() -> None:
    """Do the tasks, each on a fresh page, and print what each took; a folder as argument gets a picture of each."""
    if CHROMIUM is None:
        sys.exit("Chromium is missing; run 'apt-get install chromium'.")
    pictures = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with TemporaryDirectory() as folder, served(Path(folder)) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for task in (deadline, asked_before, budgets, acronym, missing):
            context = browser.new_context(
                base_url=origin,
                viewport={"width": 1280, "height": 800},
                permissions=["clipboard-read", "clipboard-write"],
            )
            visit = Visit(context.new_page())
            visit.page.goto("/")
            seen = task(visit)
            sys.stdout.write(
                f"{task.__name__}: {visit.clicks} klikken, {visit.characters} tekens, {visit.words} woorden gelezen, "
                f"machine {visit.machine_s:.1f} s, samen {visit.total_s:.0f} s\n{seen}\n\n"
            )
            if pictures:
                visit.page.screenshot(path=pictures / f"{task.__name__}.png")
            context.close()


if __name__ == "__main__":
    main()
