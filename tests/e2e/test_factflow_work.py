"""What steps did, as Factflow shows it: stats, routes, graph and lineage.

Neighbours: test_factflow.py has the executions themselves.
"""
import pytest

from api import chain, ms, ok
from factflow import BASE, TIME, UUID, Factflow, invalid
from server import wait_until

ENTRY = {"id", "correlation_id", "parent_correlation_id", "replay_batch_id",
         "execution_id", "route_id", "adapter_name", "adapter_index",
         "stage_name", "stage_status", "stage_input_hash", "started_at",
         "completed_at", "duration_ms", "metadata", "error_info"}
COUNTS = ("completed", "failed", "cancelled", "pending", "in_progress")
RETRY = {"max_attempts": 3, "initial_interval_ms": 10000, "jitter": 0,
         "backoff_coefficient": 1}


@pytest.fixture
def ff(api):
    return Factflow(api)


@pytest.fixture
def pipe(ff):
    """An execution of the pipeline, and its worker."""
    made = ff.create(ff.config())["id"]
    return made, ff.worker(made)


def step(srv, worker, name, took, **members):
    """A step that takes so many ms by the server's clock."""
    worker.step(name, "running")
    srv.advance(took)
    worker.step(name, "completed", **members)


def lineage(ff, ident, query=""):
    body = ok(ff.api.get(f"{BASE}/{ident}/lineage{query}"))
    assert set(body) == {"total", "execution_id", "entries", "truncated"}
    for entry in body["entries"]:
        assert set(entry) >= ENTRY, ENTRY - set(entry)
        assert UUID.match(entry["id"]) and TIME.match(entry["started_at"])
        assert (entry["completed_at"] is None) == (
            entry["stage_status"] == "processing")
    ids = [e["id"] for e in body["entries"]]
    assert len(set(ids)) == len(ids)
    began = [ms(e["started_at"]) for e in body["entries"]]
    assert began == sorted(began)
    return body


def runs(ff, ident):
    return [(e["adapter_name"], e["attempt"], e["stage_status"])
            for e in lineage(ff, ident)["entries"]]


def counts(row):
    return {k: row[k] for k in COUNTS if row[k]}


# ---- the graph ------------------------------------------------------------

def test_dag_of_a_pipeline(ff, pipe):
    assert ff.get(pipe[0], "/dag") == {
        "execution_id": pipe[0],
        "init_queue": "urls",
        "nodes": [
            {"route_id": "fetch", "name": "Fetch pages",
             "adapters": ["download", "fetch.1"]},
            {"route_id": "keep", "name": "keep", "adapters": ["save"]},
            {"route_id": "report", "name": "report",
             "adapters": ["report.0"]}],
        "edges": [
            {"from_route": "fetch", "to_route": "keep", "queue": "pages"},
            {"from_route": "keep", "to_route": "report", "queue": "done"}]}


def test_dag_of_a_job(ff):
    job = ff.api.job(
        {"name": "a", "route": "in", "queue": "q0"},
        {"name": "b", "route": "in", "depends_on": ["a"]},
        {"name": "c", "depends_on": ["a"], "queue": "q1"},
        {"name": "d", "depends_on": ["c", "b"], "queue": "q2"})
    dag = ff.get(ff.create(job)["id"], "/dag")
    assert dag["init_queue"] == "q0"
    assert [(n["route_id"], n["adapters"]) for n in dag["nodes"]] == [
        ("in", ["a", "b"]), ("c", ["c"]), ("d", ["d"])]
    assert [(e["from_route"], e["to_route"], e["queue"])
            for e in dag["edges"]] == [
        ("in", "c", "q1"), ("c", "d", "q2"), ("in", "d", "q2")]
    empty = ff.get(ff.create(ff.api.job())["id"], "/dag")
    assert empty["nodes"] == empty["edges"] == []
    assert empty["init_queue"] is None


# ---- stats, routes, monitor -----------------------------------------------

