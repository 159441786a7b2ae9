from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0057_mail"),
    ]

    operations = [
        migrations.AddField(
            model_name="installation",
            name="audit_verified_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="installation",
            name="backed_up_at",
            field=models.DateTimeField(null=True),
        ),
    ]
