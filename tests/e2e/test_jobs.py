"""Jobs: the definitions that executions are made from."""
import re

import pytest

from api import bad_query, chain, data, errors, ok
from server import wait_until

UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
SECONDS = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

FULL = {
    "name": "etl", "description": "nightly", "category": "sync",
    "type": "batch", "queue": "bulk", "priority": 9,
    "steps": [
        {"name": "extract", "step_index": 0, "step_type": "script"},
        {"name": "transform", "step_index": 1, "step_type": "script",
         "depends_on": ["extract"],
         "input_mapping": {"data": "extract.artifacts.rows",
                           "config": "job.input_params.config"}},
        {"name": "load", "step_index": 2, "depends_on": ["transform"]}],
    "retry": {"max_attempts": 7, "initial_interval_ms": 100,
              "backoff_coefficient": 1.5, "max_interval_ms": 2000,
              "jitter": 0, "non_retryable_errors": ["Fatal"]},
    "heartbeat_timeout_seconds": 60, "timeout_seconds": 100,
    "total_timeout_seconds": 1000, "cancel_grace_seconds": 5,
    "auto_complete": True, "max_concurrency": 3,
    "metadata": {"owner": "\u00e5se"}}


def subset(given, got, where="job"):
    """Every member of given stands in got with the same value."""
    for key, value in given.items():
        assert key in got, f"{where}.{key} is missing"
        if isinstance(value, dict):
            subset(value, got[key], f"{where}.{key}")
        elif key == "steps":
            for i, step in enumerate(value):
                subset(step, got[key][i], f"{where}.steps.{i}")
        else:
            assert got[key] == value, f"{where}.{key}"


# ---- create, read, edit, delete ------------------------------------------

def test_create_returns_what_was_sent(api):
    job = data(api.post("/api/jobs", FULL), 201)
    subset(FULL, job)
    assert UUID.match(job["id"])
    assert job["version"] == 1
    assert SECONDS.match(job["created_at"])
    assert SECONDS.match(job["updated_at"])
    assert data(api.get(f"/api/jobs/{job['id']}")) == job
    assert data(api.get("/api/jobs/etl")) == job


def test_defaults(api):
    job = data(api.post("/api/jobs", {"name": "plain"}), 201)
    assert job["steps"] == []
    subset({"queue": "default", "priority": 5, "category": None,
            "heartbeat_timeout_seconds": 300, "timeout_seconds": None,
            "total_timeout_seconds": None, "cancel_grace_seconds": 30,
            "auto_complete": False, "max_concurrency": None}, job)
    subset({"max_attempts": 3, "initial_interval_ms": 5000,
            "backoff_coefficient": 2.0, "max_interval_ms": 900000,
            "jitter": 0.1, "non_retryable_errors": []}, job["retry"])


def test_nulls_are_absent(api):
    body = {k: None for k in FULL if k not in ("name", "steps")}
    job = data(api.post("/api/jobs", {"name": "nulls", **body}), 201)
    plain = data(api.post("/api/jobs", {"name": "plain"}), 201)
    for member in ("queue", "priority", "retry", "auto_complete",
                   "heartbeat_timeout_seconds", "metadata"):
        assert job[member] == plain[member], member


def test_step_index_defaults_to_the_position(api):
    job = api.job("a", "b", "c")
    assert [s["step_index"] for s in job["steps"]] == [0, 1, 2]
    assert [s["depends_on"] for s in job["steps"]] == [[], [], []]


def test_unknown_members_are_ignored(api):
    job = api.job("a", colour="blue")
    assert "colour" not in job


def test_metadata_bytes_are_kept(api):
    raw = '{"n":1.0000000000000000001,"e":1e400,"s":"\\u00e5"}'
    api.post("/api/jobs", '{"name":"m","metadata":' + raw + "}")
    r = api.get("/api/jobs/m")
    assert r.status_code == 200 and f'"metadata":{raw}' in r.text


def test_put_makes_a_version(api):
    job = api.job("a", name="edit")
    ex = api.trigger(job)
    body = {"name": "edit", "steps": [{"name": "b"}], "priority": 1}
    second = data(api.put(f"/api/jobs/{job['id']}", body))
    assert second["version"] == 2 and second["id"] == job["id"]
    assert second["created_at"] == job["created_at"]
    assert [s["name"] for s in second["steps"]] == ["b"]
    assert data(api.put("/api/jobs/edit", body))["version"] == 3
    assert list(ex.steps()) == ["a"], "an execution keeps its snapshot"
    assert ex.get()["job_version"] == 1
    assert list(api.trigger("edit").steps()) == ["b"]


