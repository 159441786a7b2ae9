"""Which voices were chosen: some by id, or all that a filter finds."""

from django.http import QueryDict

from catalog.forms.voices.filters import VoiceFilterForm
from catalog.queries.searches.filters import VoiceFilter


class ChoiceForm:
    """Read ticked ids, or the filter of everything; words that are no id are dropped."""

    def __init__(self, posted: QueryDict) -> None:
        words = posted.getlist("id")
        ids = (int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 19)
        self.voice_ids = list(dict.fromkeys(ids))
        self.is_all = "all" in posted
        self.query = posted.get("query", "").removeprefix("?")

    @property
    def wanted(self) -> VoiceFilter:
        """The filter whose results are all chosen."""
        return VoiceFilterForm(QueryDict(self.query)).wanted
