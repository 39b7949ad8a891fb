"""Factflow's executions: made, looked at, listed, labelled and ended.

Neighbours: test_factflow_work.py looks at what steps did,
test_factflow_replay.py at replays, test_factflow_configs.py at configs.
"""
import json
import threading

import pytest

from api import chain, data, ms, ok
from factflow import BASE, CONFIGS, Factflow, detail, invalid, row
from server import wait_until
from sse import Stream
from test_keys import new_key


@pytest.fixture
def ff(api):
    return Factflow(api)


@pytest.fixture
def job(api):
    return api.job("a", "b", name="j")


# ---- create ---------------------------------------------------------------

def test_create(ff, job):
    made = ff.create(job)
    assert made["status"] == "running" and made["config_id"] == job["id"]
    for member in ("completed_at", "parent_execution_id", "replay_source",
                   "tag"):
        assert made[member] is None
    assert made["tags"] == {}
    assert row(ff.get(made["id"]))["id"] == made["id"]
    assert ff.create("j")["config_id"] == job["id"], "a name will do"


def test_trigger_context_is_any_json(ff, job, case):
    for raw in ('{"big":1.0000000000000000001,"s":"\\u00e5"}', "[1,2]",
                '"text"', "7", "false", "1e400"):
        with case(raw):
            r = ff.api.post(BASE, '{"config_id":"j","trigger_context":'
                            + raw + "}")
            got = ff.api.get(f"{BASE}/{ok(r, 201)['id']}")
            assert f'"trigger_context":{raw}' in got.text
    with case("null"):
        made = ff.create(job, trigger_context=None)
        assert ff.get(made["id"])["trigger_context"] is None
    with case("it is the steps' input"):
        made = ff.create(job, trigger_context={"a": 1})
        assert ff.worker(made["id"]).steps()["a"]["input_params"] == {"a": 1}


def test_detail(ff, job):
    made = ff.create(job, metadata={"m": [1]}, trigger_context={"x": 1},
                     tag="n")
    got = ff.get(made["id"])
    assert got["metadata"] == {"m": [1]} and got["tag"] == "n"
    assert got["trigger_context"] == {"x": 1}
    assert got["error"] is None and got["error_info"] is None
    assert got["result"] is None
    assert got["config_snapshot"]["name"] == "j"
    assert [s["name"] for s in got["config_snapshot"]["steps"]] == ["a", "b"]
    steps = ff.worker(made["id"]).steps()
    assert got["root_correlation_id"] == steps["a"]["id"]
    assert got["stats"]["pending"] == 2
    ok(ff.api.put("/api/jobs/j", {"name": "j", "steps": []}))
    assert len(ff.get("n")["config_snapshot"]["steps"]) == 2, "frozen"


def test_result_and_error(ff, job):
    made, bad = ff.create(job), ff.create(job)
    ff.worker(made["id"]).finish({"r": 1})
    got = row(ff.get(made["id"]))
    assert got["status"] == "completed" and got["result"] == {"r": 1}
    assert got["error"] is None and got["completed_at"] >= got["started_at"]
    ff.worker(bad["id"]).data("fail", error_message="broke",
                              error_type="ValueError", error_stack="at x",
                              retryable=False)
    got = row(ff.get(bad["id"]))
    assert got["status"] == "failed" and got["error"] == "broke"
    assert got["error_info"]["message"] == "broke"
    assert got["error_info"]["type"] == "ValueError"
    assert got["error_info"]["stack"] == "at x"


def test_idempotency(ff, job):
    first = ff.create(job, idempotency_key="k", tag="one",
                      trigger_context={"n": 1})
    again = ff.create("gone", 200, idempotency_key="k", tag="one",
                      trigger_context={"n": 2})
    assert again == first, "before anything else is looked at"
    assert ff.get("one")["trigger_context"] == {"n": 1}
    assert ff.create(job, idempotency_key="k2")["id"] != first["id"]
    # Another operation's keys are another's.
    ex = data(ff.api.post("/api/jobs/j/trigger", {"idempotency_key": "k"}))
    assert ex["id"] != first["id"]
    ff.worker(first["id"]).finish()
    assert ff.create(job, 200, idempotency_key="k")["status"] == "completed"


