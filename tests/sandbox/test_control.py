"""The control API: request log, state, reset, and account limits."""

import httpx
import pytest

from tests.sandbox.conftest import clone, own_names


def test_requests_are_logged_in_order_and_without_secrets(full, spoil, control):
    voice_id = clone(full, "Quiet")
    spoil("drop_after", method="DELETE")
    with pytest.raises(httpx.RemoteProtocolError):
        full.delete(f"/v1/voices/{voice_id}", params={"token": "s3cret"})

    answer = control.get("/requests")

    calls = answer.json()["requests"]
    assert [(c["method"], c["path"], c["status"], c["fault"]) for c in calls] == [
        ("POST", "/v1/voices/add", 200, ""),
        ("DELETE", f"/v1/voices/{voice_id}", 0, "drop_after"),
    ]
    assert {(c["provider"], c["account"]) for c in calls} == {("elevenlabs", "full")}
    assert "sandbox-elevenlabs" not in answer.text
    assert "s3cret" not in answer.text


def test_an_unknown_key_is_logged_without_an_account(sandbox, control):
    httpx.get(sandbox.url("elevenlabs", "/v1/user"), headers={"xi-api-key": "canary-0815"})

    answer = control.get("/requests")

    assert answer.json()["requests"][0]["account"] == ""
    assert "canary" not in answer.text


def test_the_state_counts_creates_and_deletes_for_each_account(connect, control):
    first, second = connect("full"), connect("full-2")
    kept = clone(first, "Kept")
    first.delete(f"/v1/voices/{clone(first, 'Gone')}").raise_for_status()
    clone(second)

    accounts = control.get("/state").json()["providers"]["elevenlabs"]["accounts"]

    assert {name: (a["creates"], a["deletes"]) for name, a in accounts.items()} == {
        "full": (2, 1),
        "full-2": (1, 0),
    }
    assert {"id": kept, "name": "Kept"} in accounts["full"]["own_voices"]
    assert accounts["full"]["voice_count"] == 60 + len(accounts["full"]["own_voices"])


def test_reset_forgets_everything(full, spoil, control):
    clone(full, "Forgotten")
    spoil("error_before")

    control.post("/reset", json={}).raise_for_status()

    assert control.get("/faults").json() == {"faults": []}
    assert control.get("/requests").json() == {"requests": []}
    assert control.get("/state").json()["providers"]["elevenlabs"] == {"accounts": {}}
    assert "Forgotten" not in own_names(full)


def test_an_account_s_limits_can_be_changed(full, control):
    values = {"voice_limit": 2, "character_limit": 5}
    payload = {"provider": "elevenlabs", "account": "full", "values": values}

    control.post("/accounts", json=payload).raise_for_status()

    usage = full.get("/v1/user/subscription").json()
    assert (usage["voice_limit"], usage["character_limit"]) == (2, 5)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        [],
        {"provider": "nobody", "account": "full", "values": {}},
        {"provider": "elevenlabs", "account": "rich", "values": {}},
        {"provider": "elevenlabs", "account": "full", "values": {"tier": 3}},
        {"provider": "elevenlabs", "account": "full", "values": {"voice_limit": "many"}},
    ],
)
def test_an_invalid_account_change_is_refused(control, payload):
    assert control.post("/accounts", json=payload).status_code == 400


@pytest.mark.parametrize("path", ["/faults", "/reset", "/accounts"])
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_foreign_web_page_cannot_control_the_sandbox(control, path, content_type):
    # Browsers send these types to other origins without a preflight request, but not JSON.
    answer = control.post(path, content=b"{}", headers={"Content-Type": content_type})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("PUT", "/faults", 405), ("GET", "", 404)],
)
def test_an_unknown_control_path_is_refused(control, method, path, status):
    assert control.request(method, path).status_code == status


def test_broken_json_is_refused(control):
    headers = {"Content-Type": "application/json"}

    assert control.post("/faults", content=b"{", headers=headers).status_code == 400
