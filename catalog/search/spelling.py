"""Other spellings of a word: one letter missing, too many, wrong, or two the wrong way round."""

SHORTEST = 4
_ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "абвгдежзийклмнопрстуфхцчшщъыьэюя",
    "αβγδεζηθικλμνξοπρστυφχψω",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "אבגדהוזחטיכלמנסעפצקרשת",
)


def list_variants(term: str) -> list[str]:
    """Return every word that is one slip away, in one order; none where letters do not spell."""
    alphabet = next((letters for letters in _ALPHABETS if term[0] in letters), "")
    if not alphabet:
        return []
    cuts = [(term[:place], term[place:]) for place in range(len(term) + 1)]
    # Not the last letter left out: whatever begins like the rest would do.
    fewer = [left + right[1:] for left, right in cuts[:-2]]
    swapped = [left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1]
    wrong = [left + letter + right[1:] for left, right in cuts[:-1] for letter in alphabet]
    more = [left + letter + right for left, right in cuts[:-1] for letter in alphabet]
    return [each for each in dict.fromkeys(swapped + wrong + more + fewer) if each != term]