def test_idempotency_of_many_at_once(ff, job):
    answers = []

    def post():
        r = ff.api.post(BASE, {"config_id": "j", "idempotency_key": "k"})
        answers.append((r.status_code, r.json()["id"]))

    threads = [threading.Thread(target=post) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(s for s, _ in answers) == [200] * 7 + [201]
    assert len({i for _, i in answers}) == 1


def test_long_keys(ff, job):
    key = "\U0001f30a" * 255
    first = ff.create(job, idempotency_key=key)
    assert ff.create(job, 200, idempotency_key=key)["id"] == first["id"]
    other = ff.create(job, idempotency_key=key[:-1] + "x")
    assert other["id"] != first["id"]


def test_create_refusals(ff, job, case):
    ff.create(job, tag="taken")
    body = {"config_id": "j"}
    for member, value, loc in [
            ("config_id", None, "config_id"), ("config_id", 5, "config_id"),
            ("config_id", "", "config_id"), ("metadata", [], "metadata"),
            ("metadata", "x", "metadata"), ("tag", 5, "tag"),
            ("tag", "", "tag"), ("tag", "a/b", "tag"),
            ("tag", "a\nb", "tag"), ("tag", "x" * 121, "tag"),
            ("tag", "00000000-0000-7000-8000-000000000000", "tag"),
            ("idempotency_key", 7, "idempotency_key"),
            ("idempotency_key", "", "idempotency_key"),
            ("idempotency_key", "k" * 256, "idempotency_key")]:
        with case(f"{member}={value!r}"):
            r = ff.api.post(BASE, {**body, member: value})
            assert invalid(r) == {("body", loc)}
            sent = r.json()["detail"][0]["input"]
            assert sent == value
    with case("nothing"):
        r = ff.api.post(BASE)
        assert invalid(r) == {("body", "config_id")}
        assert r.json()["detail"][0]["type"] == "missing"
    with case("all at once"):
        r = ff.api.post(BASE, {"metadata": 1, "tag": 1})
        assert invalid(r) == {("body", "config_id"), ("body", "metadata"),
                              ("body", "tag")}
    with case("no such config"):
        for name in ("nope", "00000000-0000-7000-8000-000000000000"):
            assert "config" in detail(ff.api.post(BASE, {"config_id": name}),
                                      400)
    with case("a taken tag"):
        r = ff.api.post(BASE, {**body, "tag": "taken"})
        assert "taken" in detail(r, 409)
    with case("no JSON"):
        assert "line 1" in detail(ff.api.post(BASE, "{"), 400)
        detail(ff.api.post(BASE, "[]"), 400)
    with case("a deleted config"):
        ok(ff.api.delete("/api/jobs/j"))
        detail(ff.api.post(BASE, body), 400)
    assert ff.list()["total"] == 1, "no refusal made one"


def test_nulls_are_absent(ff, job):
    made = ff.create(job, metadata=None, tag=None, idempotency_key=None,
                     trigger_context=None)
    assert ff.get(made["id"])["metadata"] is None


# ---- finding one ----------------------------------------------------------

def test_by_id_or_tag(ff, job):
    made = ff.create(job, tag="nightly: \u00e5 100%")
    for part in ("", "/stats", "/dag", "/routes", "/lineage", "/replays",
                 "/monitor"):
        for ident in (made["id"], made["id"].upper(),
                      "nightly:%20%C3%A5%20100%25"):
            ok(ff.api.get(f"{BASE}/{ident}{part}"))
    with Stream(ff.api.server.port,
                f"{BASE}/nightly:%20%C3%A5%20100%25/events") as stream:
        snapshot = stream.next()
        assert snapshot.data["execution"]["id"] == made["id"]


def test_missing(ff, job, case):
    ghost = "00000000-0000-7000-8000-000000000000"
    for ident in (ghost, "nobody", "%00", "a%2Fb"):
        for method, part in [
                ("GET", ""), ("GET", "/stats"), ("GET", "/dag"),
                ("GET", "/routes"), ("GET", "/lineage"), ("GET", "/replays"),
                ("GET", "/monitor"), ("GET", "/events"), ("POST", "/cancel"),
                ("POST", "/tag"), ("POST", "/replay"), ("PATCH", "")]:
            with case(f"{method} {ident} {part}"):
                body = {"status": "failed"} if method == "PATCH" else {}
                detail(ff.api.call(method, f"{BASE}/{ident}{part}", body
                                   if method != "GET" else b""), 404)


def test_wrong_methods(ff, job, case):
    made = ff.create(job)["id"]
    for method, path, allow in [
            ("DELETE", BASE, "POST"), ("PUT", f"{BASE}/{made}", "PATCH"),
            ("GET", f"{BASE}/{made}/cancel", "POST"),
            ("POST", f"{BASE}/{made}/stats", "GET"),
            ("PATCH", CONFIGS, "POST")]:
        with case(f"{method} {path}"):
            r = ff.api.call(method, path, {})
            detail(r, 405)
            assert allow in r.headers["Allow"]


# ---- lists ----------------------------------------------------------------

def test_pages(ff, job):
    made = [ff.create(job)["id"] for _ in range(25)]
    made.reverse()
    whole = ff.list()
    assert whole["total"] == 25 and not whole["has_more"]
    assert whole["limit"] == 100 and whole["offset"] == 0
    assert [x["id"] for x in whole["executions"]] == made, "newest first"
    for limit in (1, 7, 25, 1000):
        got = []
        for offset in range(0, 25, limit):
            page = ff.list(f"limit={limit}&offset={offset}")
            assert page["total"] == 25 and page["limit"] == limit
            assert page["offset"] == offset
            assert page["has_more"] == (offset + limit < 25)
            got += [x["id"] for x in page["executions"]]
        assert got == made
    for offset in (25, 26, 10**9):
        page = ff.list(f"offset={offset}")
        assert page["executions"] == [] and page["total"] == 25
        assert not page["has_more"]


def test_list_refusals(ff, case):
    for query, name in [("limit=0", "limit"), ("limit=1001", "limit"),
                        ("limit=x", "limit"), ("limit=", "limit"),
                        ("limit=1.0", "limit"), ("offset=-1", "offset"),
                        ("offset=x", "offset"), ("status=nope", "status"),
                        ("status=queued", "status"), ("status=", "status"),
                        ("status=RUNNING", "status"), ("tag=env", "tag"),
                        ("tag=", "tag"),
                        ("tag=a:b&" * 64 + "tag=c:d", "tag")]:
        with case(query[:30]):
            assert invalid(ff.api.get(f"{BASE}?{query}")) == {("query", name)}
    with case("several"):
        r = ff.api.get(f"{BASE}?limit=0&status=x")
        assert invalid(r) == {("query", "limit"), ("query", "status")}


def in_every_status(ff, job):
    """One execution in each status: Factflow's word for each."""
    made = {}

    def new(name):
        made[name] = ff.create(job)["id"]
        return ff.worker(made[name])

    new("queued")
    new("running").data("heartbeat")
    new("retrying").data("fail", error_message="x")
    new("cancelling").data("heartbeat")
    ok(ff.post(made["cancelling"], "cancel"))
    new("completed").finish()
    new("failed").data("fail", error_message="x", retryable=False)
    new("cancelled")
    ok(ff.post(made["cancelled"], "cancel"))
    return made


def test_statuses(srv, ff, job, case):
    made = in_every_status(ff, ff.api.job(name="s"))
    quick = ff.api.job(name="t", heartbeat_timeout_seconds=1,
                       retry={"max_attempts": 1})
    made["timed_out"] = ff.create(quick)["id"]
    ff.worker(made["timed_out"]).data("heartbeat")
    srv.advance(1100)
    words = {"queued": "running", "running": "running",
             "retrying": "running", "cancelling": "cancelling",
             "completed": "completed", "failed": "failed",
             "cancelled": "cancelled", "timed_out": "failed"}
    for status, word in words.items():
        with case(status):
            assert ff.status(made[status]) == word
    for word, members in {
            "created": {"queued"},
            "running": {"queued", "running", "retrying"},
            "cancelling": {"cancelling"}, "interrupted": set(),
            "completed": {"completed"}, "failed": {"failed", "timed_out"},
            "cancelled": {"cancelled"}}.items():
        with case(f"status={word}"):
            want = {made[m] for m in members}
            page = ff.list(f"status={word}")
            assert {x["id"] for x in page["executions"]} == want
            assert page["total"] == len(want)
    with case("two words"):
        page = ff.list("status=completed&status=cancelled")
        assert page["total"] == 2
    with case("with a config"):
        page = ff.list(f"status=running&config_id={quick['id']}")
        assert page["total"] == 0
        page = ff.list("status=failed&config_id=t")
        assert [x["id"] for x in page["executions"]] == [made["timed_out"]]


def test_interrupted_is_its_own_word(srv, ff, job):
    made = ff.create(job)["id"]
    ff.worker(made).data("heartbeat")
    srv.kill9()
    srv.start()
    wait_until(lambda: ff.status(made) == "interrupted", "recovery")
    assert ff.ids("status=interrupted") == [made]
    assert ff.ids("status=running") == []
    ff.worker(made).data("heartbeat")
    assert ff.status(made) == "running"
    ok(ff.post(made, "cancel"))
    assert ff.status(made) == "cancelling"


def test_config_filter(ff, job):
    other = ff.api.job(name="other")
    mine = [ff.create(job)["id"] for _ in range(3)]
    theirs = ff.create(other)["id"]
    assert ff.ids(f"config_id={job['id']}") == mine[::-1]
    assert ff.ids("config_id=other") == [theirs]
    for gone in ("nope", "00000000-0000-7000-8000-000000000000"):
        page = ff.list(f"config_id={gone}")
        assert page["total"] == 0 and page["executions"] == []


# ---- labels ---------------------------------------------------------------

def tag(ff, ident, labels):
    body = ok(ff.post(ident, "tag", labels))
    assert set(body) == {"execution_id", "tags"}
    return body["tags"]


def test_labels_merge(ff, job):
    made = ff.create(job, tag="name")["id"]
    assert tag(ff, made, {"env": "prod", "owner": "@ove"}) == {
        "env": "prod", "owner": "@ove"}
    assert tag(ff, "name", {"env": "test", "x": ""}) == {
        "env": "test", "owner": "@ove", "x": ""}
    assert tag(ff, made, {"owner": None, "nope": None}) == {
        "env": "test", "x": ""}
    assert tag(ff, made, {}) == {"env": "test", "x": ""}
    assert ff.get(made)["tags"] == {"env": "test", "x": ""}
    assert ff.get(made)["tag"] == "name", "two things"
    assert ff.worker(made).get()["tags"] == {"env": "test", "x": ""}
    ff.worker(made).finish()
    assert tag(ff, made, {"x": None}) == {"env": "test"}, "ended, too"


def test_label_filters(ff, job):
    one, two, three = (ff.create(job)["id"] for _ in range(3))
    tag(ff, one, {"env": "prod", "team": "a"})
    tag(ff, two, {"env": "prod", "team": "b"})
    tag(ff, three, {"env": "test", "url": "http://x:80/?a=b"})
    assert ff.ids("tag=env:prod") == [two, one]
    assert ff.ids("tag=env:prod&tag=team:a") == [one]
    assert ff.list("tag=env:prod&tag=team:a")["total"] == 1
    assert ff.ids("tag=env:prod&tag=env:test") == []
    assert ff.ids("tag=url:http%3A//x%3A80/%3Fa%3Db") == [three]
    assert ff.ids("tag=env:pro") == [] and ff.ids("tag=en:v:prod") == []
    assert ff.ids("tag=env:prod&status=running") == [two, one]
    assert ff.ids("tag=env:prod&status=completed") == []
    assert ff.list("tag=env:prod&limit=1")["has_more"]
    assert ff.ids("tag=env:prod&config_id=j&limit=1&offset=1") == [one]
    tag(ff, one, {"env": None})
    assert ff.ids("tag=env:prod") == [two]
    assert ff.ids("tag=team:a") == [one]


def test_label_limits(ff, job, case):
    made = ff.create(job)["id"]
    for labels, loc in [
            ({"a b": "x"}, "a b"), ({"": "x"}, None), ({"k" * 64: "x"}, "k"),
            ({"a:b": "x"}, "a:b"), ({"\u00e5": "x"}, "\u00e5"),
            ({"a": 1}, "a"), ({"a": ["x"]}, "a"), ({"a": True}, "a"),
            ({"a": {"b": "c"}}, "a"), ({"a": "v" * 256}, "a"),
            ({"a": "nul\0"}, "a"),
            ({f"k{i}": "v" for i in range(65)}, None)]:
        with case(str(labels)[:40]):
            locs = invalid(ff.post(made, "tag", labels))
            assert len(locs) == 1
            (where,) = locs
            assert where[0] == "body"
            if loc:
                assert where[1].startswith(loc)
    with case("as long as may be"):
        longest = {"k" * 63: "\U0001f30a" * 255, "a.b/c-d_E": "v"}
        assert tag(ff, made, longest) == longest
        page = ff.list(f"tag={'k' * 63}:{'%F0%9F%8C%8A' * 255}")
        assert page["total"] == 1
        page = ff.list(f"tag={'k' * 63}:{'%F0%9F%8C%8A' * 254}x")
        assert page["total"] == 0
    with case("no more than 64 in all"):
        assert len(tag(ff, made, {f"k{i}": "v" for i in range(62)})) == 64
        assert invalid(ff.post(made, "tag", {"one": "more"}))
        assert len(tag(ff, made, {"one": "more", "k0": None})) == 64
    with case("no object"):
        detail(ff.api.post(f"{BASE}/{made}/tag", "[]"), 400)
    with case("duplicate"):
        detail(ff.api.post(f"{BASE}/{made}/tag", '{"a":"1","a":"2"}'), 400)


def test_labels_of_restep_are_found(ff, job):
    ex = ff.api.trigger("j", tags={"env": "prod"})
    assert ff.ids("tag=env:prod") == [ex.id]


# ---- ends -----------------------------------------------------------------

def test_cancel(srv, ff, job):
    queued, running = ff.create(job)["id"], ff.create(job)["id"]
    worker = ff.worker(running)
    worker.data("heartbeat")
    got = row(ok(ff.post(queued, "cancel")))
    assert got["status"] == "cancelled" and got["message"]
    got = row(ok(ff.post(running, "cancel")))
    assert got["status"] == "cancelling" and got["completed_at"] is None
    seq = srv.seq()
    assert row(ok(ff.post(running, "cancel")))["status"] == "cancelling"
    assert srv.seq() == seq, "a second time changes nothing"
    assert worker.data("heartbeat")["command"] == "cancel"
    worker.data("cancel")
    assert ff.status(running) == "cancelled"
    assert "cancelled" in detail(ff.post(running, "cancel"), 400)
    assert ff.status(running) == "cancelled"


def test_cancel_ends_by_itself(srv, ff):
    job = ff.api.job(name="g", cancel_grace_seconds=5)
    made = ff.create(job)["id"]
    ff.worker(made).data("heartbeat")
    ok(ff.post(made, "cancel"))
    srv.advance(5100)
    assert ff.status(made) == "cancelled"


def test_cancel_of_ended_ones(ff, job, case):
    done, failed = ff.create(job)["id"], ff.create(job)["id"]
    ff.worker(done).finish()
    ff.worker(failed).data("fail", error_message="x", retryable=False)
    for ident in (done, failed):
        with case(ident):
            before = ff.get(ident)
            detail(ff.post(ident, "cancel"), 400)
            assert ff.get(ident) == before


def test_patch(ff, job, case):
    for start in ("queued", "running", "retrying", "cancelling"):
        for end in ("completed", "failed", "cancelled"):
            with case(f"{start} -> {end}"):
                made = in_every_status(ff, job)[start]
                info = {"message": "by hand", "by": ["ops"]}
                was = ff.status(made)
                got = ok(ff.patch(made, {"status": end, "error_info": info}))
                assert got == {
                    "success": True, "execution_id": made,
                    "previous_status": was, "current_status": end,
                    "message": got["message"]}
                got = row(ff.get(made))
                assert got["status"] == end and got["error_info"] == info
                assert got["error"] == (
                    "by hand" if end == "failed" else None)
                detail(ff.patch(made, {"status": end}), 400)
                ff.worker(made).refused("progress", "status")


def test_patch_refusals(ff, job, case):
    made = ff.create(job)["id"]
    for body, loc in [({}, "status"), ({"status": None}, "status"),
                      ({"status": "running"}, "status"),
                      ({"status": "timed_out"}, "status"),
                      ({"status": 5}, "status"),
                      ({"status": "failed", "error_info": "x"},
                       "error_info")]:
        with case(str(body)):
            assert invalid(ff.patch(made, body)) == {("body", loc)}
    assert ff.status(made) == "running"
    assert ok(ff.patch(made, {"status": "failed"}))["success"]
    assert ff.get(made)["error"] == "Marked as failed"


def test_events_tell_of_everything(srv, ff, job):
    made = ff.create(job)["id"]
    with Stream(srv.port, f"{BASE}/{made}/events?types=all") as stream:
        assert stream.next().data["execution"]["status"] == "running"
        tag(ff, made, {"env": "prod"})
        ok(ff.patch(made, {"status": "failed"}))
        event = stream.next()
        assert event.data["status"] == "failed"
        assert event.data["canonical_status"] == "failed"


# ---- whose and who --------------------------------------------------------

@pytest.fixture
def tenants(srv):
    """The admin, and a key for each of two projects."""
    admin = new_key(srv.api, "admin")["key"]
    srv.api.key = admin
    keys = [new_key(srv.api, "write", n)["key"] for n in (7, 8)]
    return [Factflow(srv.api)] + [
        Factflow(srv.api.with_key(k)) for k in keys]


def test_projects(tenants, case):
    admin, seven, eight = tenants
    shared = admin.api.job("a", name="shared")
    x, y = (who.create(shared, tag="same")["id"] for who in (seven, eight))
    z = admin.create(shared)["id"]
    with case("lists"):
        assert seven.ids() == [x] and eight.ids() == [y]
        assert admin.ids() == [z, y, x]
        assert seven.list("config_id=shared&status=running")["total"] == 1
        tag(seven, x, {"env": "prod"})
        tag(eight, y, {"env": "prod"})
        assert seven.ids("tag=env:prod") == [x]
        assert admin.list("tag=env:prod")["total"] == 2
    with case("the same tag is one's own"):
        assert seven.get("same")["id"] == x
        assert eight.get("same")["id"] == y
        assert admin.get("same")["id"] == x, "of several the lowest project's"
        detail(seven.api.post(BASE, {"config_id": "shared", "tag": "same"}),
               409)
    with case("foreign ids are missing"):
        for ident in (y, z):
            for method, part in [("GET", ""), ("GET", "/stats"),
                                 ("GET", "/dag"), ("GET", "/routes"),
                                 ("GET", "/lineage"), ("GET", "/replays"),
                                 ("GET", "/monitor"), ("GET", "/events"),
                                 ("POST", "/cancel"), ("POST", "/tag"),
                                 ("POST", "/replay"), ("PATCH", "")]:
                detail(seven.api.call(method, f"{BASE}/{ident}{part}", {}),
                       404)
    with case("a foreign config is missing"):
        own = ok(eight.api.post(CONFIGS, {"name": "own", "definition": {}}),
                 201)
        detail(seven.api.post(BASE, {"config_id": "own"}), 400)
        detail(seven.api.get(f"{CONFIGS}/{own['id']}"), 404)
        detail(seven.api.post(f"{CONFIGS}/own/run"), 404)
        detail(seven.api.delete(f"{CONFIGS}/own"), 404)
        names = [c["name"] for c in
                 ok(seven.api.get(CONFIGS))["configs"]]
        assert "own" not in names and "shared" in names
    with case("idempotency keys are a tenant's own"):
        a = seven.create(shared, idempotency_key="k")["id"]
        assert eight.create(shared, idempotency_key="k")["id"] != a


def test_scopes(srv, case):
    srv.api.key = new_key(srv.api, "admin")["key"]
    job = srv.api.job("a", name="j")
    made = Factflow(srv.api).create(job)["id"]
    who = {scope: srv.api.with_key(new_key(srv.api, scope)["key"])
           for scope in ("read", "worker", "write")}
    who["admin"] = srv.api
    for method, path, body, least in [
            ("GET", BASE, b"", "read"),
            ("GET", f"{BASE}/{made}/monitor", b"", "read"),
            ("GET", CONFIGS, b"", "read"),
            ("POST", f"{CONFIGS}/validate", {"config_yaml": ""}, "read"),
            ("POST", BASE, {"config_id": "j"}, "write"),
            ("POST", f"{BASE}/{made}/tag", {}, "write"),
            ("POST", f"{BASE}/{made}/replay", {"from_stage": "a"}, "write"),
            ("POST", f"{CONFIGS}/j/run", {}, "write"),
            ("PUT", f"{CONFIGS}/nope", {}, "write"),
            ("DELETE", f"{CONFIGS}/nope", b"", "write"),
            ("PATCH", f"{BASE}/{made}", {"status": "completed"}, "admin")]:
        for scope, api in who.items():
            rank = ("read", "worker", "write", "admin")
            with case(f"{scope}: {method} {path}"):
                r = api.call(method, path, body)
                if rank.index(scope) < rank.index(least):
                    detail(r, 403)
                else:
                    assert r.status_code not in (401, 403), r.text
    with case("who may cancel may patch to cancelled"):
        other = Factflow(srv.api).create(job)["id"]
        ok(who["write"].call("PATCH", f"{BASE}/{other}",
                             {"status": "cancelled"}))
        detail(who["worker"].call("PATCH", f"{BASE}/{other}",
                                  {"status": "cancelled"}), 403)
    with case("no key"):
        detail(srv.api.with_key(None).get(BASE), 401)


# ---- size -----------------------------------------------------------------

def test_restart_keeps_it_all(srv, ff, job):
    made = ff.create(job, tag="t", metadata={"m": 1}, idempotency_key="k")
    tag(ff, "t", {"env": "prod"})
    ok(ff.patch("t", {"status": "failed", "error_info": {"x": 1}}))
    before = ff.get("t")
    srv.restart()
    assert ff.get("t") == before
    assert ff.ids("tag=env:prod") == [made["id"]]
    assert ff.create(job, 200, idempotency_key="k")["id"] == made["id"]
    detail(ff.api.post(BASE, {"config_id": "j", "tag": "t"}), 409)


def test_steps_by_time(srv, ff):
    """started_at is when it was made; completed_at when it ended."""
    job = ff.api.job(name="times", steps=chain("a"))
    made = ff.create(job)
    srv.advance(5000)
    ff.worker(made["id"]).finish()
    got = ff.get(made["id"])
    assert got["started_at"] == made["started_at"]
    took = ms(got["completed_at"]) - ms(got["started_at"])
    assert 5000 <= took < 8000
    assert got["stats"]["duration_ms"] == took
    assert json.dumps(got)
