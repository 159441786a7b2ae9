"""Share voices within a workspace, and create professional clones, which remain drafts here."""

import secrets

from catalog.sandbox.messages import WireResponse, json_reply
from catalog.sandbox.providers.elevenlabs.calls import ElevenLabsCall
from catalog.sandbox.providers.elevenlabs.parameters import json_object
from catalog.sandbox.providers.elevenlabs.refusals import (
    problem,
    refuse_as_invalid,
    voice_not_found,
)
from catalog.sandbox.providers.elevenlabs.voices import ElevenLabsVoice, blank_payload, identifier

ROLES = ("admin", "editor", "commenter", "viewer")


def member_address(number: int) -> str:
    """Return a member's email address."""
    return f"member{number}@sandbox.example"


def share_resource(call: ElevenLabsCall) -> WireResponse:
    """Grant another member a role on a voice.

    https://elevenlabs.io/docs/api-reference/workspace/resources/share
    """
    body = json_object(call.request)
    role, address = body.get("role"), str(body.get("user_email"))
    if role not in ROLES:
        wanted = " or ".join(f"'{each}'" for each in ROLES)
        raise refuse_as_invalid(problem("body", "role", "enum", f"Input should be {wanted}", role))
    members = {member_address(number): number for number in range(1, 10)}
    if address not in members:
        message = "The user must be in your workspace."
        raise refuse_as_invalid(problem("body", "user_email", "value_error", message, address))
    with call.account.store.transaction():
        voice = call.own_voice("admin")
        if not any(each.voice_id == voice.voice_id for each in call.account.own_voices()):
            raise voice_not_found(voice.voice_id)
        voice.roles[str(members[address])] = str(role)
        call.account.keep(voice)
    return json_reply({"status": "ok"})


def begin_professional(call: ElevenLabsCall) -> WireResponse:
    """Create a draft of a professional clone, without samples or training.

    https://elevenlabs.io/docs/api-reference/voices/pvc/create
    """
    body = json_object(call.request)
    for name in ("name", "language"):
        if not isinstance(body.get(name), str) or not body[name]:
            raise refuse_as_invalid(problem("body", name, "missing", "Field required"))
    voice_id = identifier(secrets.token_hex(16))
    payload = blank_payload(voice_id, body["name"], "professional")
    payload |= {
        "description": body.get("description"),
        "labels": body.get("labels") or {},
        "is_owner": True,
        "permission_on_resource": "admin",
        "created_at_unix": call.account.now(),
    }
    payload["fine_tuning"] |= {"is_allowed_to_fine_tune": True, "language": body["language"]}
    payload["voice_verification"] |= {"requires_verification": True, "language": body["language"]}
    call.account.keep(ElevenLabsVoice(payload, has_preview=False, maker=call.account.name.member))
    return json_reply({"voice_id": voice_id})
