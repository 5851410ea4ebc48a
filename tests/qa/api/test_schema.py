"""`/api/v1/schema/` describes every address of the API, and no other."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from qa.api.openapi import DOCUMENT
from tests.qa.route_table import TABLE
from tests.qa.test_route_matrix import walk

ROUTES = sorted(route for route in walk(get_resolver()) if route.startswith("api/v1/"))


def documented(route: str) -> str:
    """Return a route as OpenAPI writes it: `<int:item_id>` is `{item_id}`."""
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)


def references(part: Any) -> Iterator[str]:
    """Yield every `$ref` of a document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


@pytest.mark.parametrize("route", ROUTES)
def test_every_address_is_described_with_its_methods(route: str) -> None:
    described = DOCUMENT["paths"].get(documented(route))
    assert described, f"“{route}” is not in qa/api/openapi/: write down what it takes and what it answers."
    methods = {method.lower() for method, listed in TABLE if listed == route}
    assert set(described) == methods
    for operation in described.values():
        assert {"summary", "responses"} <= set(operation)
        names = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
        assert names == set(re.findall(r"{(\w+)}", documented(route)))


def test_no_address_is_described_that_is_not_there() -> None:
    assert sorted(DOCUMENT["paths"]) == sorted(map(documented, ROUTES))


def test_references_lead_somewhere() -> None:
    there = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert set(references(DOCUMENT)) == there


def test_it_is_served_to_anybody() -> None:
    answer = Client().get("/api/v1/schema/")
    assert (answer.status_code, answer.json()) == (200, DOCUMENT)
