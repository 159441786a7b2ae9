"""Try the checks of recorded consents: honest attempts, other people, and other sentences.

python scripts/trial_consent.py [--attempts 100] [--keep FOLDER]

It needs the extras transcripts and espeak, and real speech from Debian (scripts/speakers.py).
No package holds people who read a given sentence. In the first part, real people say what their
recordings are known to say. In the second, stock voices of Local read new sentences: this shows
how well the words are heard, and how far a synthetic voice gets. In the third, real people are
compared with themselves and with each other. All speech goes through a room and a phone.
"""

import argparse
import gzip
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from tempfile import gettempdir

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from catalog.audio.analysis.spoken_phrase import (
    FAILED,
    PASSED,
    judge_speaker,
    judge_words,
    match_phrase,
    split_words,
)
from catalog.audio.analysis.transcripts import write_down
from catalog.audio.decode import decode_audio
from catalog.audio.embeddings.encoders import campplus
from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.waveform import RATE, check_wave
from catalog.audio.formats import FORMATS
from catalog.audio.tts.encoding import to_mp3
from catalog.audio.tts.engine import RATE as TTS_RATE
from catalog.audio.tts.engine import load_engine
from catalog.audio.tts.styles import load_style, style_names
from catalog.providers.adapters.local.stock import tongue_of
from catalog.queries.consents.phrases import SpokenPhrase, make_phrase
from scripts.speakers import FOLDER, SPEAKERS, fetch_packages, read_speakers, read_wave

_LANGUAGES = {"a": "en", "b": "en", "e": "es", "f": "fr", "i": "it", "p": "pt"}
_SAMPLES = {
    "en": "The train to the coast leaves at nine, and we still have to find our seats and tickets.",
    "es": "El tren a la costa sale a las nueve y todavía tenemos que buscar nuestros asientos.",
    "fr": "Le train pour la côte part à neuf heures et nous devons encore trouver nos places.",
    "it": "Il treno per la costa parte alle nove e dobbiamo ancora trovare i nostri posti.",
    "pt": "O trem para o litoral sai às nove e ainda temos que encontrar os nossos lugares.",
}
_NAMES = ("Ada Miller", "Grace Novak", "Tom Weber", "Lucia Rossi", "Marie Blanc", "Jo Santos")
_TEAMS = ("Aurora", "Borealis Studio", "North Audio")
_REAL = {"allison-en": "en", "allison-es": "es", "june-fr": "fr", "carlo-it": "it"}


@dataclass(frozen=True)
class Attempt:
    """One recording: what was to be read, what was heard, and its likeness to the samples."""

    person: str
    language: str
    phrase: str
    words: list[str]
    heard: str
    likeness: float


def make_phone_call(wave: Wave, rate: int, chance: random.Random) -> Wave:
    """Return the speech as a phone records it in a room, at 16 kHz."""
    noise = np.random.default_rng(chance.randrange(1 << 32))
    speech = check_wave(wave, rate)
    seconds = chance.uniform(0.15, 0.5)
    tail = np.exp(-6.9 * np.arange(int(seconds * RATE)) / (seconds * RATE))
    room = noise.standard_normal(tail.size) * tail * chance.uniform(0.02, 0.06)
    room[0] = 1
    size = speech.size + room.size
    heard = np.fft.irfft(np.fft.rfft(speech, size) * np.fft.rfft(room, size), size)
    hiss = noise.standard_normal(size)
    hum = np.convolve(hiss, np.ones(8) / 8, "same")
    level = np.sqrt(np.mean(np.square(heard))) * 10 ** (-chance.uniform(15, 30) / 20)
    heard = heard + hum / np.sqrt(np.mean(np.square(hum))) * level
    heard *= chance.uniform(0.2, 0.9) / np.abs(heard).max()
    rate_of_phone = chance.choice((24_000, 32_000, 48_000, 64_000))
    content = to_mp3(heard.astype(np.float32), RATE, bits_per_second=rate_of_phone)
    return decode_audio(content, FORMATS["mp3"], max_seconds=120, rate=RATE)[0]


def invent_phrase(language: str, chance: random.Random) -> SpokenPhrase:
    """Return a new sentence with a name, a team, a use, and a day."""
    return make_phrase(
        language,
        name=chance.choice(_NAMES),
        team=chance.choice(_TEAMS),
        allowed_use=chance.choice(("any", "project", "internal", "noncommercial")),
        use_note="Atlas",
        ends_on=date(2027 + chance.randrange(9), chance.randint(1, 12), chance.randint(1, 28)),
    )


def listen(wave: Wave, language: str, folder: Path) -> tuple[str, Wave]:
    """Return what is heard in a recording, and its embedding."""
    return write_down(wave, RATE, folder, language=language).words, campplus().embed(wave)


def read_synthetic(count: int, folder: Path, chance: random.Random) -> Iterator[Attempt]:
    """Let stock voices read new sentences into a phone."""
    engine = load_engine(folder)
    names = [name for name in style_names() if name[0] in _LANGUAGES]
    samples: dict[str, Wave] = {}
    for _ in range(count):
        name = chance.choice(names)
        language, tag, style = _LANGUAGES[name[0]], tongue_of(name).tag, load_style(name)
        if name not in samples:
            said = engine.speak(_SAMPLES[language], style, tag)
            samples[name] = campplus().embed(make_phone_call(said, TTS_RATE, chance))
        phrase = invent_phrase(language, chance)
        said = engine.speak(phrase.text, style, tag, speed=chance.uniform(0.85, 1.15))
        wave = make_phone_call(said, TTS_RATE, chance)
        heard, vector = listen(wave, language, folder)
        likeness = float(vector @ samples[name])
        yield Attempt(name, language, phrase.text, phrase.words, heard, likeness)


