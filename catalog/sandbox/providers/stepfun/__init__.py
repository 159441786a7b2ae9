"""StepFun as documented: own voices without a name, built-in voices, clones in two steps.

There is no address to read, rename or delete one voice.

https://platform.stepfun.ai/docs/en/api-reference/audio/list-voice
"""

from collections.abc import Iterable
from typing import ClassVar

from catalog.sandbox.accounts import InitialAccount
from catalog.sandbox.base_provider import AuthorizedCall, BaseProvider, Endpoint, bearer_in
from catalog.sandbox.files import file_reply
from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.messages import WireRequest, WireResponse, json_reply
from catalog.sandbox.providers.stepfun.cloning import (
    create_voice,
    delete_file,
    list_files,
    preview_clone,
    upload_file,
)
from catalog.sandbox.providers.stepfun.listing import list_system_voices, list_voices
from catalog.sandbox.providers.stepfun.refusals import failure, not_found, trouble
from catalog.sandbox.providers.stepfun.speech import create_speech
from catalog.sandbox.providers.stepfun.voices import make_system_voices, own_voices
from catalog.sandbox.routes import NoSuchPath, Routes
from catalog.sandbox.voices import SandboxVoice

_FILES = Routes([("GET", "/_files/{name}.{ending}", "link")])


def get_account(call: AuthorizedCall) -> WireResponse:
    """Return the balance; it may be negative if postpaid, and vouchers are separate.

    https://platform.stepfun.com/docs/zh/api-reference/accounts/get
    """
    figures = call.account.figures()
    balance = round(figures["balance"], 2)
    return json_reply(
        {
            "object": "account",
            "type": figures["account_type"],
            "balance": balance,
            "total_cash_balance": max(balance, 0.0),
            "total_voucher_balance": round(figures["vouchers"], 2),
        }
    )


class Provider(BaseProvider):
    """StepFun, with the sandbox's accounts."""

    slug: ClassVar[str] = "stepfun"
    version: ClassVar[str] = "v1"
    doors = Routes(
        [
            ("GET", "/audio/voices", Endpoint(list_voices)),
            ("POST", "/audio/voices", Endpoint(create_voice, is_writing=True)),
            ("POST", "/audio/voices/preview", Endpoint(preview_clone)),
            ("GET", "/audio/system_voices", Endpoint(list_system_voices)),
            ("POST", "/audio/speech", Endpoint(create_speech)),
            ("GET", "/files", Endpoint(list_files)),
            ("POST", "/files", Endpoint(upload_file, is_writing=True)),
            ("DELETE", "/files/{file_id}", Endpoint(delete_file, is_writing=True)),
            ("GET", "/accounts", Endpoint(get_account)),
        ]
    )

    def make_library(self) -> Iterable[SandboxVoice]:
        """Return the built-in voices."""
        return make_system_voices(self.backstage.voice_count)

    def opening(self, name: AccountName) -> InitialAccount:
        """Return the initial state of an account."""
        limits = {
            "balance": 0.0 if name.kind is AccountKind.BROKE else 50.0,
            "account_type": "prepaid",
            "vouchers": 0.0,
            "voice_price": 1.5,
            "file_bytes": 128 * 1024 * 1024,
            "file_limit": 1_000,
            "uploads": 0,
        }
        return InitialAccount(limits, lambda: own_voices(name))

    def key_in(self, request: WireRequest) -> str:
        """Return the API key of a request, or an empty string."""
        return bearer_in(request)

    def answer_file(self, request: WireRequest) -> WireResponse:
        """Serve speech requested as a URL, which is valid for half a day."""
        name = _FILES.find(request.method, request.path).values["name"]
        for account in self.accounts():
            link = account.store.get(account.shelf, "link", name)
            content = account.store.get_recording(account.shelf, name)
            if link and content and account.now() < link["until"]:
                return file_reply(request, content, link["content_type"])
        raise NoSuchPath

    def bad_key(self, request: WireRequest) -> WireResponse:
        """Return the response to a missing or unknown key."""
        return failure(401, "invalid_api_key", "Incorrect API key provided")

    def read_only(self) -> WireResponse:
        """Return the response to a read-only key, which the documentation doesn't mention."""
        return failure(403, "permission_denied", "This API key has no permission to do this.")

    def not_found(self, request: WireRequest) -> WireResponse:
        """Return the response for an unknown path."""
        return not_found()

    def too_many_requests(self, code: str) -> WireResponse:
        """Return the provider's only 429 response."""
        return failure(429, "rate_limited", "Rate limit exceeded, please slow down.")

    def server_error(self, status: int, message: str = "") -> WireResponse:
        """Return the provider's own server error; content moderation is 451."""
        return trouble(status, message)
