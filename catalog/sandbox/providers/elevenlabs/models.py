"""The models listed by the sandbox; all use the same engine."""

from typing import Any

_MODELS = {
    "eleven_multilingual_v2": ("Eleven Multilingual v2", ("en", "ja", "zh", "de", "hi", "fr")),
    "eleven_turbo_v2_5": ("Eleven Turbo v2.5", ("en", "ja", "zh", "de", "hi", "fr", "vi")),
    "eleven_flash_v2_5": ("Eleven Flash v2.5", ("en", "ja", "zh", "de", "hi", "fr", "vi")),
    "eleven_turbo_v2": ("Eleven Turbo v2", ("en",)),
    "eleven_flash_v2": ("Eleven Flash v2", ("en",)),
    "eleven_monolingual_v1": ("Eleven English v1", ("en",)),
}
MODEL_IDS = frozenset(_MODELS)
_LANGUAGES = {
    "en": "English",
    "ja": "Japanese",
    "zh": "Chinese",
    "de": "German",
    "hi": "Hindi",
    "fr": "French",
    "vi": "Vietnamese",
}


def models_payload() -> list[dict[str, Any]]:
    """Return the models' API representation."""
    return [
        {
            "model_id": model_id,
            "name": name,
            "can_be_finetuned": True,
            "can_do_text_to_speech": True,
            "can_do_voice_conversion": False,
            "can_use_style": model_id == "eleven_multilingual_v2",
            "can_use_speaker_boost": model_id == "eleven_multilingual_v2",
            "serves_pro_voices": False,
            "token_cost_factor": 1.0,
            "description": f"{name}, played by the sandbox.",
            "requires_alpha_access": False,
            "maximum_text_length_per_request": 10_000,
            "languages": [{"language_id": code, "name": _LANGUAGES[code]} for code in languages],
            "model_rates": {"character_cost_multiplier": 1.0},
            "concurrency_group": "standard",
        }
        for model_id, (name, languages) in _MODELS.items()
    ]
