"""Real speech for measurements and tests, from Debian packages that aren't distributed with us.

`python scripts/speakers.py` downloads and unpacks the packages, once.
"""

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from catalog.audio.decode import decode_audio
from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.voice_activity import keep_speech
from catalog.audio.embeddings.waveform import RATE
from catalog.audio.formats import AudioFormat

FOLDER = Path(tempfile.gettempdir()) / "voiceboard-speech"
PIECE_SECONDS = 6
MOST_PIECES = 8
LEAST_PIECES = 4
_LEAST_SECONDS = 0.4
_NOT_SPEECH = ("beep", "monkeys", "tone")


@dataclass(frozen=True)
class Speaker:
    """One recording channel of a speaker; entries with the same ``person`` are one speaker."""

    slug: str
    package: str
    files: str
    person: str = ""

    @property
    def name(self) -> str:
        return self.person or self.slug


_ASTERISK = "usr/share/asterisk/sounds"
_CORE = "asterisk-core-sounds-{}-g722"
_POTATO = "usr/share/ktuberling/sounds/{}/*.*"
_POTATO_GUY = ("ca", "da", "de", "el", "en", "fr", "gl", "lt", "ru", "sl", "uk", "wa")

SPEAKERS = [
    Speaker("allison-en", _CORE.format("en"), f"{_ASTERISK}/en_US*/*.g722", "allison"),
    Speaker("allison-es", _CORE.format("es"), f"{_ASTERISK}/es_MX*/*.g722", "allison"),
    Speaker("june-fr", _CORE.format("fr"), f"{_ASTERISK}/fr_CA*/*.g722"),
    Speaker("carlo-it", _CORE.format("it"), f"{_ASTERISK}/it_IT*/*.g722"),
    Speaker("maxim-ru", _CORE.format("ru"), f"{_ASTERISK}/ru_RU*/*.g722"),
    Speaker("menardi-it", "asterisk-prompt-it-menardi-wav", f"{_ASTERISK}/it_IT*/*.wav"),
    Speaker("armelle-fr", "asterisk-prompt-fr-armelle", f"{_ASTERISK}/fr/*.gsm"),
    Speaker("colombia-es", "asterisk-prompt-es-co", f"{_ASTERISK}/es/*.gsm"),
    Speaker(
        "librivox-en",
        "pocketsphinx-testdata",
        "usr/share/pocketsphinx/test/data/librivox/*.wav",
    ),
    *(
        Speaker(f"ktuberling-{language}", "ktuberling-data", _POTATO.format(language))
        for language in _POTATO_GUY
    ),
]
# The speakers whose voices are matched.
TARGETS = [
    *("allison-en", "carlo-it", "june-fr", "maxim-ru", "librivox-en"),
    *("ktuberling-en", "ktuberling-fr", "ktuberling-uk"),
]


def fetch_packages(folder: Path, packages: set[str]) -> None:
    """Download and unpack missing packages with apt, without installing them."""
    for package in sorted(packages):
        target = folder / package
        if target.is_dir():
            continue
        with tempfile.TemporaryDirectory() as place:
            subprocess.run(["apt-get", "download", "-qq", package], cwd=place, check=True)
            (archive,) = Path(place).glob("*.deb")
            draft = folder / f".{package}"
            draft.mkdir(parents=True, exist_ok=True)
            subprocess.run(["dpkg-deb", "-x", str(archive), str(draft)], check=True)
            draft.rename(target)


def read_pieces(folder: Path, speaker: Speaker) -> list[Wave]:
    """Return the speaker's recordings in 6-second pieces, longest recordings first."""
    paths = sorted(
        (folder / speaker.package).glob(speaker.files),
        key=lambda path: (-path.stat().st_size, path.name),
    )
    kept = [path for path in paths if not any(word in path.name for word in _NOT_SPEECH)]
    speech: list[Wave] = []
    wanted = MOST_PIECES * PIECE_SECONDS * RATE
    for path in kept:
        part = keep_speech(read_wave(path))
        if part.size >= _LEAST_SECONDS * RATE:
            speech.append(part)
        if sum(each.size for each in speech) >= wanted:
            break
    whole = np.concatenate(speech) if speech else np.zeros(0, np.float32)
    count = min(MOST_PIECES, whole.size // (PIECE_SECONDS * RATE))
    return np.split(whole[: count * PIECE_SECONDS * RATE], count) if count else []


def read_wave(path: Path) -> Wave:
    """Return a recording at 16 kHz; its extension determines the format."""
    # Two of the formats are not among Voiceboard's upload formats.
    known = AudioFormat("", "", "", path.suffix[1:])
    return decode_audio(path.read_bytes(), known, max_seconds=600, rate=RATE)[0]


def read_speakers(folder: Path) -> dict[str, list[Wave]]:
    """Return the pieces of all speakers with enough of them, downloading missing packages."""
    fetch_packages(folder, {speaker.package for speaker in SPEAKERS})
    found = {speaker.slug: read_pieces(folder, speaker) for speaker in SPEAKERS}
    return {slug: pieces for slug, pieces in found.items() if len(pieces) >= LEAST_PIECES}


def main() -> None:
    """Download everything and print what there is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=FOLDER)
    folder = parser.parse_args().to
    for slug, pieces in read_speakers(folder).items():
        sys.stdout.write(f"{slug}: {len(pieces)} pieces\n")


if __name__ == "__main__":
    main()
