"""Keys: who may do what, and whose things are whose.

Neighbours: test_bad_input.py checks that a bad key changes nothing.
"""
import socket
import subprocess

import pytest

from api import data, errors, ok
from rawhttp import Raw, request
from server import DEADLINE, TIDEWIRED, run_tool
from sse import Stream, events_path
from work import Waiting

RANK = {"read": 0, "worker": 1, "write": 2, "admin": 3}


def new_key(api, scope, project=None, name=None):
    body = {"name": name or scope, "scope": scope}
    if project is not None:
        body["project_id"] = project
    return data(api.post("/api/keys", body), 201)


@pytest.fixture
def keys(srv):
    """A server with one key of every scope; srv.api is the admin's."""
    made = {"admin": new_key(srv.api, "admin")["key"]}
    srv.api.key = made["admin"]
    for scope in ("read", "worker", "write"):
        made[scope] = new_key(srv.api, scope)["key"]
    return {scope: srv.api.with_key(key) for scope, key in made.items()}


def test_create_shows_the_key_once(srv):
    row = new_key(srv.api, "admin", name="k\u00e5")
    assert row["key"].startswith("tw_") and len(row["key"]) > 40
    assert row["scope"] == "admin" and row["project_id"] is None
    assert row["name"] == "k\u00e5" and row["id"] and row["created_at"]
    srv.api.key = row["key"]
    r = srv.api.get("/api/keys")
    (listed,) = data(r)
    assert listed == {k: v for k, v in row.items() if k != "key"}
    assert row["key"] not in r.text and "key" not in listed
    stored = (srv.data / "data.mdb").read_bytes()
    assert row["key"].encode() not in stored, "kept in the clear"
    assert row["key"] not in srv.log_text()


def test_create_rules(srv, case):
    for member, wrong in [("name", None), ("name", ""), ("name", 5),
                          ("scope", None), ("scope", "root"), ("scope", 1),
                          ("project_id", 0), ("project_id", -1),
                          ("project_id", "x"), ("project_id", 1.5)]:
        with case(f"{member}={wrong}"):
            body = {"name": "k", "scope": "admin", member: wrong}
            assert member in errors(srv.api.post("/api/keys", body))
    assert data(srv.api.get("/api/keys")) == []


def test_both_headers_and_no_other_way(srv, keys, case):
    key = keys["admin"].key
    anybody = srv.api.with_key(None)
    for headers in ({"Authorization": f"Bearer {key}"},
                    {"authorization": f"bearer {key}"},
                    {"X-API-Key": key}, {"x-api-key": key}):
        with case(str(headers)[:30]):
            ok(anybody.get("/api/jobs", headers))
    with case("query"):
        errors(anybody.get(f"/api/jobs?access_token={key}"), 401)
        errors(anybody.get(f"/api/jobs?api_key={key}"), 401)
    with case("none"):
        r = anybody.get("/api/jobs")
        assert "detail" in errors(r, 401)
    with case("unowned path"):
        assert ok(anybody.get("/api/server"), 401)["error"]["message"]


def test_health_needs_no_key(srv, keys):
    assert ok(srv.api.with_key(None).get("/healthz")) == {"status": "ok"}


def endpoints(ex):
    """(least scope, method, path, body) of every endpoint."""
    reports = ("heartbeat", "progress", "log", "complete", "fail", "report",
               "steps/a/running", "steps/a/progress", "steps/a/completed",
               "steps/a/failed")
    rows = [("read", "GET", p, None) for p in (
        "/api/jobs", "/api/jobs/j", "/api/executions", ex.path,
        ex.path + "/logs", "/api/server")]
    rows += [("worker", "POST", f"{ex.path}/{r}", {}) for r in reports]
    rows += [("write", "POST", "/api/jobs", {}),
             ("write", "PUT", "/api/jobs/j", {}),
             ("write", "DELETE", "/api/jobs/ghost", None),
             ("write", "POST", "/api/jobs/j/trigger", {"priority": 99}),
             ("admin", "GET", "/api/keys", None),
             ("admin", "POST", "/api/keys", {}),
             ("admin", "DELETE", "/api/keys/ghost", None)]
    return rows


