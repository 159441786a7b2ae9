"""Parameters of a clone that the sandbox accepts."""

from typing import Any

from catalog.providers.types import CloneParams, SampleFile
from tests.conftest import make_wav

MARKER = "vb1:5eb0a7c1:0f8fad5bd9cb469fa16570867728950e"


def clone_params(**changes: Any) -> CloneParams:
    sample = SampleFile("anna.wav", "audio/wav", make_wav(2.0))
    asked = {
        "name": "Anna",
        "samples": (sample,),
        "marker": MARKER,
        "description": "Our narrator.",
        "labels": {"gender": "female", "language": "en"},
        **changes,
    }
    return CloneParams(**asked)
