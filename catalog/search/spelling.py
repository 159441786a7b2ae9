"""Spelling variants of a word: a missing, extra, wrong, or two swapped letters."""

SHORTEST = 4
_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "אבגדהוזחטיכלמנסעפצקרשת",
)


def list_variants(term: str) -> list[str]:
    """Return every variant one typo away, in a fixed order; none for non-alphabetic scripts."""
    alphabet = next((letters for letters in _ALPHABETS if term[0] in letters), "")
    if not alphabet:
        return []
    cuts = [(term[:place], term[place:]) for place in range(len(term) + 1)]
    # Don't drop the last letter, because prefixes match anyway.
    fewer = [left + right[1:] for left, right in cuts[:-2]]
    swapped = [left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1]
    wrong = [left + letter + right[1:] for left, right in cuts[:-1] for letter in alphabet]
    more = [left + letter + right for left, right in cuts[:-1] for letter in alphabet]
    return [each for each in dict.fromkeys(swapped + wrong + more + fewer) if each != term]
