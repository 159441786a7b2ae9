"""The report on a sample: findings with a verdict and advice."""

from collections.abc import Iterator
from dataclasses import dataclass

from catalog.audio.analysis.measure import SampleMeasures

GOOD, WARN, FIX = "good", "warn", "fix"

_LITTLE_SPEECH, _SOME_SPEECH = 0.15, 0.5
_MUCH_SINGING, _MUCH_MUSIC, _SOME_MUSIC = 0.3, 0.5, 0.1
_QUIET, _LOUD = -33.0, -9.0
_CLIPPED, _AT_FULL_SCALE = 0.001, -1.0
_CLEAN_SNR, _NOISY_SNR = 24.0, 12.0
_SECOND_SPEAKER = 0.18


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    label: str
    verdict: str
    value: str
    advice: str = "Good"

    @property
    def mood(self) -> str:
        """The verdict as a CSS class."""
        return {GOOD: "ok", WARN: "warn", FIX: "bad"}[self.verdict]

    @property
    def icon(self) -> str:
        """The icon that shows the verdict without color."""
        return {GOOD: "circle-check", WARN: "triangle-alert", FIX: "circle-alert"}[self.verdict]


def find_findings(
    measures: SampleMeasures, *, least_seconds: float = 0, most_seconds: float | None = None
) -> list[Finding]:
    """Return the report's lines; the limits are the selected provider's."""
    lines = [
        _judge_length(measures.seconds, least_seconds, most_seconds),
        *_judge_content(measures),
        _judge_clipping(measures),
        *_judge_loudness(measures.loudness),
    ]
    if measures.snr is not None:
        lines.append(_judge_noise(measures.snr))
    if measures.second_speaker_share is not None:
        lines.append(_judge_speakers(measures.second_speaker_share))
    return lines


def worst_verdict(findings: list[Finding]) -> str:
    """Return the overall verdict, which is that of the worst line."""
    verdicts = {finding.verdict for finding in findings}
    return FIX if FIX in verdicts else WARN if WARN in verdicts else GOOD


def _judge_length(seconds: float, least: float, most: float | None) -> Finding:
    value = f"{seconds:.1f} s"
    if seconds < least:
        return Finding("Length", FIX, value, f"Record at least {least:g} s.")
    if most is not None and seconds > most:
        return Finding("Length", FIX, value, f"Trim it to {most:g} s or less.")
    if seconds < 10:
        advice = "10 seconds or more give a better voice."
        return Finding("Length", WARN, value, advice)
    return Finding("Length", GOOD, value)


def _judge_content(measures: SampleMeasures) -> Iterator[Finding]:
    speech, singing, music = measures.speech_share, measures.singing_share, measures.music_share
    if speech is None or singing is None or music is None:
        return
    value = f"{round(100 * speech)}% speech"
    if singing >= _MUCH_SINGING:
        yield Finding("Content", FIX, "Singing", "Choose a recording of speech.")
    elif speech < _LITTLE_SPEECH and music >= _MUCH_MUSIC:
        yield Finding("Content", FIX, "Music", "Choose a recording of speech.")
    elif speech < _LITTLE_SPEECH:
        yield Finding("Content", FIX, "No speech", "Choose a recording of speech.")
    elif music >= _SOME_MUSIC:
        advice = "Choose a recording without music. Music would become part of the voice."
        yield Finding("Content", FIX, f"{value}, with music", advice)
    elif speech < _SOME_SPEECH:
        yield Finding("Content", WARN, value, "Trim long pauses, or record more speech.")
    else:
        yield Finding("Content", GOOD, value)


def _judge_clipping(measures: SampleMeasures) -> Finding:
    value = f"Peak {measures.peak:.1f} dB"
    if measures.peak > _AT_FULL_SCALE and measures.clipped_share > _CLIPPED:
        share = 100 * measures.clipped_share
        advice = "The recording is clipped. Record again with less gain."
        return Finding("Clipping", FIX, f"{value}, {share:.1f}% clipped", advice)
    return Finding("Clipping", GOOD, value)


def _judge_loudness(loudness: float | None) -> Iterator[Finding]:
    if loudness is None:
        yield Finding("Loudness", FIX, "Silent", "Choose a recording that isn't silent.")
    elif loudness < _QUIET:
        advice = "The recording is very quiet. Move closer to the microphone."
        yield Finding("Loudness", WARN, f"{loudness:.0f} LUFS", advice)
    elif loudness > _LOUD:
        advice = "The recording is very loud. Record with less gain."
        yield Finding("Loudness", WARN, f"{loudness:.0f} LUFS", advice)
    else:
        yield Finding("Loudness", GOOD, f"{loudness:.0f} LUFS")


def _judge_noise(snr: float) -> Finding:
    value = f"Speech is {snr:.0f} dB above noise"
    if snr < _NOISY_SNR:
        advice = "Very noisy. Record in a quiet room, or remove the noise."
        return Finding("Noise", FIX, value, advice)
    if snr < _CLEAN_SNR:
        advice = "Some noise. Removing it may help."
        return Finding("Noise", WARN, value, advice)
    return Finding("Noise", GOOD, value)


def _judge_speakers(share: float) -> Finding:
    if share >= _SECOND_SPEAKER:
        advice = "Use a recording of one person only."
        return Finding("Speakers", WARN, f"Possibly 2 people ({round(100 * share)}% other)", advice)
    return Finding("Speakers", GOOD, "One person")
