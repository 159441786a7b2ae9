"""The hidden fields of every form that writes: the CSRF token and the page's team."""

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from catalog.models import Team

# Names the page's team, so a form can't act in another one.
TEAM_FIELD = "in_team"


def draw_form_fields(token: str, team: Team | None) -> SafeString:
    """Render the CSRF token, and the page's team if there is one."""
    fields = [("csrfmiddlewaretoken", token)]
    if team is not None:
        fields.append((TEAM_FIELD, str(team.pk)))
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', fields)