def test_scopes(srv, keys, case):
    srv.api.job("a", name="j")
    for least, method, path, body in endpoints(srv.api.trigger("j")):
        for scope, asker in keys.items():
            with case(f"{scope}: {method} {path[-25:]}"):
                ex = srv.api.trigger("j")
                where = path.replace(path.split("/")[3], ex.id) if (
                    path.startswith("/api/executions/")) else path
                r = (asker.get(where) if body is None and method == "GET"
                     else asker.call(method, where, body or {}))
                if RANK[scope] < RANK[least]:
                    assert r.status_code == 403, r.text
                    assert "errors" in r.json() or "error" in r.json()
                    assert ex.status == "pending"
                else:
                    assert r.status_code not in (401, 403), r.text


def test_who_may_cancel(srv, keys, case):
    """A worker reports and an owner cancels; a reader does neither."""
    srv.api.job("a", name="j")
    for scope, codes in (("read", {403}), ("write", {200}),
                         ("admin", {200}), ("worker", {200, 403})):
        with case(scope):
            ex = keys[scope].execution(srv.api.trigger("j").id)
            assert ex.send("cancel").status_code in codes


def test_streams_by_scope_and_token(srv, keys, case):
    srv.api.job("a", name="j")
    ex = srv.api.trigger("j")
    for path in ("/events", events_path(ex)):
        for scope, asker in keys.items():
            with case(f"{scope} {path}"):
                bearer = [("Authorization", f"Bearer {asker.key}")]
                with Stream(srv.port, path, bearer) as stream:
                    assert stream.next().type == "snapshot"
                with Stream(srv.port, path,
                            access_token=asker.key) as stream:
                    assert stream.next().type == "snapshot"
        with case(f"nobody {path}"):
            for query in ({}, {"access_token": "tw_nope"},
                          {"access_token": ""}):
                with Stream(srv.port, path, **query) as stream:
                    assert stream.status == 401


def test_revoke(srv, keys):
    row = new_key(srv.api, "write", name="short")
    asker = srv.api.with_key(row["key"])
    ok(asker.get("/api/jobs"))
    assert data(srv.api.delete(f"/api/keys/{row['id']}")) == {
        "id": row["id"], "revoked": True}
    errors(asker.get("/api/jobs"), 401)
    assert row["id"] not in [k["id"] for k in data(srv.api.get("/api/keys"))]
    ok(srv.api.delete(f"/api/keys/{row['id']}"), 404)
    srv.restart()
    errors(asker.get("/api/jobs"), 401)


def test_a_revoked_key_loses_its_streams(srv, keys):
    """Also the work that an open stream would have claimed for it."""
    gone, kept = (new_key(srv.api, "worker") for _ in range(2))
    srv.api.job("a", name="j")
    ex = srv.api.trigger("j")

    def streams(key):
        who = [("Authorization", f"Bearer {key}")]
        opened = [Stream(srv.port, path, who, strict=False, **query)
                  for path, query in (
                      ("/events", {}), (events_path(ex), {}),
                      ("/storage-stream", {"keep_open": "true"}),
                      ("/api/claims/stream", {"worker": "w", "queues": "q"}))]
        for stream in opened[:2]:
            stream.next("snapshot")
        return opened

    theirs, others = streams(gone["key"]), streams(kept["key"])
    assert srv.api.delete(f"/api/keys/{gone['id']}").status_code == 200
    for stream in theirs:
        assert [e.name for e in stream.until_end() if e.name] in (
            [], ["snapshot"]), "nothing more than was on its way"
    srv.api.job("a", name="k", queue="q")
    later = srv.api.trigger("k")
    assert others[0].next("status").data["execution_id"] == later.id
    assert others[3].poll().data["execution"]["id"] == later.id
    for stream in theirs + others:
        stream.close()


def test_a_revoked_key_waits_for_work_in_vain(srv, keys):
    gone, kept = (new_key(srv.api, "worker") for _ in range(2))
    polls = [Waiting(srv.api.with_key(k["key"]), queues=["q"])
             for k in (gone, kept)]
    assert srv.api.delete(f"/api/keys/{gone['id']}").status_code == 200
    assert polls[0].join() == []
    srv.api.job("a", name="j", queue="q")
    ex = srv.api.trigger("j")
    assert polls[1].one().id == ex.id


