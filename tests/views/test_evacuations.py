"""The whole way on pages: from a clone's page to its replacement everywhere, and back."""

import re
from typing import Any

import pytest
from django.urls import reverse

from catalog.jobs.evacuations.run import run_evacuation
from catalog.models import CloneJob, Evacuation
from catalog.queries import similarity
from tests import factories

NOW = factories.NOW


@pytest.fixture(autouse=True)
def _empty_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "_memory", similarity._Memory())


@pytest.fixture
def ada(cast: Any) -> Any:
    """A clone at Telnyx that is in a collection, and a voice that sounds like it."""
    telnyx = factories.make_account(cast.aurora, provider="telnyx", slots_limit=None)
    key = factories.make_credential(cast.ana, telnyx, "sandbox-telnyx-full")
    old = factories.make_clone(telnyx, "Ada at Telnyx", gender="female", preview_sample_id="s")
    factories.make_job(cast.ana, key, voice=old, state="ready", language="en")
    near = factories.make_voice(cast.account, "Nearby", preview_url="https://a.b/c.mp3")
    for voice in (old, near):
        factories.make_embedding(voice, 1)
    cast.collection = factories.make_collection(cast.ana, cast.aurora, old, is_shared=True)
    cast.old, cast.near = old, near
    return cast


def read(client: Any, address: str) -> str:
    return re.sub(r"\s+", " ", client.get(address).content.decode())


def test_clone_moves_to_another_provider_and_back_without_script(ada, sign_in, clock, wakes):
    client = sign_in(ada.ana)
    assert "Move to another provider" in read(client, f"/voices/{ada.old.pk}/")
    client.post(reverse("catalog:evacuation-create"), {"voice": ada.old.pk})
    plan = Evacuation.objects.get()
    address = reverse("catalog:evacuation-detail", args=[plan.pk])
    page = read(client, address)
    assert "1. Clone 1 voice again" in page
    assert "3 of 30 slots used, 4 afterwards" in page
    assert "Used in: Collection narrators" in page
    assert "Very similar" in page

    start = reverse("catalog:evacuation-start", args=[plan.pk])
    assert client.post(start).status_code == 422
    client.post(start, {"confirmed": "1"})
    assert len(list(run_evacuation(plan.pk, clock))) == 1
    assert "1 clone still to be made" in read(client, address)
    new = factories.make_clone(ada.account, "Ada at ElevenLabs")
    CloneJob.objects.filter(batch__evacuation_line__evacuation=plan).update(
        state="ready", voice=new
    )
    assert "Replace 1 voice everywhere" in read(client, address)

    client.post(reverse("catalog:evacuation-approve", args=[plan.pk]))
    assert ada.collection.entries.get().voice == new
    assert "Replaced in 1 collection." in read(client, address)
    assert "Ada at ElevenLabs" in read(client, f"/voices/{ada.old.pk}/")
    client.post(reverse("catalog:evacuation-undo", args=[plan.pk]))
    assert ada.collection.entries.get().voice == ada.old
    assert "Undone" in read(client, reverse("catalog:evacuation-list"))


def test_choices_are_stored_for_one_row_and_for_all(ada, sign_in):
    client = sign_in(ada.ana)
    client.post(reverse("catalog:evacuation-create"), {"voice": ada.old.pk})
    line = Evacuation.objects.get().lines.get()
    choose = reverse("catalog:evacuation-choose", args=[line.evacuation_id])

    for posted, wanted in (
        ({"do": "nearest", "which": "all"}, ("voice", ada.near.pk)),
        ({"do": "leave", "id": str(line.pk)}, ("leave", None)),
        ({"do": "nearest", "which": "open"}, ("leave", None)),
        ({f"line-{line.pk}": f"voice:{ada.near.pk}"}, ("voice", ada.near.pk)),
        (
            {f"line-{line.pk}": "other", f"other-{line.pk}": f"https://x/voices/{ada.near.pk}/"},
            ("voice", ada.near.pk),
        ),
        ({f"line-{line.pk}": "voice:999999"}, ("voice", ada.near.pk)),
        (
            {"do": "clone", "which": "all", "key": str(ada.credential.pk)},
            ("clone", None),
        ),
    ):
        client.post(choose, posted)
        line.refresh_from_db()
        assert (line.choice, line.replacement_id) == wanted, posted


def test_plan_for_an_account_that_ends_starts_on_the_board(ada, sign_in):
    client = sign_in(ada.ana)
    board = reverse("catalog:expiry-list")
    telnyx = ada.old.account
    announce = {"subject": f"account:{telnyx.pk}", "ends_on": "2027-01-31", "note": "Closing."}

    assert (
        client.post(reverse("catalog:end-announce"), {**announce, "ends_on": ""}).status_code == 422
    )
    client.post(reverse("catalog:end-announce"), announce)

    page = read(client, board)
    assert "Ends on Jan 31, 2027." in page
    assert "Plan replacements" in page
    client.post(reverse("catalog:evacuation-create"), {"account": telnyx.pk})
    plan = Evacuation.objects.get()
    assert (plan.cause, plan.account) == ("account", telnyx)
    assert [line.voice for line in plan.lines.all()] == [ada.old]
