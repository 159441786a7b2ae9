"""History in Firefox, where htmx works differently than in Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.firefox import Firefox, find_firefox, open_firefox
from tests.e2e.product import PASSWORD, Product

SEARCH = "document.querySelector('input[name=q]')"
CARDS = "document.querySelectorAll('#results .card')"
# Everything in the list that depends on the filters.
SHOWN = """({
    address: location.pathname + location.search,
    chips: [...document.querySelectorAll('.chips bdi')].map((chip) => chip.textContent),
    count: document.querySelector('#count b').textContent,
    words: document.querySelector('input[name=q]').value,
    isTicked: document.querySelector('#l-gender-female input').checked,
    voices: [...document.querySelectorAll('#results .card h3 a')].map((link) => link.href),
})"""


@pytest.fixture
def firefox(product: Product, tmp_path: Path) -> Iterator[Firefox]:
    """Return a Firefox with Ana's list of voices."""
    program = find_firefox()
    if program is None:
        pytest.skip("No Firefox on this machine.")
    with open_firefox(program, tmp_path) as firefox:
        firefox.open(product.address)
        for name, value in (("login", "ana@example.com"), ("password", PASSWORD)):
            firefox.ask(f"document.querySelector('input[name={name}]').value = '{value}'")
        firefox.ask("document.querySelector('input[name=password]').form.requestSubmit()")
        firefox.wait_until(f"{CARDS}.length", lambda count: count == 24)
        yield firefox
        assert firefox.complaints == []


def shows(firefox: Firefox, **wanted: Any) -> Any:
    """Wait until the list shows these values, and return everything it shows."""
    return firefox.wait_until(SHOWN, lambda shown: shown and {**shown, **wanted} == shown)


def stands_at(firefox: Firefox, place: int) -> None:
    """Wait until the page is scrolled to about this position."""
    firefox.wait_until("scrollY", lambda found: abs(found - place) < 40)


def test_back_forward_and_reload_restore_lists_and_scroll_positions(firefox: Firefox) -> None:
    everything = shows(firefox, chips=[], isTicked=False)
    firefox.ask("scrollTo(0, 700)")
    stands_at(firefox, 700)

    firefox.ask("document.querySelector('#l-gender-female input').click()")
    ticked = shows(firefox, chips=["Female"], address="/voices/?gender=female")
    firefox.ask(f"{SEARCH}.focus()")
    firefox.type("warm")
    typed = shows(firefox, chips=["warm", "Female"], address="/voices/?q=warm&gender=female")
    assert len({each["count"] for each in (everything, ticked, typed)}) == 3
    assert firefox.ask("document.activeElement.name") == "q"

    firefox.go(-1)
    shows(firefox, **ticked)
    firefox.go(-1)
    shows(firefox, **everything)
    stands_at(firefox, 700)
    firefox.go(1)
    shows(firefox, **ticked)
    firefox.go(1)
    shows(firefox, **typed)
    firefox.reload()
    shows(firefox, **typed)


def test_back_from_a_voice_or_another_site_restores_the_list_and_its_position(
    firefox: Firefox, product: Product
) -> None:
    firefox.open(f"{product.address}/voices/?gender=female")
    before = shows(firefox, chips=["Female"])
    firefox.ask(f"{CARDS}[20].scrollIntoView()")
    place = firefox.wait_until("scrollY", lambda found: found > 100)

    firefox.ask(f"{CARDS}[20].querySelector('h3 a').click()")
    firefox.wait_until("location.pathname", lambda path: path != "/voices/")
    firefox.go(-1)
    shows(firefox, **before)
    stands_at(firefox, place)

    firefox.open("data:text/html,<title>Elsewhere</title>")
    firefox.wait_until("document.title", lambda title: title == "Elsewhere")
    firefox.go(-1)
    shows(firefox, **before)
    stands_at(firefox, place)
