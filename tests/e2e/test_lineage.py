"""Lineage over executions: lists, one run, what it came from and led to.

Neighbours: test_factflow_work.py has one execution's lineage.
"""
import pytest

from api import ok
from factflow import PIPELINE, UUID, Factflow, detail, invalid

BASE = "/api/v1/lineage"
TEXT = 'must be one of started_at, completed_at, route_id, stage_name'


@pytest.fixture
def ff(api):
    ff = Factflow(api)
    ff.config()
    return ff


def made(ff, fail=False):
    """An execution whose three routes have run, or failed in the last."""
    ident = ff.create("pipe")["id"]
    worker = ff.worker(ident)
    worker.step("download", "completed", artifacts={"pages": 1})
    worker.step("fetch.1", "completed", artifacts={"html": 1})
    worker.step("save", "completed", artifacts={"rows": 1})
    if fail:
        worker.step("report.0", "failed", error_message="no mail today")
    else:
        worker.step("report.0", "completed")
    return ident


def entries(api, query="", part=""):
    return ok(api.get(f"{BASE}{part}?{query}"))["entries"]


def names(rows):
    return [row["adapter_name"] for row in rows]


def test_one_by_its_id(ff, api):
    ident = made(ff)
    others = [made(ff) for _ in range(3)]
    rows = ff.get(ident, "/lineage")["entries"]
    assert names(rows) == ["download", "fetch.1", "save", "report.0"]
    for row in rows:
        assert ok(api.get(f"{BASE}/{row['correlation_id']}")) == row
    for one in others:
        for row in ff.get(one, "/lineage")["entries"]:
            assert ok(api.get(f"{BASE}/{row['id']}"))["execution_id"] == one


def test_runs_of_a_retried_step(ff, api, srv):
    job = api.job("a", name="again", retry={
        "max_attempts": 3, "initial_interval_ms": 1000, "jitter": 0})
    ex = api.trigger(job["name"])
    for _ in range(2):
        ex.step("a", "running")
        ex.ok("fail", error_message="no")
        srv.advance(10_000)
    ex.step("a", "completed")
    rows = ff.get(ex.id, "/lineage")["entries"]
    assert len(rows) == 3 and len({row["id"] for row in rows}) == 3
    for row in rows:
        assert ok(api.get(f"{BASE}/{row['id']}")) == row


def test_unknown_ids(ff, api):
    ident = made(ff)
    (row, *_) = ff.get(ident, "/lineage")["entries"]
    wrong = row["id"][:-12] + "%012x" % (int(row["id"][-12:], 16) ^ 1 << 40)
    for name in (ident, wrong, "nobody", "0" * 8 + "-0000-7000-8000-" +
                 "0" * 12, "f" * 8 + "-ffff-7fff-bfff-" + "f" * 12):
        for part in ("", "/chain", "/children"):
            detail(api.get(f"{BASE}/{name}{part}"), 404)
        detail(api.get(f"{BASE}/batch/{name}"), 404)
    detail(api.get(f"{BASE}?execution_id=nobody"), 404)


def test_chain_and_children(ff, api):
    rows = ff.get(made(ff), "/lineage")["entries"]
    middle = rows[1]["id"]
    got = ok(api.get(f"{BASE}/{middle}/chain"))
    assert got["entries"] == rows and got["total"] == 4
    assert got["correlation_id"] == middle and got["truncated"] is False
    assert names(entries(api, part=f"/{middle}/children")) == ["save"]
    assert entries(api, part=f"/{rows[3]['id']}/children") == []


def test_chain_leaves_out_other_branches(ff, api):
    job = api.job("a", {"name": "b", "depends_on": ["a"]},
                  {"name": "c", "depends_on": ["a"]},
                  {"name": "d", "depends_on": ["b"]})
    ex = api.trigger(job["name"])
    for name in "abcd":
        ex.step(name, "completed")
    rows = {row["adapter_name"]: row["id"]
            for row in ff.get(ex.id, "/lineage")["entries"]}
    assert names(entries(api, part=f"/{rows['b']}/chain")) == ["a", "b", "d"]
    assert names(entries(api, part=f"/{rows['c']}/chain")) == ["a", "c"]
    assert names(entries(api, part=f"/{rows['a']}/children")) == ["b", "c"]


def test_batch_is_a_replay(ff, api):
    ident = made(ff)
    again = ff.replay(ident, from_stage="fetch.1")["id"]
    ff.worker(again).step("save", "completed")
    got = ok(api.get(f"{BASE}/batch/{again}"))
    assert got["batch_id"] == again and names(got["entries"]) == ["save"]
    assert got["entries"][0]["replay_batch_id"] == again
    assert got["total"] == 1
    detail(api.get(f"{BASE}/batch/{ident}"), 404)


