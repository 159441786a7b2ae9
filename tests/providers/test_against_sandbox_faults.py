"""The ElevenLabs adapter against every fault of the sandbox."""

import pytest

from catalog.providers import base, errors
from catalog.sandbox.faults import FaultKind
from tests.providers.sandboxed import MARKER, clone_params

# With these faults the voice is created, but the response doesn't say so.
MADE = [
    FaultKind.DROP_AFTER,
    FaultKind.ERROR_AFTER,
    FaultKind.GATEWAY_AFTER,
    FaultKind.CUT_JSON,
    FaultKind.CUT_BODY,
    FaultKind.HTML,
    FaultKind.NO_ID,
]
NOT_MADE = [FaultKind.DROP_BEFORE, FaultKind.ERROR_BEFORE, FaultKind.GATEWAY_BEFORE]
BROKEN = [*MADE[:-1], *NOT_MADE]


@pytest.mark.parametrize("kind", MADE)
def test_a_clone_whose_response_was_lost_is_found_exactly_once(connect, spoil, kind):
    spoil(kind, method="POST", path="/v1/voices/add")

    with connect() as adapter:
        with pytest.raises(errors.OutcomeUnknown):
            adapter.clone(clone_params())

        assert [voice.name for voice in adapter.find_marked(MARKER)] == ["Anna"]


@pytest.mark.parametrize("kind", NOT_MADE)
def test_a_clone_that_was_not_made_is_also_unknown_and_not_found(connect, spoil, kind):
    spoil(kind, method="POST", path="/v1/voices/add")

    with connect() as adapter:
        with pytest.raises(errors.OutcomeUnknown):
            adapter.clone(clone_params())

        assert adapter.find_marked(MARKER) == []


@pytest.mark.parametrize(("kind", "seconds"), [(FaultKind.SLOW_AFTER, 5.0), (FaultKind.DRIP, 0.2)])
def test_a_clone_whose_response_takes_too_long_is_unknown(
    connect, spoil, monkeypatch, kind, seconds
):
    monkeypatch.setattr(base, "_TIME_TO_CREATE", 0.5)
    spoil(kind, seconds=seconds, method="POST", path="/v1/voices/add")

    with connect() as adapter:
        with pytest.raises(errors.OutcomeUnknown):
            adapter.clone(clone_params())

        assert len(adapter.find_marked(MARKER)) == 1


@pytest.mark.parametrize("retry_after", [None, 3])
def test_a_rate_limited_clone_was_not_made(connect, spoil, retry_after):
    spoil(FaultKind.RATE_LIMIT, method="POST", path="/v1/voices/add", retry_after=retry_after)

    with connect() as adapter:
        with pytest.raises(errors.TryLater) as caught:
            adapter.clone(clone_params())

        assert caught.value.retry_after == retry_after
        assert adapter.find_marked(MARKER) == []


@pytest.mark.parametrize("kind", BROKEN)
def test_a_list_with_a_broken_second_page_raises_try_later(connect, spoil, kind):
    spoil(kind, path="/v2/voices", after=1)

    with connect() as adapter, pytest.raises(errors.TryLater):
        list(adapter.voices())


@pytest.mark.parametrize("kind", BROKEN)
def test_a_failing_search_for_the_marker_is_not_an_empty_result(connect, spoil, kind):
    with connect() as adapter:
        adapter.clone(clone_params())
        spoil(kind, path="/v2/voices", after=1)

        with pytest.raises(errors.TryLater):
            adapter.find_marked(MARKER)


@pytest.mark.parametrize("kind", [FaultKind.DROP_AFTER, FaultKind.ERROR_AFTER])
def test_a_deletion_whose_response_was_lost_can_be_repeated(connect, spoil, kind):
    with connect() as adapter:
        made = adapter.clone(clone_params()).remote_id
        spoil(kind, method="DELETE")

        with pytest.raises(errors.TryLater):
            adapter.delete(made)
        with pytest.raises(errors.NotFound):
            adapter.delete(made)
