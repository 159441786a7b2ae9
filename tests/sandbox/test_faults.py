"""Injected faults: each kind, and which requests they affect."""

import json
import time
from collections.abc import Iterator

import httpx
import pytest

from catalog.sandbox import Sandbox, running_sandbox
from catalog.sandbox.faults import FaultKind
from tests.sandbox.conftest import clone, hum, own_names

ADD = {"method": "POST", "path": "/v1/voices/add"}
FILES = [("files", ("a.wav", hum(150), "audio/wav"))]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    # Each test has its own sandbox, because a slow fault can finish after its test.
    with running_sandbox(voices=60) as running:
        yield running


def add(client: httpx.Client, **more: object) -> httpx.Response:
    return client.post("/v1/voices/add", data={"name": "Spoiled"}, files=FILES, **more)


def is_made(client: httpx.Client) -> bool:
    return "Spoiled" in own_names(client)


def wait_until_made(client: httpx.Client) -> None:
    for _ in range(1_000):
        if is_made(client):
            return
        time.sleep(0.01)
    pytest.fail("The clone was never made.")


@pytest.mark.parametrize(("fault", "made"), [("drop_before", False), ("drop_after", True)])
def test_a_dropped_connection_leaves_no_response(full, spoil, fault, made):
    spoil(fault, **ADD)

    with pytest.raises(httpx.RemoteProtocolError):
        add(full)

    assert is_made(full) is made


def test_late_work_is_done_after_the_connection_was_dropped(full, spoil):
    spoil("late", seconds=0.05, **ADD)

    with pytest.raises(httpx.RemoteProtocolError):
        add(full)

    wait_until_made(full)
    assert own_names(full).count("Spoiled") == 1


@pytest.mark.parametrize(
    ("more", "header", "status"),
    [
        ({"retry_after": 7}, "7", "rate_limit_exceeded"),
        ({}, None, "rate_limit_exceeded"),
        ({"code": "too_many_concurrent_requests"}, None, "too_many_concurrent_requests"),
    ],
)
def test_a_rate_limit_can_say_when_to_retry(full, spoil, more, header, status):
    spoil("rate_limit", **ADD, **more)

    answer = add(full)

    assert (answer.status_code, answer.headers.get("retry-after")) == (429, header)
    assert answer.json()["detail"]["status"] == status
    assert not is_made(full)


@pytest.mark.parametrize(("fault", "made"), [("error_before", False), ("error_after", True)])
def test_an_error_can_come_before_or_after_the_work(full, spoil, fault, made):
    spoil(fault, **ADD)

    answer = add(full)

    assert answer.status_code == 500
    assert answer.json()["detail"]["status"] == "internal_server_error"
    assert is_made(full) is made


@pytest.mark.parametrize(("fault", "made"), [("gateway_before", False), ("gateway_after", True)])
@pytest.mark.parametrize("status", [502, 503])
def test_a_gateway_error_is_an_html_page(full, spoil, fault, made, status):
    spoil(fault, status=status, **ADD)

    answer = add(full)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert is_made(full) is made


def test_a_slow_response_comes_after_the_work(full, spoil):
    spoil("slow_after", seconds=30, **ADD)

    with pytest.raises(httpx.ReadTimeout):
        add(full, timeout=0.5)

    wait_until_made(full)


def test_a_slow_start_delays_the_work(full, spoil):
    spoil("slow_before", seconds=30, **ADD)

    with pytest.raises(httpx.ReadTimeout):
        add(full, timeout=0.5)

    assert not is_made(full)


def test_a_slow_response_is_complete(full, spoil):
    spoil("slow_after", seconds=0.01, **ADD)

    assert add(full).json()["voice_id"]


def test_cut_json_is_complete_http_with_invalid_json(full, spoil):
    spoil("cut_json", **ADD)

    answer = add(full)

    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert is_made(full)


def test_cut_body_ends_before_its_length(full, spoil):
    spoil("cut_body", **ADD)

    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        add(full)

    assert is_made(full)


def test_an_html_page_can_replace_the_json(full, spoil):
    spoil("html", **ADD)

    answer = add(full)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert is_made(full)