def test_stats(srv, ff, pipe):
    ident, worker = pipe
    step(srv, worker, "download", 2000, artifacts={"n": 1})
    step(srv, worker, "fetch.1", 4000)
    worker.step("save", "running")
    srv.advance(2000)
    stats = ff.get(ident, "/stats")
    assert set(stats) == {"execution_id", "status", "adapters", "totals",
                          "duration_ms", "truncated"}
    assert stats["execution_id"] == ident and stats["status"] == "running"
    assert [(a["route_id"], a["adapter"], counts(a))
            for a in stats["adapters"]] == [
        ("fetch", "download", {"completed": 1}),
        ("fetch", "fetch.1", {"completed": 1}),
        ("keep", "save", {"in_progress": 1}),
        ("report", "report.0", {"pending": 1})]
    took = [a["avg_duration_ms"] for a in stats["adapters"]]
    assert 2000 <= took[0] < 3000 and 4000 <= took[1] < 5000
    assert took[2:] == [None, None]
    assert 8000 <= stats["duration_ms"] < 10000
    rates = [a["throughput_per_s"] for a in stats["adapters"]]
    assert rates[2:] == [0, 0] and all(0.1 <= r <= 0.125 for r in rates[:2])
    totals = stats["totals"]
    assert counts(totals) == {"completed": 2, "in_progress": 1, "pending": 1}
    assert totals["total_messages"] == 3
    assert 3000 <= totals["avg_duration_ms"] < 4000
    assert ff.get(ident)["stats"]["completed"] == 2


def test_stats_stand_still_at_the_end(srv, ff, pipe):
    ident, worker = pipe
    for name in ("download", "fetch.1", "save", "report.0"):
        step(srv, worker, name, 100)
    assert ff.status(ident) == "completed", "a pipeline ends by itself"
    before = ff.get(ident, "/stats")
    srv.advance(60000)
    assert ff.get(ident, "/stats") == before
    assert counts(before["totals"]) == {"completed": 4}


def test_routes(srv, ff, pipe):
    ident, worker = pipe
    step(srv, worker, "download", 1000)
    worker.step("fetch.1", "running")
    body = ff.get(ident, "/routes")
    assert body["execution_id"] == ident
    fetch, keep, report = body["routes"]
    assert fetch["route_id"] == "fetch" and fetch["queue"] == "urls"
    assert fetch["total_messages"] == 2 and fetch["in_flight"] == 1
    assert counts(fetch) == {"completed": 1, "in_progress": 1}
    assert 1000 <= fetch["avg_duration_ms"] < 2000
    assert fetch["processor_status"] == "running"
    assert (keep["total_messages"], keep["avg_duration_ms"]) == (0, None)
    assert keep["processor_status"] == report["processor_status"] == "waiting"
    worker.step("fetch.1", "failed", error_message="x")
    assert ff.get(ident, "/routes")["routes"][0]["processor_status"] == (
        "failed")
    worker.finish()
    states = [r["processor_status"] for r in
              ff.get(ident, "/routes")["routes"]]
    assert states == ["failed", "stopped", "stopped"]


def test_monitor(srv, ff, pipe):
    ident, worker = pipe
    step(srv, worker, "download", 10)
    worker.step("fetch.1", "running")
    got = ff.get(ident, "/monitor")
    assert set(got) == {"execution_id", "config_id", "status", "started_at",
                        "dag", "routes", "metrics"}
    assert got["dag"] == ff.get(ident, "/dag")
    assert got["routes"] == ff.get(ident, "/routes")["routes"]
    assert got["metrics"] == {"total": 2, "completed": 1, "failed": 0,
                              "processing": 1}
    assert got["config_id"] == ff.get(ident)["config_id"]


# ---- lineage --------------------------------------------------------------

def test_lineage(srv, ff, pipe):
    ident, worker = pipe
    step(srv, worker, "download", 1500)
    worker.step("fetch.1", "running")
    worker.step("fetch.1", "progress", metadata={"page": 3})
    worker.step("fetch.1", "failed", error_message="no", error_type="Odd")
    body = lineage(ff, ident)
    assert body["total"] == 2 and not body["truncated"]
    first, second = body["entries"]
    assert first["parent_correlation_id"] is None
    assert second["parent_correlation_id"] == first["correlation_id"]
    assert first["correlation_id"] == ff.get(ident)["root_correlation_id"]
    assert [e["adapter_index"] for e in (first, second)] == [0, 1]
    assert [e["route_id"] for e in (first, second)] == ["fetch", "fetch"]
    assert 1500 <= first["duration_ms"] < 2500
    assert first["stage_status"] == "completed"
    assert first["error_info"] is None and first["metadata"] is None
    assert second["metadata"] == {"page": 3}
    assert second["error_info"]["message"] == "no"
    assert second["error_info"]["type"] == "Odd"
    assert all(e["execution_id"] == ident and e["replay_batch_id"] is None
               for e in (first, second))


