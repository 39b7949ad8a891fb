"""Configs: pipelines in YAML or JSON, what is wrong with them, running them.

Neighbours: tests/core/test_config.c has every issue; test_jobs.py the jobs
that configs are.
"""
import hashlib

import pytest

from api import data, errors, ok
from factflow import (BASE, CONFIGS, PIPELINE, TIME, UUID, Factflow, detail,
                      invalid, row)

RECORD = {"id", "name", "description", "source_type", "source_path",
          "config_hash", "version", "created_at", "updated_at", "is_active",
          "validation_report", "is_runnable"}
VALID = {"is_valid": True, "issues": [], "error_count": 0,
         "warning_count": 0}
BROKEN = "version: '1.0'\nroutes:\n  a: {inbound: {queue: q}}\n"


@pytest.fixture
def ff(api):
    return Factflow(api)


def record(body, full=True):
    extra = {"config_yaml", "definition"} if full else set()
    assert set(body) == RECORD | extra
    assert UUID.match(body["id"])
    assert TIME.match(body["created_at"]) and TIME.match(body["updated_at"])
    assert len(body["config_hash"]) == 64 and body["is_active"] is True
    report(body["validation_report"])
    return body


def report(body):
    assert set(body) == {"is_valid", "issues", "error_count",
                         "warning_count"}
    kinds = [i["severity"] for i in body["issues"]]
    assert kinds == sorted(kinds), "errors first"
    assert kinds.count("error") == body["error_count"]
    assert kinds.count("warning") == body["warning_count"]
    assert body["is_valid"] == (body["error_count"] == 0)
    for issue in body["issues"]:
        assert set(issue) == {"severity", "code", "path", "message",
                              "suggestion"}
        assert issue["code"][0] == issue["severity"][0].upper()
        assert issue["message"]
    return body


# ---- create, read, edit, delete -------------------------------------------

def test_create_from_yaml(ff):
    made = record(ff.config(description="d", source_type="file",
                            source_path="p.yaml"))
    assert made["name"] == "pipe" and made["description"] == "d"
    assert made["source_type"] == "file" and made["source_path"] == "p.yaml"
    assert made["version"] == 1 and made["is_runnable"]
    assert made["validation_report"] == VALID
    assert made["config_yaml"] == PIPELINE, "as it was sent"
    assert made["config_hash"] == hashlib.sha256(
        PIPELINE.encode()).hexdigest()
    assert made["definition"]["routes"]["fetch"]["name"] == "Fetch pages"
    for ident in (made["id"], "pipe"):
        assert ok(ff.api.get(f"{CONFIGS}/{ident}")) == made


def test_it_is_a_job(ff):
    made = ff.config()
    job = data(ff.api.get("/api/jobs/pipe"))
    assert job["id"] == made["id"] and job["auto_complete"]
    assert [(s["name"], s["step_type"], s["route"], s["queue"],
             s["depends_on"]) for s in job["steps"]] == [
        ("download", "http", "fetch", "urls", []),
        ("fetch.1", "html", "fetch", "urls", ["download"]),
        ("save", "store", "keep", "pages", ["fetch.1"]),
        ("report.0", "notify", "report", "done", ["save"])]


def test_a_job_is_a_config(ff):
    job = ff.api.job("a", name="j", description="d")
    got = record(ok(ff.api.get(f"{CONFIGS}/j")))
    assert got["id"] == job["id"] and got["description"] == "d"
    assert got["source_type"] == "api" and got["config_yaml"] is None
    assert got["validation_report"] == VALID and got["is_runnable"]
    assert got["definition"]["steps"][0]["name"] == "a"


def test_create_from_json(ff):
    body = {"name": "j", "definition": {"steps": [{"name": "a"}],
                                        "priority": 7, "name": "ignored"}}
    made = record(ok(ff.api.post(CONFIGS, body), 201))
    assert made["name"] == "j" and made["is_runnable"]
    assert made["definition"] == body["definition"]
    job = data(ff.api.get("/api/jobs/j"))
    assert job["priority"] == 7 and job["steps"][0]["name"] == "a"
    pipe = ok(ff.api.post(CONFIGS, {"name": "p", "definition": {
        "routes": {"r": {"inbound": {"queue": "q"},
                         "adapters": [{"type": "t"}]}}}}), 201)
    assert pipe["is_runnable"] and pipe["validation_report"]["warning_count"]
    assert data(ff.api.get("/api/jobs/p"))["steps"][0]["name"] == "r.0"


