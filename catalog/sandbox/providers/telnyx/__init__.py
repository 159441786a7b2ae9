"""Telnyx as documented: clones from uploads, voices of many vendors, speech, balance.

https://developers.telnyx.com/api-reference/voice-clones/list-voice-clones
"""

from collections.abc import Iterable
from typing import ClassVar

from catalog.sandbox.accounts import InitialAccount
from catalog.sandbox.base_provider import AuthorizedCall, BaseProvider, Endpoint, bearer_in
from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.messages import WireRequest, WireResponse, json_reply
from catalog.sandbox.providers.telnyx.clones import (
    delete_clone,
    download_sample,
    get_clone,
    list_clones,
    update_clone,
)
from catalog.sandbox.providers.telnyx.designs import create_from_design
from catalog.sandbox.providers.telnyx.refusals import error_reply, not_found
from catalog.sandbox.providers.telnyx.speech import list_voices, speak
from catalog.sandbox.providers.telnyx.uploads import create_from_upload
from catalog.sandbox.providers.telnyx.voices import make_voices, own_clones
from catalog.sandbox.routes import Routes
from catalog.sandbox.voices import SandboxVoice


def get_balance(call: AuthorizedCall) -> WireResponse:
    """Return the remaining balance.

    https://developers.telnyx.com/api-reference/billing/get-user-balance-details
    """
    balance = f"{call.account.figures()['balance']:.2f}"
    return json_reply(
        {
            "data": {
                "record_type": "balance",
                "balance": balance,
                "pending": "0.00",
                "credit_limit": "0.00",
                "available_credit": balance,
                "currency": "USD",
            }
        }
    )


class Provider(BaseProvider):
    """Telnyx, with the sandbox's accounts."""

    slug: ClassVar[str] = "telnyx"
    version: ClassVar[str] = "v2"
    doors = Routes(
        [
            ("GET", "/voice_clones", Endpoint(list_clones)),
            ("POST", "/voice_clones", Endpoint(create_from_design, is_writing=True)),
            ("POST", "/voice_clones/from_upload", Endpoint(create_from_upload, is_writing=True)),
            ("GET", "/voice_clones/{clone_id}", Endpoint(get_clone)),
            ("PATCH", "/voice_clones/{clone_id}", Endpoint(update_clone, is_writing=True)),
            ("DELETE", "/voice_clones/{clone_id}", Endpoint(delete_clone, is_writing=True)),
            ("GET", "/voice_clones/{clone_id}/sample", Endpoint(download_sample)),
            ("GET", "/text-to-speech/voices", Endpoint(list_voices)),
            ("POST", "/text-to-speech/speech", Endpoint(speak)),
            ("GET", "/balance", Endpoint(get_balance)),
        ]
    )

    def make_library(self) -> Iterable[SandboxVoice]:
        """Return the voices of Telnyx and of other vendors."""
        return make_voices(self.backstage.voice_count)

    def opening(self, name: AccountName) -> InitialAccount:
        """Return the initial state of an account."""
        limits = {
            "balance": 0.0 if name.kind is AccountKind.BROKE else 50.0,
            "upload_bytes": 20 * 1024 * 1024,
            "ultra_seconds": 1.5,
            "ultra_fails": False,
            "shows_one": False,
            "voices_as_seen": False,
        }
        return InitialAccount(limits, lambda: own_clones(name))

    def key_in(self, request: WireRequest) -> str:
        """Return the API key of a request, or an empty string."""
        return bearer_in(request)

    def bad_key(self, request: WireRequest) -> WireResponse:
        """Return the response to a missing or unknown key."""
        detail = (
            "The required authentication headers were either invalid or not included in the"
            " request."
        )
        return error_reply(401, "10009", "Authentication failed", detail)

    def read_only(self) -> WireResponse:
        """Return the response to a key without permission."""
        detail = (
            "You do not have permission to perform the requested action on the specified"
            " resource or resources."
        )
        return error_reply(403, "10010", "Authorization failed", detail)

    def not_found(self, request: WireRequest) -> WireResponse:
        """Return the response for an unknown path."""
        return not_found()

    def too_many_requests(self, code: str) -> WireResponse:
        """Return the provider's own 429, with the seconds until the limit is lifted."""
        detail = "You have exceeded the maximum number of allowed requests."
        return error_reply(429, "10011", "Too many requests", detail).with_headers(
            x_ratelimit_limit="100", x_ratelimit_remaining="0", x_ratelimit_reset="1"
        )

    def server_error(self, status: int, message: str = "") -> WireResponse:
        """Return the provider's own server error."""
        detail = message or "An unexpected error occurred."
        return error_reply(status, "10037", "Provider error", detail)