def test_list_filters(ff, api):
    first, second = made(ff), made(ff, fail=True)
    assert len(entries(api)) == 8
    assert names(entries(api, f"execution_id={first}&route_id=fetch")) == [
        "download", "fetch.1"]
    assert len(entries(api, "adapter_name=save")) == 2
    (failed,) = entries(api, "status=failed")
    assert failed["execution_id"] == second
    assert "no mail today" in str(failed["error_info"])
    assert entries(api, "status=pending") == []
    assert names(entries(api, f"execution_id={first}&is_root=true")) == [
        "download"]
    assert len(entries(api, "is_root=false")) == 6
    start = failed["started_at"]
    after = entries(api, f"started_after={start}")
    assert failed in after and all(e["started_at"] >= start for e in after)
    assert entries(api, "started_before=2020-01-01T00:00:00Z") == []


def test_list_by_what_metadata_says(ff, api):
    ident = ff.create("pipe")["id"]
    worker = ff.worker(ident)
    worker.step("download", "running")
    worker.step("download", "progress", progress_percent=5, metadata={
        "url": "https://Example.org/a", "title": "Tides",
        "document_id": "doc-7"})
    made(ff)
    for query in ("url=example.ORG", "title=tide", "document_id=doc-7",
                  "url=example&document_id=doc-7"):
        (one,) = entries(api, query)
        assert one["execution_id"] == ident
    for query in ("url=example.net", "document_id=doc", "origin=a"):
        assert entries(api, query) == []


def test_list_order_and_pages(ff, api):
    made(ff), made(ff)
    rows = entries(api)
    assert rows == sorted(rows, key=lambda e: (e["started_at"], e["id"]))
    assert entries(api, "sort_order=desc") == rows[::-1]
    by_route = entries(api, "sort_by=route_id")
    assert [e["route_id"] for e in by_route] == sorted(
        e["route_id"] for e in rows)
    by_stage = names(entries(api, "sort_by=stage_name&sort_order=desc"))
    assert by_stage == sorted(by_stage, reverse=True)
    got = ok(api.get(f"{BASE}?limit=3&offset=2"))
    assert got["entries"] == rows[2:5] and got["has_more"] is True
    assert (got["total"], got["limit"], got["offset"]) == (8, 3, 2)
    got = ok(api.get(f"{BASE}?limit=3&offset=6"))
    assert got["entries"] == rows[6:] and got["has_more"] is False
    assert entries(api, "offset=9") == []


def test_list_looks_at_the_newest_alone(ff, api):
    oldest = made(ff)
    for _ in range(99):
        ff.create("pipe")
    assert ok(api.get(BASE))["truncated"] is False
    ff.create("pipe")
    got = ok(api.get(BASE))
    assert got["truncated"] is True and got["entries"] == []
    assert len(entries(api, f"execution_id={oldest}")) == 4


@pytest.mark.parametrize("query", [
    "status=done", "is_root=maybe", "started_after=now", "started_before=1",
    "sort_by=id", "sort_order=up", "limit=0", "limit=1001", "limit=x",
    "offset=-1"])
def test_wrong_queries(ff, api, query):
    name = query.split("=")[0]
    assert invalid(api.get(f"{BASE}?{query}")) == {("query", name)}


def test_says_what_a_word_may_be(api):
    (one,) = ok(api.get(f"{BASE}?sort_by=id"), 422)["detail"]
    assert one["msg"] == TEXT
    (one,) = ok(api.get(f"{BASE}?is_root=maybe"), 422)["detail"]
    assert one["msg"] == "must be one of false, true"


def test_a_bound_key_sees_its_project_alone(start):
    srv = start()
    api = srv.api
    boss = ok(api.post("/api/keys", {"name": "b", "scope": "admin"}), 201)
    api.key = boss["data"]["key"]
    bound = ok(api.post("/api/keys", {"name": "p", "scope": "write",
                                      "project_id": 7}), 201)["data"]["key"]
    ok(api.post("/api/v1/configs", {"name": "pipe", "config_yaml": PIPELINE}),
       201)
    ff = Factflow(api)
    foreign = ff.get(made(ff), "/lineage")["entries"][0]["id"]
    api.key = bound
    mine = made(ff)
    assert {e["execution_id"] for e in entries(api)} == {mine}
    detail(api.get(f"{BASE}/{foreign}"), 404)
    assert UUID.match(mine)
