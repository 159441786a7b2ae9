"""The key's user, and the remaining credit and slots."""

from typing import Any

from catalog.sandbox.messages import WireResponse, json_reply
from catalog.sandbox.providers.elevenlabs.accounts import ElevenLabsAccount
from catalog.sandbox.providers.elevenlabs.calls import ElevenLabsCall
from catalog.sandbox.providers.elevenlabs.models import models_payload

CREATED_AT = 1_690_000_000


def get_subscription(call: ElevenLabsCall) -> WireResponse:
    """Return the subscription including billing details.

    https://elevenlabs.io/docs/api-reference/user/subscription/get
    """
    more: dict[str, Any] = {
        "next_invoice": None,
        "open_invoices": [],
        "has_open_invoices": False,
        "pending_change": None,
    }
    return json_reply({**_subscription(call.account), **more})


def get_user(call: ElevenLabsCall) -> WireResponse:
    """Return the key's user.

    https://elevenlabs.io/docs/api-reference/user/get
    """
    account = call.account
    return json_reply(
        {
            "user_id": account.user_id,
            "workspace_id": account.workspace_id,
            "subscription": _subscription(account),
            "is_new_user": False,
            "xi_api_key": None,
            "can_use_delayed_payment_methods": False,
            "is_onboarding_completed": True,
            "is_onboarding_checklist_completed": True,
            "show_compliance_terms": False,
            "first_name": f"Sandbox {account.name}{_member_words(account)}",
            "is_api_key_hashed": True,
            "xi_api_key_preview": None,
            "referral_link_code": None,
            "partnerstack_partner_default_link": None,
            "created_at": CREATED_AT,
            "seat_type": "workspace_admin" if account.name.member == 1 else "workspace_member",
        }
    )


def list_models(call: ElevenLabsCall) -> WireResponse:
    """Return the models.

    https://elevenlabs.io/docs/api-reference/models/list
    """
    return json_reply(models_payload())


def _member_words(account: ElevenLabsAccount) -> str:
    return "" if account.name.member == 1 else f" member {account.name.member}"


def _subscription(account: ElevenLabsAccount) -> dict[str, Any]:
    usage = account.usage()
    professional = account.professional_slots_used()
    return {
        "tier": account.plan.tier,
        "character_count": usage["character_count"],
        "character_limit": usage["character_limit"],
        "max_character_limit_extension": None,
        "max_credit_limit_extension": 0,
        "can_extend_character_limit": False,
        "allowed_to_extend_character_limit": False,
        "next_character_count_reset_unix": account.next_reset(),
        "voice_slots_used": account.slots_used(),
        "professional_voice_slots_used": professional,
        "professional_voice_slots_used_in_workspace": professional,
        "voice_limit": usage["voice_limit"],
        "max_voice_add_edits": usage["max_voice_add_edits"],
        "voice_add_edit_counter": usage["edits"],
        "professional_voice_limit": 1,
        "can_extend_voice_limit": False,
        "can_use_instant_voice_cloning": True,
        "can_use_professional_voice_cloning": True,
        "currency": "usd",
        "current_overage": {"amount": "0", "currency": "usd"},
        "status": "active",
        "billing_period": "monthly_period",
        "character_refresh_period": "monthly_period",
    }
