"""Every page of Voiceboard by name, filled with long content."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from catalog.core.bundle_files import write_bundle
from catalog.queries.bundles import COLLECTION_FORMAT, VERSION
from tests.e2e.browsers import Theme, Visits
from tests.e2e.clone_form import (
    JOB_ADDRESS,
    expect_state,
    fill_in,
    go_to_step,
    make_clone,
    make_name,
    send,
)
from tests.e2e.keeping import keep_things
from tests.e2e.product import PASSWORD
from tests.e2e.sandbox import ADD_VOICE, SandboxControl
from tests.e2e.test_delete import set_waiting

FIXED_PLACES = {
    "voices": "/voices/",
    "voices as a list": "/voices/?layout=list&sort=newest",
    "voices filtered": "/voices/?q=e&gender=female&gender=male&age=young&age=old&age=unknown",
    "closest voices": "/voices/?q=warm+british+lady+narrator+qqqq",
    "no voices": "/voices/?q=qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq&gender=male",
    "unknown filter": "/voices/?gender=purple",
    "voices as a table": "/voices/?layout=table",
    "collections": "/collections/",
    "saved searches": "/searches/",
    "save a search": "/searches/add/?q=warm",
    "view": "/preferences/view/",
    "start": "/start/",
    "news": "/voices/new/",
    "clone": "/clone/",
    "jobs": "/jobs/",
    "speakers": "/speakers/",
    "consent requests": "/consents/",
    "ask for consent": "/consents/ask/",
    "notifications": "/notifications/",
    "import a bundle": "/speakers/import/",
    "duplicates": "/cleanup/duplicates/",
    "links for outsiders": "/shares/",
    "notification settings": "/notifications/settings/",
    "health": "/health/",
    "keys": "/keys/",
    "add a key": "/keys/add/",
    "cleanup": "/cleanup/",
    "cleanup rules": "/cleanup/rules/",
    "what to keep": "/cleanup/yours/",
    "what ends": "/cleanup/expiry/",
    "replacement plans": "/replacements/",
    "similar to a recording": "/similar/",
    "provider accounts": "/accounts/",
    "team": "/team/",
    "spending": "/team/spending/",
    "policies": "/team/policies/",
    "log": "/team/log/",
    "account": "/you/",
    "signed in": "/you/sessions/",
    "api tokens": "/you/tokens/",
    "two-factor": "/account/two-factor/",
    "new two-factor": "/account/two-factor/totp/activate/",
    "who you are": "/account/reauthenticate/",
    "change password": "/account/password/change/",
    "sign out": "/account/logout/",
    "nothing here": "/voices/999999999/",
}
MADE_PLACES = (
    "voice", "gone voice", "settings", "similar voices", "job", "failed job", "speaker", "samples",
    "sample", "dry run", "carried out", "key", "replace a key", "remove a key",
    "collection", "change a collection", "collections of a voice", "selection", "change a search",
    "compare", "comparison", "similar to a clip", "remove a member", "owner of a voice",
    "owner of an account", "replacement plan", "removal notices", "renew a token", "revoke a token",
    "merge a speaker", "split a speaker", "delete a sample", "delete a consent", "withdraw",
    "withdrawal",
    "consent request", "record a consent", "agree by a link", "given consent",
    "share a collection", "share a comparison", "link for outsiders", "import a collection",
    "imported collection",
)  # fmt: skip
STRANGERS_PLACES = {
    "api": "/api/docs/",
    "problem": "/api/problems/not-found",
    "sign in": "/account/login/",
    "sign-up": "/account/signup/",
    "forgotten password": "/account/password/reset/",
}
# Pages with one sentence in a frame that is checked elsewhere, or reached only from an email.
SMALL_PAGES = {
    "catalog:api-schema",
    "account_inactive",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
}
# Parts of a page that people don't open directly.
PARTS = {"catalog:clone-targets", "catalog:clone-speaker"}
PLACES = (*FIXED_PLACES, *MADE_PLACES, *STRANGERS_PLACES)

# Has no space to break at, and is wider than a phone's screen.
LONG = "Wolkenkratzerfensterputzerleiterhersteller" * 2


def make_places(page: Page, sandbox: SandboxControl, recording: Path) -> dict[str, str]:
    """Create a clone, a failed clone, two plans, and a key in Aurora, and return all addresses."""
    # Titles and other small places cut a name after 60 characters.
    name = make_name(LONG[:50])
    sample = {
        "name": f"{LONG}.wav",
        "mimeType": "audio/wav",
        "buffer": recording.read_bytes(),
    }
    found = {**FIXED_PLACES, **STRANGERS_PLACES}
    found["voice"] = make_clone(page, name, sample)
    found["job"] = page.url
    found |= keep_things(page, found["voice"], LONG)
    found["settings"], found["similar voices"] = (
        f"{found['voice']}settings/",
        f"{found['voice']}similar/",
    )
    found["owner of a voice"] = f"{found['voice']}owner/"
    found["failed job"] = _fail(page, sandbox, sample)
    found["speaker"] = page.locator("a[href^='/speakers/']").last.get_attribute("href") or ""
    link = page.get_by_role("link", name="Clone from these samples")
    found["samples"] = link.get_attribute("href") or ""
    found["sample"] = f"/samples/{re.findall('[0-9a-f-]{36}', found['samples'])[0]}/"
    found |= _find_speaker_pages(page, found["speaker"])
    found["gone voice"], found["carried out"] = _delete_the_oldest(page)
    page.goto(found["voice"])
    page.get_by_role("button", name=re.compile("^Delete…")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^\s*Dry run"))
    found["dry run"] = page.url
    found["change a search"] = _first_link(page, "/searches/", ".row-acts a")
    found["remove a member"] = _first_link(page, "/team/", "a[href$='/remove/']")
    found["owner of an account"] = _first_link(page, "/accounts/", "a[href$='/owner/']")
    found["removal notices"] = _first_link(page, "/accounts/", "a[href$='/notices/']")
    found["replacement plan"] = _plan_move(page, found["voice"])
    found["renew a token"] = _make_token(page)
    found["revoke a token"] = found["renew a token"].replace("renew", "revoke")
    found["similar to a clip"] = _ask_similar(page, sample)
    found |= {**_add_key(page), **_compare(page), **_ask_consent(page, sample)}
    return found | _share(page, found["collection"], found["comparison"])


def _share(page: Page, collection: str, comparison: str) -> dict[str, str]:
    """Share a collection with outsiders, and import another one."""
    page.goto(f"{collection}links/")
    page.get_by_label("For whom").fill(LONG[:80])
    page.get_by_role("button", name="Create link").click()
    page.get_by_role("link", name="Views and votes").click()
    expect(page).to_have_url(re.compile("/shares/[0-9]+/$"))
    link = page.url
    _bring_collection(page)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="Not at your providers")).to_be_visible()
    imported = page.url
    _bring_collection(page)
    return {
        "share a collection": f"{collection}links/",
        "share a comparison": f"{comparison}links/",
        "link for outsiders": link,
        "import a collection": page.url,
        "imported collection": imported,
    }


def _bring_collection(page: Page) -> None:
    """Upload a bundle with one voice that is nowhere here."""
    words = dict.fromkeys(("name", "description", "note"), LONG)
    labels = dict.fromkeys(("gender", "age", "kind", "accent", "language"), "unknown")
    voice = words | labels | {"provider": "elsewhere", "remote_id": LONG, "labels": []}
    manifest = {
        "format": COLLECTION_FORMAT,
        "version": VERSION,
        "collection": LONG[:80],
        "description": LONG,
        "is_shared": True,
        "left_out": 2,
        "voices": [voice],
        "speakers": [],
    }
    with write_bundle(manifest, {}) as made:
        file = {"name": f"{LONG}.zip", "mimeType": "application/zip", "buffer": made.read()}
    page.goto("/speakers/import/")
    page.get_by_label("Bundle").set_input_files(file)
    page.get_by_role("button", name="Check file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^\s*Import Wolken"))


def _ask_consent(page: Page, sample: dict[str, Any]) -> dict[str, str]:
    """Ask two speakers for consent, of whom one agrees."""
    links = []
    for name in (LONG, f"Ada {LONG}"):
        page.goto("/consents/ask/")
        page.get_by_label("Speaker's name").fill(name)
        page.get_by_role("button", name="Create link").click()
        links.append(page.locator("#made-link").inner_text())
    page.goto(links[1])
    page.locator("#id_recording").set_input_files(sample)
    page.get_by_label("I am the speaker").check()
    page.get_by_role("button", name="Send recording").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your consent")
    given = page.url
    page.goto("/consents/")
    open_request = page.locator(".job b a").last.get_attribute("href") or ""
    return {
        "consent request": open_request,
        "record a consent": f"{open_request}record/",
        "agree by a link": links[0],
        "given consent": given,
    }


def _find_speaker_pages(page: Page, speaker: str) -> dict[str, str]:
    """Return what can be done about a speaker, with a withdrawal that was canceled."""
    page.goto(speaker)
    found = {
        "merge a speaker": f"{speaker}merge/",
        "split a speaker": f"{speaker}split/",
        "withdraw": f"{speaker}withdraw/",
        "delete a sample": _first_link(page, speaker, "a[href^='/samples/'][href$='/delete/']"),
        "delete a consent": _first_link(page, speaker, "a[href*='/consents/'][href$='/delete/']"),
    }
    page.goto(found["withdraw"])
    page.get_by_label("Reason").fill(LONG)
    page.get_by_role("button", name="Withdraw permission").click()
    cancel = page.get_by_role("button", name="Cancel withdrawal")
    expect(cancel).to_be_visible()
    found["withdrawal"] = page.url
    cancel.click()
    expect(page.get_by_text("The consents are valid again.")).to_be_visible()
    return found


def _plan_move(page: Page, voice: str) -> str:
    page.goto(voice)
    page.get_by_role("button", name="Move to another provider").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"^\s*Move voices"))
    return page.url


def _first_link(page: Page, path: str, selector: str) -> str:
    page.goto(path)
    return page.locator(selector).first.get_attribute("href") or ""


def _make_token(page: Page) -> str:
    page.goto("/you/tokens/")
    page.get_by_label("Name").fill(LONG[:80])
    page.get_by_label("Read voices").check()
    page.get_by_role("button", name="Make token").click()
    expect(page.locator("#made-token")).to_have_text(re.compile("^vb_"))
    return page.locator("a[href$='/renew/']").first.get_attribute("href") or ""


def _ask_similar(page: Page, sample: dict[str, Any]) -> str:
    page.goto("/similar/")
    page.locator("#id_clip").set_input_files(sample)
    page.get_by_role("button", name="Find similar voices").click()
    expect(page).to_have_url(re.compile(r"/similar/[0-9a-f-]{36}/"))
    return page.url


def _fail(page: Page, sandbox: SandboxControl, sample: dict[str, Any]) -> str:
    sandbox.spoil("error_before", **ADD_VOICE, status=400)
    page.goto("/clone/")
    fill_in(page, make_name("Refused"), sample)
    go_to_step(page, "Voice")
    page.get_by_label("Description").fill(LONG)
    go_to_step(page, "Permission")
    page.get_by_label("Speaker's name").fill(LONG)
    send(page)
    expect(page).to_have_url(JOB_ADDRESS)
    expect_state(page, "Failed")
    return page.url


def _delete_the_oldest(page: Page) -> tuple[str, str]:
    set_waiting(page, 0)
    page.goto("/cleanup/?show=all")
    row = (
        page.locator("tbody tr", has_text="ElevenLabs")
        .filter(has_text=re.compile(r"test \d"))
        .first
    )
    voice = row.get_by_role("link").get_attribute("href") or ""
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Start dry run").click()
    page.get_by_role("button", name="Delete 1 voice at the provider").click()
    expect(page.locator("#plan-lines .outcome")).to_have_text(re.compile(r"^\s*Deleted"))
    return voice, page.url


def _compare(page: Page) -> dict[str, str]:
    page.goto("/voices/?provider=elevenlabs&kind=library")
    cards = page.locator("#results .card:has(.cmp)").all()[:2]
    voices = ",".join(card.get_attribute("data-voice") or "" for card in cards)
    form = f"/compare/?v={voices}"
    page.goto(form)
    text = f"Hello. {LONG}"
    page.get_by_label("Text for all voices").fill(text)
    # The button works only for the text whose cost is shown.
    words = re.compile(f"About {2 * len(text)} characters|This is free")
    expect(page.locator("#cost")).to_have_text(words)
    page.get_by_role("button", name=re.compile("^Compare (.about|for free)")).click()
    expect(page.locator("#rounds [data-play]")).to_have_count(2)
    return {"compare": form, "comparison": page.url}


def _add_key(page: Page) -> dict[str, str]:
    page.goto("/keys/add/")
    page.get_by_label("Provider").select_option("elevenlabs")
    page.get_by_label("API key").fill("sandbox-elevenlabs-mistyped")
    page.get_by_label("Name for this key").fill(LONG[:80])
    page.get_by_role("button", name="Test and save").click()
    row = page.locator("li.row[id^=key-]", has_text=LONG[:80]).last
    expect(row.locator(".state")).to_have_text(re.compile(r"^\s*Rejected"))
    number = (row.get_attribute("id") or "").removeprefix("key-")
    return {
        "key": f"/keys/{number}/",
        "replace a key": f"/keys/{number}/replace/",
        "remove a key": f"/keys/{number}/remove/",
    }


def go_to(
    visits: Visits,
    places: dict[str, str],
    name: str,
    *,
    size: tuple[int, int],
    theme: Theme = "light",
) -> Page:
    """Open a place as Ana, or signed out if the page is only for visitors."""
    person = "" if name in STRANGERS_PLACES else "ana"
    page = visits.open(places[name], person, size=size, theme=theme)
    if name == "new two-factor" and "reauthenticate" in page.url:
        # Ana signed in some minutes ago.
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Continue").click()
        expect(page).to_have_url(re.compile(places[name]))
        visits.keep_cookies(page, person)
    assert not person or "/account/login/" not in page.url
    return page


@contextmanager
def playing(page: Page) -> Iterator[None]:
    """Keep a voice in the player while the block runs."""
    page.locator("#results [data-play]").first.click()
    expect(page.locator("#deck")).to_be_visible()
    yield
    page.locator("[data-deck=close]").click()
