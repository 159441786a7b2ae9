"""Create clones from designed voices; the designs themselves can't be created or listed here."""

import uuid
from typing import Any

from catalog.sandbox.base_provider import AuthorizedCall
from catalog.sandbox.messages import WireResponse, json_reply
from catalog.sandbox.providers.telnyx.clones import (
    checked_gender,
    checked_language,
    checked_name,
)
from catalog.sandbox.providers.telnyx.refusals import no_credit, no_such_design
from catalog.sandbox.providers.telnyx.uploads import DEFAULT_MODELS, PRICE, checked_provider
from catalog.sandbox.providers.telnyx.voices import clone_payload, shown_clone
from catalog.sandbox.voices import SandboxVoice


def create_from_design(call: AuthorizedCall) -> WireResponse:
    """Create a clone from a voice design that the account used before.

    https://developers.telnyx.com/api-reference/voice-clones/create-a-voice-clone
    """
    body = call.json_object() or {}
    model = DEFAULT_MODELS[checked_provider(str(body.get("provider") or "telnyx"))]
    described = {
        "gender": checked_gender(body.get("gender")),
        "language": checked_language(body.get("language")),
    }
    name, design = checked_name(body.get("name")), _design(call, body.get("voice_design_id"))
    clone_id = str(uuid.uuid4())
    payload = clone_payload(clone_id, name, model, call.account.now()) | described
    # Its label is the prompt of the design.
    for field in ("source_voice_design_id", "source_voice_design_version", "label"):
        payload[field] = design.payload[field]
    voice = SandboxVoice(clone_id, payload, design.seed)
    with call.account.store.transaction():
        if call.account.figures()["balance"] < PRICE:
            raise no_credit()
        call.account.keep(voice)
        call.account.count(creates=1, balance=-PRICE)
    return json_reply({"data": shown_clone(voice, call.account.now())}, 201)


def _design(call: AuthorizedCall, design_id: Any) -> SandboxVoice:
    for voice in call.account.voices():
        if design_id and voice.payload["source_voice_design_id"] == design_id:
            return voice
    raise no_such_design()
