"""The player: previews play across pages and respond to mouse and keyboard."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Response, Route, expect

from tests.e2e.browsers import Complaints, Visits, until
from tests.e2e.clone_form import make_clone, make_name
from tests.e2e.keeping import post
from tests.e2e.sandbox import SandboxControl
from tests.e2e.voice_list import expect_chips, expect_found, facet, found_count


def test_a_voice_plays_from_the_list_through_our_own_server(ana: Page) -> None:
    answers: list[Response] = []
    ana.on("response", lambda answer: answers.append(answer))
    card = playable(ana).first

    card.get_by_role("button", name=re.compile("^Play ")).click()

    expect_sound(ana)
    assert measure(ana, "duration") > 1
    expect(card.get_by_role("button", name=re.compile("^Pause "))).to_be_visible()
    deck = ana.get_by_role("region", name="Player")
    expect(deck.locator("#deck-name")).to_have_text(card.locator("h3").inner_text())
    sounds = [answer for answer in answers if "/preview/" in answer.url]
    # The player asks for ranges, and for all of a preview that no one has played before.
    assert 206 in {answer.status for answer in sounds} <= {200, 206}
    assert all(answer.headers["content-type"].startswith("audio/") for answer in sounds)


def test_nothing_plays_or_loads_before_someone_presses_play(visits: Visits, ana: Page) -> None:
    voice_page = visits.open(link_of(playable(ana).first), "ana")
    playable(ana).first.hover()

    for page in (ana, voice_page):
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.getElementById('audio').paused")
        assert page.evaluate("document.getElementById('audio').networkState") == 0
        expect(page.locator("#deck")).to_be_hidden()


def test_playback_continues_across_filters_paging_and_pages(ana: Page) -> None:
    total = found_count(ana)
    card = playable(ana).first
    name = card.locator("h3").inner_text()
    ana.evaluate("document.getElementById('audio').loop = true")
    card.get_by_role("button", name=re.compile("^Play ")).click()
    expect_sound(ana)

    facet(ana, "gender", "female").check()
    expect_chips(ana, "Female")
    expect_sound(ana)
    ana.get_by_role("link", name="Next").click()
    expect(ana.locator(".pages span")).to_have_text(re.compile(r"^\s*25–"))
    expect_sound(ana)
    ana.locator("#results .card h3 a").first.click()
    expect(ana.locator("main.page, #main .detail")).to_be_visible()
    expect_sound(ana)
    ana.get_by_role("link", name="Keys").click()
    expect(ana.get_by_role("heading", name="Keys", exact=True)).to_be_visible()
    expect_sound(ana)
    ana.get_by_role("link", name="Voices", exact=True).click()
    expect_found(ana, total)

    expect_sound(ana)
    expect(ana.locator("#deck-name")).to_have_text(name)
    # The voice's new card shows that it is playing.
    expect(ana.get_by_role("button", name=f"Pause {name}", exact=True).first).to_be_visible()


def test_a_second_voice_stops_the_first(ana: Page) -> None:
    one, other = playable(ana).nth(0), playable(ana).nth(1)
    one.get_by_role("button", name=re.compile("^Play ")).click()
    expect_sound(ana)

    other.get_by_role("button", name=re.compile("^Play ")).click()

    expect(ana.locator("#deck-name")).to_have_text(other.locator("h3").inner_text())
    expect_sound(ana)
    assert link_of(other) in ana.evaluate("document.getElementById('audio').currentSrc")
    expect(ana.locator("#results .card.playing")).to_have_count(1)
    expect(one.get_by_role("button", name=re.compile("^Play "))).to_be_visible()
    assert ana.evaluate("document.querySelectorAll('audio').length") == 1


def test_the_player_and_the_waveform_can_seek(ana: Page) -> None:
    card = playable(ana).first
    card.get_by_role("button", name=re.compile("^Play ")).click()
    expect_sound(ana)
    ana.get_by_role("button", name="Pause", exact=True).click()
    length = measure(ana, "duration")

    ana.get_by_role("slider", name="Position in preview").fill("600")

    until(ana, lambda: abs(measure(ana, "currentTime") - 0.6 * length) < 0.02 * length, "a jump")
    ana.evaluate("document.getElementById('audio').playbackRate = 0.1")
    box = card.locator(".wave").bounding_box() or {}
    card.locator(".wave").click(position={"x": box["width"] / 4, "y": box["height"] / 2})
    until(ana, lambda: abs(measure(ana, "currentTime") - length / 4) < 0.05 * length, "a jump back")


def test_the_server_supports_range_requests_for_previews(ana: Page) -> None:
    address = f"{link_of(playable(ana).first)}preview/"
    whole = ana.request.get(address)

    part = ana.request.get(address, headers={"Range": "bytes=100-199"})

    assert part.status == 206
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.body())}"
    assert part.body() == whole.body()[100:200]


def test_next_and_previous_follow_the_list_and_close_stops_the_player(ana: Page) -> None:
    names = [card.locator("h3").inner_text() for card in playable(ana).all()[:2]]
    playable(ana).first.get_by_role("button", name=re.compile("^Play ")).click()
    expect_sound(ana)

    ana.get_by_role("button", name="Next voice").click()
    expect(ana.locator("#deck-name")).to_have_text(names[1])
    expect_sound(ana)
    ana.get_by_role("button", name="Previous voice").click()
    expect(ana.locator("#deck-name")).to_have_text(names[0])
    ana.get_by_role("button", name="Close player").click()

    expect(ana.locator("#deck")).to_be_hidden()
    assert ana.evaluate("document.getElementById('audio').paused")
    expect(ana.locator("#results .card.playing")).to_have_count(0)


@pytest.fixture
def looped(ana: Page) -> Page:
    """Return the list with a player that loops its clip."""
    ana.evaluate("document.getElementById('audio').loop = true")
    return ana


def test_voices_play_by_keys_and_in_sequence_and_the_volume_is_kept(ana: Page) -> None:
    names = [card.locator("h3").inner_text() for card in playable(ana).all()[:3]]
    playable(ana).first.locator("[data-play]").click()
    deck = ana.locator("#deck-name")
    expect(deck).to_have_text(names[0])

    ana.keyboard.press("n")
    expect(deck).to_have_text(names[1])
    ana.keyboard.press("p")
    expect(deck).to_have_text(names[0])
    ana.get_by_role("button", name="Play voices one after another").click()
    end_now(ana)
    expect(deck).to_have_text(names[1])
    end_now(ana)
    expect(deck).to_have_text(names[2])
    ana.get_by_role("slider", name="Volume").fill("35")
    ana.reload()
    expect(ana.locator("#deck")).to_be_hidden()
    assert ana.evaluate("document.getElementById('audio').volume") == 0.35


def test_speed_is_kept_a_voice_loops_and_its_clip_is_saved(ana: Page) -> None:
    card = playable(ana).first
    voice = card.get_attribute("data-sub") or ""
    card.locator("[data-play]").click()
    expect_sound(ana)

    ana.get_by_role("combobox", name="Speed").select_option("1.5×")
    ana.get_by_role("button", name="Loop this voice").click()
    with ana.expect_download() as saving:
        ana.get_by_role("link", name="Download", exact=False).click()
    end_now(ana)

    expect_sound(ana)
    name, provider = card.locator("h3").inner_text(), voice.partition(" · ")[0]
    assert saving.value.suggested_filename.startswith(f"{provider} – {name}.")
    assert saving.value.path().stat().st_size > 1000
    assert measure(ana, "playbackRate") == 1.5
    ana.get_by_role("button", name="Play voices one after another").click()
    expect(ana.get_by_role("button", name="Loop this voice")).to_have_attribute(
        "aria-pressed", "false"
    )
    ana.reload()
    playable(ana).nth(1).locator("[data-play]").click()
    until(ana, lambda: measure(ana, "playbackRate") == 1.5, "the speed of the last visit")


def test_the_first_play_of_a_voice_draws_its_waveform(ana: Page) -> None:
    ana.goto("/voices/?sort=name&page=40")
    card = ana.locator("#results .card:has([data-play])").first
    shape = card.locator("path.base")
    expect(shape).to_have_attribute("d", "")

    card.locator("[data-play]").click()

    expect(shape).to_have_attribute("d", re.compile(r"^(M[\d.]+ [\d.]+v[\d.]+){64}$"))
    expect(ana.locator("#deck path.base")).to_have_attribute("d", re.compile("^M2 "))


def test_next_continues_where_a_voice_has_left_the_list(looped: Page) -> None:
    playable(looped).nth(1).locator("[data-play]").click()
    voice = playable(looped).nth(1).get_attribute("data-voice") or ""
    follower = playable(looped).nth(2).locator("h3").inner_text()
    post(looped, f"/voices/{voice}/archive/")

    looped.locator("#q").press("Enter")
    expect(looped.locator(f"#v-{voice}")).to_have_count(0)
    looped.get_by_role("button", name="Next voice").click()

    expect(looped.locator("#deck-name")).to_have_text(follower)
    post(looped, f"/voices/{voice}/unarchive/")


def test_the_copied_link_and_code_snippet_are_the_ones_shown(ana: Page) -> None:
    ana.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ana.goto("/voices/?provider=elevenlabs")
    ana.get_by_role("button", name="Copy link").click()
    expect(ana.locator(".toast")).to_have_text("Link copied.")
    assert ana.evaluate("navigator.clipboard.readText()") == ana.url
    ana.goto(link_of(playable(ana).first))

    ana.get_by_role("button", name="Copy curl").click()

    expect(ana.locator(".toast").last).to_have_text("Copied.")
    copied = ana.evaluate("navigator.clipboard.readText()")
    assert copied == ana.locator(".calls code").first.inner_text()
    assert "YOUR_API_KEY" in copied


def test_single_keys_move_play_search_and_open_help(ana: Page) -> None:
    links = ana.locator("#results .card h3 a")

    ana.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    ana.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    ana.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()
    ana.keyboard.press("Space")
    expect_sound(ana)
    ana.keyboard.press("Space")
    until(ana, lambda: ana.evaluate("document.getElementById('audio').paused"), "a pause")
    ana.keyboard.press("/")
    expect(ana.get_by_role("combobox", name="Search voices")).to_be_focused()
    ana.keyboard.press("Escape")
    expect(ana.get_by_role("combobox", name="Search voices")).not_to_be_focused()
    ana.keyboard.press("?")
    expect(ana.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    ana.keyboard.press("Escape")
    expect(ana.get_by_role("dialog")).to_be_hidden()


def test_single_keys_do_nothing_while_typing_or_when_turned_off(ana: Page) -> None:
    ana.keyboard.press("/")
    ana.keyboard.type("jk? /")
    expect(ana.get_by_role("combobox", name="Search voices")).to_have_value("jk? /")
    expect(ana.get_by_role("dialog")).to_be_hidden()
    ana.keyboard.press("Escape")

    ana.get_by_role("button", name="Keyboard shortcuts").click()
    ana.get_by_role("checkbox", name="Use single-key shortcuts").uncheck()
    ana.get_by_role("button", name="Close", exact=True).click()
    ana.keyboard.press("/")

    expect(ana.get_by_role("combobox", name="Search voices")).not_to_be_focused()
    ana.reload()
    ana.keyboard.press("?")
    expect(ana.get_by_role("dialog")).to_be_hidden()


def test_a_preview_that_cannot_be_fetched_shows_a_message(
    ana: Page, complaints: Complaints, sandbox: SandboxControl, recording: Path
) -> None:
    complaints.expect("404")
    name = make_name("Never heard")
    for path in ("*.mp3", "*/audio"):
        sandbox.spoil("error_before", method="GET", path=path, times=0)
    make_clone(ana, name, recording)
    ana.goto(f"/voices/?q={name}")

    ana.get_by_role("button", name=f"Play {name}").click()

    expect(ana.locator(".toast")).to_contain_text("error (500)")
    expect(ana.locator("#results .card.playing.on")).to_have_count(0)


def playable(page: Page) -> Locator:
    """Return the cards that have a preview to play."""
    return page.locator("#results .card:has([data-play])")


def link_of(card: Locator) -> str:
    """Return the address of a card's voice."""
    return card.locator("h3 a").get_attribute("href") or ""