def test_description_of_the_yaml(ff):
    yaml = "description: from within\n" + PIPELINE
    assert ff.config(yaml=yaml)["description"] == "from within"
    assert ff.config("two", yaml, description="said")["description"] == "said"


def test_invalid_content_is_stored(ff):
    made = record(ff.config(name="broken", yaml=BROKEN))
    assert not made["is_runnable"] and made["config_yaml"] == BROKEN
    found = [(i["code"], i["path"]) for i in
             made["validation_report"]["issues"]
             if i["severity"] == "error"]
    assert found == [("E130", "routes.a.adapters")]
    assert ok(ff.api.get(f"{CONFIGS}/broken")) == made
    r = ff.api.post(BASE, {"config_id": "broken"})
    detail(r, 400)
    assert r.json()["validation_report"] == made["validation_report"]
    r = ff.api.post(f"{CONFIGS}/broken/run")
    detail(r, 400)
    assert r.json()["validation_report"] == made["validation_report"]
    assert "job" in errors(ff.api.post("/api/jobs/broken/trigger"))
    assert ff.list()["total"] == 0
    # Mended, it runs.
    fixed = ok(ff.api.put(f"{CONFIGS}/broken",
                          {"name": "broken", "config_yaml": PIPELINE}))
    assert fixed["is_runnable"] and fixed["version"] == 2
    ff.create("broken")


def test_jobs_refuse_what_configs_store(ff):
    body = {"steps": [{"name": "a", "depends_on": ["b"]}]}
    assert "steps.0.depends_on.0" in errors(
        ff.api.post("/api/jobs", {"name": "x", **body}))
    made = record(ok(ff.api.post(CONFIGS, {"name": "x", "definition": body}),
                     201))
    assert not made["is_runnable"]
    (issue,) = made["validation_report"]["issues"]
    assert issue["path"] == "steps.0.depends_on.0"
    assert made["definition"] == body, "as it was sent"


def test_nobody_can_fake_a_config(ff):
    data(ff.api.post("/api/jobs", {"name": "x", "config": {
        "runnable": False, "yaml": "a: b"}}), 201)
    assert ok(ff.api.get(f"{CONFIGS}/x"))["is_runnable"]
    assert ok(ff.api.get(f"{CONFIGS}/x"))["config_yaml"] is None


def test_yaml_that_does_not_parse(ff, case):
    for yaml, text in [("a: [", "line 2"), ("a: b: c", "line 1, column 5"),
                       ("a: 1\na: 2", "line 2"), ("a: *x", "alias"),
                       ("--- 1\n--- 2", "one document"),
                       ("[" * 70 + "]" * 70, "deep"),
                       ("- &a [x]\n" + "- &b [*a,*a]\n" * 3 + "- !x 1",
                        "tag")]:
        with case(yaml[:20]):
            r = ff.api.post(CONFIGS, {"name": "x", "config_yaml": yaml})
            assert text in detail(r, 400)
            assert r.json()["validation_report"]["error_count"] == 1
    with case("too deep as JSON"):
        deep = "[" * 61 + "]" * 61
        r = ff.api.post(CONFIGS,
                        '{"name":"x","definition":{"a":' + deep + "}}")
        assert "deep" in detail(r, 400)
    detail(ff.api.get(f"{CONFIGS}/x"), 404)


def test_put(ff, case):
    made = ff.config(source_type="imported", source_path="x")
    running = ff.create("pipe")["id"]
    yaml = PIPELINE.replace("download", "get")
    got = record(ok(ff.api.put(f"{CONFIGS}/pipe", {
        "name": "renamed", "config_yaml": yaml, "description": "new"})))
    assert got["id"] == made["id"] and got["version"] == 2
    assert got["name"] == "renamed" and got["description"] == "new"
    assert got["config_hash"] != made["config_hash"]
    assert got["source_type"] == "imported" and got["source_path"] == "x"
    assert got["created_at"] == made["created_at"]
    assert "download" in ff.worker(running).steps(), "it keeps its snapshot"
    assert ff.get(running)["config_snapshot"]["routes"]["fetch"][
        "adapters"][0]["name"] == "download"
    detail(ff.api.get(f"{CONFIGS}/pipe"), 404)
    with case("refusals"):
        detail(ff.api.put(f"{CONFIGS}/nope", {"name": "n",
                                              "config_yaml": yaml}), 404)
        detail(ff.api.put(f"{CONFIGS}/renamed", {"name": "n",
                                                 "config_yaml": "["}), 400)
        assert invalid(ff.api.put(f"{CONFIGS}/renamed", {})) == {
            ("body", "name"), ("body", "config_yaml")}
        ff.api.job(name="other")
        detail(ff.api.put(f"{CONFIGS}/renamed",
                          {"name": "other", "config_yaml": yaml}), 409)


