"""A sync's changes are shown as new once, and annotations survive a lost voice."""

import re
import time
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.browsers import until
from tests.e2e.clone_form import make_name
from tests.e2e.keeping import path_of, post
from tests.e2e.sandbox import SandboxControl
from tests.e2e.voice_list import found_count


def test_new_and_lost_voices_are_shown_once_and_annotations_survive_a_loss(
    ana: Page, sandbox: SandboxControl
) -> None:
    word, whole = make_name("kept").lower(), sandbox.inworld_voices()
    lost = next(each for each in whole if each["source"] == "SYSTEM")
    others = [each for each in whole if each is not lost]
    ana.goto(f"/voices/?provider=inworld&q=id:{lost['voiceId']}&layout=cards")
    voice = ana.locator("#results h3 a").first.get_attribute("href") or ""
    collection = keep(ana, voice, word)
    post(ana, "/voices/new/", until=f"{time.time():.6f}")
    newcomers = [renamed(lost, make_name("Newcomer"), is_new=True) for _ in range(2)]

    sandbox.show_inworld([*others, *newcomers])
    fetch(ana)

    expect_news(ana, [each["displayName"] for each in newcomers], voice)
    ana.goto(voice)
    expect(ana.get_by_text(re.compile(r"^\s*This voice has been gone since"))).to_be_visible()
    expect(ana.locator("#marks")).to_contain_text(word)
    # A voice that returns shortly afterward is ignored at first, because the list may be old.
    name = make_name("Returned")
    sandbox.show_inworld([*others, renamed(lost, name)])
    until(ana, lambda: fetch(ana) or title_of(ana, voice) == name, "the voice's return")
    expect_all_kept(ana, word)
    ana.goto(collection)
    expect(ana.locator("#results .card")).to_have_count(1)
    expect(ana.locator("#results .card")).to_contain_text(name)
    expect(ana.locator(".entry")).to_contain_text(f"For {word}")


def expect_news(page: Page, added: list[str], gone: str) -> None:
    """Wait until exactly these changes are shown, and mark them as seen."""
    said = re.compile(rf"{len(added)} added, 0 changed, 1 gone$")
    until(page, lambda: said.search(news_of(page)), "the news of the sync")
    for name in added:
        region = page.get_by_role("region", name=f"Added {len(added)}")
        expect(region.get_by_role("link", name=name, exact=True)).to_be_visible()
    link = page.get_by_role("region", name="Gone 1").get_by_role("link")
    expect(link).to_have_attribute("href", gone)
    page.get_by_role("button", name="Mark all as seen").click()
    expect(page.get_by_role("heading", name="Nothing new since then")).to_be_visible()


def expect_all_kept(page: Page, word: str) -> None:
    """Check that the voice's page and the list show what ``keep`` added."""
    star = page.locator(".d-head").get_by_role("button", name="Star")
    expect(star).to_have_attribute("aria-pressed", "true")
    marks = page.locator("#marks")
    expect(marks.locator(".chip", has_text=word).first).to_be_visible()
    expect(marks.locator(".note")).to_contain_text(f"Note {word}")
    expect(marks).to_contain_text("4 of 5, from 1 rating")
    page.goto(f"/voices/?q={word}&starred=yes")
    assert found_count(page) == 1


def keep(page: Page, voice: str, word: str) -> str:
    """Annotate the voice in every way, and return the address of its collection."""
    made = post(page, "/collections/", name=word, description="", whose="own")
    post(page, f"{voice}collections/", collection=path_of(made).split("/")[2], note=f"For {word}")
    post(page, f"{voice}tags/", tags=word)
    post(page, f"{voice}notes/", text=f"Note {word}")
    post(page, f"{voice}rating/", value="4")
    post(page, f"{voice}star/", on="1")
    return path_of(made)


def renamed(voice: dict[str, Any], name: str, *, is_new: bool = False) -> dict[str, Any]:
    """Return the voice as its provider would list it under another name."""
    return {**voice, "displayName": name, **({"voiceId": name.replace(" ", "-")} if is_new else {})}


def fetch(page: Page) -> None:
    """Sync Inworld's voices, and give the worker time."""
    page.goto("/accounts/")
    row = page.locator("#accounts tbody tr", has_text="Inworld").first
    row.get_by_role("button", name="Sync now").click()
    page.wait_for_timeout(1000)


def news_of(page: Page) -> str:
    """Return the summary of new voices."""
    page.goto("/voices/new/")
    return page.locator(".page-head p").inner_text()


def title_of(page: Page, voice: str) -> str:
    """Return the name on the voice's page."""
    page.goto(voice)
    return page.get_by_role("heading", level=1).inner_text()
