"""The hidden fields that every form that writes begins with: its token, and the page's team."""

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from catalog.models import Team

# Names the team of the page, so that nothing is done in another one.
TEAM_FIELD = "in_team"


def draw_form_fields(token: str, team: Team | None) -> SafeString:
    """Draw the CSRF token, and the team of the page for whoever works in one."""
    fields = [("csrfmiddlewaretoken", token)]
    if team is not None:
        fields.append((TEAM_FIELD, str(team.pk)))
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', fields)