def test_the_list_is_newest_first(srv):
    rows = [new_key(srv.api, "admin", name="first")]
    srv.api.key = rows[0]["key"]
    rows += [new_key(srv.api, "read", name=f"k{i}") for i in range(20)]
    assert [k["id"] for k in data(srv.api.get("/api/keys"))] == [
        k["id"] for k in reversed(rows)]


def test_keys_survive_a_kill(srv, keys):
    srv.kill9()
    srv.start()
    ok(keys["read"].get("/api/jobs"))
    errors(srv.api.with_key(None).get("/api/jobs"), 401)


def test_the_last_key_does_not_open_the_door(srv):
    """Revoking every key must not hand the server to everybody unasked."""
    row = new_key(srv.api, "admin")
    admin = srv.api.with_key(row["key"])
    r = admin.delete(f"/api/keys/{row['id']}")
    assert r.status_code in (200, 409, 422), r.text
    left = srv.api.get("/api/jobs").status_code
    assert left == (200 if r.status_code == 200 else 401)


# ---- projects --------------------------------------------------------------

@pytest.fixture
def tenants(srv):
    """Two writers bound to projects 1 and 2, and the admin."""
    admin = new_key(srv.api, "admin")["key"]
    srv.api.key = admin
    made = {p: srv.api.with_key(new_key(srv.api, "write", p, f"p{p}")["key"])
            for p in (1, 2)}
    made["admin"] = srv.api
    return made


def plain_get(srv, path, key):
    """A GET that gives up soon when it is answered with a stream."""
    with Raw(srv.port) as raw:
        return raw.send(request("GET", path, headers=[
            ("Authorization", f"Bearer {key}")])).response()


def test_a_bound_key_sees_its_own(srv, tenants, case):
    one, two, admin = tenants[1], tenants[2], tenants["admin"]
    one.job("a", name="j1")
    ex = one.trigger("j1", {"x": 1})
    assert ex.first["project_id"] == 1
    ex.data("heartbeat")
    with case("its owner"):
        assert ex.status == "running"
        assert [r["id"] for r in one.pages("/api/executions")] == [ex.id]
    with case("the admin"):
        assert [r["id"] for r in admin.pages("/api/executions")] == [ex.id]
    foreign = two.execution(ex.id)
    before = ex.text()
    for verb in ("heartbeat", "progress", "complete", "cancel", "report",
                 "steps/a/running"):
        with case(f"foreign {verb}"):
            assert "detail" in errors(foreign.send(verb, {}), 404)
    for path in (ex.path, ex.path + "/logs", events_path(ex)):
        with case(f"foreign {path}"):
            answers = [plain_get(srv, where, two.key) for where in (
                path, path.replace(ex.id[:8], "00000000"))]
            assert [r.status for r in answers] == [404, 404]
            theirs, ghost = (r.json() for r in answers)
            assert set(theirs) == set(ghost)
            assert theirs.get("detail") == ghost.get("detail")
    with case("foreign list"):
        assert two.pages("/api/executions") == []
        assert two.pages("/api/executions?status=running") == []
    assert ex.text() == before


def test_a_bound_key_makes_its_own(srv, tenants):
    one, admin = tenants[1], tenants["admin"]
    one.job("a", name="j1")
    r = one.post("/api/jobs/j1/trigger", {"project_id": 2})
    if r.status_code == 200:
        assert data(r)["project_id"] == 1
    else:
        assert "project_id" in r.json()["errors"] or r.status_code == 404
    admin.job("a", name="shared")
    assert admin.trigger("shared", project_id=2).first["project_id"] == 2
    assert len(tenants[2].pages("/api/executions")) == 1


def test_jobs_of_other_projects_are_missing(srv, tenants, case):
    one, two = tenants[1], tenants[2]
    job = one.job("a", name="mine")
    for ident in ("mine", job["id"]):
        with case(ident):
            errors(two.get(f"/api/jobs/{ident}"), 404)
            errors(two.put(f"/api/jobs/{ident}", {"name": "x"}), 404)
            errors(two.delete(f"/api/jobs/{ident}"), 404)
            errors(two.post(f"/api/jobs/{ident}/trigger"), 404)
    assert "mine" not in [j["name"] for j in two.pages("/api/jobs")]
    assert data(one.get("/api/jobs/mine")) == job


