"""One person with two tabs: a page changes only the team that it shows."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.browsers import NARROW, Complaints, Visits

KEY = "sandbox-elevenlabs-full-2"


@pytest.fixture(autouse=True)
def _refused(complaints: Complaints) -> None:
    complaints.expect("409")


@pytest.fixture
def corona(visits: Visits) -> str:
    """Give Sam a second team to work in, and return its name."""
    page, name = visits.open("/you/", "sam"), f"Corona {uuid4().hex[:6]}"
    page.get_by_text("Create a team").click()
    page.get_by_label("Team name").fill(name)
    page.get_by_role("button", name="Create team").click()
    expect(page.locator(".team-name")).to_contain_text(name)
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    work_in(page, "Borealis")
    return name


def work_in(page: Page, team: str) -> None:
    page.locator(".team-name").click()
    page.locator("#own-teams").get_by_role("button", name=team).click()
    expect(page.locator(".team-name")).to_contain_text(team)


def switch_elsewhere(context: BrowserContext, team: str) -> None:
    other = context.new_page()
    other.goto("/you/")
    work_in(other, team)
    other.close()


def test_a_form_keeps_its_input_and_can_be_sent_after_switching_back(
    visits: Visits, corona: str
) -> None:
    page, nickname = visits.open("/keys/add/", "sam"), f"Studio {uuid4().hex[:6]}"
    page.get_by_label("Provider").select_option("elevenlabs")
    page.get_by_label("API key").fill(KEY)
    page.get_by_label("Name for this key").fill(nickname)
    switch_elsewhere(page.context, corona)

    page.get_by_role("button", name="Test and save").click()

    panel = page.locator("#panel")
    expect(panel).to_contain_text("This page belongs to Borealis")
    expect(panel).to_contain_text(f"You are now in {corona}")
    panel.get_by_role("button", name="Switch back to Borealis").click()
    expect(panel).to_be_hidden()
    expect(page.get_by_label("API key")).to_have_value(KEY)
    page.get_by_role("button", name="Test and save").click()
    expect(page.get_by_role("listitem").filter(has_text=nickname)).to_be_visible()
    work_in(page, corona)
    page.goto("/keys/")
    expect(page.get_by_text(nickname)).to_have_count(0)
    work_in(page, "Borealis")


def test_a_list_shows_nothing_of_another_team(visits: Visits, corona: str) -> None:
    page = visits.open("/voices/", "sam")
    switch_elsewhere(page.context, corona)

    page.get_by_role("checkbox", name="Female", exact=True).click()

    panel = page.locator("#panel")
    expect(panel).to_contain_text("This page belongs to Borealis")
    panel.get_by_role("link", name=f"Reload in {corona}").click()
    expect(page.locator(".team-name")).to_contain_text(corona)
    work_in(page, "Borealis")


def test_a_link_opens_the_whole_page_in_the_new_team(visits: Visits, corona: str) -> None:
    page = visits.open("/voices/", "sam")
    switch_elsewhere(page.context, corona)

    page.get_by_role("link", name="Keys").click()

    expect(page).to_have_url(re.compile("/keys/$"))
    expect(page.locator(".team-name")).to_contain_text(corona)
    work_in(page, "Borealis")


def test_without_scripts_the_conflict_is_a_separate_page(visits: Visits, corona: str) -> None:
    page = visits.open("/team/", "sam", has_script=False)
    other = visits.open("/you/", "sam")
    work_in(other, corona)

    page.get_by_role("button", name="Create link").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("This page belongs to Borealis")
    page.get_by_role("button", name="Switch back to Borealis").click()
    expect(page).to_have_url(re.compile("/team/$"))
    expect(page.locator(".team-name")).to_contain_text("Borealis")
    expect(page.get_by_role("region", name="Invitations")).to_have_count(0)


def test_on_a_phone_the_team_is_shown_above_the_page(visits: Visits, corona: str) -> None:
    page = visits.open("/voices/", "sam", size=NARROW)

    expect(page.locator(".team-bar")).to_contain_text("Borealis")
    page.locator(".team-bar").get_by_role("button", name="Switch").click()
    page.locator("#own-teams").get_by_role("button", name=corona).click()
    expect(page.locator(".team-bar")).to_contain_text(corona)
    page.locator(".team-bar").get_by_role("button", name="Switch").click()
    page.locator("#own-teams").get_by_role("button", name="Borealis").click()
    expect(page.locator(".team-bar")).to_contain_text("Borealis")
