"""A key to add, rename, or replace."""

from collections.abc import Iterable
from typing import Any

from django import forms

from catalog.forms.base.text_fields import KeylessForm
from catalog.providers.key_formats import NoKey, read_key
from catalog.providers.registry import all_infos
from catalog.providers.types import ProviderInfo


class ReplaceKeyForm(KeylessForm):
    """The new key that replaces the old one."""

    api_key = forms.CharField(
        label="API key",
        max_length=2000,  # people also paste a header or a line of JSON
        # The key is never sent back to the browser, not even after an error.
        widget=forms.PasswordInput(
            render_value=False, attrs={"autocomplete": "off", "spellcheck": "false"}
        ),
    )

    def clean_api_key(self) -> str:
        try:
            return read_key(self.cleaned_data["api_key"])
        except NoKey as exc:
            raise forms.ValidationError(str(exc)) from None


class NicknameForm(KeylessForm):
    """A name for the key."""

    nickname = forms.CharField(label="Name for this key", max_length=80, required=False)


class CredentialForm(ReplaceKeyForm):
    """A key for one provider, its name, and whether it is shared with the team."""

    provider = forms.ChoiceField(
        label="Provider",
        error_messages={"invalid_choice": "Voiceboard doesn't support this provider."},
    )
    nickname = forms.CharField(label="Name for this key", max_length=80, required=False)
    is_shared = forms.BooleanField(label="Share this key with my team", required=False)

    field_order = ("provider", "api_key", "nickname", "is_shared")

    def __init__(
        self, *args: Any, infos: Iterable[ProviderInfo] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        offered = all_infos() if infos is None else infos
        named = [(info.slug, info.label) for info in offered if not info.is_built_in]
        self.fields["provider"].choices = named  # type: ignore[attr-defined]
        self.fields["nickname"].widget.attrs["autocomplete"] = "off"
