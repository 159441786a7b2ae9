"""Measure in Chromium how long it takes from the first press on Play to sound.

    VOICEBOARD_DEMO_PASSWORD=... python scripts/bench_hearing.py [--address URL]

Voiceboard must run in demo mode on an otherwise idle machine, for a minute or two after its first
start: the previews of the first page have been fetched by then. Each press is the first one of a
page that was just opened. For clips that must be fetched, the voices of later pages are pressed,
which have never been played.
"""

import argparse
import os
import shutil
import statistics
import sys
from collections.abc import Iterator
from itertools import islice

from playwright.sync_api import Browser, Page, sync_playwright

PRESSES = 8
LATER_PAGES = range(5, 60)
WATCH = """
window.sound = new Promise((done) => {
  let pressedAt;
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function () {
    const look = () => {
      if (this.currentTime > 0) done((performance.now() - pressedAt) / 1000);
      else requestAnimationFrame(look);
    };
    look();
    return play.call(this);
  };
  document.addEventListener("click", () => {
    pressedAt ??= performance.now();
    setTimeout(() => done(Infinity), 30_000);
  }, true);
});
"""


def main() -> int:
    """Press Play on both kinds of voices, and print a row for each."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--address", default="http://127.0.0.1:8000")
    address = reader.parse_args().address
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    quiet = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=quiet)
        page = open_page(browser, address)
        sys.stdout.write("| seconds to sound | goal | median | slowest |\n|---|---|---|---|\n")
        for kind, goal, find in KINDS:
            found = islice(find(page, address), PRESSES)
            waits = [press(page, address, *each) for each in found]
            figures = f"{statistics.median(waits):.2f} | {max(waits):.2f}"
            sys.stdout.write(f"| {kind}, {len(waits)} voices | {goal:g} | {figures} |\n")
        browser.close()
    return 0


def open_page(browser: Browser, address: str) -> Page:
    """Return a page where Mia is signed in."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(WATCH)
    page.goto(f"{address}/account/login/")
    page.fill("[name=login]", "mia@example.com")
    page.fill("[name=password]", os.environ["VOICEBOARD_DEMO_PASSWORD"])
    page.click("button.primary")
    page.wait_for_selector("#results")
    return page


def find_cached(page: Page, address: str) -> Iterator[tuple[str, str]]:
    """Yield the first page and the ID of each card on it whose clip has been fetched."""
    path = "/voices/"
    page.goto(address + path)
    cards = page.locator('#results .card[data-src]:not([data-dur=""])').all()
    for identifier in [card.get_attribute("id") or "" for card in cards]:
        yield path, identifier


def find_missing(page: Page, address: str) -> Iterator[tuple[str, str]]:
    """Yield later pages, each with the ID of a card whose clip hasn't been fetched."""
    for number in LATER_PAGES:
        path = f"/voices/?page={number}"
        page.goto(address + path)
        cards = page.locator('#results .card[data-src][data-dur=""]').all()
        if cards:
            yield path, cards[0].get_attribute("id") or ""


def press(page: Page, address: str, path: str, card: str) -> float:
    """Open the page, press Play on the card, and return the seconds until its sound moves on."""
    page.goto(address + path)
    page.wait_for_load_state("networkidle")
    page.locator(f"#{card} [data-play]").click()
    return float(page.evaluate("window.sound"))


KINDS = (
    ("clip that is there", 1, find_cached),
    ("clip that has to be fetched", 3, find_missing),
)

if __name__ == "__main__":
    sys.exit(main())