def test_put_may_rename(api):
    job = api.job("a", name="old")
    data(api.put("/api/jobs/old", {"name": "new"}))
    ok(api.get("/api/jobs/old"), 404)
    assert data(api.get("/api/jobs/new"))["id"] == job["id"]
    api.job("a", name="old")


def test_put_to_a_taken_name(api):
    api.job(name="one")
    two = api.job(name="two")
    assert "name" in errors(api.put("/api/jobs/two", {"name": "one"}))
    assert data(api.get("/api/jobs/two")) == two


def test_delete(api):
    job = api.job("a", name="gone")
    ex = api.trigger(job)
    assert data(api.delete("/api/jobs/gone")) == {
        "id": job["id"], "deleted": True}
    for method in (api.get, api.delete):
        assert "detail" in errors(method("/api/jobs/gone"), 404)
        assert "detail" in errors(method(f"/api/jobs/{job['id']}"), 404)
    errors(api.post(f"/api/jobs/{job['id']}/trigger"), 404)
    errors(api.put("/api/jobs/gone", {"name": "gone"}), 404)
    ex.data("heartbeat")
    ex.step("a", "completed", artifacts={"x": 1})
    assert ex.finish()["status"] == "completed"
    assert ex.get()["job_name"] == "gone"
    assert api.job(name="gone")["id"] != job["id"], "the name is free again"


def test_names_in_paths_are_decoded(api):
    api.job(name="a b\u00e5%")
    assert data(api.get("/api/jobs/a%20b%C3%A5%25"))["name"] == "a b\u00e5%"


def test_an_id_is_an_id_first(api):
    """A name that looks like another job's id does not stand before it."""
    job = api.job("a", name="first")
    r = api.post("/api/jobs", {"name": job["id"]})
    assert r.status_code in (201, 422), r.text
    assert data(api.get(f"/api/jobs/{job['id']}"))["name"] == "first"
    assert api.trigger(job["id"]).first["job_name"] == "first"


def test_survives_a_restart(srv, api):
    job = api.job("a", name="kept", metadata={"x": 1.5})
    srv.restart()
    assert data(api.get("/api/jobs/kept")) == job


# ---- every rule of a definition -----------------------------------------

def step(name="s", **members):
    return {"name": name, **members}


