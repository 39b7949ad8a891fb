"""Replays: a new execution that begins in the middle of another.

Neighbours: tests/core/test_replay.c has the plans; here they are lived.
"""
import pytest

from api import chain, ok
from factflow import BASE, Factflow, detail, invalid
from server import wait_until

PIPE = [
    {"name": "a", "route": "in"},
    {"name": "b", "route": "mid", "depends_on": ["a"]},
    {"name": "c", "route": "mid", "depends_on": ["b"]},
    {"name": "d", "route": "out", "depends_on": ["c"]}]


@pytest.fixture
def ff(api):
    return Factflow(api)


@pytest.fixture
def parent(ff):
    """An execution whose steps a, b and c are done, and which then failed."""
    job = ff.api.job(*PIPE, name="p", auto_complete=True,
                     retry={"max_attempts": 1})
    made = ff.create(job, tag="parent", trigger_context={"in": 1},
                     metadata={"m": 1})["id"]
    worker = ff.worker(made)
    for name in "abc":
        worker.step(name, "completed", artifacts={name: 1},
                    result_data=f"result of {name}")
    worker.data("fail", error_message="broke")
    return made


def statuses(ff, ident):
    return {n: s["status"] for n, s in ff.worker(ident).steps().items()}


def test_replay(ff, parent):
    before = ff.get(parent)
    made = ff.replay(parent, from_stage="b")
    assert made["status"] == "running" and made["id"] != parent
    assert made["parent_execution_id"] == parent
    assert made["replay_source"] == "storage" and made["tag"] is None
    steps = ff.worker(made["id"]).steps()
    assert [s["status"] for s in steps.values()] == [
        "completed", "completed", "ready", "pending"]
    assert steps["b"]["artifacts"] == {"b": 1}
    assert steps["b"]["result_data"] == "result of b"
    assert steps["b"]["checkpoint_data"] == {"b": 1}
    assert steps["c"]["input_params"] == {"b": 1}
    got = ff.get(made["id"])
    assert got["trigger_context"] == {"in": 1} and got["metadata"] is None
    assert got["config_snapshot"] == before["config_snapshot"]
    assert ff.get(parent) == before, "the parent is untouched"


def test_it_lives_like_any_other(srv, ff, parent):
    made = ff.replay("parent", from_stage="b", tag="again")["id"]
    worker = ff.worker(made)
    worker.step("c", "completed", artifacts={"c": 2})
    assert worker.steps()["d"]["input_params"] == {"c": 2}
    worker.step("d", "completed")
    assert ff.status("again") == "completed"
    lineage = ff.get(made, "/lineage")
    assert [e["adapter_name"] for e in lineage["entries"]] == ["c", "d"]
    assert {e["replay_batch_id"] for e in lineage["entries"]} == {made}
    stats = ff.get(made, "/stats")
    assert stats["totals"]["completed"] == 2, "only what ran here"
    assert stats["totals"]["pending"] == 0
    # A replay of a replay.
    third = ff.replay(made, from_stage="c")
    assert third["parent_execution_id"] == made
    assert statuses(ff, third["id"])["d"] == "ready"


def test_members(ff, parent):
    made = ff.replay(parent, from_stage="c", to_route="out",
                     replay_source="manual", from_path="x/y",
                     metadata={"why": "again"}, tag="named")
    assert made["tag"] == "named" and made["replay_source"] == "manual"
    assert ff.get("named")["metadata"] == {"why": "again"}
    lineage = ff.replay(parent, from_stage="c", replay_source="lineage")
    assert lineage["replay_source"] == "lineage"
    assert ff.ids("", f"/{parent}/replays") == [lineage["id"], made["id"]]


def test_a_route_further_on(srv, ff, parent):
    """What lies between is skipped, and stays so over a retry."""
    job = ff.api.get("/api/jobs/p").json()["data"]
    ok(ff.api.put("/api/jobs/p", {**job, "retry": {
        "max_attempts": 2, "initial_interval_ms": 1000, "jitter": 0}}))
    made = ff.replay(parent, from_stage="a", to_route="out", config_id="p")
    worker = ff.worker(made["id"])
    assert statuses(ff, made["id"]) == {
        "a": "skipped", "b": "skipped", "c": "skipped", "d": "ready"}
    assert worker.steps()["d"]["input_params"] == {"a": 1}
    worker.step("d", "running")
    worker.data("fail", error_message="x")
    srv.advance(1100)
    assert statuses(ff, made["id"])["d"] == "ready"
    assert worker.steps()["d"]["input_params"] == {"a": 1}
    worker.step("d", "completed")
    assert ff.status(made["id"]) == "completed"


def test_another_config(ff, parent):
    other = ff.config(name="other")
    made = ff.replay(parent, from_stage="b", to_route="keep",
                     config_id=other["id"])
    assert made["config_id"] == other["id"]
    assert statuses(ff, made["id"]) == {
        "download": "skipped", "fetch.1": "skipped", "save": "ready",
        "report.0": "pending"}
    steps = ff.worker(made["id"]).steps()
    assert steps["save"]["input_params"] == {"b": 1}
    worker = ff.worker(made["id"])
    worker.step("save", "completed")
    worker.step("report.0", "completed")
    assert ff.status(made["id"]) == "completed"


