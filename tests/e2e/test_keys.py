"""Keys are tested, described, never shown, shared, and removed."""

import re
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from tests.e2e.browsers import Complaints, Visits, until
from tests.e2e.sandbox import SandboxControl
from tests.e2e.voice_list import found_count

# Earlier tests may have added or removed clones.
# Library voices that another account lists as well are shown once.
DESIGNED = "/voices/?provider=elevenlabs&kind=designed"
VERDICTS = {
    "sandbox-elevenlabs-nobodys-key": r"Rejected.*",
    "sandbox-elevenlabs-readonly": r"Limited access.*can't create or delete voices\. Missing"
    r" permission: voices_write",
    "sandbox-elevenlabs-broke": r"Limited access.*out of credit.*All 3 voice slots are in use",
    "sandbox-elevenlabs-full-7": r"Works, checked",
    "sandbox-elevenlabs-full-8": r"No response.*ElevenLabs",
}


def test_every_kind_of_key_gets_its_own_check_result(
    visits: Visits, sandbox: SandboxControl
) -> None:
    page = visits.open("/keys/", "sam")
    lost = "sandbox-elevenlabs-full-8"
    sandbox.spoil("drop_before", key=lost, times=0)

    rows = {key: add_key(page, key, key[-4:] + uuid4().hex[:6]) for key in VERDICTS}

    verdicts = set()
    for key, verdict in VERDICTS.items():
        words = rows[key].locator(".state, p.wrap")
        expect(words.first).not_to_contain_text("Being checked")
        expect(rows[key]).to_have_text(re.compile(verdict, re.DOTALL))
        expect(rows[key]).to_contain_text(f"key ending in {key[-4:]}")
        verdicts.add(re.sub(r", checked (just now|.* ago)", "", " ".join(words.all_inner_texts())))
        assert key not in page.content()
    assert len(verdicts) == len(VERDICTS)
    page.reload()
    assert not any(key in page.content() for key in VERDICTS)
    # Once the network is back, the same key works.
    sandbox.heal()
    rows[lost].get_by_role("button", name="Check again").click()
    expect(rows[lost].locator(".state")).to_have_text(re.compile(r"^\s*Works"))


def test_a_key_can_be_shared_with_the_team_and_unshared(
    visits: Visits, complaints: Complaints
) -> None:
    key, nickname = "sandbox-elevenlabs-full-9", f"Studio {uuid4().hex[:6]}"
    ana, mia = visits.open("/keys/", "ana"), visits.open(DESIGNED, "mia")
    before = found_count(mia)
    own = add_key(ana, key, nickname)
    expect(own.locator(".state")).to_have_text(re.compile(r"^\s*Works"))
    mia.goto("/keys/")
    expect(row(mia, nickname)).to_have_count(0)

    own.get_by_role("button", name="Share with Aurora").click()

    expect(ana.locator(".toast").last).to_have_text("Your team can now use this key.")
    mia.reload()
    expect(row(mia, nickname)).to_contain_text("owned by Ana, shared with Aurora")
    expect(row(mia, nickname).get_by_role("button")).to_have_count(0)
    assert key not in mia.content()
    # A cloner can make voices with it, but a member can't.
    cleo = visits.open("/clone/", "cleo")
    expect(cleo.locator(".prov", has_text=nickname)).to_contain_text("Ana's key")
    mia.goto(DESIGNED)
    until(mia, lambda: mia.reload() and found_count(mia) > before, "the voices of Ana's key")

    own.get_by_role("button", name="Stop sharing").click()

    expect(own).to_contain_text("yours")
    expect(own).not_to_contain_text("shared")
    mia.reload()
    assert found_count(mia) == before
    mia.goto("/keys/")
    expect(row(mia, nickname)).to_have_count(0)
    cleo.reload()
    expect(cleo.locator(".prov", has_text=nickname)).to_have_count(0)
    complaints.expect("404")
    answer = mia.goto(f"/keys/{(own.get_attribute('id') or '').removeprefix('key-')}/")
    assert answer is not None
    assert answer.status == 404


def test_a_key_can_be_replaced_and_removed(visits: Visits) -> None:
    page = visits.open("/keys/", "sam")
    own = add_key(page, "sandbox-elevenlabs-mistyped", f"Spare {uuid4().hex[:6]}")
    expect(own.locator(".state")).to_have_text(re.compile(r"^\s*Rejected"))

    own.get_by_role("link", name="Replace").click()
    page.get_by_label("API key").fill("sandbox-elevenlabs-full-2")
    page.get_by_role("button", name="Test and save").click()

    expect(own.locator(".state")).to_have_text(re.compile(r"^\s*Works"))
    expect(own).to_contain_text("key ending in ll-2")
    own.get_by_role("link", name="Remove").click()
    expect(page.get_by_text("The key is erased and can't be restored.")).to_be_visible()
    page.get_by_role("button", name="Remove key").click()
    expect(page.locator(".toast").last).to_have_text("The key was removed.")
    expect(own).to_have_count(0)


def test_an_invalid_key_is_rejected_and_not_put_back(
    visits: Visits, complaints: Complaints
) -> None:
    complaints.expect("422")
    page = visits.open("/keys/add/", "sam")
    page.get_by_label("Name for this key").fill("Kept")

    page.get_by_label("API key").fill("two words with spaces")
    page.get_by_role("button", name="Test and save").click()

    expect(page.get_by_text("This key contains a space or a line break")).to_be_visible()
    expect(page.get_by_label("API key")).to_be_focused()
    expect(page.get_by_label("API key")).to_have_value("")
    expect(page.get_by_label("Name for this key")).to_have_value("Kept")
    assert "two words with spaces" not in page.content()


def add_key(page: Page, key: str, nickname: str) -> Locator:
    """Add a key and return its row in the list, where it is being checked."""
    page.goto("/keys/add/")
    page.get_by_label("Provider").select_option("elevenlabs")
    page.get_by_label("API key").fill(key)
    page.get_by_label("Name for this key").fill(nickname)
    page.get_by_role("button", name="Test and save").click()
    expect(row(page, nickname)).to_be_visible()
    return row(page, nickname)


def row(page: Page, nickname: str) -> Locator:
    """Return the row of the key with that name."""
    return page.locator("li.row[id^=key-]", has_text=nickname)