INVALID = [
    ("no name", {}, r"name"),
    ("empty name", {"name": ""}, r"name"),
    ("null name", {"name": None}, r"name"),
    ("name of a wrong type", {"name": 5}, r"name"),
    ("name of 201 characters", {"name": "x" * 201}, r"name"),
    ("name of 201 wide characters", {"name": "\u00e5" * 201}, r"name"),
    ("description of a wrong type", {"description": 1}, r"description"),
    ("unknown category", {"category": "misc"}, r"category"),
    ("priority 10", {"priority": 10}, r"priority"),
    ("priority -1", {"priority": -1}, r"priority"),
    ("priority 1.5", {"priority": 1.5}, r"priority"),
    ("priority as text", {"priority": "1"}, r"priority"),
    ("queue of a wrong type", {"queue": []}, r"queue"),
    ("steps of a wrong type", {"steps": {}}, r"steps"),
    ("step of a wrong type", {"steps": ["a"]}, r"steps\.0"),
    ("step without a name", {"steps": [{}]}, r"steps\.0\.name"),
    ("step with an empty name", {"steps": [step("")]}, r"steps\.0\.name"),
    ("step named twice", {"steps": [step("a"), step("b"), step("a")]},
     r"steps\.2\.name"),
    ("negative step_index", {"steps": [step(step_index=-1)]},
     r"steps\.0\.step_index"),
    ("step_type of a wrong type", {"steps": [step(step_type=1)]},
     r"steps\.0\.step_type"),
    ("depends_on of a wrong type", {"steps": [step(depends_on="a")]},
     r"steps\.0\.depends_on"),
    ("dependency of a wrong type", {"steps": [step(depends_on=[1])]},
     r"steps\.0\.depends_on\.0"),
    ("unknown dependency",
     {"steps": [step("a"), step("b", depends_on=["a", "ghost"])]},
     r"steps\.1\.depends_on\.1"),
    ("depends on itself", {"steps": [step("a", depends_on=["a"])]},
     r"steps\.0\.depends_on.*"),
    ("cycle of two", {"steps": [step("a", depends_on=["b"]),
                                step("b", depends_on=["a"])]},
     r"steps\.[01]\.depends_on.*"),
    ("cycle behind a start", {"steps": [
        step("z"), step("a", depends_on=["z", "c"]),
        step("b", depends_on=["a"]), step("c", depends_on=["b"])]},
     r"steps\.[123]\.depends_on.*"),
    ("mapping of a wrong type", {"steps": [step(input_mapping=[])]},
     r"steps\.0\.input_mapping"),
    ("expression of a wrong type", {"steps": [step(input_mapping={"x": 1})]},
     r"steps\.0\.input_mapping\.x"),
    ("expression of nothing known",
     {"steps": [step(input_mapping={"x": "what.ever"})]},
     r"steps\.0\.input_mapping\.x"),
    ("expression with an unknown step",
     {"steps": [step(input_mapping={"x": "ghost.artifacts.y"})]},
     r"steps\.0\.input_mapping\.x"),
    ("mapping to itself",
     {"steps": [step("a", input_mapping={"x": "a.artifacts.y"})]},
     r"steps\.0\.input_mapping\.x"),
    ("mapping to a step that is not upstream",
     {"steps": [step("a"), step("b", input_mapping={"x": "a.artifacts.y"})]},
     r"steps\.1\.input_mapping\.x"),
    ("mapping downstream",
     {"steps": [step("a", input_mapping={"x": "b.result_data.y"}),
                step("b", depends_on=["a"])]},
     r"steps\.0\.input_mapping\.x"),
    ("retry of a wrong type", {"retry": []}, r"retry"),
    ("no attempts", {"retry": {"max_attempts": 0}}, r"retry\.max_attempts"),
    ("1001 attempts", {"retry": {"max_attempts": 1001}},
     r"retry\.max_attempts"),
    ("half an attempt", {"retry": {"max_attempts": 1.5}},
     r"retry\.max_attempts"),
    ("negative interval", {"retry": {"initial_interval_ms": -1}},
     r"retry\.initial_interval_ms"),
    ("negative cap", {"retry": {"max_interval_ms": -1}},
     r"retry\.max_interval_ms"),
    ("coefficient under one", {"retry": {"backoff_coefficient": 0.5}},
     r"retry\.backoff_coefficient"),
    ("coefficient over 100", {"retry": {"backoff_coefficient": 100.5}},
     r"retry\.backoff_coefficient"),
    ("coefficient no number", {"retry": {"backoff_coefficient": "2"}},
     r"retry\.backoff_coefficient"),
    ("jitter over one", {"retry": {"jitter": 1.1}}, r"retry\.jitter"),
    ("negative jitter", {"retry": {"jitter": -0.1}}, r"retry\.jitter"),
    ("errors of a wrong type", {"retry": {"non_retryable_errors": "X"}},
     r"retry\.non_retryable_errors"),
    ("error of a wrong type", {"retry": {"non_retryable_errors": [1]}},
     r"retry\.non_retryable_errors\.0"),
    ("heartbeat timeout 0", {"heartbeat_timeout_seconds": 0},
     r"heartbeat_timeout_seconds"),
    ("timeout 0", {"timeout_seconds": 0}, r"timeout_seconds"),
    ("timeout without end", {"timeout_seconds": 10 ** 30},
     r"timeout_seconds"),
    ("total timeout -1", {"total_timeout_seconds": -1},
     r"total_timeout_seconds"),
    ("grace -1", {"cancel_grace_seconds": -1}, r"cancel_grace_seconds"),
    ("auto_complete of a wrong type", {"auto_complete": "yes"},
     r"auto_complete"),
    ("max_concurrency 0", {"max_concurrency": 0}, r"max_concurrency"),
    ("metadata of a wrong type", {"metadata": [1]}, r"metadata"),
    ("257 steps", {"steps": [step(f"s{i}") for i in range(257)]}, r"steps"),
]


def named(r, pattern):
    found = errors(r)
    assert all(re.fullmatch(pattern, member) for member in found), found


def is_name(case):
    """Is the case about the job's own name?"""
    return case.startswith(("no name", "empty name", "null name", "name of"))


def test_rules_on_create_and_edit(srv, api, case):
    kept = api.job("a", name="kept")
    before = srv.seq()
    for name, wrong, member in INVALID:
        with case(name):
            body = wrong if is_name(name) else {"name": "new", **wrong}
            named(api.post("/api/jobs", body), member)
            body = wrong if is_name(name) else {"name": "kept", **wrong}
            named(api.put("/api/jobs/kept", body), member)
    assert data(api.get("/api/jobs/kept")) == kept
    assert srv.seq() == before, "a refused definition is not journaled"
    ok(api.get("/api/jobs/new"), 404)


def test_limits_that_just_fit(api, case):
    fits = [
        {"name": "x" * 200}, {"name": "\u00e5" * 200},
        {"name": "\U0001f600" * 200}, {"priority": 0}, {"priority": 9},
        {"priority": 5.0}, {"retry": {"max_attempts": 1000}},
        {"retry": {"backoff_coefficient": 1, "jitter": 1}},
        {"retry": {"backoff_coefficient": 100, "initial_interval_ms": 0}},
        {"steps": [step(f"s{i}") for i in range(256)]},
        {"cancel_grace_seconds": 0}, {"category": "export"},
        {"steps": chain("a", "b", "c") + [step(
            "d", depends_on=["c"],
            input_mapping={"x": "a.artifacts.deep.er.0",
                           "all": "job.input_params"})]}]
    for i, body in enumerate(fits):
        with case(str(body)[:60]):
            r = api.post("/api/jobs", {"name": f"fit-{i}", **body})
            subset(body, data(r, 201))