def read_real(count: int, folder: Path, chance: random.Random) -> Iterator[Attempt]:
    """Let real people say what their recordings say: some prompts in a row, into a phone."""
    for slug, language in _REAL.items():
        speaker = next(each for each in SPEAKERS if each.slug == slug)
        prompts = list(_read_prompts(speaker.package, speaker.files, language))
        chance.shuffle(prompts)
        own = np.concatenate([wave for _, wave in prompts[:12]])
        sample = campplus().embed(make_phone_call(own, RATE, chance))
        for _ in range(count // len(_REAL)):
            chosen = chance.sample(prompts[12:], 4)
            text = " ".join(words for words, _ in chosen)
            words = [word for word in split_words(text, language) if len(word) > 3][-5:]
            said = np.concatenate([wave for _, wave in chosen])
            wave = make_phone_call(said, RATE, chance)
            heard, vector = listen(wave, language, folder)
            yield Attempt(slug, language, text, words, heard, float(vector @ sample))


def _read_prompts(package: str, files: str, language: str) -> Iterator[tuple[str, Wave]]:
    texts = package.removesuffix("-g722")
    fetch_packages(FOLDER, {package, texts})
    found = FOLDER / texts / f"usr/share/doc/{texts}/core-sounds-{language}.txt.gz"
    known = dict(
        line.split(":", 1)
        for line in gzip.decompress(found.read_bytes()).decode("utf-8", "replace").splitlines()
        if ":" in line and line[0] != ";"
    )
    for path in sorted((FOLDER / package).glob(files)):
        words = known.get(path.stem, "").strip()
        # Some texts describe sounds, or leave out what is said for a number.
        is_said = not set(words) & set("[]<>()*#0123456789") and "beep" not in words
        if 4 <= len(words.split()) <= 20 and is_said:
            yield words, read_wave(path)


def judge(attempt: Attempt, phrase: str = "", words: list[str] | None = None) -> str:
    """Return how the checks end for a recording, perhaps against another sentence."""
    match = match_phrase(
        attempt.heard, phrase or attempt.phrase, words or attempt.words, attempt.language
    )
    outcomes = {judge_words(match.found, match.share), judge_speaker(attempt.likeness)}
    if outcomes == {PASSED}:
        return "passed"
    return "failed" if FAILED in outcomes else "doubtful"


def report(title: str, found: Counter[str]) -> None:
    """Print one line of results."""
    listed = ", ".join(f"{name} {found[name]}" for name in ("passed", "doubtful", "failed"))
    sys.stdout.write(f"{title}: {sum(found.values())} trials, {listed}\n")


def try_sentences(kind: str, attempts: list[Attempt], chance: random.Random) -> None:
    """Print how recordings end against their own sentences, and against new ones."""
    report(f"{kind}, the right sentence", Counter(judge(each) for each in attempts))
    others = Counter[str]()
    for each in attempts:
        for _ in range(2):
            new = invent_phrase(each.language, chance)
            others[judge(each, new.text, new.words)] += 1
    report(f"{kind}, another sentence", others)


def try_people(chance: random.Random) -> None:
    """Print how often the voice check takes real people for themselves, and for each other."""
    names = {speaker.slug: speaker.name for speaker in SPEAKERS}
    own, samples = {}, {}
    for slug, pieces in read_speakers(FOLDER).items():
        half = len(pieces) // 2
        said = [np.concatenate(pieces[at : min(at + 2, half)]) for at in range(half)]
        own[slug] = [campplus().embed(make_phone_call(each, RATE, chance)) for each in said]
        rest = np.concatenate(pieces[half:])
        samples[slug] = campplus().embed(make_phone_call(rest, RATE, chance))
    same, others = Counter[str](), Counter[str]()
    for slug, vectors in own.items():
        for other, sample in samples.items():
            for vector in vectors:
                outcome = judge_speaker(float(vector @ sample))
                if slug == other:
                    same[outcome] += 1
                elif names[slug] != names[other]:
                    others[outcome] += 1
    report("Real people, the same voice", same)
    report("Real people, another voice", others)


def read_kept(path: Path, make: Iterator[Attempt]) -> list[Attempt]:
    """Return the attempts in a file, after making those that are missing."""
    if not path.is_file():
        path.write_text(json.dumps([asdict(each) for each in make], ensure_ascii=False))
    return [Attempt(**each) for each in json.loads(path.read_text())]


def main() -> None:
    """Print the results of all trials."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=100)
    parser.add_argument("--keep", type=Path, default=Path(gettempdir()) / "voiceboard-trials")
    options = parser.parse_args()
    options.keep.mkdir(parents=True, exist_ok=True)
    for kind, make in (("Real people", read_real), ("Synthetic voices", read_synthetic)):
        attempts = make(options.attempts, options.keep, random.Random(17))
        kept = options.keep / f"{make.__name__}-{options.attempts}.json"
        try_sentences(kind, read_kept(kept, attempts), random.Random(18))
    try_people(random.Random(3))


if __name__ == "__main__":
    main()
