from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0054_hosts_and_ticks"),
    ]

    operations = [
        migrations.CreateModel(
            name="ProviderCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("provider", models.CharField(max_length=40)),
                ("operation", models.CharField(max_length=60)),
                ("outcome", models.CharField(max_length=40)),
                ("number", models.PositiveBigIntegerField()),
                ("seconds", models.FloatField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("provider", "operation", "outcome"),
                        name="one_total_of_provider_calls",
                    )
                ],
            },
        ),
    ]
