"""Which voices are to be put in a plan."""

from django.http import QueryDict

_MOST = 500


class SelectionForm:
    """Read the ticked ids; words that are no id are dropped, a voice is never guessed."""

    def __init__(self, posted: QueryDict) -> None:
        words = posted.getlist("id")
        ids = {int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 19}
        self.voice_ids = sorted(ids)[:_MOST]
        self.error = ""
        if not ids:
            self.error = "Tick at least one voice."
        elif len(ids) > _MOST:
            self.error = f"At most {_MOST} voices fit in one plan."
