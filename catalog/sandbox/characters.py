"""What distinguishes the sound of one voice from another."""

import random
from dataclasses import dataclass, replace
from typing import Self

# The median pitch in Hz of the speaker in the engine's training data.
ENGINE_PITCH = 195.0

_PITCHES = {"male": (84, 138), "female": (168, 248), "neutral": (136, 172)}
_FORMANTS = {"male": (0.80, 0.91), "female": (0.97, 1.12), "neutral": (0.90, 1.0)}
_BETWEEN_GENDERS = 155  # Hz
_PACES = {"young": (1.02, 1.18), "middle_aged": (0.92, 1.06), "old": (0.78, 0.88)}
_AGE_PITCHES = {"young": 1.05, "middle_aged": 1.0, "old": 0.94}


@dataclass(frozen=True, slots=True)
class Character:
    """The sound of one voice, relative to the engine's unless a unit is given.

    ``formant`` models the size of the head: below 1 is larger. ``brightness`` is in
    decibels per octave. ``swell`` is how much the level rises and falls, ``beat`` how often a
    second.
    """

    pitch: float = ENGINE_PITCH  # Hz
    formant: float = 1.0
    pace: float = 1.0
    liveliness: float = 1.0
    brightness: float = 0.0
    breath: float = 0.0
    swell: float = 0.0
    beat: float = 0.5
    # Used by an engine with its own voices to choose one.
    seed: str = ""
    gender: str = "neutral"

    @classmethod
    def of(cls, seed: str, gender: str = "neutral", age: str = "middle_aged") -> Self:
        """Return the character for this seed, always the same."""
        dice = random.Random(f"character {seed}")
        return cls(
            pitch=dice.uniform(*_PITCHES[gender]) * _AGE_PITCHES[age],
            formant=dice.uniform(*_FORMANTS[gender]),
            pace=dice.uniform(*_PACES[age]),
            liveliness=dice.uniform(0.7, 1.35),
            brightness=dice.uniform(-2.0, 1.5),
            breath=dice.uniform(0.0, 1.6),
            swell=dice.uniform(0.0, 0.3),
            beat=dice.uniform(0.3, 0.9),
            seed=seed,
            gender=gender,
        )

    @classmethod
    def like(cls, seed: str, pitch: float | None) -> Self:
        """Return the character of a clone, from the pitch measured in its sample."""
        if pitch is None:
            return cls.of(seed)
        # Deep voices come from large heads: one octave corresponds to about a fifth in formants.
        formant = min(1.15, max(0.8, (pitch / ENGINE_PITCH) ** 0.28))
        gender = "male" if pitch < _BETWEEN_GENDERS else "female"
        made = cls.of(seed, gender)
        return replace(made, pitch=pitch, formant=formant, pace=1.0, liveliness=1.0)

    def faster(self, factor: float) -> Self:
        """Return the same character with its pace multiplied by a factor."""
        return replace(self, pace=self.pace * factor)