def test_put_of_a_job_makes_it_one(ff):
    ff.config()
    data(ff.api.put("/api/jobs/pipe", {"name": "pipe"}))
    got = ok(ff.api.get(f"{CONFIGS}/pipe"))
    assert got["config_yaml"] is None and got["is_runnable"]


def test_delete(ff):
    made = ff.config()
    running = ff.create("pipe")["id"]
    r = ff.api.delete(f"{CONFIGS}/pipe")
    assert r.status_code == 204 and r.content == b""
    for method, path in [("GET", made["id"]), ("DELETE", made["id"]),
                         ("POST", f"{made['id']}/run")]:
        detail(ff.api.call(method, f"{CONFIGS}/{path}", b""), 404)
    assert made["id"] not in [c["id"] for c in
                              ok(ff.api.get(CONFIGS))["configs"]]
    assert ff.get(running)["config_snapshot"]["routes"]
    assert ff.config()["id"] != made["id"], "the name is free"


def test_create_refusals(ff, case):
    ff.api.job(name="taken")
    for body, locs in [
            ({}, {"name", "config_yaml"}),
            ({"name": "x"}, {"config_yaml"}),
            ({"name": "", "config_yaml": ""}, {"name"}),
            ({"name": "x" * 201, "config_yaml": ""}, {"name"}),
            ({"name": 5, "config_yaml": ""}, {"name"}),
            ({"name": "x", "config_yaml": 5}, {"config_yaml"}),
            ({"name": "x", "config_yaml": "", "source_type": "x"},
             {"source_type"}),
            ({"name": "x", "config_yaml": "", "source_path": 1},
             {"source_path"}),
            ({"name": "x", "config_yaml": "", "description": []},
             {"description"}),
            ({"name": "x", "config_yaml": "",
              "description": "x" * 10001}, {"description"})]:
        with case(str(body)[:50]):
            assert invalid(ff.api.post(CONFIGS, body)) == {
                ("body", loc) for loc in locs}
    with case("a taken name"):
        r = ff.api.post(CONFIGS, {"name": "taken", "config_yaml": PIPELINE})
        assert "taken" in detail(r, 409)


# ---- lists ----------------------------------------------------------------

def test_list(ff, case):
    names = [ff.config(name=f"c{i}")["name"] for i in range(7)]
    whole = ok(ff.api.get(CONFIGS))
    assert set(whole) == {"configs", "total", "limit", "offset", "has_more"}
    for one in whole["configs"]:
        record(one, full=False)
    listed = [c["name"] for c in whole["configs"]]
    assert listed[:7] == names[::-1], "newest first"
    total = whole["total"]
    assert total == len(listed) and whole["limit"] == 100
    for limit in (1, 3, total):
        got = []
        for offset in range(0, total, limit):
            page = ok(ff.api.get(f"{CONFIGS}?limit={limit}&offset={offset}"))
            got += [c["name"] for c in page["configs"]]
            assert page["has_more"] == (offset + limit < total)
            assert page["total"] == total
        assert got == listed
    assert ok(ff.api.get(f"{CONFIGS}?offset=99999"))["configs"] == []
    for bad in ("limit=0", "limit=1001", "offset=-1", "limit=x"):
        with case(bad):
            assert invalid(ff.api.get(f"{CONFIGS}?{bad}")) == {
                ("query", bad.split("=")[0])}


# ---- validate -------------------------------------------------------------

def validate(ff, yaml):
    return report(ok(ff.api.post(f"{CONFIGS}/validate",
                                 {"config_yaml": yaml})))


