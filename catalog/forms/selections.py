"""The selected voices: some by id, or all results of a filter."""

from django.http import QueryDict

from catalog.forms.voices.filters import VoiceFilterForm
from catalog.queries.searches.filters import VoiceFilter


class ChoiceForm:
    """Read the selected ids, or the filter whose results are all selected; bad ids are ignored."""

    def __init__(self, posted: QueryDict) -> None:
        words = posted.getlist("id")
        ids = (int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 19)
        self.voice_ids = list(dict.fromkeys(ids))
        self.is_all = "all" in posted
        self.query = posted.get("query", "").removeprefix("?")

    @property
    def wanted(self) -> VoiceFilter:
        """The filter whose results are all selected."""
        return VoiceFilterForm(QueryDict(self.query)).wanted
