"""A promise became something that is stated or not; the old default was stated by nobody and had no effect."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def forget_defaults(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Empty every promise: from now on it would stop answers that were given until today."""
    apps.get_model("qa", "KnowledgeBase").objects.update(promise_target=None)


class Migration(migrations.Migration):
    """`KnowledgeBase.promise_target` may be empty."""

    dependencies = [("qa", "0002_term_rejected")]

    operations = [
        migrations.AlterField(
            model_name="knowledgebase",
            name="promise_target",
            field=models.FloatField(
                blank=True,
                default=None,
                help_text=(
                    "Share of automatic answers that must be right, between 0.5 and 0.999. "
                    "Empty: no promise; answering and declining are balanced."
                ),
                null=True,
                verbose_name="promise",
            ),
        ),
        migrations.RunPython(forget_defaults, migrations.RunPython.noop),
    ]
