"""An account at a provider: its own voices and recordings, its limits and usage."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.services import Services
from catalog.sandbox.voices import SandboxVoice

Figures = dict[str, Any]
COUNTED = {"creates": 0, "deletes": 0}
# How an empty list is encoded: as "list", as "null", or omitted ("absent").
_EMPTY_LISTS = {AccountKind.EMPTY: "null"}


@dataclass(frozen=True, slots=True)
class InitialAccount:
    """The initial state of an account: its voices, and limits that can be configured."""

    limits: Figures
    voices: Callable[[], Iterable[SandboxVoice]] = field(default=tuple)


class SandboxAccount:
    """One account and its stored state."""

    def __init__(self, backstage: Services, slug: str, name: AccountName, opening: InitialAccount):
        self.name = name
        self.shelf = f"{slug}/{name}"
        self.store = backstage.store
        self._clock = backstage.clock
        self._limits = {**opening.limits, "empty_lists": _EMPTY_LISTS.get(name.kind, "list")}
        with self.store.transaction():
            if self.store.get(self.shelf, "usage", "now") is None:
                self.store.put(self.shelf, "usage", "now", {**self._limits, **COUNTED})
                own = () if name.kind is AccountKind.EMPTY else opening.voices()
                for voice in own:
                    self.keep(voice)

    @property
    def may_write(self) -> bool:
        """Whether its key may create, change, and delete."""
        return self.name.kind is not AccountKind.READONLY

    def voices(self) -> list[SandboxVoice]:
        """Return the voices made in this account, oldest first."""
        stored = self.store.find(self.shelf, "voice").values()
        return [SandboxVoice.from_document(document) for document in stored]

    def voice(self, voice_id: str) -> SandboxVoice | None:
        """Return one of the voices, or None."""
        document = self.store.get(self.shelf, "voice", voice_id)
        return None if document is None else SandboxVoice.from_document(document)

    def keep(self, voice: SandboxVoice) -> None:
        """Add a voice, or replace it in place."""
        self.store.put(self.shelf, "voice", voice.voice_id, voice.as_document())

    def drop(self, voice: SandboxVoice) -> None:
        """Delete a voice and its recording."""
        with self.store.transaction():
            self.store.remove_recording(self.shelf, voice.voice_id)
            self.store.remove(self.shelf, "voice", voice.voice_id)
            self.count(deletes=1)

    def figures(self) -> Figures:
        """Return the limits and counters."""
        return {**self._limits, **COUNTED, **(self.store.get(self.shelf, "usage", "now") or {})}

    def count(self, **more: float) -> None:
        """Increase counters."""
        with self.store.transaction():
            figures = self.figures()
            for name, number in more.items():
                figures[name] += number
            self.store.put(self.shelf, "usage", "now", figures)

    def adjust(self, values: Mapping[str, Any]) -> None:
        """Change limits; raises KeyError for an unknown one, ValueError for a wrong type."""
        if unknown := set(values) - set(self._limits):
            raise KeyError(*unknown)
        for name, value in values.items():
            if isinstance(value, bool) != isinstance(self._limits[name], bool):
                raise ValueError(f"{name} cannot be {value!r}")
        with self.store.transaction():
            changed = {name: type(self._limits[name])(value) for name, value in values.items()}
            self.store.put(self.shelf, "usage", "now", self.figures() | changed)

    def written(self, field: str, entries: list[Any]) -> dict[str, Any]:
        """Return a list as a field of a response; empty lists have several encodings.

        Protocol Buffers JSON omits an empty list, and Go writes null for one that was
        never created. https://protobuf.dev/programming-guides/json/
        """
        form = "list" if entries else self.figures()["empty_lists"]
        return {} if form == "absent" else {field: None if form == "null" else entries}

    def now(self) -> float:
        """Return the time in Unix seconds."""
        return self._clock()
