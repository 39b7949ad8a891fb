"""The documentation tells the truth: examples work, answers have its shape.

Neighbours: tests/http/test_docs.c holds the rows to the route table.
"""
import pytest

from api import ok

DOC = "/api/openapi.json"
FACTFLOW, TUX = "/api/v1/executions", "/public-api/executions"
TYPES = {"string": str, "number": (int, float), "integer": int, "boolean": bool,
         "array": list, "object": dict, "null": type(None)}
YAML = "version: '1.0'\nroutes: {r: {inbound: {queue: q}, " \
       "adapters: [{type: t}]}}\n"


@pytest.fixture
def doc(srv):
    return ok(srv.api.get(DOC))


def operations(doc):
    for path, ops in doc["paths"].items():
        for method, op in ops.items():
            yield path, method.upper(), op


def check(doc, schema, value, where="answer"):
    """value has the members and types that schema promises."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return check(doc, doc["components"]["schemas"][name], value, where)
    kinds = schema.get("type", list(TYPES))
    kinds = [kinds] if isinstance(kinds, str) else kinds
    assert isinstance(value, tuple(
        t for k in kinds for t in (TYPES[k] if isinstance(TYPES[k], tuple)
                                   else (TYPES[k],)))), (where, kinds, value)
    if isinstance(value, dict):
        missing = set(schema.get("required", ())) - set(value)
        assert not missing, (where, missing)
        for key, inner in schema.get("properties", {}).items():
            if key in value:
                check(doc, inner, value[key], f"{where}.{key}")
    if isinstance(value, list):
        for one in value:
            check(doc, schema.get("items", {}), one, where + "[]")


def check_answer(doc, op, r):
    (code, success), *_ = op["responses"].items()
    assert r.status_code == int(code), r.text
    content = success.get("content", {})
    if "application/json" in content:
        check(doc, content["application/json"]["schema"], r.json())
    return r


def execution(api):
    """One with a finished step and a log, so that nothing is empty."""
    ex = api.trigger("article_generation")
    ok(api.post(f"/api/executions/{ex.id}/steps/web_research/completed",
                {"artifacts": {"a": 1}}))
    ok(api.post(f"/api/executions/{ex.id}/log", {"message": "m"}))
    return ex


def tux_job(api):
    r = ok(api.post("/public-api/projects/1/executions",
                    {"operation": "GENERATE_BLOG_POST",
                     "title_suggestion_id": 7},
                    {"Idempotency-Key": "first"}))
    return r["job"]["id"]


def article(api):
    ex = api.trigger("article_generation")
    ex.finish({"articles": [{"title": "T", "content": "# T", "slug": "t"}]})
    (one,) = ok(api.get(f"/api/v1/tasks/{ex.id}/articles"))["articles"]
    return one["id"]


def fill(api, path):
    """The path with things that exist."""
    if "{article_id}" in path:
        return path.replace("{article_id}", str(article(api)))
    if path.startswith(TUX + "/{"):
        return path.replace("{job_id}", str(tux_job(api)))
    if "{correlation_id}" in path:
        rows = ok(api.get(f"{FACTFLOW}/{execution(api).id}/lineage"))
        return path.replace("{correlation_id}", rows["entries"][0]["id"])
    if "{batch_id}" in path:
        made = ok(api.post(f"{FACTFLOW}/{execution(api).id}/replay",
                           {"from_stage": "web_research"}), 201)
        return path.replace("{batch_id}", made["id"])
    if "/configs/{" in path:
        made = ok(api.post("/api/v1/configs", {
            "name": "c", "config_yaml": YAML + "init_message: {route: r}\n"}),
            201)
        return path.replace("{id}", made["id"])
    if "/keys/{" in path:
        made = ok(api.post("/api/keys", {"name": "a", "scope": "admin"}), 201)
        api.key = made["data"]["key"]
        return path.replace("{id}", made["data"]["id"])
    path = path.replace("{project_id}", "1")
    path = path.replace("/queues/{name}", "/queues/default")
    if "/jobs/{job}" in path:
        return path.replace("{job}", api.job("a", name="j")["id"])
    if "{" in path:
        ident = execution(api).id
        if "/storage/objects/" in path:
            ok(api.put(f"{FACTFLOW}/{ident}/storage/r/s/n", b"x"), 201)
        for name in ("route", "stage", "name"):
            path = path.replace("{%s}" % name, name[0])
        path = path.replace("{step}", "reference_extraction")
        path = path.replace("{id}", ident).replace("{task_id}", ident)
    return path


def nodes(value):
    """Every object in a document."""
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else (
            value if isinstance(value, list) else ()):
        yield from nodes(one)


def test_document_keeps_to_the_standard(doc):
    """What OpenAPI 3.1 asks of a document, as far as ours goes."""
    assert set(doc) == {"openapi", "info", "security", "paths", "components"}
    assert {"title", "version"} <= set(doc["info"])
    schemes = set(doc["components"]["securitySchemes"])
    assert {name for one in doc["security"] for name in one} == schemes
    for node in nodes({k: v for k, v in doc.items() if k != "info"}):
        ref = node.get("$ref")
        if isinstance(ref, str):
            where = ref.split("/")
            assert where[:3] == ["#", "components", "schemas"], ref
            assert where[3] in doc["components"]["schemas"], ref
    for name, schema in doc["components"]["schemas"].items():
        for node in nodes(schema):
            props = node.get("properties")
            if isinstance(props, dict) and isinstance(
                    node.get("required"), list):
                assert set(node["required"]) <= set(props), name
                assert len(set(node["required"])) == len(node["required"])
    for path, method, op in operations(doc):
        params = [(p["in"], p["name"]) for p in op["parameters"]]
        assert len(set(params)) == len(params), path
        for p in op["parameters"]:
            assert p["in"] in ("path", "query", "header") and p["schema"]
            assert p["required"] or p["in"] != "path"
        assert "requestBody" not in op or method in ("POST", "PUT", "PATCH")
        for code, answer in op["responses"].items():
            assert code == "default" or 200 <= int(code) < 600
            assert answer["description"]
            assert len(list(answer.get("content", {}))) <= 1


def test_document_is_whole(doc, srv):
    assert doc["openapi"] == "3.1.0"
    names = [op["operationId"] for _, _, op in operations(doc)]
    assert len(set(names)) == len(names) > 70
    for path, method, op in operations(doc):
        assert op["summary"] and len(op["tags"]) == 1
        there = {p["name"] for p in op["parameters"] if p["in"] == "path"}
        assert there == {part[1:-1] for part in path.split("/")
                         if part.startswith("{")}
        if path.startswith("/public-api") and "{" in path:
            assert op["tags"] == ["Execution Jobs"]
    for path in doc["paths"]:
        r = srv.api.call("OPTIONS", path.replace("{", "x").replace("}", "x"))
        assert r.status_code == 204


def test_examples_work_and_answers_have_their_shape(doc, start):
    """Each operation has a new server, so that none needs another."""
    failed = []
    for path, method, op in operations(doc):
        if "text/event-stream" in str(op["responses"]):
            continue
        if path.endswith(("/retry", "/rollback")):
            continue  # these need a job that ended: the next test
        srv = start()
        body = op.get("requestBody")
        if body is not None:
            (kind, sent), *_ = body["content"].items()
            body = sent["example"]
            if kind != "application/json":
                body = body.encode()
        headers = {"Idempotency-Key": "k"} if any(
            p["in"] == "header" for p in op["parameters"]) else None
        if method == "GET" and "{" not in path:
            execution(srv.api)
        try:
            real = fill(srv.api, path)
            check_answer(doc, op, srv.api.call(method, real, **(
                {} if body is None else {"body": body}), headers=headers))
        except AssertionError as e:
            failed.append((method, path, str(e)[:300]))
        srv.stop()
    assert not failed, "\n".join(map(str, failed))


def test_an_object_is_any_bytes(doc, api):
    """No JSON is asked for; 200 is said of what is written over."""
    op = doc["paths"][FACTFLOW + "/{id}/storage/{route}/{stage}/{name}"]["put"]
    content = op["requestBody"]["content"]
    assert list(content) == ["application/octet-stream", "*/*"]
    assert all(kind["schema"] == {} for kind in content.values())
    assert {"200", "201"} <= set(op["responses"])


def test_what_was_there_before_is_documented(doc, api):
    op = doc["paths"][FACTFLOW]["post"]
    body = {"config_id": "article_generation", "idempotency_key": "k"}
    check_answer(doc, op, api.post(FACTFLOW, body))
    again = api.post(FACTFLOW, body)
    schema = op["responses"]["200"]["content"]["application/json"]["schema"]
    check(doc, schema, ok(again, 200))


def test_retry_and_rollback(doc, srv):
    number = tux_job(srv.api)
    ok(srv.api.post(f"{TUX}/{number}/cancel"))
    op = doc["paths"][TUX + "/{job_id}/retry"]["post"]
    r = check_answer(doc, op, srv.api.post(
        f"{TUX}/{number}/retry", headers={"Idempotency-Key": "again"}))
    retried = r.json()["job"]["id"]
    (ident,) = [x["id"] for x in srv.api.pages("/api/executions?limit=100")
                if x["number"] == retried]
    srv.api.execution(ident).finish(
        {"articles": [{"title": "T", "content": "# T"}]})
    op = doc["paths"][TUX + "/{job_id}/rollback"]["post"]
    check_answer(doc, op, srv.api.post(f"{TUX}/{retried}/rollback"))


def test_page_needs_nothing_else(srv):
    r = srv.api.get("/api/docs")
    assert r.status_code == 200
    assert r.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in r.headers["Content-Security-Policy"]
    assert DOC in r.text and r.text.rstrip().endswith("</html>")
    for outside in ("http://", "https://", "src=", "@import"):
        assert outside not in r.text


def test_clock_is_shown_where_it_is(start):
    assert "/test/clock" not in ok(start(clock=False).api.get(DOC))["paths"]


@pytest.mark.parametrize("path, to", [
    ("/public-api/docs", "/api/docs"), ("/public-api/docs/", "/api/docs"),
    ("/public-api/openapi.json", DOC)])
def test_where_tuxseo_looks(path, to, srv):
    r = srv.api.get(path)
    assert r.status_code == 302 and r.headers["Location"] == to
    assert r.content == b""
    assert srv.api.get(to).status_code == 200


def test_a_slash_behind_is_another_path(srv):
    for path in ("/api/jobs/", "/api/executions/", TUX + "/", "/api/docs/",
                 "/public-api/docs//", "/api/keys/"):
        assert srv.api.get(path).status_code == 404, path


def test_needs_no_key(srv):
    ok(srv.api.post("/api/keys", {"name": "a", "scope": "admin"}), 201)
    assert srv.api.get("/api/docs").status_code == 200
    assert ok(srv.api.get(DOC))["openapi"] == "3.1.0"
    assert srv.api.get("/public-api/docs").status_code == 302
    assert srv.api.get("/api/server").status_code == 401
