"""The ledger: no call at a provider is without a charge, and none is charged wrongly."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from catalog.jobs.base.leases import claim_work
from catalog.jobs.charges import settle_left
from catalog.jobs.syntheses import run_speech
from catalog.jobs.usage import read_uses
from catalog.models import Charge, Synthesis
from catalog.providers import base, errors
from catalog.providers.registry import get_adapter
from catalog.providers.types import AudioClip, Price
from tests import factories
from tests.ledgers import SLOWNESS, Ledger, in_an_hour, speaking_quickly

State = Charge.State


@pytest.fixture
def speech(cast: Any) -> Synthesis:
    return factories.make_speech(cast.mia, factories.make_voice(cast.account, remote_id="v-1"))


@pytest.fixture
def ledger(cast: Any, sandbox_server: Any, settings: Any) -> Iterator[Ledger]:
    sandbox_server.reset()
    settings.PROVIDER_BASE_URLS = {slug: sandbox_server.url(slug) for slug in sandbox_server.slugs}
    with speaking_quickly():
        yield Ledger(sandbox_server, cast.ana, cast.aurora)


def test_ledger_equals_the_bill_after_faults_and_deaths(ledger: Ledger, monkeypatch: Any) -> None:
    monkeypatch.setattr(base, "_TIME_TO_CREATE", SLOWNESS / 2)

    ledger.drive(150, slow=0.02)

    found = ledger.compare()
    assert (found.unexplained, found.not_billed, found.difference) == (0, 0, 0), found
    assert min(found.charged, found.resolved, found.unclear - found.resolved) > 0, found
    assert not Charge.objects.filter(state=State.RESERVED).exists()
    assert min(ledger.deaths[True], ledger.deaths[False]) > 10


def test_unclear_calls_are_settled_by_the_history_of_the_provider(
    ledger: Ledger, monkeypatch: Any
) -> None:
    ledger.voices = ledger.voices[:1]
    ledger.drive(40, slow=0)
    charged, unclear, billed = ledger.sums("elevenlabs")
    assert charged < billed < charged + unclear

    assert read_uses(ledger.accounts["elevenlabs"].pk, in_an_hour)

    assert ledger.sums("elevenlabs") == (billed, 0, billed)


def test_charge_names_its_price_source_and_what_the_provider_reported(
    stub: Any, speech: Synthesis, clock: Any
) -> None:
    stub.sound = AudioClip(stub.sound.content, "audio/wav", charged=9)

    run_speech(speech.pk, clock)

    charge = Charge.objects.get()
    assert (charge.person, charge.team, charge.kind) == (speech.requested_by, speech.team, "speech")
    assert (charge.quantity, charge.unit, charge.currency) == (12, "characters", "credits")
    assert (charge.estimated, charge.reported, charge.actual) == (Decimal(12), 9, Decimal(9))
    assert charge.state == State.CHARGED
    assert "https://help.elevenlabs.io/" in charge.price_source
    assert charge.key_name


def test_free_speech_has_a_quantity_and_the_price_zero(
    stub: Any, speech: Synthesis, clock: Any, monkeypatch: Any
) -> None:
    adapter = get_adapter("elevenlabs")
    free = dataclasses.replace(adapter.info, speaks_free=True, speech_price=Price.nothing())
    monkeypatch.setattr(adapter, "info", free)

    run_speech(speech.pk, clock)

    charge = Charge.objects.get()
    assert (charge.quantity, charge.is_free, charge.state) == (12, True, State.CHARGED)
    assert (charge.estimated, charge.actual) == (Decimal(0), Decimal(0))
    assert not Charge.objects.spent().exists()


def test_refused_and_delayed_calls_cost_nothing(stub: Any, speech: Synthesis, clock: Any) -> None:
    stub.fails["speak"] = [errors.TryLater("Slow down."), errors.RequestRejected("No.")]

    run_speech(speech.pk, clock)
    clock.move(minutes=5)
    run_speech(speech.pk, clock)

    assert [each.state for each in Charge.objects.all()] == [State.NOT_CHARGED] * 2


def test_sweep_settles_a_charge_whose_job_is_gone(cast: Any, speech: Synthesis, clock: Any) -> None:
    states, running = Synthesis.ACTIVE_STATES, Synthesis.State.RUNNING
    claim_work(Synthesis, speech.pk, states=states, running=running, clock=clock)
    Charge.objects.create(
        team=cast.aurora,
        person=cast.mia,
        provider="elevenlabs",
        kind="speech",
        work=speech.pk,
        fence=1,
        quantity=12,
        unit="characters",
        charged_at=clock(),
    )
    assert settle_left(clock()) == 0
    speech.delete()

    assert settle_left(clock() + timedelta(minutes=1)) == 1

    assert Charge.objects.get().state == State.UNCLEAR


def test_own_charges_are_open_to_a_person_and_all_of_them_to_admins(
    cast: Any, stub: Any, clock: Any
) -> None:
    voice = factories.make_voice(cast.account)
    for person in (cast.ana, cast.mia):
        run_speech(factories.make_speech(person, voice, f"By {person}.").pk, clock)

    assert Charge.objects.visible_to(cast.mia).count() == 1
    assert Charge.objects.visible_to(cast.ana).count() == 2
    assert Charge.objects.visible_to(cast.sam).count() == 0
