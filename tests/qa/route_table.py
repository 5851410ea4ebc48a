"""What each address answers to whom: the table that the route matrix holds the service to.

A row is a method, a pattern of the URLconf as it stands there, and a status for everybody in `PEOPLE`. Objects in
the addresses are of OURS: whoever has the role with THEIRS alone gets 404, as for a number that never was.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from qa.models import Role
from tests.qa.route_world import OURS, PEOPLE, ROLES, THEIRS

Statuses = Mapping[str, int]
Row = tuple[str, str]
AGENT, EDITOR, REVIEWER, OPERATOR = ROLES


def everybody(status: int) -> dict[str, int]:
    """Answer all alike."""
    return dict.fromkeys(PEOPLE, status)


def people(
    *, refused: Sequence[int], other_role: int, ours: int, theirs: int, roles: Sequence[Role], all_: int | None = None
) -> dict[str, int]:
    """Return statuses: `refused` for the four visitors, then what roles get, with OURS, THEIRS and all.

    Args:
        other_role: For staff whose role is another one.
        all_: With all knowledge bases, and superusers; as `ours` when not given.
    """
    statuses = everybody(other_role) | dict(zip(PEOPLE[:4], refused, strict=True))
    with_all = ours if all_ is None else all_
    for role in roles:
        statuses |= {f"{role} of {OURS}": ours, f"{role} of {THEIRS}": theirs, f"{role} of all": with_all}
    return statuses | {"superuser": with_all}


def api(*roles: Role, status: int = 200, theirs: int = 404) -> dict[str, int]:
    """Under /api/: `theirs` is 404 where the address names an object, 200 where it lists one's own."""
    return people(refused=(401, 401, 403, 403), other_role=403, ours=status, theirs=theirs, roles=roles)


def api_everywhere(*roles: Role, status: int = 200) -> dict[str, int]:
    """Under /api/, for roles with all knowledge bases."""
    return people(refused=(401, 401, 403, 403), other_role=403, ours=403, theirs=403, roles=roles, all_=status)


def page(*roles: Role) -> dict[str, int]:
    """A page of staff that shows each their own."""
    return people(refused=(302, 302, 302, 403), other_role=403, ours=200, theirs=200, roles=roles)


def page_everywhere(*roles: Role, lacking: int = 403) -> dict[str, int]:
    """A page of staff, for roles with all knowledge bases."""
    return people(
        refused=(302, 302, 302, lacking), other_role=lacking, ours=lacking, theirs=lacking, roles=roles, all_=200
    )


def staff(status: int) -> dict[str, int]:
    """A page that all staff may open."""
    return everybody(status) | dict.fromkeys(PEOPLE[:3], 302)


def superusers(status: int, lacking: int = 403) -> dict[str, int]:
    """A page of superusers."""
    return staff(lacking) | {"superuser": status}


def admin_object(status: int, *roles: Role, lacking: int = 404) -> dict[str, int]:
    """A page of the admin about one object of OURS."""
    return people(refused=(302, 302, 302, lacking), other_role=lacking, ours=status, theirs=404, roles=roles) | {
        "superuser": status
    }


def admin_of(
    model: str, *, viewers: Sequence[Role] = (), changers: Sequence[Role] = (), can_delete: bool = True
) -> dict[Row, Statuses]:
    """The admin's pages of a model whose rows belong to knowledge bases.

    Args:
        model: Lower-case name.
        viewers: Roles that only look.
        changers: Roles that add, change and, with `can_delete`, delete; without any, nobody does.
    """
    top, one = f"admin/qa/{model}/", f"admin/qa/{model}/<path:object_id>/"
    roles = (*viewers, *changers)
    add = page(*changers) if changers else staff(403)
    changed = admin_object(200, *changers) if changers else {"superuser": 403}
    looked = dict.fromkeys((f"{role} of {reach}" for role in viewers for reach in (OURS, "all")), 403)
    deleted = dict.fromkeys((f"{role} of {reach}" for role in roles for reach in (OURS, "all")), 403) | {
        "superuser": 403
    }
    is_deleted = bool(changers) and can_delete
    return {
        ("GET", top): page(*roles),
        ("POST", top): page(*roles),
        ("GET", f"{top}add/"): add,
        ("POST", f"{top}add/"): add,
        ("GET", f"{one}change/"): admin_object(200, *roles),
        ("POST", f"{one}change/"): {**admin_object(200, *roles), **changed, **looked},
        ("GET", f"{one}delete/"): admin_object(200, *roles) | looked
        if is_deleted
        else admin_object(200, *roles) | deleted,
        ("POST", f"{one}delete/"): admin_object(302, *roles) | looked
        if is_deleted
        else admin_object(302, *roles) | deleted,
        ("GET", f"{one}history/"): admin_object(200, *roles),
        ("POST", f"{one}history/"): admin_object(200, *roles),
        ("GET", one): staff(302),
        ("POST", one): staff(302),
    }


