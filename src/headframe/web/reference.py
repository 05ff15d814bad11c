"""The API's reference page.

Responsible for: Markdown from the OpenAPI document.
Not responsible for: the document (`web.document`), writing the page (`cli.reference`).
Read next: docs/reference/api.md.
"""

from collections.abc import Iterator
from typing import Any

from headframe.web.areas import PREFIX, Spec
from headframe.web.document import document, needed
from headframe.web.routes import specs


def api_page() -> str:
    """The page, from its title on."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    made = document()
    yield from ("# API", "", f"All below `{PREFIX}`. " + made["info"]["description"].replace("\n", " "), "")
    yield "The same as OpenAPI: `GET /api/v1/openapi.json`. How to ask, with examples: ../operating/web.md."
    area = ""
    for spec in specs():
        if spec.area != area:
            area = spec.area
            yield from (
                "",
                f"## {area.capitalize()}",
                "",
                "| route | who | what | takes | answers |",
                "|---|---|---|---|---|",
            )
        operation = made["paths"][PREFIX + spec.path][spec.method.lower()]
        cells = (
            f"`{spec.method} {spec.path}`",
            needed(spec),
            operation["description"],
            _takes(operation),
            _gives(spec, operation),
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield from ("", "## Shapes", "", "Fields with a question mark may be left out. Every error is a `Failure`.")
    for name, schema in sorted(made["components"]["schemas"].items()):
        yield from _shape(name, schema)


def _takes(operation: dict[str, Any]) -> str:
    words = [f"{one['name']}" for one in operation.get("parameters", ()) if one["in"] == "query"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return ", ".join([*(f"`{word}`" for word in words), *([_type(body)] if body else [])])


def _gives(spec: Spec, operation: dict[str, Any]) -> str:
    content = operation["responses"][str(spec.status)].get("content", {})
    return ", ".join(_type(one["schema"]) if "json" in media else media for media, one in content.items())


def _shape(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield from ("", f"### {name}", "")
    if schema.get("description"):
        yield " ".join(schema["description"].split())
        yield ""
    if "properties" not in schema:
        yield _type(schema)
        return
    required = set(schema.get("required", ()))
    for field, inner in schema["properties"].items():
        yield f"- `{field}`{'' if field in required else '?'}: {_type(inner)}"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items') or {})}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    return str(kind)