def test_taken_name(srv, api):
    first = api.job("a", name="mine")
    before = srv.seq()
    found = errors(api.post("/api/jobs", {"name": "mine"}))
    assert list(found) == ["name"]
    assert data(api.get("/api/jobs/mine")) == first
    assert srv.seq() == before


def test_body_must_be_an_object(api, case):
    for body in ("[]", "1", '"x"', "null", "true"):
        with case(body):
            r = api.post("/api/jobs", body)
            assert "detail" in errors(r, 400), r.text


def test_empty_body_is_an_empty_object(api):
    for body in ("", "{}"):
        assert "name" in errors(api.post("/api/jobs", body))


# ---- lists ----------------------------------------------------------------

def test_list_newest_first_with_limits(api, case):
    before = api.pages("/api/jobs")
    made = [api.job(name=f"j{i:02}") for i in range(25)]
    want = [j["id"] for j in reversed(made)] + [j["id"] for j in before]
    first = ok(api.get("/api/jobs"))
    assert [j["id"] for j in first["data"]] == want[:20]
    assert first["next_cursor"]
    assert [j["id"] for j in api.pages("/api/jobs?limit=7")] == want
    assert [j["id"] for j in api.pages("/api/jobs?limit=100")] == want
    for limit in ("0", "101", "-1", "x", "", "1.5", "99999999999999999999"):
        with case(f"limit={limit}"):
            bad_query(api.get(f"/api/jobs?limit={limit}"), "limit")


@pytest.mark.parametrize("cursor", ["x", "%00", "123", "a" * 5000, "-1"])
def test_bad_cursor(api, cursor):
    bad_query(api.get(f"/api/jobs?cursor={cursor}"), "cursor")


def test_a_page_is_bounded_in_bytes(api):
    made = [api.job(name=f"big-{i}", metadata={"x": "y" * 900_000})["id"]
            for i in range(8)]
    page = api.get("/api/jobs?limit=100").json()
    assert [j["id"] for j in page["data"]] == made[:2:-1]
    assert page["next_cursor"] == made[3]
    found = [j["id"] for j in api.pages("/api/jobs?limit=100")]
    assert found[:8] == made[::-1] and len(found) == len(set(found))


def test_pages_stay_whole_while_rows_are_added(api):
    made = [api.job(name=f"j{i:02}")["id"] for i in range(30)]
    seen, cursor = [], None
    for page in range(100):
        url = "/api/jobs?limit=4" + (f"&cursor={cursor}" if cursor else "")
        body = ok(api.get(url))
        seen += [j["id"] for j in body["data"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
        api.job(name=f"late{page:02}")
    assert len(seen) == len(set(seen)), "a row came twice"
    assert [j for j in seen if j in set(made)] == made[::-1]


def test_pages_stay_whole_while_rows_go(api):
    made = [api.job(name=f"j{i:02}")["id"] for i in range(12)]
    body = ok(api.get("/api/jobs?limit=4"))
    for ident in made[6:10]:
        data(api.delete(f"/api/jobs/{ident}"))
    rest = ok(api.get(f"/api/jobs?limit=100&cursor={body['next_cursor']}"))
    seen = [j["id"] for j in body["data"] + rest["data"]]
    assert [j for j in seen if j in set(made)] == (
        made[:7:-1] + made[5::-1]), "the rest is what was not deleted"


def test_an_idle_server_counts_nothing(srv):
    assert srv.counts()["total"] == 0
    wait_until(lambda: srv.info()["connections"] >= 1, "our connection")


def test_names_with_a_slash_stand_in_paths(api):
    """What a definition may call a thing, a path may, too."""
    job = api.job("x/y", "..%", name="team/night")
    path = "/api/jobs/team%2Fnight"
    assert data(api.get(path)) == job
    ex = api.trigger("team%2Fnight")
    assert ex.step("x%2Fy", "running")["id"] == ex.first["steps"][0]["id"]
    assert ex.step("%2e.%25", "running")["id"] == ex.first["steps"][1]["id"]
    assert ex.send("steps%2Fx/running").status_code == 404
    assert data(api.put(path, {"name": "a/b"}))["version"] == 2
    assert api.get(path).status_code == 404
    assert data(api.delete("/api/jobs/a%2Fb"))["deleted"] is True
