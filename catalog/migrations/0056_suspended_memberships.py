from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0055_provider_calls"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="is_mapped",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="membership",
            name="suspended_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="suspension",
            field=models.CharField(
                blank=True,
                choices=[("admin", "by an admin"), ("groups", "because of missing groups")],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="page",
            field=models.CharField(
                blank=True,
                choices=[
                    ("keeping", "Your clones in cleanup"),
                    ("cleanup", "Cleanup"),
                    ("account", "Account"),
                    ("team", "Team"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="is_break_glass",
            field=models.BooleanField(default=False),
        ),
    ]
