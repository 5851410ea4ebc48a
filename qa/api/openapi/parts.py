"""Pieces that the parts of the OpenAPI document are put together from."""

from typing import Any

Json = dict[str, Any]  # a document for other programs, read by none of ours

_WORDS = {
    "400": "The body or a parameter is not what is described here.",
    "401": "Nobody is signed in.",
    "403": "The role is missing.",
    "404": "There is no such thing, as far as the caller may know.",
    "409": "Its state does not allow it.",
    "413": "The body is too long.",
    "429": "Too many in this minute.",
    "503": "No engine is ready.",
}


def errors(*codes: int) -> Json:
    """Return the responses that say what is wrong."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {str(code): {"description": _WORDS[str(code)], "content": content} for code in codes}


def answers(schema: Json, description: str, *, status: int = 200) -> Json:
    """Return the response of a call that went well."""
    return {str(status): {"description": description, "content": {"application/json": {"schema": schema}}}}


def body(schema: Json) -> Json:
    """Return a JSON body that must be sent."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def fields(properties: Json, *, required: tuple[str, ...] = ()) -> Json:
    """Return an object that has these fields and no others."""
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


def parameter(name: str, schema: Json, description: str) -> Json:
    """Return a parameter of a query."""
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def number_in_path(name: str) -> Json:
    """Return the number of an object in a path."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}


def ref(name: str) -> Json:
    """Return a reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


SESSION: list[Json] = [{"session": []}]
NOTHING = fields({})
"""The body `{}`."""
