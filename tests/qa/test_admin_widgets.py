"""Operators make widgets for what they operate, see them before they save, and see secrets on purpose only."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from qa.models import KnowledgeBase, Membership, Role, Widget
from qa.selectors import brand_name


@pytest.fixture
def widget(knowledge_base: KnowledgeBase) -> Widget:
    return Widget.objects.create(name="shop", knowledge_base=knowledge_base)


@pytest.fixture
def other(db: None) -> Widget:
    base = KnowledgeBase.objects.create(slug="other", name="其他")
    return Widget.objects.create(name="other shop", knowledge_base=base)


@pytest.fixture
def operator(client: Client, widget: Widget) -> Client:
    user = User.objects.create_user("op", password="x", is_staff=True)
    Membership.objects.create(user=user, role=Role.OPERATOR, knowledge_base=widget.knowledge_base)
    client.force_login(user)
    return client


def test_widget_is_made_with_checked_fields(operator: Client, knowledge_base: KnowledgeBase) -> None:
    fields = {
        "name": "second",
        "knowledge_base": str(knowledge_base.pk),
        "is_active": "on",
        "origins": "https://shop.example",
        "brand_color": "#123456",
        "theme": "auto",
        "locale": "auto",
        "side": "right",
        "time_zone": "Asia/Shanghai",
        "hours": "mon-fri 09:00-18:00",
    }
    bad = operator.post(
        "/admin/qa/widget/add/", {**fields, "origins": "shop.example", "hours": "always", "time_zone": "Mars"}
    )
    assert set(bad.context["adminform"].form.errors) == {"origins", "hours", "time_zone"}
    assert operator.post("/admin/qa/widget/add/", fields).status_code == 302
    assert Widget.objects.get(name="second").origin_list == ["https://shop.example"]


def test_others_widgets_do_not_exist(operator: Client, widget: Widget, other: Widget) -> None:
    listed = operator.get("/admin/qa/widget/").content.decode()
    assert f"/admin/qa/widget/{widget.pk}/change/" in listed
    assert f"/admin/qa/widget/{other.pk}/change/" not in listed
    for path in ("preview", "secret"):
        assert operator.get(f"/admin/qa/widget/{other.pk}/{path}/").status_code == 404
    form = operator.get("/admin/qa/widget/add/").context["adminform"].form
    assert list(form.fields["knowledge_base"].queryset) == [widget.knowledge_base]


def test_agents_operate_nothing(client: Client, widget: Widget) -> None:
    user = User.objects.create_user("agent", password="x", is_staff=True)
    Membership.objects.create(user=user, role=Role.AGENT)
    client.force_login(user)
    assert client.get("/admin/qa/widget/").status_code == 403


def test_preview_shows_what_is_not_saved_and_saves_nothing(operator: Client, widget: Widget) -> None:
    response = operator.get(
        f"/admin/qa/widget/{widget.pk}/preview/", {"title_zh": "新标题", "brand_color": "#aa0000", "theme": "dark"}
    )
    page = response.content.decode()
    assert 'data-brand="新标题"' in page
    assert "--accent:#aa0000" in page
    assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]
    widget.refresh_from_db()
    assert (widget.title_zh, widget.brand_color) == ("", "#0b6e99")


def test_preview_of_what_could_not_be_saved_shows_the_old(operator: Client, widget: Widget) -> None:
    page = operator.get(
        f"/admin/qa/widget/{widget.pk}/preview/", {"brand_color": "red;}", "theme": "pink"}
    ).content.decode()
    assert "red;" not in page
    assert 'data-theme="auto"' in page


def test_new_widget_has_a_preview_too(operator: Client, widget: Widget) -> None:
    assert operator.get("/admin/qa/widget/preview/", {"title_zh": "新"}).status_code == 200


@pytest.mark.parametrize("path", ["preview/", "{pk}/preview/"])
def test_preview_is_of_the_knowledge_base_that_is_chosen(
    operator: Client, widget: Widget, other: Widget, path: str
) -> None:
    second = KnowledgeBase.objects.create(slug="second", name="第二家")
    Membership.objects.create(user=User.objects.get(), role=Role.OPERATOR, knowledge_base=second)

    def previewed(chosen: object) -> str:
        address = f"/admin/qa/widget/{path.format(pk=widget.pk)}"
        return operator.get(address, {"knowledge_base": str(chosen)}).content.decode()

    assert 'data-brand="第二家"' in previewed(second.pk)
    for refused in (other.knowledge_base.pk, "", "x", 10**30):
        page = previewed(refused)
        assert f'data-brand="{brand_name(widget.knowledge_base, "zh")}"' in page
    widget.refresh_from_db()
    assert widget.knowledge_base != second


def test_form_holds_the_tag_and_never_the_secret(operator: Client, widget: Widget) -> None:
    page = operator.get(f"/admin/qa/widget/{widget.pk}/change/").content.decode()
    assert f"data-widget=&quot;{widget.key}&quot;" in page
    assert widget.identity_secret not in page


def test_secret_is_shown_and_replaced_on_purpose(operator: Client, widget: Widget) -> None:
    path = f"/admin/qa/widget/{widget.pk}/secret/"
    assert widget.identity_secret not in operator.get(path).content.decode()
    assert widget.identity_secret in operator.post(path, {"show": ""}).content.decode()
    assert operator.post(path, {"replace": ""}).status_code == 302
    old = widget.identity_secret
    widget.refresh_from_db()
    assert widget.identity_secret != old
