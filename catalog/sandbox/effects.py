"""What each fault does to a call."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Protocol

from catalog.sandbox.faults import Fault, FaultKind
from catalog.sandbox.messages import Delivery, WireResponse, html_reply, json_reply

GATEWAY_TITLES = {502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable"}
NO_ANSWER = WireResponse(status=0, delivery=Delivery.NOTHING)


class ErrorWording(Protocol):
    """How a provider phrases its errors."""

    def too_many_requests(self, code: str) -> WireResponse: ...
    def server_error(self, status: int, message: str = "") -> WireResponse: ...


@dataclass(frozen=True, slots=True)
class FaultScene:
    """The call affected by a fault: its work, and the means to disturb it."""

    work: Callable[[], WireResponse]
    wording: ErrorWording
    pause: Callable[[float], None]
    later: Callable[[float, Callable[[], WireResponse]], None]


def apply_fault(fault: Fault, scene: FaultScene) -> WireResponse:
    """Carry out a call with a fault."""
    return _EFFECTS[fault.fault](fault, scene)


def _drop_before(fault: Fault, scene: FaultScene) -> WireResponse:
    return NO_ANSWER


def _drop_after(fault: Fault, scene: FaultScene) -> WireResponse:
    scene.work()
    return NO_ANSWER


def _late(fault: Fault, scene: FaultScene) -> WireResponse:
    scene.later(fault.seconds, scene.work)
    return NO_ANSWER


def _rate_limit(fault: Fault, scene: FaultScene) -> WireResponse:
    return _with_wait(fault, scene.wording.too_many_requests(fault.code))


def _refuse(fault: Fault, scene: FaultScene) -> WireResponse:
    status = fault.status or 400
    if fault.values:
        return _with_wait(fault, json_reply(fault.values, status))
    kind = "text/html" if fault.text.lstrip().startswith("<") else "text/plain"
    return _with_wait(fault, WireResponse(status, fault.text.encode(), f"{kind}; charset=utf-8"))


def _with_wait(fault: Fault, reply: WireResponse) -> WireResponse:
    if fault.retry_after is None:
        return reply
    return reply.with_headers(Retry_After=str(fault.retry_after))


def _error_before(fault: Fault, scene: FaultScene) -> WireResponse:
    return scene.wording.server_error(fault.status or 500)


def _error_after(fault: Fault, scene: FaultScene) -> WireResponse:
    scene.work()
    return scene.wording.server_error(fault.status or 500)


def _gateway_before(fault: Fault, scene: FaultScene) -> WireResponse:
    status = fault.status or 502
    return html_reply(GATEWAY_TITLES.get(status, f"{status} Error"), status)


def _gateway_after(fault: Fault, scene: FaultScene) -> WireResponse:
    scene.work()
    return _gateway_before(fault, scene)


def _text_before(fault: Fault, scene: FaultScene) -> WireResponse:
    status = fault.status or 404
    title = HTTPStatus(status).phrase.lower() if status in set(HTTPStatus) else "error"
    return WireResponse(status, f"{status} {title}\n".encode(), "text/plain; charset=utf-8")


def _slow_before(fault: Fault, scene: FaultScene) -> WireResponse:
    scene.pause(fault.seconds)
    return scene.work()


def _slow_after(fault: Fault, scene: FaultScene) -> WireResponse:
    reply = scene.work()
    scene.pause(fault.seconds)
    return reply


def _cut_json(fault: Fault, scene: FaultScene) -> WireResponse:
    reply = scene.work()
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def _cut_body(fault: Fault, scene: FaultScene) -> WireResponse:
    return replace(scene.work(), delivery=Delivery.CUT)


def _html(fault: Fault, scene: FaultScene) -> WireResponse:
    scene.work()
    return html_reply("Maintenance")


def _no_id(fault: Fault, scene: FaultScene) -> WireResponse:
    reply = scene.work()
    try:
        body = json.dumps(_without_ids(json.loads(reply.body))).encode()
    except ValueError:
        return reply  # audio contains no ids
    return replace(reply, body=body)


def _change_json(fault: Fault, scene: FaultScene) -> WireResponse:
    reply = scene.work()
    return json_reply({**json.loads(reply.body), **fault.values}, reply.status)


def _drip(fault: Fault, scene: FaultScene) -> WireResponse:
    return replace(scene.work(), seconds_per_byte=fault.seconds)


def _without_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_ids(item) for item in value]
    if isinstance(value, dict):
        kept = {name: item for name, item in value.items() if not _names_an_id(name)}
        return {name: _without_ids(item) for name, item in kept.items()}
    return value


def _names_an_id(name: str) -> bool:
    return name == "id" or name.endswith(("_id", "Id"))


_EFFECTS: Mapping[FaultKind, Callable[[Fault, FaultScene], WireResponse]] = {
    FaultKind.DROP_BEFORE: _drop_before,
    FaultKind.DROP_AFTER: _drop_after,
    FaultKind.LATE: _late,
    FaultKind.RATE_LIMIT: _rate_limit,
    FaultKind.ERROR_BEFORE: _error_before,
    FaultKind.ERROR_AFTER: _error_after,
    FaultKind.GATEWAY_BEFORE: _gateway_before,
    FaultKind.GATEWAY_AFTER: _gateway_after,
    FaultKind.TEXT_BEFORE: _text_before,
    FaultKind.SLOW_BEFORE: _slow_before,
    FaultKind.SLOW_AFTER: _slow_after,
    FaultKind.CUT_JSON: _cut_json,
    FaultKind.CUT_BODY: _cut_body,
    FaultKind.HTML: _html,
    FaultKind.NO_ID: _no_id,
    FaultKind.CHANGE_JSON: _change_json,
    FaultKind.REFUSE: _refuse,
    FaultKind.DRIP: _drip,
}