def test_filters_by_job_know_no_other_projects(srv, tenants, case):
    """Whoever asks for a foreign job learns as much as of none at all."""
    one, two = tenants[1], tenants[2]
    job = one.job("a", name="mine")
    one.trigger("mine")
    for path in ("/events?job=%s", "/api/executions?job_id=%s"):
        for theirs, none in (("mine", "none"),
                             (job["id"], "0" + job["id"][1:-1] + "f")):
            with case(path % theirs):
                r = plain_get(srv, path % theirs, two.key)
                ghost = plain_get(srv, path % none, two.key)
                assert (r.status, r.body) == (ghost.status, ghost.body)
    with case("one's own"):
        rows = one.pages("/api/executions?job_id=mine")
        assert [r["job_name"] for r in rows] == ["mine"]
        bearer = [("Authorization", f"Bearer {one.key}")]
        with Stream(srv.port, "/events", bearer, job="mine") as stream:
            assert len(stream.next().data["executions"]) == 1


def test_streams_show_their_own(srv, tenants):
    one, two = tenants[1], tenants[2]
    one.job("a", name="j1")
    two.job("a", name="j2")
    bearer = [("Authorization", f"Bearer {one.key}")]
    with Stream(srv.port, "/events", bearer) as stream:
        assert stream.next().data["executions"] == []
        foreign = two.trigger("j2")
        foreign.data("heartbeat")
        mine = one.trigger("j1")
        mine.data("heartbeat")
        mine.finish()
        seen = stream.until(lambda e: e.data.get("status") == "completed")
    assert {e.data["execution_id"] for e in seen} == {mine.id}
    with Stream(srv.port, "/events", bearer, since="0",
                types="all") as stream:
        seen = stream.until(lambda e: e.data.get("status") == "completed")
    assert {e.data["execution_id"] for e in seen} == {mine.id}
    with Stream(srv.port, "/events", bearer) as stream:
        counts = stream.next().data["counts"]
        assert sum(counts.values()) == 1, counts


def test_idempotency_keys_of_tenants_do_not_meet(srv, tenants):
    one, two = tenants[1], tenants[2]
    one.job("a", name="j1")
    two.job("a", name="j2")
    first = one.trigger("j1", idempotency_key="same")
    second = two.trigger("j2", idempotency_key="same")
    assert first.id != second.id
    assert one.trigger("j1", idempotency_key="same").id == first.id


# ---- where it listens ------------------------------------------------------

def test_no_key_no_listening_elsewhere(srv):
    """Without a key it serves loopback only, and says why."""
    done = run_tool([TIDEWIRED, "--listen", "0.0.0.0:0",
                     "--data", str(srv.data.with_name("open"))])
    assert done.returncode != 0
    assert "key" in done.stderr and done.stdout == ""


def test_with_a_key_it_may_listen_anywhere(srv):
    new_key(srv.api, "admin")
    srv.stop()
    proc = subprocess.Popen(
        [TIDEWIRED, "--listen", "0.0.0.0:0", "--data", str(srv.data)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = proc.stdout.readline()
        port = int(line.rsplit(":", 1)[1])
        socket.create_connection(("127.0.0.1", port), DEADLINE).close()
    finally:
        proc.terminate()
        assert proc.wait(DEADLINE) == 0
        proc.stdout.close()


def test_without_keys_only_this_machine_is_served(api):
    """No page of somebody else's may drive a server that trusts everyone."""
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"},
                    {"Host": "evil.example:8000"}):
        r = api.call("POST", "/api/jobs", {"name": "j"}, headers)
        assert r.status_code == 403, (headers, r.text)
        assert api.get("/events", headers).status_code == 403
    assert api.get("/api/jobs/j").status_code == 404
    for headers in ({"Origin": "http://localhost:3000"},
                    {"Host": "localhost:1"}, {"Host": "tidewire"}):
        assert api.get("/api/jobs", headers).status_code == 200, headers