def test_the_response_can_lack_the_voice_id(full, spoil):
    spoil("no_id", **ADD)

    assert add(full).json() == {"requires_verification": False}
    assert is_made(full)


def test_values_in_the_response_can_be_changed(full, spoil):
    spoil("change_json", values={"requires_verification": True}, **ADD)

    answer = add(full).json()

    assert answer["requires_verification"] is True
    assert answer["voice_id"]


def test_the_response_can_arrive_in_small_pieces(full, spoil):
    spoil("drip", seconds=0.001, path="/v1/voices/settings/default")

    with full.stream("GET", "/v1/voices/settings/default") as answer:
        pieces = list(answer.iter_raw())

    assert len(pieces) > 5
    assert json.loads(b"".join(pieces))["speed"] == 1.0


@pytest.mark.parametrize("fault", FaultKind)
def test_every_fault_ends_after_its_number_of_times(full, spoil, control, fault):
    spoil(fault, seconds=0, times=1, path="/v1/voices/settings/default")

    try:
        full.get("/v1/voices/settings/default")
    except httpx.RemoteProtocolError:
        assert fault.value in {"drop_before", "drop_after", "late", "cut_body"}

    assert control.get("/faults").json() == {"faults": []}
    assert full.get("/v1/voices/settings/default").json()["speed"] == 1.0


def test_a_fault_affects_only_matching_requests(full, spoil):
    spoil("error_before", method="DELETE", path="/v1/voices/*")

    voice_id = clone(full)

    assert full.get(f"/v1/voices/{voice_id}").status_code == 200
    assert full.delete(f"/v1/voices/{voice_id}").status_code == 500
    assert full.delete(f"/v1/voices/{voice_id}").status_code == 200


def test_a_fault_of_another_provider_has_no_effect(full, spoil):
    spoil("error_before", provider="inworld")

    assert full.get("/v1/user").status_code == 200


def test_a_fault_for_a_key_affects_only_that_key(connect, spoil):
    spoil("error_before", key="sandbox-elevenlabs-full-2")

    assert connect("full").get("/v1/user").status_code == 200
    assert connect("full-2").get("/v1/user").status_code == 500


def test_the_path_of_a_fault_can_be_a_regular_expression(full, spoil):
    spoil("error_before", path="^/v[12]/user$", times=0)

    assert full.get("/v1/user/subscription").status_code == 200
    assert full.get("/v1/user").status_code == 500


def test_a_fault_can_let_some_requests_through_first(full, spoil):
    spoil("error_before", path="/v1/user", after=2, times=2)

    statuses = [full.get("/v1/user").status_code for _ in range(6)]

    assert statuses == [200, 200, 500, 500, 200, 200]


def test_an_endless_fault_ends_when_cleared(full, spoil, control):
    spoil("error_before", path="/v1/user", times=0)
    spoiled = [full.get("/v1/user").status_code for _ in range(3)]

    control.delete("/faults").raise_for_status()

    assert spoiled == [500] * 3
    assert full.get("/v1/user").status_code == 200


def test_previews_can_have_faults_too(full, spoil):
    url = full.get("/v2/voices").json()["voices"][-1]["preview_url"]
    spoil("gateway_before", path="/_files/*")

    assert httpx.get(url).status_code == 502


def test_listed_faults_do_not_show_the_key(spoil, control):
    spoil("error_before", key="sandbox-elevenlabs-full-2", after=3)

    [shown] = control.get("/faults").json()["faults"]

    assert (shown["key"], shown["after"], shown["times"]) == ("…ll-2", 3, 1)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"fault": "explode"},
        {"fault": "drip", "speed": 3},
        {"fault": "drip", "times": -1},
        {"fault": "drip", "times": True},
        {"fault": "drip", "seconds": "long"},
        {"fault": "drip", "path": "^("},
        {"fault": "drip", "path": 7},
        {"fault": "html", "status": 99},
        {"fault": ["html"]},
        "html",
        [{"fault": "html"}, {}],
    ],
)
def test_an_invalid_fault_is_refused_with_a_reason(control, payload):
    answer = control.post("/faults", json=payload)

    assert answer.status_code == 400
    assert len(answer.json()["detail"]) > 10
    assert control.get("/faults").json() == {"faults": []}