def measure(page: Page, name: str) -> float:
    """Return a numeric property of the audio element."""
    return float(page.evaluate(f"document.getElementById('audio').{name}") or 0)


def expect_sound(page: Page) -> None:
    """Wait until playback advances, and check that the player is audible."""
    before = measure(page, "currentTime")
    until(page, lambda: measure(page, "currentTime") != before, "sound that moves on")
    assert not page.evaluate("document.getElementById('audio').paused")
    assert measure(page, "volume") > 0


def end_now(page: Page) -> None:
    """Skip to the end of the voice in the player."""
    until(page, lambda: measure(page, "duration") > 0, "a voice of known length")
    page.evaluate("document.getElementById('audio').currentTime = 1e6")


def test_a_preview_being_generated_is_waited_for_and_the_wait_can_be_stopped(ana: Page) -> None:
    card, asked = playable(ana).first, []

    def speak_slowly(route: Route) -> None:
        asked.append(route.request.url)
        # The player requests once, then once more for the message, and then a worker is done.
        if len(asked) > 3:
            route.continue_()
        else:
            words = {"content-type": "text/plain; charset=utf-8", "retry-after": "1"}
            route.fulfill(status=202, headers=words, body="Generating the preview of Ada.")

    ana.route("**/preview/", speak_slowly)
    deck = ana.get_by_role("region", name="Player")
    card.get_by_role("button", name=re.compile("^Play ")).click()
    expect(deck).to_contain_text("Generating the preview of Ada.")
    expect(deck).to_contain_text("Loading…")
    expect(deck.locator("#deck-save[href]")).to_have_count(0)
    deck.get_by_role("button", name=re.compile("^Play$|^Pause$")).click()
    expect(deck).not_to_contain_text("Generating the preview")
    ended_after = len(asked)

    asked.clear()
    card.get_by_role("button", name=re.compile("^Play ")).click()

    expect_sound(ana)
    expect(deck).not_to_contain_text("Generating the preview")
    assert ended_after <= 3 < len(asked)
