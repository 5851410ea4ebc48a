"""`manage.py add_staff`: an account with a role, and its password once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qa.exceptions import QAError
from qa.models import KnowledgeBase, Role
from qa.services.staff import add_staff


class Command(BaseCommand):
    """Makes a member of staff, or gives one another role."""

    help = "Make an account for a member of staff with a role; its generated password is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say who and as what."""
        parser.add_argument("name", metavar="NAME", help="to sign in with")
        parser.add_argument("--role", required=True, choices=[str(role) for role in Role], help="what they work as")
        parser.add_argument("--knowledge-base", metavar="SLUG", help="with which one; without it, with all")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make it, and print the password."""
        base = _knowledge_base(options["knowledge_base"])
        try:
            made = add_staff(name=options["name"], role=Role(options["role"]), knowledge_base=base)
        except QAError as error:
            raise CommandError(error.user_message) from error
        with_what = f"knowledge base {base.slug}" if base else "all knowledge bases"
        what = "is" if made.is_new else "was before"
        self.stdout.write(self.style.SUCCESS(f"{options['name']} {what} {options['role']} with {with_what}."))
        if made.password:
            self.stdout.write(f"Password: {made.password}")
            self.stdout.write("It is shown this once; it can be changed under /admin/password_change/.")


def _knowledge_base(slug: str | None) -> KnowledgeBase | None:
    if slug is None:
        return None
    base = KnowledgeBase.objects.filter(slug=slug).first()
    if base is None:
        known = ", ".join(KnowledgeBase.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no knowledge base {slug!r}; there is: {known}.")
    return base
