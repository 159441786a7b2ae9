"""A plainer name for a team's setting."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0045_american_labels"),
    ]

    operations = [
        migrations.RenameField("team", "demands_second_factor", "requires_second_factor"),
    ]
