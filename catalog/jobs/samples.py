"""Measure an uploaded sample: how long it is, whether it is sound, and its waveform."""

from catalog.audio import FORMATS
from catalog.decoding import NotDecodable, measure_audio
from catalog.models import Sample
from catalog.storage import media_path

_LONGEST_SAMPLE_SECONDS = 3600


def measure_sample(sample: Sample) -> None:
    """Decode the sample once for its length and waveform; raises NotDecodable."""
    if sample.seconds is not None:
        return
    try:
        content = media_path(sample.path).read_bytes()
    except OSError as exc:
        raise NotDecodable("The sample is no longer on this server.") from exc
    measured = measure_audio(
        content, FORMATS[sample.audio_format], max_seconds=_LONGEST_SAMPLE_SECONDS
    )
    sample.seconds, sample.peaks = round(measured.seconds, 2), measured.peaks
    sample.save(update_fields=["seconds", "peaks"])
