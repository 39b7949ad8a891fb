"""What the documentation says of bodies and errors, tried out one by one.

Neighbours: test_openapi.py has answers; tests/http/test_docs.c the rows.
"""
import copy

import pytest

from api import ok
from test_openapi import DOC, check, execution, fill, operations

BIG = 20_000  # longer texts than this are not tried
WRONG = {"string": 5, "integer": "nonsense", "number": "nonsense",
         "boolean": "nonsense", "array": "nonsense", "object": "nonsense"}


def kinds(schema):
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else kind


def resolve(doc, schema):
    while "$ref" in schema:
        schema = doc["components"]["schemas"][schema["$ref"].split("/")[-1]]
    return schema


def is_kind(value, kind):
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, {
        "string": str, "integer": int, "number": (int, float), "array": list,
        "object": dict, "null": type(None), "boolean": bool}[kind])


def fits(doc, schema, value):
    """True when value is as the schema says."""
    schema = resolve(doc, schema)
    if kinds(schema) and not any(is_kind(value, k) for k in kinds(schema)):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, dict):
        more = schema.get("additionalProperties", {})
        return (set(schema.get("required", ())) <= set(value)
                and all(fits(doc, schema.get("properties", {}).get(k, more), v)
                        for k, v in value.items())
                and any(set(s["required"]) <= set(value)
                        for s in schema.get("anyOf", [{"required": ()}])))
    if isinstance(value, list):
        return all(fits(doc, schema.get("items", {}), v) for v in value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return (schema.get("minimum", value) <= value
                <= schema.get("maximum", value))
    return True


def wrong_values(schema):
    """Values that the schema forbids."""
    kind = [k for k in kinds(schema) if k != "null"]
    if kind:
        value = WRONG[kind[0]]
        if not any(is_kind(value, k) for k in kind):
            yield value
    if "null" not in kinds(schema) and kind and "enum" not in schema:
        yield None
    if "enum" in schema:
        yield "nonsense"
    for limit, step in (("minimum", -1), ("maximum", 1)):
        if limit in schema:
            yield schema[limit] + step
    if schema.get("minLength"):
        yield ""
    if schema.get("maxLength", BIG) < BIG:
        yield "x" * (schema["maxLength"] + 1)
    if "maxItems" in schema:
        yield ["x"] * (schema["maxItems"] + 1)
    if kinds(schema.get("items", {})):
        yield [WRONG[kinds(schema["items"])[0]]]
    if kinds(schema.get("additionalProperties", {})):
        yield {"k": 5}


def wrong_bodies(doc, schema, example):
    """(what is wrong, a body) for each way that is forbidden."""
    schema = resolve(doc, schema)
    for name in schema.get("required", ()):
        yield f"no {name}", {k: v for k, v in example.items() if k != name}
    for name, inner in schema.get("properties", {}).items():
        inner = resolve(doc, inner)
        for value in wrong_values(inner):
            yield f"{name}: {str(value)[:40]!r}", {**example, name: value}
        if "object" in kinds(inner) and inner.get("properties"):
            base = copy.deepcopy(example.get(name) or {})
            if not fits(doc, inner, base):
                base = {"error_message": "no"}
            for what, body in wrong_bodies(doc, inner, base):
                yield f"{name}.{what}", {**example, name: body}
    if kinds(schema.get("additionalProperties", {})):
        yield "a member", {**example, "k": 5}


def with_bodies(doc):
    for path, method, op in operations(doc):
        content = op.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            yield path, method, op, content["application/json"]


@pytest.fixture
def doc(srv):
    return ok(srv.api.get(DOC))


def send(srv, op, method, path, body):
    headers = {"Idempotency-Key": "k"} if any(
        p["in"] == "header" for p in op["parameters"]) else None
    return srv.api.call(method, path, body=body, headers=headers)


def documented(doc, op, r):
    """The answer is one that the documentation has."""
    assert str(r.status_code) in op["responses"], (r.status_code, r.text)
    content = op["responses"][str(r.status_code)].get("content", {})
    if "application/json" in content:
        check(doc, content["application/json"]["schema"], r.json())


def test_examples_fit_their_schemas(doc):
    said = 0
    for path, method, op, media in with_bodies(doc):
        assert fits(doc, media["schema"], media["example"]), (method, path)
        said += "$ref" in media["schema"]
    assert said >= 25


def test_what_is_forbidden_is_refused(doc, start):
    failed, tried = [], 0
    for path, method, op, media in with_bodies(doc):
        srv = start()
        real = fill(srv.api, path)
        for what, body in wrong_bodies(doc, media["schema"],
                                       media["example"]):
            tried += 1
            try:
                r = send(srv, op, method, real, body)
                assert 400 <= r.status_code < 500, "accepted"
                documented(doc, op, r)
            except AssertionError as e:
                failed.append((method, path, what, str(e)[:200]))
        srv.stop()
    assert not failed, "\n".join(map(str, failed))
    assert tried > 150


def test_null_means_absent_where_it_is_allowed(doc, start):
    failed = []
    for path, method, op, media in with_bodies(doc):
        schema = resolve(doc, media["schema"])
        body = {k: None for k, s in schema.get("properties", {}).items()
                if "null" in kinds(resolve(doc, s))}
        body.update(media["example"])
        if body == media["example"]:
            continue
        srv = start()
        real = fill(srv.api, path)
        r = send(srv, op, method, real, body)
        if str(r.status_code) != next(iter(op["responses"])):
            failed.append((method, path, body, r.text[:200]))
        srv.stop()
    assert not failed, "\n".join(map(str, failed))


def test_bodies_that_are_no_json(doc, start):
    failed = []
    for path, method, op, media in with_bodies(doc):
        if "$ref" not in media["schema"]:
            continue  # it is not read, or is whatever was sent
        srv = start()
        real = fill(srv.api, path)
        for body in (b"{", b"[]", b'{"a":1,"a":2}', b"x" * (2 << 20)):
            try:
                r = send(srv, op, method, real, body)
                assert 400 <= r.status_code < 500, "accepted"
                documented(doc, op, r)
            except AssertionError as e:
                failed.append((method, path, body[:9], str(e)[:200]))
        srv.stop()
    assert not failed, "\n".join(map(str, failed))


def test_what_is_not_there_and_who_may_not(doc, start):
    """404 by an id that names nothing; 401 and 403 by keys."""
    srv = start()
    api = srv.api
    execution(api)
    boss = ok(api.post("/api/keys", {"name": "b", "scope": "admin"}), 201)
    api.key = boss["data"]["key"]
    reader = ok(api.post("/api/keys", {"name": "r", "scope": "read"}), 201)
    nobody = api.with_key("tw_nothing")
    reader = api.with_key(reader["data"]["key"])
    failed = []
    for path, method, op in operations(doc):
        if op.get("security") == [] or path == "/test/clock":
            continue
        parts = [("7" if "project" in p or "job_id" in p else
                  "01900000-0000-7000-8000-000000000000")
                 if p.startswith("{") else p for p in path.split("/")]
        real = "/".join(parts)
        body = op.get("requestBody")
        body = body and list(body["content"].values())[0]["example"]
        stream = "text/event-stream" in str(op["responses"])
        try:
            r = send_as(nobody, op, method, real, body)
            assert r.status_code == 401, r.status_code
            documented(doc, op, r)
            if op["x-scope"] not in ("read", "none"):
                r = send_as(reader, op, method, real, body)
                assert r.status_code == 403, r.status_code
                documented(doc, op, r)
            # Any project is there, and any queue may be paused beforehand.
            anything = "{project_id}" in path or (
                path.startswith("/api/queues/") and method == "POST")
            if "{" in path and not (stream or anything):
                r = send_as(api, op, method, real, body)
                assert r.status_code == 404, r.status_code
                documented(doc, op, r)
        except AssertionError as e:
            failed.append((method, path, str(e)[:200]))
    assert not failed, "\n".join(map(str, failed))


def send_as(api, op, method, path, body):
    headers = {"Idempotency-Key": "k"} if any(
        p["in"] == "header" for p in op["parameters"]) else None
    kw = {} if body is None else {"body": body}
    return api.call(method, path, headers=headers, **kw)
