"""The control API for tests and demos, at ``/_control`` next to the providers.

POST    /_control/faults     add a fault, or a list of them; JSON, see ``faults.Fault``:
                             {"provider": "elevenlabs", "method": "POST",
                             "path": "/v1/voices/add", "fault": "drop_after", "times": 1}
                             Optional: key, after, seconds, retry_after, status, code, values.
                             The faults are listed at ``faults.FaultKind``.
GET     /_control/faults     faults that are still pending
DELETE  /_control/faults     remove all faults
GET     /_control/requests   the calls so far: provider, account, method, path, status, fault
GET     /_control/state      each account in use: its own voices and counters
GET     /_control/bill       what each account was charged, also for calls whose answer was lost
POST    /_control/accounts   change limits: {"provider": "elevenlabs", "account": "full",
                             "values": {"voice_limit": 5}}
POST    /_control/webhooks   send a signed notice to a webhook on this machine: {"provider":
                             "elevenlabs", "url": "http://127.0.0.1:8000/hooks/…/", "secret": "…",
                             "type": "voice_removal_notice", "voice_id": "…"}
                             Optional: disable_at_unix. Returns the status of the answer.
GET     /_control/recordings/{person}
                             what a person recorded for a clone, as WAV
POST    /_control/reset      reset everything; the body is {}

Anyone who can reach the port may use it. It listens on loopback and requires JSON as content type,
which other sites' pages in a browser can't send without a preflight request.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from catalog.sandbox.bills import read_bill
from catalog.sandbox.calls import CallLog
from catalog.sandbox.faults import BadFault, Fault, FaultPlan
from catalog.sandbox.messages import WireRequest, WireResponse, json_reply
from catalog.sandbox.people import make_person
from catalog.sandbox.routes import NoSuchMethod, NoSuchPath, Routes
from catalog.sandbox.services import SandboxProvider, Services
from catalog.sandbox.voices import READING_RATE
from catalog.sandbox.waveforms import to_wav

PREFIX = "/_control"
RECORDED_SECONDS = 15


class InvalidControl(Exception):
    """The body of a control request is invalid; the message says why."""


class ControlInterface:
    """Handles requests to the control API."""

    def __init__(
        self,
        faults: FaultPlan,
        calls: CallLog,
        providers: Mapping[str, SandboxProvider],
        forget: Callable[[], None],
        backstage: Services,
    ) -> None:
        self._faults = faults
        self._calls = calls
        self._providers = providers
        self._forget = forget
        self._studio, self._store = backstage.studio, backstage.store
        self._routes: Routes[Callable[[WireRequest], WireResponse]] = Routes(
            [
                ("GET", "/faults", self._list_faults),
                ("POST", "/faults", self._add_faults),
                ("DELETE", "/faults", self._clear_faults),
                ("GET", "/requests", self._list_calls),
                ("GET", "/state", self._show_state),
                ("GET", "/bill", self._show_bill),
                ("POST", "/accounts", self._configure_account),
                ("POST", "/webhooks", self._send_notice),
                ("GET", "/recordings/{person}", self._record),
                ("POST", "/reset", self._reset),
            ]
        )

    def answer(self, request: WireRequest) -> WireResponse:
        """Handle one request; its path is relative to the prefix."""
        try:
            return self._routes.find(request.method, request.path).target(request)
        except NoSuchPath:
            return json_reply({"detail": "Not Found"}, 404)
        except NoSuchMethod:
            return json_reply({"detail": "Method Not Allowed"}, 405)
        except (BadFault, InvalidControl) as exc:
            return json_reply({"detail": str(exc)}, 400)

    def _list_faults(self, request: WireRequest) -> WireResponse:
        return json_reply({"faults": self._faults.as_json()})

    def _add_faults(self, request: WireRequest) -> WireResponse:
        body = _read_json(request)
        faults = [Fault.from_json(item) for item in (body if isinstance(body, list) else [body])]
        for fault in faults:
            self._faults.add(fault)
        return self._list_faults(request)

    def _clear_faults(self, request: WireRequest) -> WireResponse:
        self._faults.clear()
        return self._list_faults(request)

    def _list_calls(self, request: WireRequest) -> WireResponse:
        return json_reply({"requests": self._calls.as_json()})

    def _show_state(self, request: WireRequest) -> WireResponse:
        state = {slug: provider.state() for slug, provider in self._providers.items()}
        return json_reply({"providers": state})

    def _show_bill(self, request: WireRequest) -> WireResponse:
        bills: dict[str, dict[str, Any]] = {slug: {} for slug in self._providers}
        for shelf in self._store.shelves(""):
            slug, _, account = shelf.partition("/")
            if slug in bills and account:
                bills[slug][account] = read_bill(self._store, shelf)
        return json_reply({"providers": bills})

    def _configure_account(self, request: WireRequest) -> WireResponse:
        body = _read_json(request)
        try:
            provider = self._providers[body["provider"]]
            provider.configure(body["account"], dict(body["values"]))
        except (KeyError, TypeError, ValueError) as exc:
            raise InvalidControl(f"Cannot be followed: {exc}") from exc
        return self._show_state(request)

    def _send_notice(self, request: WireRequest) -> WireResponse:
        values = _read_json(request)
        try:
            address = urlsplit(values["url"])
            headers, body = self._providers[values["provider"]].make_delivery(values)
            if address.hostname not in {"127.0.0.1", "localhost"}:
                raise ValueError("the webhook isn't on this machine")
        except (KeyError, TypeError, ValueError) as exc:
            raise InvalidControl(f"Cannot be followed: {exc}") from exc
        connection = HTTPConnection(address.hostname, address.port or 80, timeout=10)
        with closing(connection):
            connection.request("POST", address.path, body, headers)
            return json_reply({"status": connection.getresponse().status})

    def _record(self, request: WireRequest) -> WireResponse:
        person = make_person(self._routes.find(request.method, request.path).values["person"])
        sound = self._studio.speak_quickly(person.reading, person.character)
        wav = to_wav(sound, rate=READING_RATE, seconds=RECORDED_SECONDS)
        return WireResponse(200, wav, "audio/wav")

    def _reset(self, request: WireRequest) -> WireResponse:
        _read_json(request)
        self._forget()
        return self._show_state(request)


def _read_json(request: WireRequest) -> Any:
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise InvalidControl("The content type must be application/json.")
    try:
        return json.loads(request.body)
    except ValueError as exc:
        raise InvalidControl("The body is not JSON.") from exc