def test_validate(ff, case):
    with case("good"):
        assert validate(ff, PIPELINE) == VALID
    with case("not YAML"):
        got = validate(ff, "a: [")
        assert [i["code"] for i in got["issues"]] == ["E001"]
    with case("all at once"):
        got = validate(ff, "version: '9'\nroutes: {a: {inbound: {}}}\n"
                           "init_message: {route: b}\nbogus: 1\n")
        assert {i["code"] for i in got["issues"]} == {
            "E101", "E121", "E130", "E162", "W501"}
        assert got["error_count"] == 4 and got["warning_count"] == 1
    with case("a cycle"):
        got = validate(ff, "routes:\n"
                           "  a: {inbound: {queue: x}, outbound: y, "
                           "adapters: [{type: t}]}\n"
                           "  b: {inbound: {queue: y}, outbound: x, "
                           "adapters: [{type: t}]}\n")
        assert "E200" in [i["code"] for i in got["issues"]]
    with case("a definition"):
        got = report(ok(ff.api.post(f"{CONFIGS}/validate", {
            "definition": {"steps": [{}]}})))
        assert got["issues"][0]["path"] == "steps.0.name"
    with case("nothing"):
        assert invalid(ff.api.post(f"{CONFIGS}/validate")) == {
            ("body", "config_yaml")}
        detail(ff.api.post(f"{CONFIGS}/validate", "{"), 400)
    with case("nothing is stored"):
        assert ok(ff.api.get(CONFIGS))["total"] == 2, "the two seeded jobs"


# ---- run ------------------------------------------------------------------

def run(ff, query="", body=None, ident="pipe"):
    r = ff.api.post(f"{CONFIGS}/{ident}/run{query}",
                    *([] if body is None else [body]))
    made = row(ok(r, 201))
    return made, ff.get(made["id"])["trigger_context"]


def test_run(ff):
    made = ff.config()
    payload = {"url": "https://example.org/", "depth": 2}
    execution, context = run(ff, ident=made["id"])
    assert execution["config_id"] == made["id"]
    assert execution["status"] == "running" and context == payload
    steps = ff.worker(execution["id"]).steps()
    assert steps["download"]["input_params"] == payload
    assert run(ff, body={})[1] == payload
    assert run(ff, body={"depth": 9, "more": [1]})[1] == {
        "url": "https://example.org/", "depth": 9, "more": [1]}
    assert run(ff, "?skip_init_message=true")[1] is None
    assert run(ff, "?skip_init_message=true", {"depth": 9})[1] is None
    assert run(ff, "?skip_init_message=false")[1] == payload
    assert run(ff, "?tag=named")[0]["tag"] == "named"
    # However it is made, the first step gets what the config says.
    made = ff.create("pipe")
    assert ff.get(made["id"])["trigger_context"] == payload
    made = ff.create("pipe", trigger_context={"own": 1})
    assert ff.get(made["id"])["trigger_context"] == {"own": 1}
    assert ff.api.trigger("pipe").get()["input_params"] == payload


def test_run_of_a_job(ff):
    ff.api.job("a", name="j")
    assert run(ff, ident="j")[1] is None
    assert run(ff, body={"x": 1}, ident="j")[1] == {"x": 1}


def test_run_refusals(ff, case):
    ff.config()
    run(ff, "?tag=taken")
    with case("a taken tag"):
        detail(ff.api.post(f"{CONFIGS}/pipe/run?tag=taken"), 409)
    with case("a bad tag"):
        r = ff.api.post(f"{CONFIGS}/pipe/run?tag=a%0Ab")
        assert invalid(r) == {("query", "tag")}
    with case("a bad flag"):
        r = ff.api.post(f"{CONFIGS}/pipe/run?skip_init_message=maybe")
        assert invalid(r) == {("query", "skip_init_message")}
    with case("no object"):
        detail(ff.api.post(f"{CONFIGS}/pipe/run", "[1]"), 400)
    with case("missing"):
        detail(ff.api.post(f"{CONFIGS}/nope/run"), 404)


def test_a_run_to_its_end(ff):
    ff.config()
    made, _ = run(ff)
    worker = ff.worker(made["id"])
    for name in ("download", "fetch.1", "save", "report.0"):
        worker.step(name, "completed", artifacts={"by": name})
    assert ff.status(made["id"]) == "completed"


def test_restart_and_many_versions(srv, ff):
    ff.config()
    for i in range(5):
        yaml = PIPELINE.replace("depth: 2", f"depth: {i}")
        ok(ff.api.put(f"{CONFIGS}/pipe", {"name": "pipe",
                                          "config_yaml": yaml}))
    broken = ff.config(name="broken", yaml=BROKEN)
    before = ok(ff.api.get(f"{CONFIGS}/pipe"))
    srv.restart()
    assert ok(ff.api.get(f"{CONFIGS}/pipe")) == before
    assert ok(ff.api.get(f"{CONFIGS}/broken")) == broken
    assert run(ff)[1]["depth"] == 4
