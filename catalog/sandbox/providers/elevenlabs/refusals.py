"""ElevenLabs errors: three forms of ``detail``, as documented or observed.

https://elevenlabs.io/docs/eleven-api/resources/errors
"""

from typing import Any

INVALID_REQUEST = "validation_error"


class ElevenLabsError(Exception):
    """A rejected request with its response."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(status)
        self.status = status
        self.detail = detail


def refuse(http: int, kind: str, code: str, message: str, **more: str) -> ElevenLabsError:
    """Return an error in the documented form; ``status`` defaults to the code."""
    detail = {"type": kind, "code": code, "message": message, "status": code}
    return ElevenLabsError(http, {**detail, **more})


def refuse_in_the_older_shape(http: int, status: str, message: str) -> ElevenLabsError:
    """Return an error in the older form that some endpoints still use."""
    return ElevenLabsError(http, {"status": status, "message": message})


def refuse_as_invalid(*problems: dict[str, Any]) -> ElevenLabsError:
    """Return a validation error with a list of problems."""
    return ElevenLabsError(422, list(problems))


def problem(where: str, name: str, kind: str, message: str, given: object = None) -> dict[str, Any]:
    """Return one entry of that list; ``where`` is query or body."""
    return {"type": kind, "loc": [where, name], "msg": message, "input": given}


def no_key() -> ElevenLabsError:
    """Return the response to a request without a key."""
    return refuse(
        401,
        "authentication_error",
        "unauthorized",
        "Neither authorization header nor xi-api-key received, please provide one.",
        status="needs_authorization",
    )


def invalid_key() -> ElevenLabsError:
    """Return the response to an unknown key."""
    return refuse(401, "authentication_error", "invalid_api_key", "Invalid API key")


def missing_permission(permission: str) -> ElevenLabsError:
    """Return the response to a key without permission."""
    return refuse(
        401,
        "authentication_error",
        "unauthorized",
        f"The API key you used is missing the permission {permission} to execute this operation.",
        status="missing_permissions",
    )


def voice_not_found(voice_id: str) -> ElevenLabsError:
    """Return the response for an unknown voice."""
    message = f"A voice with voice_id '{voice_id}' was not found."
    return refuse(400, "not_found", "voice_not_found", message)


def not_the_owner() -> ElevenLabsError:
    """Return the response to changing another user's voice."""
    return refuse(
        403,
        "authorization_error",
        "voice_access_denied",
        "You do not have access to edit or delete this voice.",
    )


def voice_limit_reached(used: int, limit: int) -> ElevenLabsError:
    """Return the response when all slots are used."""
    return refuse_in_the_older_shape(
        400,
        "voice_limit_reached",
        f"You have reached your maximum amount of custom voices ({used} / {limit}). You can"
        " upgrade your subscription to increase your custom voice limit.",
    )


def edit_limit_reached() -> ElevenLabsError:
    """Return the response when the month's voice changes are used up."""
    return refuse_in_the_older_shape(
        400,
        "voice_add_edit_limit_reached",
        "You have reached your monthly limit of voice add/edit operations.",
    )


def quota_exceeded(limit: int, left: int, needed: int) -> ElevenLabsError:
    """Return the response to insufficient credit."""
    return refuse_in_the_older_shape(
        401,
        "quota_exceeded",
        f"This request exceeds your quota of {limit}. You have {left} credits remaining, while"
        f" {needed} credits are required for this request.",
    )


def corrupted_upload() -> ElevenLabsError:
    """Return the response to a sample that isn't audio."""
    return refuse(
        400,
        INVALID_REQUEST,
        "invalid_parameters",
        "File upload is corrupted. Please ensure it is playable audio.",
        status="upload_file_corrupted",
        param="files",
    )


def duplicate_upload() -> ElevenLabsError:
    """Return the response to a duplicate sample."""
    return refuse(
        400,
        INVALID_REQUEST,
        "invalid_parameters",
        "You cannot upload the same file twice.",
        status="duplicate_files",
        param="files",
    )
