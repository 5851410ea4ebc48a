"""`manage.py add_staff`: an account that can sign in, its roles, and what is refused in words."""

import io
import re

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from qa.models import KnowledgeBase, Membership, Role
from qa.selectors.access import may

pytestmark = pytest.mark.django_db


@pytest.fixture
def base() -> KnowledgeBase:
    """Give a knowledge base."""
    return KnowledgeBase.objects.create(slug="service", name="Service")


def add(*arguments: str) -> str:
    out = io.StringIO()
    call_command("add_staff", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_the_printed_password_signs_in(base: KnowledgeBase) -> None:
    printed = add("li", "--role", "agent", "--knowledge-base", "service")
    assert printed.startswith("li is agent with knowledge base service.\nPassword: ")
    [password] = re.findall(r"^Password: (\S+)$", printed, re.M)
    assert len(password) >= 16
    assert Client().login(username="li", password=password)
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser) == (True, False)
    assert (may(user, Role.AGENT, base), may(user, Role.AGENT, None)) == (True, False)


def test_without_a_knowledge_base_the_role_is_with_all(base: KnowledgeBase) -> None:
    assert add("li", "--role", "editor").startswith("li is editor with all knowledge bases.\n")
    assert may(User.objects.get(), Role.EDITOR, None)


def test_who_is_there_gets_another_role_and_keeps_the_password(base: KnowledgeBase) -> None:
    add("li", "--role", "agent")
    before = User.objects.get().password
    assert add("li", "--role", "editor", "--knowledge-base", "service") == "li is editor with knowledge base service.\n"
    assert add("li", "--role", "agent") == "li was before agent with all knowledge bases.\n"
    assert User.objects.get().password == before
    assert set(Membership.objects.values_list("role", "knowledge_base")) == {("agent", None), ("editor", base.pk)}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("li", "--role", "agent", "--knowledge-base", "none"),
            "There is no knowledge base 'none'; there is: service.",
        ),
        (("li li", "--role", "agent"), "Enter a valid username"),
        (("customer", "--role", "agent"), "an account without access for staff"),
        (("li", "--role", "boss"), "invalid choice: 'boss'"),
    ],
)
def test_what_can_not_be_is_refused_in_words(base: KnowledgeBase, arguments: tuple[str, ...], words: str) -> None:
    from django.utils import translation

    User.objects.create(username="customer")
    with translation.override("en"), pytest.raises(CommandError, match=re.escape(words)):
        add(*arguments)
    assert (User.objects.count(), Membership.objects.count()) == (1, 0)
