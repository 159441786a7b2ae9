"""Calls to providers are counted by outcome, and added to the totals once per task."""

import pytest
from celery import current_app

from catalog.jobs.health.calls import store_calls
from catalog.models import ProviderCall
from catalog.providers import call_counts
from catalog.providers.call_counts import count_call, take_counts
from catalog.providers.errors import CredentialRejected, TryLater
from catalog.providers.session import open_provider
from catalog.sandbox.faults import Fault, FaultKind
from catalog.schedule import say_alive

KEY = "sandbox-elevenlabs-full"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch) -> None:
    monkeypatch.setattr(call_counts, "_counts", {})


def totals() -> dict[tuple[str, str, str], int]:
    return {
        (row.provider, row.operation, row.outcome): row.number for row in ProviderCall.objects.all()
    }


def list_voices(key: str, url: str) -> None:
    with open_provider("elevenlabs", {"api_key": key}, url) as provider:
        list(provider.voices())


def test_each_call_over_the_wire_is_counted_by_its_outcome(sandbox_server):
    url = sandbox_server.url("elevenlabs")
    list_voices(KEY, url)
    good = take_counts()
    sandbox_server.faults.add(Fault(FaultKind.ERROR_BEFORE, method="GET", path="*"))
    with pytest.raises(TryLater):
        list_voices(KEY, url)
    with pytest.raises(CredentialRejected):
        list_voices("wrong", url)
    with pytest.raises(TryLater, match="can't be reached"):
        list_voices(KEY, "http://127.0.0.1:1")

    bad = take_counts()

    assert list(good) == [("elevenlabs", "ok")]
    assert good["elevenlabs", "ok"].number >= 1
    assert good["elevenlabs", "ok"].seconds > 0
    assert {outcome: count.number for (_, outcome), count in bad.items()} == {
        "try_later": 2,
        "credential_rejected": 1,
    }


def test_the_calls_of_a_task_are_added_to_the_totals_when_it_ends(db):
    @current_app.task(name="catalog.call_twice")
    def call_twice() -> None:
        for _ in range(2):
            with count_call("noiz"):
                pass
        with count_call("noiz") as call:
            call.failure = TryLater("Slow down.")

    try:
        for _ in range(2):
            call_twice.apply()
    finally:
        current_app.tasks.unregister("catalog.call_twice")

    assert totals() == {
        ("noiz", "call_twice", "ok"): 4,
        ("noiz", "call_twice", "try_later"): 2,
    }


def test_the_calls_of_a_web_server_are_stored_with_its_heartbeat(db):
    with count_call("noiz"):
        pass

    say_alive("web@here", "")

    assert totals() == {("noiz", "show_preview", "ok"): 1}


def test_a_task_without_calls_costs_no_query(django_assert_num_queries, db):
    with django_assert_num_queries(0):
        store_calls("tidy")
