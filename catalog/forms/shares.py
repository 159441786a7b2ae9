"""A link for outsiders, its password, and an outsider's vote."""

from django import forms

from catalog.forms.base.text_fields import KeylessForm

LONGEST_DAYS = 90


class ShareForm(KeylessForm):
    """What the maker of a link chooses."""

    label = forms.CharField(label="For whom", max_length=80, required=False)
    days = forms.IntegerField(
        label="Days until it ends", min_value=1, max_value=LONGEST_DAYS, initial=14
    )
    password = forms.CharField(
        label="Password",
        min_length=8,
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    takes_votes = forms.BooleanField(label="Let them vote", required=False, initial=True)
    names_providers = forms.BooleanField(label="Show the providers' names", required=False)


class SharePasswordForm(KeylessForm):
    """The password of a link."""

    password = forms.CharField(
        label="Password",
        max_length=100,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class OutsideVoteForm(KeylessForm):
    """A vote, with the name that the outsider types."""

    key = forms.CharField(max_length=20)
    name = forms.CharField(label="Your name", max_length=60)
