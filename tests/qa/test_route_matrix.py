"""Every address × everybody: the status that the table says, and never a word that is not theirs to read."""

import logging
import re
from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from tests.qa.route_table import BODIES, PUBLIC_ROUTES, TABLE
from tests.qa.route_world import PEOPLE, World, forbidden_to, make_world

METHODS = ("GET", "POST", "PUT", "DELETE")
HARMLESS = {302, 400, 401, 403, 404, 405, 415}
"""What a method may answer that the table does not list."""
LEFT_OUT = {
    "admin/(?P<url>.*)$": "the admin's catch-all only redirects",
    "admin/r/<path:content_type_id>/<path:object_id>/": "no model here has a page of its own to be viewed at",
}


def walk(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    """Yield every pattern of a URLconf, as it stands there."""
    for pattern in resolver.url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield path
        else:
            yield from walk(pattern, path)


ROUTES = [route for route in walk(get_resolver()) if route not in LEFT_OUT]


@pytest.fixture
def world(db: None) -> Iterator[World]:
    """Give two knowledge bases and everybody."""
    logging.disable(logging.CRITICAL)  # a thousand refusals are not worth a log
    yield make_world()
    logging.disable(logging.NOTSET)


def address(route: str, world: World) -> str:
    """Fill a pattern with the numbers of OURS' objects."""
    model = route.split("/")[2] if route.startswith("admin/") and route.count("/") > 2 else ""
    known = {
        "<path:object_id>": lambda: world.pk(model),
        "<id>": lambda: world.pk(model),
        "<int:pk>": lambda: world.pk(model),
        "<int:item_id>": lambda: world.pk("reviewitem"),
        "<int:job_id>": lambda: world.pk("trainingjob"),
        "<int:trial_id>": lambda: world.pk("trial"),
        "<int:number>": lambda: world.pk("release"),
        "<str:key>": lambda: world.rows["widget"].key,
        "<str:build_hash>/<str:name>": lambda: "0123456789abcdef/chat.js",
        "^(?P<app_label>auth|qa)/$": lambda: "qa/",
    }
    for placeholder, value in known.items():
        if placeholder in route:
            route = route.replace(placeholder, str(value()))
    assert not re.search(r"[<>^$]", route), (
        f"{route} has a place that this test can't fill: say in `address` which object of OURS belongs there, "
        "and make one in tests/qa/route_world.py when there is none yet."
    )
    return f"/{route}"


def ask(world: World, person: str, method: str, route: str) -> HttpResponse:
    """Send one request and take back whatever it changed."""
    body = {} if method == "GET" else {"data": BODIES.get((method, route), {}), "content_type": "application/json"}
    if route.startswith("admin/") and method == "POST":
        body = {"data": {"post": "yes"}}  # what the admin's questions before deleting send
    client = world.clients[person]
    cookies = deepcopy(client.cookies)
    with transaction.atomic():
        response: HttpResponse = getattr(client, method.lower())(address(route, world), **body)
        transaction.set_rollback(True)
    client.cookies = cookies  # signing out ends with this request
    return response


def shown(response: HttpResponse) -> str:
    """Return all that a response tells: its body and its headers."""
    body = b"".join(response) if response.streaming else response.content
    return body.decode() + str(response.headers) + response.cookies.output()


def area_of(route: str) -> str:
    """Return the part of the service that an address belongs to; a world is made for each."""
    return "/".join(route.split("/")[: 3 if route.startswith(("admin/qa/", "api/v1/")) else 1])


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route or "/")
def test_every_address_is_in_the_table(route: str) -> None:
    assert [method for method in METHODS if (method, route) in TABLE], (
        f"“{route}” has no row in tests/qa/route_table.py. Write one for each method it is called with: what it "
        "answers to visitors, to each role with this knowledge base, with another one and with all, and to superusers."
    )


@pytest.mark.parametrize("area", sorted({area_of(route) for route in ROUTES}), ids=lambda area: area or "/")
def test_every_address_answers_everybody_as_the_table_says(world: World, area: str) -> None:
    wrong = [
        f"{method} {route} to {person}: {fault}"
        for route in ROUTES
        if area_of(route) == area
        for method in (METHODS if area.partition("/")[0] != "admin" else ("GET", "POST"))
        for person in PEOPLE
        for fault in faults(world, person, method, route)
    ]
    assert not wrong, "\n".join(wrong)


def faults(world: World, person: str, method: str, route: str) -> Iterator[str]:
    """Yield what is wrong with one answer."""
    response = ask(world, person, method, route)
    expected = {TABLE[method, route][person]} if (method, route) in TABLE else HARMLESS
    if response.status_code not in expected:
        yield f"{response.status_code} and not {sorted(expected)}"
    text = shown(response)
    leaked = sorted(word for word in forbidden_to(person, is_public=route in PUBLIC_ROUTES) if word in text)
    if leaked:
        yield f"shows {leaked}"


def test_the_table_names_no_address_that_is_gone() -> None:
    assert sorted({route for _method, route in TABLE} - set(ROUTES)) == []


def test_markers_are_really_there(world: World) -> None:
    """The leak test is worth something: whoever may see a text does."""
    assert "review-of-ours" in shown(ask(world, "reviewer of ours", "GET", "api/v1/review/"))
    assert "turn-of-ours" in shown(ask(world, "agent of all", "GET", "admin/qa/conversation/<path:object_id>/change/"))
    assert "draft-of-theirs" in shown(ask(world, "editor of theirs", "GET", "admin/qa/entry/"))
    assert "figure-of-ours" in shown(ask(world, "operator of all", "GET", "api/v1/training/"))
    assert "report-of-ours" in shown(ask(world, "operator of all", "GET", "learning/models/reports/<int:job_id>/"))
    assert "published-of-ours" in shown(ask(world, "nobody", "GET", ""))
