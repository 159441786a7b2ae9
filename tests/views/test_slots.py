"""The clone form refreshes the slots of its accounts and shows the current numbers."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from catalog.models import Credential, Membership, ProviderAccount
from tests import factories
from tests.views.conftest import Page


@pytest.fixture(autouse=True)
def _cleo_clones(cast):
    Membership.objects.filter(user=cast.mia).update(role=Membership.Role.CLONER)
    cache.clear()


def know(cast, used: int, limit: int, **ago: float) -> None:
    read_at = timezone.now() - timedelta(**ago)
    ProviderAccount.objects.filter(pk=cast.account.pk).update(
        slots_used=used, slots_limit=limit, slots_read_at=read_at
    )


def test_opening_the_form_with_old_slot_numbers_wakes_a_worker_once(mia, cast, wakes):
    know(cast, 3, 3, minutes=7)

    page = Page(mia.get("/clone/"))
    mia.get("/clone/")

    assert wakes == [("catalog.read_slots", cast.account.pk)]
    assert "slots as of 7" in page.text
    (part,) = page.find("div", id="clone-targets")
    assert part["hx-get"] == "/clone/targets/?tries=1"


def test_polling_shows_a_raised_limit_and_then_stops(mia, cast, wakes):
    know(cast, 3, 3, minutes=7)
    (before,) = Page(mia.get("/clone/targets/?tries=1")).find("input", name="credential")
    know(cast, 3, 10, seconds=1)

    page = Page(mia.get("/clone/targets/?tries=2"))

    (after,) = page.find("input", name="credential")
    assert ("disabled" in before, "disabled" in after) == (True, False)
    assert "3 of 10 slots used" in page.text
    (part,) = page.find("div", id="clone-targets")
    assert "hx-get" not in part
    assert "as of" not in page.text


def test_selected_keys_stay_selected_after_a_refresh(mia, cast, wakes):
    account = factories.make_account(cast.aurora, provider="noiz")
    other = factories.make_credential(cast.mia, account)
    know(cast, 3, 10, seconds=1)

    page = Page(mia.get(f"/clone/targets/?credential={other.pk}"))

    boxes = {box["value"]: "checked" in box for box in page.find("input", name="credential")}
    assert boxes == {str(cast.credential.pk): False, str(other.pk): True}


def test_polling_stops_after_ten_tries(mia, cast, wakes):
    know(cast, 3, 3, minutes=7)

    (part,) = Page(mia.get("/clone/targets/?tries=10")).find("div", id="clone-targets")

    assert "hx-get" not in part


@pytest.mark.parametrize("tries", ["x", "-1", "9" * 40, "\u0663"])
def test_an_invalid_tries_value_is_ignored(mia, cast, wakes, tries):
    assert mia.get("/clone/targets/", {"tries": tries}).status_code == 200


def test_no_worker_is_woken_without_a_working_key_or_slot_limits(mia, cast, wakes):
    Credential.objects.filter(pk=cast.credential.pk).update(health="rejected")
    factories.make_credential(cast.mia, factories.make_account(cast.aurora, provider="noiz"))

    mia.get("/clone/")

    assert wakes == []