def test_the_parents_snapshot(ff, parent):
    """An edit of the job does not reach what is replayed from before it."""
    ok(ff.api.put("/api/jobs/p", {"name": "p", "steps": [{"name": "z"}]}))
    made = ff.replay(parent, from_stage="b")
    assert list(statuses(ff, made["id"])) == ["a", "b", "c", "d"]
    ok(ff.api.delete("/api/jobs/p"))
    ff.replay(parent, from_stage="b")


def test_refusals(ff, parent, case):
    ff.create("p", tag="taken")
    half = ff.create("p")["id"]
    ff.worker(half).step("a", "completed")
    for ident, body, text in [
            (parent, {"from_stage": "nope"}, "nope"),
            (parent, {"from_stage": "d"}, "not completed"),
            (half, {"from_stage": "a"}, "no artifacts"),
            (half, {"from_stage": "b"}, "'b'"),
            (parent, {"from_stage": "a", "to_route": "nope"}, "nope"),
            (parent, {"from_stage": "b", "to_route": "in"}, "in"),
            (parent, {"from_stage": "b", "config_id": "nope"}, "config"),
            (parent, {"from_stage": "b", "config_id": "p"}, "to_route")]:
        with case(str(body)):
            if body.get("config_id") == "p":
                ok(ff.api.put("/api/jobs/p", {"name": "p", "steps": PIPE}))
            assert text in detail(ff.post(ident, "replay", body), 400)
    with case("a taken tag"):
        detail(ff.post(parent, "replay",
                       {"from_stage": "b", "tag": "taken"}), 409)
    with case("a config that cannot run"):
        ff.config(name="broken", yaml="routes: {}")
        r = ff.post(parent, "replay", {"from_stage": "b", "to_route": "x",
                                       "config_id": "broken"})
        detail(r, 400)
        assert r.json()["validation_report"]["error_count"] > 0
    for body, loc in [({}, "from_stage"), ({"from_stage": ""}, "from_stage"),
                      ({"from_stage": 1}, "from_stage"),
                      ({"from_stage": "a", "to_route": ""}, "to_route"),
                      ({"from_stage": "a", "to_route": []}, "to_route"),
                      ({"from_stage": "a", "replay_source": "x"},
                       "replay_source"),
                      ({"from_stage": "a", "from_path": 1}, "from_path"),
                      ({"from_stage": "a", "metadata": 1}, "metadata"),
                      ({"from_stage": "a", "tag": ""}, "tag"),
                      ({"from_stage": "a", "config_id": 1}, "config_id")]:
        with case(str(body)):
            assert invalid(ff.post(parent, "replay", body)) == {("body", loc)}
    assert ff.list("", f"/{parent}/replays")["total"] == 0


def test_replays_page(ff, parent, case):
    made = [ff.replay(parent, from_stage="b")["id"] for _ in range(5)]
    page = ff.list("limit=2&offset=1", f"/{parent}/replays")
    assert [x["id"] for x in page["executions"]] == made[::-1][1:3]
    assert page["total"] == 5 and page["has_more"]
    assert ff.list("", f"/{made[0]}/replays")["total"] == 0
    for bad in ("limit=0", "limit=1001", "offset=-1"):
        with case(bad):
            name = bad.split("=")[0]
            r = ff.api.get(f"{BASE}/{parent}/replays?{bad}")
            assert invalid(r) == {("query", name)}


def test_a_running_parent(ff):
    job = ff.api.job(*PIPE, name="p")
    first = ff.create(job)["id"]
    ff.worker(first).step("a", "completed", artifacts={"a": 1})
    made = ff.replay(first, from_stage="a")
    assert statuses(ff, made["id"])["b"] == "ready"
    assert statuses(ff, first)["b"] == "ready"
    ok(ff.post(made["id"], "cancel"))
    assert ff.status(made["id"]) == "cancelled"
    assert ff.status(first) == "running"


def test_large_artifacts_and_a_crash(srv, ff):
    """Copies are whole and on disk when the answer is."""
    job = ff.api.job(*PIPE, name="p")
    first = ff.create(job)["id"]
    big = {"text": "x" * 900_000, "n": "1.0"}
    for name in "abc":
        ff.worker(first).step(name, "completed", artifacts=big)
    made = ff.replay(first, from_stage="c")["id"]
    srv.kill9()
    srv.start()
    wait_until(lambda: ff.status(first) == "interrupted", "recovery")
    steps = ff.worker(made).steps()
    assert all(steps[n]["artifacts"] == big for n in "abc")
    assert steps["d"]["input_params"] == big


def test_a_mapping_reads_what_was_copied(ff):
    job = ff.api.job(
        *chain("a", "b"),
        {"name": "c", "depends_on": ["b"], "input_mapping": {
            "x": "a.artifacts.v", "y": "b.result_data",
            "z": "job.input_params.k"}}, name="m")
    first = ff.create(job, trigger_context={"k": "in"})["id"]
    ff.worker(first).step("a", "completed", artifacts={"v": 7})
    ff.worker(first).step("b", "completed", artifacts={}, result_data=[1])
    made = ff.replay(first, from_stage="b")["id"]
    assert ff.worker(made).steps()["c"]["input_params"] == {
        "x": 7, "y": [1], "z": "in"}