def admin_of_installation(model: str, *roles: Role) -> dict[Row, Statuses]:
    """The admin's pages of what the installation has one of: looked at by roles with all knowledge bases."""
    top, one = f"admin/qa/{model}/", f"admin/qa/{model}/<path:object_id>/"
    seen = page_everywhere(*roles)
    return {
        ("GET", top): seen,
        ("POST", top): seen,
        **{(method, f"{top}add/"): staff(403) for method in ("GET", "POST")},
        ("GET", f"{one}change/"): seen,
        ("POST", f"{one}change/"): staff(403),
        **{(method, f"{one}delete/"): staff(403) for method in ("GET", "POST")},
        ("GET", f"{one}history/"): seen,
        ("POST", f"{one}history/"): seen,
        ("GET", one): staff(302),
        ("POST", one): staff(302),
    }


def admin_of_accounts(model: str) -> dict[Row, Statuses]:
    """The admin's pages of accounts and groups: superusers only."""
    top, one = f"admin/auth/{model}/", f"admin/auth/{model}/<path:object_id>/"
    return {
        **{(method, path): superusers(200) for method in ("GET", "POST") for path in (top, f"{top}add/")},
        **{(method, f"{one}change/"): superusers(200) for method in ("GET", "POST")},
        ("GET", f"{one}delete/"): superusers(200),
        ("POST", f"{one}delete/"): superusers(302),
        **{(method, f"{one}history/"): superusers(200) for method in ("GET", "POST")},
        **{(method, one): staff(302) for method in ("GET", "POST")},
    }


