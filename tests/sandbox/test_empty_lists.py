"""Accounts without own voices, the formats of an empty list, and plain-text errors."""

from typing import Any

import httpx
import pytest

# The path and parameters that list own voices, and the location of the list in the response.
LISTS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "inworld": ("/voices/v1/voices", {"filter": 'source != "SYSTEM"'}, ["voices"]),
    "noiz": ("/voices", {"voice_type": "custom"}, ["data", "voices"]),
    "stepfun": ("/audio/voices", {}, ["data"]),
    "telnyx": ("/voice_clones", {}, ["data"]),
}
SCHEMES = {"inworld": "Basic ", "noiz": "", "stepfun": "Bearer ", "telnyx": "Bearer "}
each = pytest.mark.parametrize("slug", sorted(LISTS))


def ask(sandbox, slug: str, kind: str = "empty") -> httpx.Response:
    path, params, _ = LISTS[slug]
    headers = {"Authorization": f"{SCHEMES[slug]}sandbox-{slug}-{kind}"}
    return httpx.get(f"{sandbox.url(slug)}{path}", params=params, headers=headers)


def holder(body: Any, slug: str) -> dict[str, Any]:
    for step in LISTS[slug][2][:-1]:
        body = body[step]
    return body


@each
def test_an_empty_list_can_be_null_absent_or_an_empty_array(sandbox, configure, slug):
    field = LISTS[slug][2][-1]
    assert holder(ask(sandbox, slug).json(), slug)[field] is None

    for form in ("absent", "list"):
        configure(slug, "empty", empty_lists=form)
        found = holder(ask(sandbox, slug).json(), slug)
        assert found.get(field, "absent") == {"absent": "absent", "list": []}[form]


@each
def test_a_list_with_voices_is_always_an_array(sandbox, configure, slug):
    configure(slug, empty_lists="null")

    assert len(holder(ask(sandbox, slug, "full").json(), slug)[LISTS[slug][2][-1]]) > 1


@each
@pytest.mark.parametrize("status", [400, 404, 503])
def test_an_error_can_be_plain_text(sandbox, control, slug, status):
    control.post("/faults", json={"fault": "text_before", "status": status}).raise_for_status()

    answer = ask(sandbox, slug)

    assert (answer.status_code, answer.headers["content-type"][:10]) == (status, "text/plain")


@pytest.mark.parametrize(
    ("values", "status", "balance", "vouchers"),
    [
        ({"balance": 0.0}, 402, 0.0, 0.0),
        ({"balance": 0.0, "vouchers": 2.0}, 200, 0.0, 1.99),
        ({"balance": 0.0, "account_type": "postpaid"}, 200, -0.01, 0.0),
    ],
)
def test_vouchers_pay_for_speech_and_a_postpaid_account_can_go_negative(
    sandbox, configure, values, status, balance, vouchers
):
    configure("stepfun", **values)
    headers = {"Authorization": "Bearer sandbox-stepfun-full"}
    with httpx.Client(base_url=sandbox.url("stepfun"), headers=headers, timeout=60) as client:
        voice = client.get("/audio/system_voices", params={"model": "step-tts-2"}).json()["voices"][
            0
        ]
        speech = {"model": "step-tts-2", "input": "Hello. " * 14, "voice": voice}
        answer = client.post("/audio/speech", json=speech)
        account = client.get("/accounts").json()

    assert answer.status_code == status
    assert account["type"] == values.get("account_type", "prepaid")
    assert (account["balance"], account["total_voucher_balance"]) == (balance, vouchers)
