"""The report on a sample: each finding with a verdict and what to do, in words."""

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
    """One line of the report; what is good needs nothing, and says so."""

    label: str
    verdict: str
    value: str
    advice: str = "Fine as it is."

    @property
    def mood(self) -> str:
        """The verdict as pages mark it."""
        return {GOOD: "ok", WARN: "warn", FIX: "bad"}[self.verdict]

    @property
    def icon(self) -> str:
        """The icon that says the verdict without colour."""
        return {GOOD: "circle-check", WARN: "triangle-alert", FIX: "circle-alert"}[self.verdict]


def find_findings(
    measures: SampleMeasures, *, least_seconds: float = 0, most_seconds: float | None = None
) -> list[Finding]:
    """Return the report's lines; the limits are those of the provider, where one is chosen."""
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
    """Return the verdict of the whole: that of its worst line."""
    verdicts = {finding.verdict for finding in findings}
    return FIX if FIX in verdicts else WARN if WARN in verdicts else GOOD


def _judge_length(seconds: float, least: float, most: float | None) -> Finding:
    value = f"{seconds:.1f} s"
    if seconds < least:
        return Finding("Length", FIX, value, f"Record at least {least:g} s.")
    if most is not None and seconds > most:
        return Finding("Length", FIX, value, f"Cut it to {most:g} s or less.")
    if seconds < 10:
        advice = "Ten seconds and more give a better voice."
        return Finding("Length", WARN, value, advice)
    return Finding("Length", GOOD, value)


def _judge_content(measures: SampleMeasures) -> Iterator[Finding]:
    speech, singing, music = measures.speech_share, measures.singing_share, measures.music_share
    if speech is None or singing is None or music is None:
        return
    value = f"{round(100 * speech)} % speech"
    if singing >= _MUCH_SINGING:
        yield Finding("Content", FIX, "Singing", "Choose a recording in which the person speaks.")
    elif speech < _LITTLE_SPEECH and music >= _MUCH_MUSIC:
        yield Finding("Content", FIX, "Music", "Choose a recording in which somebody speaks.")
    elif speech < _LITTLE_SPEECH:
        yield Finding("Content", FIX, "No speech", "Choose a recording in which somebody speaks.")
    elif music >= _SOME_MUSIC:
        advice = "Choose a recording without music: it would become part of the voice."
        yield Finding("Content", FIX, f"{value}, with music", advice)
    elif speech < _SOME_SPEECH:
        yield Finding("Content", WARN, value, "Cut the long pauses, or record more speech.")
    else:
        yield Finding("Content", GOOD, value)


def _judge_clipping(measures: SampleMeasures) -> Finding:
    value = f"Peak {measures.peak:.1f} dB"
    if measures.peak > _AT_FULL_SCALE and measures.clipped_share > _CLIPPED:
        share = 100 * measures.clipped_share
        advice = "The recording is clipped. Record it again with less gain."
        return Finding("Clipping", FIX, f"{value}, {share:.1f} % cut off", advice)
    return Finding("Clipping", GOOD, value)


def _judge_loudness(loudness: float | None) -> Iterator[Finding]:
    if loudness is None:
        yield Finding("Loudness", FIX, "Silent", "Choose a recording that can be heard.")
    elif loudness < _QUIET:
        advice = "The recording is very quiet. Speak nearer to the microphone."
        yield Finding("Loudness", WARN, f"{loudness:.0f} LUFS", advice)
    elif loudness > _LOUD:
        advice = "The recording is very loud. Record it with less gain."
        yield Finding("Loudness", WARN, f"{loudness:.0f} LUFS", advice)
    else:
        yield Finding("Loudness", GOOD, f"{loudness:.0f} LUFS")


def _judge_noise(snr: float) -> Finding:
    value = f"Speech {snr:.0f} dB above the noise"
    if snr < _NOISY_SNR:
        advice = "Very noisy. Record in a quiet room, or remove the noise."
        return Finding("Noise", FIX, value, advice)
    if snr < _CLEAN_SNR:
        advice = "Some noise. Removing it may help."
        return Finding("Noise", WARN, value, advice)
    return Finding("Noise", GOOD, value)


def _judge_speakers(share: float) -> Finding:
    if share >= _SECOND_SPEAKER:
        advice = "Listen again: a clone needs one person alone."
        return Finding(
            "Speakers", WARN, f"Perhaps two people ({round(100 * share)} % another)", advice
        )
    return Finding("Speakers", GOOD, "One person")