TABLE: dict[Row, Statuses] = {
    ("GET", ""): everybody(200),
    ("GET", "livez"): everybody(200),
    ("GET", "readyz"): everybody(503),  # no engine is loaded in these tests
    ("GET", "metrics"): everybody(403),  # to this machine alone
    ("GET", "api/v1/schema/"): everybody(200),
    ("POST", "api/v1/ask"): everybody(503),  # anybody may ask the chat page's knowledge base
    ("GET", "chat/<str:key>/"): everybody(200),
    ("GET", "widget/v1.js"): everybody(200),
    ("GET", "widget/demo/"): everybody(404),  # the demonstration is not loaded
    ("GET", "widget/<str:build_hash>/<str:name>"): everybody(404),  # there is no such build
    ("POST", "api/v1/chat/"): everybody(400),  # no frames
    ("POST", "api/v1/chat/transcript/"): everybody(401),  # no token
    ("GET", "desk/"): page(AGENT),
    ("GET", "learning/"): page(REVIEWER),
    ("GET", "learning/models/"): page_everywhere(REVIEWER, OPERATOR),
    ("GET", "learning/models/reports/<int:job_id>/"): page_everywhere(REVIEWER, OPERATOR),
    ("GET", "api/v1/training/"): api_everywhere(REVIEWER, OPERATOR),
    ("POST", "api/v1/training/start/"): api_everywhere(OPERATOR, status=409),  # one waits already
    ("POST", "api/v1/training/<int:job_id>/cancel/"): api_everywhere(OPERATOR),
    ("POST", "api/v1/training/trials/<int:trial_id>/shadow/"): api_everywhere(OPERATOR, status=409),  # not blessed
    ("POST", "api/v1/training/shadow/stop/"): api_everywhere(OPERATOR, status=404),  # nothing runs
    ("POST", "api/v1/training/releases/<int:number>/restore/"): api_everywhere(OPERATOR, status=404),  # nothing is live
    ("GET", "api/v1/review/"): api(REVIEWER, theirs=200),
    ("GET", "api/v1/review/entries/"): api(REVIEWER, theirs=200),
    ("POST", "api/v1/review/propose/"): api(REVIEWER, status=202),
    ("POST", "api/v1/review/<int:item_id>/decision/"): api(REVIEWER),
    ("POST", "api/v1/review/<int:item_id>/undo/"): api(REVIEWER, status=409),  # there is nothing to undo
    ("POST", "api/v1/review/<int:item_id>/phrasing/"): api(EDITOR, status=409),  # it is not reviewed
    **{(method, "admin/"): staff(200) for method in ("GET", "POST")},
    ("GET", "admin/login/"): everybody(302) | dict.fromkeys(PEOPLE[:3], 200),
    ("POST", "admin/login/"): everybody(200),
    ("POST", "admin/logout/"): staff(200),
    **{(method, "admin/password_change/"): staff(200) for method in ("GET", "POST")},
    ("GET", "admin/password_change/done/"): staff(200),
    ("GET", "admin/autocomplete/"): staff(403),  # asked for nothing
    ("GET", "admin/jsi18n/"): staff(200),
    **{(method, "admin/^(?P<app_label>auth|qa)/$"): staff(200) | {"staff": 404} for method in ("GET", "POST")},
    **admin_of("entry", changers=(EDITOR,), can_delete=False),
    **admin_of("term", changers=(EDITOR,)),
    **admin_of("product", changers=(EDITOR,)),
    **admin_of("mustanswer", changers=(EDITOR,)),
    **admin_of("knowledgebase", changers=(OPERATOR,), can_delete=False),
    **{(method, "admin/qa/knowledgebase/add/"): page_everywhere(OPERATOR) for method in ("GET", "POST")},
    **admin_of("membership", changers=(OPERATOR,)),
    **admin_of("widget", changers=(OPERATOR,)),
    **{(method, "admin/qa/widget/preview/"): page(OPERATOR) for method in ("GET", "POST")},
    **{
        (method, f"admin/qa/widget/<int:pk>/{of}/"): admin_object(200, OPERATOR)
        for method in ("GET", "POST")
        for of in ("preview", "secret")
    },
    **admin_of("visitor", viewers=(AGENT,), changers=(OPERATOR,)),
    **{(method, "admin/qa/visitor/add/"): staff(403) for method in ("GET", "POST")},
    # Every field is there to be read: saving changes nothing.
    ("POST", "admin/qa/visitor/<path:object_id>/change/"): admin_object(302, OPERATOR)
    | {f"{AGENT} of {reach}": 403 for reach in (OURS, "all")},
    **admin_of("cannedreply", viewers=(AGENT,), changers=(OPERATOR,)),
    **admin_of("tag", viewers=(AGENT,), changers=(OPERATOR,)),
    **admin_of("note", viewers=(AGENT,)),
    **admin_of("conversation", viewers=(AGENT,)),
    **admin_of("reviewitem", viewers=(REVIEWER,)),
    **admin_of("evidence"),
    **admin_of_installation("release", OPERATOR),
    **admin_of_installation("trial", OPERATOR),
    **{
        (method, "admin/qa/trial/<int:trial_id>/report/"): page_everywhere(OPERATOR, lacking=404)
        for method in ("GET", "POST")
    },
    **admin_of_accounts("group"),
    **admin_of_accounts("user"),
    **{(method, "admin/auth/user/<id>/password/"): superusers(200) for method in ("GET", "POST")},
}
"""Every method that an address is called with; others must change nothing and tell nothing."""

PUBLIC_ROUTES = {"", "chat/<str:key>/"}
"""Addresses that show published entries to anybody."""

BODIES: dict[Row, Any] = {
    ("POST", "api/v1/ask"): {"knowledge_base": OURS, "text": "How much?"},
    ("POST", "api/v1/review/propose/"): {"knowledge_base": OURS},
    ("POST", "api/v1/review/<int:item_id>/decision/"): {"verdict": "confirm"},
}
"""JSON that is sent; `{}` where nothing is said."""
