"""Similar voices, and the analysis of a sample."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.browsers import Complaints
from tests.e2e.clone_form import choose, go_to_step
from tests.e2e.test_player import expect_sound


def test_similar_voices_can_be_found_from_a_voice_and_from_a_recording(
    ana: Page, tmp_path: Path
) -> None:
    look_from_a_voice(ana)
    likest = ana.locator("#alike .card").first
    name = likest.locator("h3").inner_text()
    sound = tmp_path / "somebody.mp3"
    sound.write_bytes(ana.request.get(likest.get_attribute("data-src") or "").body())

    ana.goto("/voices/?provider=inworld&gender=female")
    ana.get_by_role("link", name="Search by recording").click()
    expect(ana.get_by_text("Limited to: Provider Inworld, Gender Female.")).to_be_visible()
    ana.get_by_label("Choose a file").set_input_files(sound)
    ana.get_by_role("button", name="Find similar voices").click()

    # A voice's own preview must match that voice best.
    expect(likest.locator("h3")).to_have_text(name)
    expect(likest).to_contain_text(re.compile(r"Very similar · (1[.]00|0[.]9\d)"))
    expect_best_first(ana)
    likest.locator("[data-play]").click()
    expect_sound(ana)
    ana.get_by_label("Limit to voices with these words").fill(name)
    ana.get_by_role("button", name="Filter results").click()
    expect(ana).to_have_url(re.compile("q="))
    expect(likest.locator("h3")).to_have_text(name)
    expect(ana.get_by_label("Remove filter Provider: Inworld")).to_be_visible()


def look_from_a_voice(page: Page) -> None:
    """Press "Find similar voices" on cards of a filtered list until two voices were compared."""
    found = page.locator("#alike .card")
    for place in range(3):
        page.goto("/voices/?provider=inworld&gender=female")
        card = page.locator("#results .card").nth(place)
        name = card.locator("h3").inner_text()
        card.get_by_label(re.compile("^Find voices similar to")).click()
        title = f"Voices similar to {name}"
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        listen = page.get_by_role("button", name="Analyze preview")
        compared = page.locator("#alike .res-head")
        # A worker may or may not have fetched the preview already.
        expect(listen.or_(compared)).to_be_visible()
        if listen.is_visible():
            listen.click()
        expect(compared).to_be_visible()
    expect(found.nth(1)).to_be_visible()
    expect(page.get_by_text("No credits were spent.")).to_be_visible()
    expect(page.get_by_label("Remove filter Gender: Female")).to_be_visible()
    expect_best_first(page)


def expect_best_first(page: Page) -> None:
    scores = [float(text.split("·")[1]) for text in page.locator(".alike span").all_inner_texts()]
    assert scores == sorted(scores, reverse=True)


def test_a_sample_s_report_is_shown_and_its_transcript_fills_empty_fields(
    ana: Page, recording: Path, complaints: Complaints
) -> None:
    ana.goto("/clone/")
    choose(ana, recording)
    verdict = ana.locator(".sample .verdict")
    expect(verdict.locator("summary")).to_have_text("This recording isn't suitable for cloning.")
    verdict.locator("summary").click()
    expect(verdict.get_by_text("Choose a recording of speech.")).to_be_visible()

    words = ana.get_by_label("Transcript of the sample")
    heard = """(text) => {
        const part = Object.assign(document.createElement("p"), { textContent: text, lang: "it" });
        part.dataset.heard = "";
        document.querySelector(".sample .verdict").append(part);
        const field = document.querySelector(".sample .cut input");
        field.dispatchEvent(new Event("input", { bubbles: true }));
    }"""
    ana.evaluate(heard, "Buona sera.")
    expect(words).to_have_value("Buona sera.")
    expect(ana.get_by_label("Language of the sample")).to_have_value("it")
    go_to_step(ana, "Voice")
    words.fill("As I wrote it.")
    ana.evaluate(heard, "Buona notte.")
    expect(words).to_have_value("As I wrote it.")
