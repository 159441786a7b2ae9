"""What the demo's people think of voices, and how they sort them."""

from collections.abc import Callable
from functools import partial

from catalog.demo.people import DemoTeam
from catalog.models import User, Voice
from catalog.queries.searches.filters import VoiceFilter
from catalog.services.annotations import rate_voice, star_voice, tag_voices, write_note
from catalog.services.collections import collect_voices, make_collection, note_entry
from catalog.services.searches import save_search

_NOTES = (
    "First choice for the audiobook. Long sentences stay calm.",
    "Names and numbers are clear. Good for chapter titles, too.",
    "Breathes loudly between paragraphs. Try it with shorter ones.",
)


def annotate_voices(demo: DemoTeam) -> Callable[[], object]:
    """Star, tag, rate, and collect voices for an audiobook and a support line."""
    return partial(_annotate, demo)


def _annotate(demo: DemoTeam) -> None:
    narrators = demo.pick_voices(4, language="en-GB", gender="female")
    storytellers = demo.pick_voices(3, language="en-US", gender="male")
    agents = demo.pick_voices(4, use_case="customer_support")
    germans = demo.pick_voices(3, language="de")
    _star(demo, demo.ana, [*narrators[:2], *agents[:1]])
    _star(demo, demo.mia, [*agents[:2], *germans[:1], *narrators[:1]])
    _star(demo, demo.cleo, storytellers[:2])
    _tag(demo, demo.mia, narrators, "audiobook")
    _tag(demo, demo.mia, storytellers, "audiobook")
    _tag(demo, demo.ana, agents, "support line")
    _tag(demo, demo.ana, narrators[:1] + agents[:1], "approved")
    for voice, text in zip(narrators, _NOTES, strict=False):
        write_note(demo.mia, voice=voice, text=text, now=demo.now)
    for person, voices, values in (
        (demo.ana, narrators, (5, 4, 3)),
        (demo.mia, narrators, (5, 4, 2)),
        (demo.cleo, narrators, (4, 5)),
        (demo.ana, agents, (4, 3)),
        (demo.mia, agents, (5,)),
    ):
        for voice, value in zip(voices, values, strict=False):
            rate_voice(person, voice=voice, value=value, now=demo.now)
    _collect(
        demo,
        demo.mia,
        "The Lighthouse (audiobook)",
        "Narrator and characters. Recording starts in January.",
        {"Narrator": narrators[:1], "The keeper": storytellers[:1], "Understudies": narrators[1:3]},
    )
    _collect(
        demo,
        demo.ana,
        "Support line",
        "Greetings and menus in English and German.",
        {"English": agents[:2], "German": germans[:2]},
    )
    query = VoiceFilter(words="calm british woman for audiobooks").search_query()
    save_search(
        demo.mia, team=demo.team, name="Calm narrators", query=query, is_shared=True, now=demo.now
    )


def _star(demo: DemoTeam, person: User, voices: list[Voice]) -> None:
    for voice in voices:
        star_voice(person, voice=voice, is_on=True, now=demo.now)


def _tag(demo: DemoTeam, person: User, voices: list[Voice], name: str) -> None:
    tag_voices(person, team=demo.team, voices=voices, names=[name], now=demo.now)


def _collect(
    demo: DemoTeam, owner: User, name: str, description: str, parts: dict[str, list[Voice]]
) -> None:
    made = make_collection(
        owner, team=demo.team, name=name, description=description, is_shared=True, now=demo.now
    )
    for part, voices in parts.items():
        collect_voices(owner, collection=made, voices=voices, now=demo.now)
        for entry in made.entries.filter(voice__in=voices):
            note_entry(owner, entry=entry, note=part, now=demo.now)
