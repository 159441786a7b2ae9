"""Recognize accents in free-text labels."""

import re
from collections.abc import Iterable

from catalog.providers.labels import accent_word, language_tag

# Words that clearly name an accent, with their synonyms. Names of languages are left out: a voice
# tagged "french" may simply speak French.
_TABLE = """
american = us = usa = general american = north american, us southern = southern us =
american southern = southern american, midwestern, new york, boston, texan, californian,
british = uk = gb, received pronunciation = rp, cockney, estuary, geordie, scouse, yorkshire,
london, scottish, irish, welsh, transatlantic = mid atlantic, australian = aussie,
new zealand = kiwi, canadian, south african, indian, pakistani, bangladeshi, sri lankan,
singaporean, malaysian, filipino, hong kong, taiwanese, nigerian, ghanaian, kenyan, ugandan,
tanzanian, zimbabwean, jamaican, caribbean, trinidadian, latin american, mexican,
argentine = argentinian, colombian, chilean, peruvian, venezuelan, cuban, puerto rican, castilian,
peninsular, andalusian, brazilian, parisian, quebecois = québécois, belgian, swiss, austrian,
bavarian, flemish, egyptian, levantine, saudi, emirati, lebanese, syrian, jordanian, iraqi,
moroccan, algerian, tunisian, maghrebi
"""
_ACCENT_OF = {
    word: words[0]
    for entry in " ".join(_TABLE.split()).split(", ")
    for words in [entry.split(" = ")]
    for word in words
}
_NAMED = re.compile(r"accent\s*[:=]\s*(.+)", re.IGNORECASE)
# These describe how strong an accent is, not which one it is.
_DEGREES = {"a", "light", "mild", "slight", "soft", "strong", "heavy", "thick", "with", "an", "the"}


def find_accent(words: Iterable[str]) -> tuple[str, str]:
    """Return the accent that the words clearly state, and the words that state it.

    The accent is "" if there is none, or if the words contradict each other.
    """
    said: dict[str, str] = {}
    for word in words:
        if accent := _read_accent(word):
            said.setdefault(accent, word)
    return (next(iter(said)) if len(said) == 1 else ""), ", ".join(said.values())


def _read_accent(word: str) -> str:
    named = _NAMED.fullmatch(word.strip())
    plain = accent_word(named[1] if named else word)
    parts = plain.split()
    if named or parts[-1:] in (["accent"], ["accented"]):
        kept = [part for part in parts if part not in _DEGREES | {"accent", "accented"}]
        plain = " ".join(kept)
        # "No accent" and "accented" name no accent.
        return "" if plain in ("", "no") else _ACCENT_OF.get(plain, plain)
    # "British English" is an accent, and "English" alone is a language.
    if len(parts) > 1 and language_tag(parts[-1]):
        plain = " ".join(parts[:-1])
    return _ACCENT_OF.get(plain, "")
