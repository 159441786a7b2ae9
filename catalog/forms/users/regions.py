"""How a user's pages write days, times, and numbers."""

from zoneinfo import available_timezones

from django import forms

from catalog.forms.base.text_fields import KeylessForm

_AUTOMATIC = ("", "Automatic, from your browser")
_REGIONS = [
    ("en-AU", "Australia"),
    ("en-CA", "Canada"),
    ("zh", "China"),
    ("fr", "France"),
    ("de", "Germany"),
    ("en-IN", "India"),
    ("it", "Italy"),
    ("ja", "Japan"),
    ("ko", "Korea"),
    ("pl", "Poland"),
    ("es", "Spain"),
    ("sv", "Sweden"),
    ("de-CH", "Switzerland"),
    ("en-GB", "United Kingdom"),
    ("en-US", "United States"),
]
_AREAS = (
    "Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian",
    "Pacific",
)  # fmt: skip
_ZONES = sorted(name for name in available_timezones() if name.partition("/")[0] in _AREAS)


class RegionForm(KeylessForm):
    """The region whose formats are used, and the time zone; empty means those of the browser."""

    region = forms.ChoiceField(
        label="Format of dates and numbers", choices=[_AUTOMATIC, *_REGIONS], required=False
    )
    timezone = forms.ChoiceField(
        label="Time zone",
        choices=[_AUTOMATIC, ("UTC", "UTC"), *((name, name.replace("_", " ")) for name in _ZONES)],
        required=False,
    )
