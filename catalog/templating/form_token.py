"""The hidden fields of every form that changes something: the CSRF token and the page's team."""

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from catalog.models import Team

# The team of the page, so that a form can't act in another team.
TEAM_FIELD = "in_team"


def draw_form_fields(token: str, team: Team | None) -> SafeString:
    """Return the hidden fields. People without a team get only the token."""
    fields = [("csrfmiddlewaretoken", token)]
    if team is not None:
        fields.append((TEAM_FIELD, str(team.pk)))
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', fields)
