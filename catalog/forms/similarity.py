"""The clip for which to find similar voices."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from catalog.audio.formats import AudioFormat
from catalog.forms.base.text_fields import KeylessForm
from catalog.forms.samples.upload import identify_upload


class SoundQueryForm(KeylessForm):
    """One recording, identified by its first bytes."""

    clip = forms.FileField(
        label="Recording",
        max_length=1000,
        allow_empty_file=True,
        error_messages={"required": "Choose a recording to compare with."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.audio_format: AudioFormat | None = None

    def clean_clip(self) -> "UploadedFile[Any]":
        file: UploadedFile[Any] = self.cleaned_data["clip"]
        if file.size and file.size > settings.SAMPLE_MAX_BYTES:
            most = filesizeformat(settings.SAMPLE_MAX_BYTES)
            raise forms.ValidationError(f"This file is too large. The maximum is {most}.")
        self.audio_format, refusal = identify_upload(file)
        if refusal:
            raise forms.ValidationError(refusal)
        return file