def test_one_entry_for_each_run(srv, ff):
    job = ff.api.job(name="r", steps=chain("a", "b"), retry=RETRY)
    made = ff.create(job)["id"]
    worker = ff.worker(made)
    step(srv, worker, "a", 10)
    worker.step("b", "running")
    worker.data("fail", error_message="broke", error_type="Odd")
    assert runs(ff, made) == [("a", 1, "completed"), ("b", 1, "failed")]
    entry = lineage(ff, made)["entries"][1]
    assert entry["error_info"]["message"] == "broke"
    srv.advance(10100)
    worker.step("b", "running")
    assert runs(ff, made) == [("a", 1, "completed"), ("b", 1, "failed"),
                              ("b", 2, "processing")]
    worker.step("b", "failed", error_message="x")
    worker.step("b", "running")
    worker.step("b", "completed")
    worker.finish()
    assert [r[2] for r in runs(ff, made)] == [
        "completed", "failed", "failed", "completed"]
    stats = ff.get(made, "/stats")["adapters"][1]
    assert (stats["completed"], stats["failed"]) == (1, 2)
    again = lineage(ff, made)["entries"]
    assert again[1]["id"] != again[2]["id"] != again[3]["id"]


def test_silence_fails_a_run_unless_it_is_revived(srv, ff):
    job = ff.api.job(name="h", steps=chain("a"), retry=RETRY,
                     heartbeat_timeout_seconds=5)
    made = ff.create(job)["id"]
    worker = ff.worker(made)
    worker.step("a", "running")
    srv.advance(5100)
    assert runs(ff, made) == [("a", 1, "failed")]
    info = lineage(ff, made)["entries"][0]["error_info"]
    assert info["category"] == "timeout"
    worker.data("heartbeat")
    assert runs(ff, made) == [("a", 1, "processing")]
    worker.step("a", "completed")
    assert runs(ff, made) == [("a", 1, "completed")]


def test_runs_end_with_their_execution(ff, case):
    job = ff.api.job("a", name="e", cancel_grace_seconds=60)
    for verb, body, want in [
            ("complete", {}, "cancelled"),
            ("fail", {"error_message": "x", "retryable": False}, "failed"),
            ("cancel", {}, "cancelled")]:
        with case(verb):
            made = ff.create(job)["id"]
            worker = ff.worker(made)
            worker.step("a", "running")
            worker.data(verb, body)
            if verb == "cancel":
                worker.data("cancel")
            assert runs(ff, made) == [("a", 1, want)]


def test_lineage_limits(ff, case):
    job = ff.api.job(*[f"s{i}" for i in range(12)], name="many")
    made = ff.create(job)["id"]
    worker = ff.worker(made)
    for i in range(12):
        worker.step(f"s{i}", "running")
    body = lineage(ff, made, "?limit=5")
    assert body["total"] == 12 and len(body["entries"]) == 5
    assert len(lineage(ff, made, "?limit=10000")["entries"]) == 12
    for bad in ("0", "10001", "x", ""):
        with case(bad):
            r = ff.api.get(f"{BASE}/{made}/lineage?limit={bad}")
            assert invalid(r) == {("query", "limit")}


def test_lineage_over_a_crash(srv, ff, pipe):
    ident, worker = pipe
    step(srv, worker, "download", 10)
    worker.step("fetch.1", "running")
    before = lineage(ff, ident)
    srv.kill9()
    srv.start()
    wait_until(lambda: ff.status(ident) == "interrupted", "recovery")
    assert lineage(ff, ident) == before
    worker.step("fetch.1", "completed")
    assert runs(ff, ident)[1] == ("fetch.1", 1, "completed")


def test_a_chatty_execution(ff):
    """Thousands of logs between steps change nothing of what they did."""
    made = ff.create(ff.api.job("a", name="chatty"))["id"]
    worker = ff.worker(made)
    worker.step("a", "running")
    for _ in range(5):
        worker.ok("log", {"logs": [{"level": "info", "message": "m"}] * 1000})
    worker.step("a", "completed")
    assert runs(ff, made) == [("a", 1, "completed")]


def test_a_lineage_is_bounded_in_bytes(ff):
    made = ff.create(ff.api.job(*[f"s{i}" for i in range(10)]))["id"]
    worker = ff.worker(made)
    big = {"text": "x" * 1_000_000}
    for i in range(10):
        worker.step(f"s{i}", "running")
        worker.step(f"s{i}", "progress", metadata=big)
    body = lineage(ff, made)
    assert body["total"] == 10 and body["truncated"]
    assert len(body["entries"]) == 8
    assert body["entries"][7]["metadata"] == big
