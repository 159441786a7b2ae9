"""A clip for which alike voices are looked for."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from catalog.audio import FORMATS, HEAD_BYTES, AudioFormat, sniff_format


class SoundQueryForm(forms.Form):
    """One recording, told by its first bytes."""

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
            raise forms.ValidationError(f"This file is too large; {most} at most.")
        self.audio_format = sniff_format(file.read(HEAD_BYTES))
        file.seek(0)
        if self.audio_format is None:
            words = ", ".join(found.label for found in FORMATS.values())
            raise forms.ValidationError(f"This is not an audio file that we can read: {words}.")
        return file
