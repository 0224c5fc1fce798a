"""What the OpenAPI document cannot say in JSON Schema, told to Schemathesis."""

import decimal
import re

import schemathesis
from hypothesis import strategies

# Of the registry of formats, but unknown to Schemathesis. Seconds and their fraction may be left out.
schemathesis.openapi.format("date-time-local", strategies.datetimes().map(lambda moment: moment.isoformat()))


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for path in raw_schema["paths"].values():
        for operation in path.values():
            # Cursors are sealed: none that is made up is ever good. The others are good for some formats only.
            left_out = ["cursor", "int64", "null", "envelope"]
            operation["parameters"] = [one for one in operation["parameters"] if one["name"] not in left_out]
            for parameter in operation["parameters"]:
                bound(parameter["schema"])
            if "requestBody" in operation:
                body = operation["requestBody"]["content"]["application/json"]["schema"]
                for schema in body["properties"].values():
                    bound(schema)
                    allow_number(schema)


@schemathesis.hook
def before_call(context, case, kwargs):
    """A query string has no numbers, only text: a whole number is written there without a point."""
    for name, value in (case.query or {}).items():
        if isinstance(value, list):
            case.query[name] = [whole(item) for item in value]
        else:
            case.query[name] = whole(value)


def whole(value):
    return int(value) if isinstance(value, float) and value.is_integer() else value


def bound(schema):
    """JSON Schema has no bounds for text: the values at the bounds stand for all, and what is not below 0 has no sign. Its
    patterns do not count the days of a month."""
    if "items" in schema:
        bound(schema["items"])
    low, high = schema.get("x-minimum"), schema.get("x-maximum")
    if schema.get("format") == "decimal" and low and not high and decimal.Decimal(low) == 0:
        schema["pattern"] = schema["pattern"].replace("-?", "")
    elif low or high:
        schema["enum"] = sorted({text for text in (low, schema.get("default"), high) if text})
    elif schema.get("format") == "date-time-local":
        del schema["pattern"]


def allow_number(schema):
    """A decimal in a body may be a JSON number too: the document names only the spelling that every client keeps exact."""
    if schema.get("format") == "decimal" and "enum" not in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        largest = 10 ** int(re.search(r"\\d\{1,(\d+)\}", schema["pattern"])[1]) - 1
        schema.update(type=[*types, "integer"], minimum=0 if schema["pattern"].startswith("^\\d") else -largest, maximum=largest)
