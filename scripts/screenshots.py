"""Take screenshots of every page of a running Voiceboard, at 1440 and 390 px in both themes.

    VOICEBOARD_DEMO_PASSWORD=... python scripts/screenshots.py --to pictures/

``--readme`` takes only the screenshot for the README, best two minutes after the demo's first
start.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

README_PATH = "/voices/"
PAGES = {
    "voices": "/voices/",
    "filtered": "/voices/?q=a&gender=female&sort=newest",
    "list": "/voices/?layout=list",
    "nothing": "/voices/?q=zzzz&gender=male",
    "compare": "/compare/",
    "start": "/start/",
    "clone": "/clone/",
    "jobs": "/jobs/",
    "keys": "/keys/",
    "add-key": "/keys/add/",
    "cleanup": "/cleanup/",
    "rules": "/cleanup/rules/",
    "ends": "/cleanup/expiry/",
    "account": "/you/",
    "table": "/voices/?layout=table",
    "news": "/voices/new/",
    "view": "/preferences/view/",
    "similar": "/similar/",
    "collections": "/collections/",
    "searches": "/searches/",
    "speakers": "/speakers/",
    "accounts": "/accounts/",
    "members": "/team/",
    "log": "/team/log/",
    "health": "/health/",
    "notifications": "/notifications/",
    "sessions": "/you/sessions/",
    "password": "/account/password/change/",
    "second-factor": "/account/second-factor/",
    "missing": "/voices/999999999/",
}
SIZES = {"1440": (1440, 900), "390": (390, 844)}
THEMES = ("light", "dark")


def main() -> int:
    """Sign in as Ana and visit the pages."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--address", default="http://127.0.0.1:8000")
    reader.add_argument("--to", type=Path, required=True)
    reader.add_argument("--readme", action="store_true")
    wanted = reader.parse_args()
    wanted.to.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        if wanted.readme:
            page = open_page(browser, wanted.address, SIZES["1440"], "light")
            show(page, wanted.address + README_PATH, wanted.to / "voices.png")
        else:
            for width, size in SIZES.items():
                for theme in THEMES:
                    page = open_page(browser, wanted.address, size, theme)
                    for name, path in [*PAGES.items(), *found_pages(page, wanted.address)]:
                        target = wanted.to / f"{name}-{width}-{theme}.png"
                        show(page, wanted.address + path, target)
        browser.close()
    return 0


def open_page(browser: Browser, address: str, size: tuple[int, int], theme: str) -> Page:
    """Return a page where Ana is signed in."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme, has_touch=size[0] < 900
    )
    page = context.new_page()
    page.goto(f"{address}/account/login/")
    page.fill("[name=login]", "ana@example.com")
    page.fill("[name=password]", os.environ["VOICEBOARD_DEMO_PASSWORD"])
    page.click("button.primary")
    page.wait_for_selector("#results")
    return page


def found_pages(page: Page, address: str) -> list[tuple[str, str]]:
    """Return the URLs of one voice, one job, and one plan, if there are any."""
    found = []
    for name, start, link in (
        ("voice", "/voices/?kind=clone", "#results h3 a"),
        ("job", "/jobs/", "#jobs b a"),
        ("plan", "/cleanup/", "a[href*='/plans/']"),
    ):
        page.goto(address + start)
        first = page.query_selector(link)
        if first is not None:
            found.append((name, first.get_attribute("href") or ""))
    return found


def show(page: Page, address: str, target: Path) -> None:
    """Open the URL and take a screenshot."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=target)


if __name__ == "__main__":
    sys.exit(main())
