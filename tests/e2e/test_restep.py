"""The Restep contract: trigger, reports, queries, shapes and messages.

Neighbours: test_lifecycle.py has what time and retries do, test_steps.py
the data flow between steps, test_bad_input.py what is refused.
"""
import re
import threading
import uuid

from api import bad_query, data, errors, ok

SECONDS = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
EXECUTION = """id execution_id number job_id job_name job_version status
attempt max_attempts priority queue project_id tags input_params metadata
progress_percent current_step_name current_step_index progress_metadata
result_data error_message error_type error_stack failure retry_at created_at
updated_at started_at completed_at last_heartbeat_at duration_ms command
parent_execution_id steps""".split()
STEP = """id name step_index step_type depends_on status attempt
progress_percent metadata input_params result_data artifacts checkpoint_data
checkpoint_size_bytes error_message error_type error_stack started_at
completed_at duration_ms""".split()
PAYLOADS = "input_params metadata result_data error_stack steps".split()
# Values that a parser which makes doubles of numbers would change.
ODD = ('{"big":1.0000000000000000001,"huge":1e400,"tiny":-0.0e-999,'
       '"int":123456789012345678901234567890,"esc":"\\u00e5\\ud83d\\ude00'
       '\\/\\u0000\x7f","sp" : [ 1 ,\t2 ], "":{}, "k":[[]]}')


# ---- trigger and get ----------------------------------------------------

def test_trigger_answers_the_execution(api):
    job = api.job("a", "b", name="etl", queue="bulk", priority=7)
    r = api.post("/api/jobs/etl/trigger", {"input_params": {"x": 1}})
    body = ok(r)
    assert body["message"] == "Execution created"
    row = body["data"]
    assert set(EXECUTION) <= set(row), set(EXECUTION) - set(row)
    assert row["id"] == row["execution_id"]
    assert uuid.UUID(row["id"]).version == 7
    assert row["status"] == "pending" and row["attempt"] == 1
    assert row["max_attempts"] == 3 and row["input_params"] == {"x": 1}
    assert (row["job_id"], row["job_name"], row["job_version"]) == (
        job["id"], "etl", 1)
    assert (row["queue"], row["priority"]) == ("bulk", 7)
    assert SECONDS.match(row["created_at"])
    for member in ("started_at", "completed_at", "result_data", "retry_at",
                   "error_message", "failure", "command", "duration_ms",
                   "current_step_name", "parent_execution_id"):
        assert row[member] is None, member
    assert [s["name"] for s in row["steps"]] == ["a", "b"]
    for step in row["steps"]:
        assert set(STEP) <= set(step), set(STEP) - set(step)
        assert uuid.UUID(step["id"])
    again = data(api.get(f"/api/executions/{row['id']}"))
    assert again == row


def test_trigger_by_id_or_name_with_or_without_a_body(api, case):
    job = api.job("a", name="j")
    for name in ("j", job["id"], job["id"].upper()):
        for body in ("", "{}", '{"input_params":null}', "null and void"):
            with case(f"{name} {body!r}"):
                r = api.post(f"/api/jobs/{name}/trigger", body)
                if body.startswith("null"):
                    errors(r, 400)
                else:
                    assert data(r)["job_id"] == job["id"]


def test_trigger_without_a_content_type(api):
    api.job("a", name="j")
    r = api.post("/api/jobs/j/trigger", '{"input_params":{"x":1}}',
                 {"Content-Type": "text/plain"})
    assert data(r)["input_params"] == {"x": 1}


def test_trigger_members(api):
    api.job("a", name="j")
    row = api.trigger("j", [1, 2], metadata={"m": 1}, priority=9,
                      tags={"env": "prod"}, project_id=42).first
    assert row["input_params"] == [1, 2] and row["metadata"] == {"m": 1}
    assert row["tags"] == {"env": "prod"} and row["project_id"] == 42
    assert row["priority"] == 9


def test_trigger_rules(srv, api, case):
    api.job("a", name="j")
    before = srv.seq()
    for member, wrong in [
            ("priority", 10), ("priority", "9"), ("metadata", [1]),
            ("tags", {"a": 1}), ("tags", []), ("tags", {"": "x"}),
            ("project_id", 0), ("project_id", "x"), ("project_id", -1),
            ("idempotency_key", 5), ("idempotency_key", "")]:
        with case(f"{member}={wrong}"):
            found = errors(api.post("/api/jobs/j/trigger", {member: wrong}))
            assert any(m.split(".")[0] == member for m in found), found
    errors(api.post("/api/jobs/ghost/trigger"), 404)
    errors(api.post(f"/api/jobs/{uuid.uuid4()}/trigger"), 404)
    assert srv.seq() == before


def test_long_members_fit_or_are_refused(srv, api, case):
    """What an index cannot hold is refused, never cut."""
    api.job("a", name="j")
    for size in (100, 255, 256, 320, 400, 401, 512, 5000):
        for member, value in [
                ("tags", {"k": "v" * size}), ("tags", {"k" * size: "v"}),
                ("idempotency_key", "k" * size),
                ("idempotency_key", "\u00e5" * size)]:
            with case(f"{member} of {size}"):
                before = srv.counts()["total"]
                r = api.post("/api/jobs/j/trigger", {member: value})
                if r.status_code == 200:
                    if member == "tags":
                        assert data(r)["tags"] == value
                    again = api.post("/api/jobs/j/trigger", {member: value})
                    new = data(again)["id"] != data(r)["id"]
                    assert new == (member == "tags")
                else:
                    assert any(m.split(".")[0] == member for m in errors(r))
                    assert srv.counts()["total"] == before


def test_one_idempotency_key_for_two_jobs(api):
    """The scope of a key is the operation, not the job."""
    api.job("a", name="one")
    api.job("a", name="two")
    first = api.trigger("one", idempotency_key="k")
    again = ok(api.post("/api/jobs/two/trigger", {"idempotency_key": "k"}))
    assert again["data"]["id"] == first.id
    assert again["message"] == "Existing execution returned"


def test_numbers_ascend(api):
    api.job("a", name="j")
    numbers = [api.trigger("j").first["number"] for _ in range(5)]
    assert numbers == sorted(set(numbers)) and numbers[0] >= 1


def test_idempotency_key(srv, api):
    api.job("a", name="j")
    body = {"idempotency_key": "k\u00e5", "input_params": 1}
    first = ok(api.post("/api/jobs/j/trigger", body))
    body["input_params"] = 2
    again = ok(api.post("/api/jobs/j/trigger", body))
    assert again["message"] == "Existing execution returned"
    assert again["data"] == first["data"]
    api.execution(first["data"]["id"]).finish()
    srv.restart()
    third = ok(api.post("/api/jobs/j/trigger", body))
    assert third["data"]["id"] == first["data"]["id"]
    assert third["data"]["status"] == "completed"
    other = ok(api.post("/api/jobs/j/trigger", {"idempotency_key": "l"}))
    assert other["data"]["id"] != first["data"]["id"]


def test_fifty_triggers_with_one_key_make_one_execution(srv, api):
    api.job("a", name="j")
    answers, gate = [], threading.Barrier(50)

    def one():
        gate.wait()
        r = api.post("/api/jobs/j/trigger", {"idempotency_key": "same"})
        answers.append(ok(r))

    threads = [threading.Thread(target=one) for _ in range(50)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(answers) == 50
    assert len({a["data"]["id"] for a in answers}) == 1
    assert [a["message"] for a in answers].count("Execution created") == 1
    assert srv.counts()["total"] == 1


# ---- reports: shapes and messages ---------------------------------------

def test_heartbeat(api):
    api.job("a", name="j")
    ex = api.trigger("j")
    body = ex.ok("heartbeat")
    assert body["message"] == "Heartbeat updated"
    row = body["data"]
    assert row["id"] == ex.id and row["status"] == "running"
    assert row["command"] is None
    assert SECONDS.match(row["last_heartbeat_at"])
    assert SECONDS.match(ex.get()["started_at"])


def test_progress(api):
    api.job("a", name="j")
    ex = api.trigger("j")
    body = ex.ok("progress", progress_percent=45, current_step_name="a",
                 current_step_index=0, metadata={"rows": 10})
    assert body["message"] == "Progress updated"
    for row in (body["data"], ex.get()):
        assert row["progress_percent"] == 45
        assert row["current_step_name"] == "a"
        assert row["current_step_index"] == 0
        assert row["progress_metadata"] == {"rows": 10}
        assert row["status"] == "running"
    ex.data("progress", progress_percent=50)
    row = ex.get()
    assert row["progress_percent"] == 50
    assert row["current_step_name"] == "a", "absent members stay"
    assert row["progress_metadata"] == {"rows": 10}


def test_progress_values(api, case):
    api.job("a", name="j")
    ex = api.trigger("j")
    for sent, shown in [("45.0", 45), ("45", 45), ("4.5e1", 45), ("100", 100),
                        ("0", 0), ("-0", 0), ("100.000", 100), ("7", 7)]:
        with case(sent):
            row = ex.data("progress", f'{{"progress_percent":{sent}}}')
            assert row["progress_percent"] == shown
            assert ex.get()["progress_percent"] == shown
    for sent in ("45.5", "101", "-1", '"45"', "true", "[]", "1e400",
                 "99999999999999999999", "0.1", "100.0001"):
        with case(sent):
            ex.refused("progress", "progress_percent",
                       f'{{"progress_percent":{sent}}}')
    for wrong in ("-1", "1.5", '"0"', "4294967296"):
        with case(f"index {wrong}"):
            ex.refused("progress", "current_step_index",
                       f'{{"current_step_index":{wrong}}}')
    ex.refused("progress", "current_step_name", current_step_name=5)
    ex.refused("progress", "metadata", metadata=[1])
    assert ex.get()["progress_percent"] == 7


def test_progress_without_members(api):
    api.job("a", name="j")
    ex = api.trigger("j")
    assert ex.ok("progress", {})["message"] == "Progress updated"
    assert ex.get()["progress_percent"] in (None, 0)
    assert ex.status == "running"


def test_log(api):
    api.job("a", name="j")
    ex = api.trigger("j")
    step = ex.first["steps"][0]["id"]
    body = ex.ok("log", level="warn", message="careful\nnow",
                 log_data={"x": 1}, progress_percent=12,
                 execution_step_id=step)
    assert body["status"] == "ok" and body["log_id"]
    assert body["command"] is None
    (row,) = ex.logs()
    assert row["level"] == "warn" and row["message"] == "careful\nnow"
    assert row["log_data"] == {"x": 1} and row["progress_percent"] == 12
    assert row["execution_step_id"] == step and row["attempt"] == 1
    assert str(row["id"]) == str(body["log_id"])
    assert ex.get()["progress_percent"] == 12
    assert ex.status == "running"


def test_log_levels_and_default(api, case):
    api.job("a", name="j")
    ex = api.trigger("j")
    for level in ("debug", "info", "warn", "error"):
        ex.ok("log", level=level, message=level)
    assert [r["level"] for r in ex.logs()] == ["debug", "info", "warn",
                                               "error"]
    assert [r["message"] for r in ex.logs("&level=warn")] == ["warn"]
    ex.ok("log", message="plain")
    ex.ok("log", level=None, message="null", log_data=None,
          progress_percent=None, execution_step_id=None)
    assert [r["level"] for r in ex.logs()[4:]] == ["info", "info"]
    for wrong in ("fatal", "INFO", 1, ""):
        with case(str(wrong)):
            ex.refused("log", "level", level=wrong, message="m")
    ex.refused("log", "message", level="info")
    ex.refused("log", "message", level="info", message=None)
    ex.refused("log", "message", level="info", message=7)
    ex.refused("log", "execution_step_id", message="m",
               execution_step_id=str(uuid.uuid4()))
    assert len(ex.logs()) == 6


def test_log_batch(api):
    api.job("a", name="j")
    ex = api.trigger("j")
    logs = [{"level": "info", "message": f"m{i}", "log_data": {"i": i}}
            for i in range(1000)]
    body = ex.ok("log", logs=logs)
    assert body["status"] == "ok" and body["count"] == 1000
    assert "command" in body
    rows = ex.logs()
    assert [r["message"] for r in rows] == [f"m{i}" for i in range(1000)]
    assert [r["log_data"]["i"] for r in rows] == list(range(1000))
    seqs = [int(r["seq"]) for r in rows]
    assert seqs == sorted(set(seqs))


def test_log_batch_is_all_or_nothing(srv, api):
    api.job("a", name="j")
    ex = api.trigger("j")
    before = srv.seq()
    good = {"level": "info", "message": "m"}
    for member, bad in [("logs.3.level", {**good, "level": "loud"}),
                        ("logs.3.message", {"level": "info"}),
                        ("logs.3.progress_percent",
                         {**good, "progress_percent": 101}),
                        ("logs.3.execution_step_id",
                         {**good, "execution_step_id": "nope"}),
                        ("logs.3", 7)]:
        ex.refused("log", member, logs=[good] * 3 + [bad, good])
    ex.refused("log", "logs", logs=[good] * 1001)
    ex.refused("log", "logs", logs={})
    assert ex.logs() == [] and ex.status == "pending"
    assert srv.seq() == before
    assert ex.ok("log", logs=[])["count"] == 0


def test_a_page_of_logs_is_bounded_in_bytes(api):
    api.job(name="j")
    ex = api.trigger("j")
    for i in range(8):
        ex.ok("log", message=f"{i}" + "x" * 900_000)
    page = api.get(f"{ex.path}/logs?limit=1000").json()
    assert len(page["data"]) == 5 and page["next_cursor"] is not None
    assert [row["message"][0] for row in ex.logs()] == list("01234567")


def test_logs_query(api, case):
    api.job("a", name="j")
    ex = api.trigger("j")
    ex.ok("log", logs=[{"message": str(i), "level": "info" if i % 2 else
                        "error"} for i in range(250)])
    first = ok(api.get(f"{ex.path}/logs"))
    assert [r["message"] for r in first["data"]] == [
        str(i) for i in range(100)]
    after = first["data"][-1]["seq"]
    rest = ok(api.get(f"{ex.path}/logs?after={after}&limit=1000"))
    assert [r["message"] for r in rest["data"]] == [
        str(i) for i in range(100, 250)]
    assert rest["next_cursor"] is None
    assert len(ex.logs("&level=error")) == 125
    for query in ("limit=0", "limit=1001", "limit=x", "level=loud",
                  "after=x", "after=-1"):
        with case(query):
            bad_query(api.get(f"{ex.path}/logs?{query}"),
                      query.split("=")[0])
    errors(api.get(f"/api/executions/{uuid.uuid4()}/logs"), 404)


def test_complete(srv, api):
    api.job("a", "b", name="j")
    ex = api.trigger("j")
    ex.data("heartbeat")
    srv.advance(200_000)
    body = ex.ok("complete", result_data={"rows": 3})
    assert body["message"] == "Execution marked as completed"
    row = body["data"]
    assert row["status"] == "completed" and row["result_data"] == {"rows": 3}
    assert SECONDS.match(row["completed_at"])
    assert 200_000 <= row["duration_ms"] < 230_000
    got = ex.get()
    assert got["duration_ms"] == row["duration_ms"]
    assert {s["status"] for s in got["steps"]} == {"skipped"}
    assert got["error_message"] is None and got["retry_at"] is None


def test_complete_of_a_pending_execution(api):
    api.job("a", name="j")
    ex = api.trigger("j")
    assert ex.finish()["status"] == "completed"
    row = ex.get()
    assert row["started_at"] and row["completed_at"]


def test_fail(api):
    api.job("a", name="j", retry={"max_attempts": 1})
    ex = api.trigger("j")
    body = ex.ok("fail", error_message="it broke", error_type="IOError",
                 error_stack="at line 1\nat line 2")
    assert body["message"] == "Execution marked as failed"
    row = body["data"]
    assert row["status"] == "failed" and row["error_message"] == "it broke"
    assert row["error_type"] == "IOError" and row["retry_at"] is None
    got = ex.get()
    assert got["error_stack"] == "at line 1\nat line 2"
    assert got["completed_at"]
    assert {"category", "code", "message", "retryable"} <= set(
        got["failure"])


def test_fail_needs_a_message(api, case):
    api.job("a", name="j")
    ex = api.trigger("j")
    for body in ("", "{}", '{"error_message":null}', '{"error_message":5}'):
        with case(body):
            ex.refused("fail", "error_message", body)
    ex.refused("fail", "error_type", error_message="m", error_type=1)
    ex.refused("fail", "error_stack", error_message="m", error_stack=[])
    ex.refused("fail", "retryable", error_message="m", retryable="no")
    ex.refused("fail", "retry_after_seconds", error_message="m",
               retry_after_seconds=-1)
    assert ex.status == "pending"


def test_cancel_of_a_pending_execution(api):
    api.job("a", name="j")
    ex = api.trigger("j")
    body = ex.ok("cancel")
    assert body["message"] == "Execution cancelled"
    assert body["data"]["status"] == "cancelled"
    assert SECONDS.match(body["data"]["completed_at"])
    assert ex.status == "cancelled"
    assert {s["status"] for s in ex.get()["steps"]} <= {"cancelled",
                                                         "skipped"}


# ---- reports: what every one of them accepts ----------------------------

EVERY = ["heartbeat", "progress", "log", "report", "steps/a/running",
         "steps/a/progress", "steps/a/completed", "steps/a/failed",
         "complete", "fail", "cancel"]
NEEDED = {"log": {"message": "m"}, "fail": {"error_message": "m"},
          "steps/a/failed": {"error_message": "m"}}


def test_the_first_report_of_any_kind_makes_it_running(api, case):
    api.job("a", name="j")
    for verb in EVERY[:8]:
        with case(verb):
            ex = api.trigger("j")
            body = {"heartbeat": True} if verb == "report" else (
                NEEDED.get(verb, {}))
            ex.ok(verb, body)
            row = ex.get()
            assert row["status"] == "running" and row["started_at"]
            assert row["last_heartbeat_at"]


def test_null_bodies_with_a_json_content_type(api, case):
    api.job("a", name="j")
    for verb in ("heartbeat", "progress", "steps/a/running",
                 "steps/a/progress", "steps/a/completed", "complete",
                 "cancel"):
        for body in (b"", "{}"):
            with case(f"{verb} {body!r}"):
                api.trigger("j").ok(verb, body)
        with case(f"{verb} without anything"):
            ex = api.trigger("j")
            r = api.call("POST", f"{ex.path}/{verb}")
            assert ok(r)


def test_explicit_nulls(api):
    api.job("a", name="j")
    ex = api.trigger("j")
    ex.ok("progress", progress_percent=None, current_step_name=None,
          current_step_index=None, metadata={})
    ex.ok("progress", metadata=None)
    ex.ok("log", level="info", message="m", log_data=None,
          execution_step_id=None, progress_percent=None)
    ex.ok("steps/a/progress", progress_percent=None, metadata=None,
          checkpoint_data=None)
    ex.ok("steps/a/completed", result_data=None, artifacts=None)
    other = api.trigger("j")
    other.ok("steps/a/failed", error_message="m", error_type=None,
             error_stack=None)
    other.ok("fail", error_message="m", error_type=None, error_stack=None)
    assert ex.data("complete", result_data=None)["result_data"] is None


def test_every_answer_carries_the_command(api, case):
    api.job("a", name="j")
    for verb in EVERY[:8]:
        with case(verb):
            ex = api.trigger("j")
            body = {"heartbeat": True} if verb == "report" else (
                NEEDED.get(verb, {}))
            answer = ex.ok(verb, body)
            holder = answer.get("data", answer)
            assert holder["command"] is None
            ex = api.trigger("j")
            ex.data("heartbeat")
            ex.ok("cancel")
            answer = ex.ok(verb, body)
            assert answer.get("data", answer)["command"] == "cancel"


def test_unknown_executions_and_steps(srv, api, case):
    api.job("a", name="j")
    ex = api.trigger("j")
    before = srv.seq()
    for ident in (str(uuid.uuid4()), "nope", "0", "%00", "a" * 300,
                  ex.id[:-1], "00000000-0000-0000-0000-000000000000"):
        with case(ident[:40]):
            for verb in EVERY:
                r = api.post(f"/api/executions/{ident}/{verb}",
                             NEEDED.get(verb, {}))
                found = ok(r, 404)
                assert "errors" in found or "error" in found, r.text
            r = api.get(f"/api/executions/{ident}")
            assert "detail" in errors(r, 404)
    for step in (str(uuid.uuid4()), "b", "A", "0"):
        for verb in ("running", "progress", "completed", "failed"):
            with case(f"{step} {verb}"):
                r = ex.send(f"steps/{step}/{verb}",
                            {"error_message": "m"})
                assert "detail" in errors(r, 404)
    assert srv.seq() == before and ex.status == "pending"


# ---- bytes are kept -------------------------------------------------------

def test_payload_bytes_are_kept(srv, api, case):
    api.job("a", name="j")
    payload = ODD.encode("utf-8")
    r = api.post("/api/jobs/j/trigger", b'{"input_params":' + payload
                 + b',"metadata":' + payload + b"}")
    ex = api.execution(data_id(r))
    ex.send("log", b'{"message":"m","log_data":' + payload + b"}")
    ex.send("progress", b'{"metadata":' + payload + b"}")
    ex.send("steps/a/progress", b'{"metadata":' + payload
            + b',"checkpoint_data":' + payload + b"}")
    ex.send("steps/a/completed", b'{"result_data":' + payload
            + b',"artifacts":' + payload + b"}")
    done = ex.send("complete", b'{"result_data":' + payload + b"}")
    for life in ("before", "after"):
        text = ex.text()
        for member in ("input_params", "metadata", "progress_metadata",
                       "result_data", "checkpoint_data", "artifacts"):
            with case(f"{member} {life} a restart"):
                assert f'"{member}":{ODD}' in text
        with case(f"log_data {life}"):
            logs = api.get(f"{ex.path}/logs").content
            assert b'"log_data":' + payload in logs
        srv.restart()
    with case("answer of complete"):
        assert b'"result_data":' + payload in done.content


def data_id(r):
    found = re.search(r'"id":"([0-9a-f-]{36})"', r.text)
    assert r.status_code == 200 and found, r.text
    return found.group(1)


def test_any_json_value_is_a_result(api, case):
    api.job("a", name="j")
    for value in ("0", '"x"', "[1,2]", "true", "false", "1e5", '""', "[]"):
        with case(value):
            ex = api.trigger("j")
            ex.ok("complete", f'{{"result_data":{value}}}')
            assert f'"result_data":{value}' in ex.text()


def test_unicode_text_comes_back(api):
    api.job("a", name="j", retry={"max_attempts": 1})
    ex = api.trigger("j")
    text = "\u00e5\u4f60\U0001f600\u2028\x00\x1f\"\\\ufffd"
    ex.ok("log", message=text)
    ex.ok("progress", current_step_name=text)
    ex.ok("fail", error_message=text, error_type=text, error_stack=text)
    assert ex.logs()[0]["message"] == text
    row = ex.get()
    assert row["current_step_name"] == row["error_message"] == text
    assert row["error_type"] == row["error_stack"] == text


# ---- one report with everything -------------------------------------------

def everything(**changed):
    return {"heartbeat": True,
            "progress": {"progress_percent": 60, "metadata": {"n": 1}},
            "logs": [{"message": "one"}, {"level": "error",
                                          "message": "two"}],
            "step_reports": [
                {"step": "a", "report": "running"},
                {"step": "a", "report": "progress", "progress_percent": 5,
                 "checkpoint_data": {"at": 5}},
                {"step": "a", "report": "completed",
                 "artifacts": {"x": 1}},
                {"step": "b", "report": "failed", "error_message": "no"}],
            "complete": {"result_data": 7}, **changed}


def test_report_applies_all_in_order(api):
    api.job("a", "b", name="j")
    ex = api.trigger("j")
    row = ex.data("report", everything())
    assert row["status"] == "completed" and row["command"] is None
    got = ex.get()
    assert got["progress_percent"] in (60, 100)
    assert got["result_data"] == 7 and got["progress_metadata"] == {"n": 1}
    steps = ex.steps()
    assert steps["a"]["status"] == "completed"
    assert steps["a"]["artifacts"] == {"x": 1}
    assert steps["b"]["status"] == "failed"
    assert [r["message"] for r in ex.logs()] == ["one", "two"]


def test_report_is_all_or_nothing(srv, api, case):
    api.job("a", "b", name="j")
    ex = api.trigger("j")
    seq, text = srv.seq(), ex.text()
    wrong = [
        ("progress.progress_percent", {"progress": {"progress_percent": 101}}),
        ("logs.1.level", {"logs": [{"message": "m"},
                                   {"message": "m", "level": "x"}]}),
        ("step_reports.0.step", {"step_reports": [{"report": "running"}]}),
        ("step_reports.0.report", {"step_reports": [
            {"step": "a", "report": "jump"}]}),
        ("step_reports.0.progress_percent", {"step_reports": [
            {"step": "a", "report": "progress", "progress_percent": 5.5}]}),
        ("fail.error_message", {"complete": None, "fail": {}}),
        ("logs", {"logs": [{"message": "m"}] * 1001}),
        ("step_reports", {"step_reports": {}}),
        ("progress", {"progress": 5})]
    for member, change in wrong:
        with case(member):
            found = errors(ex.send("report", everything(**change)))
            assert member in found, found
    with case("complete and fail"):
        found = errors(ex.send("report", everything(
            fail={"error_message": "m"})))
        assert found
    with case("unknown step"):
        r = ex.send("report", everything(step_reports=[
            {"step": "ghost", "report": "running"}]))
        assert r.status_code in (404, 422) and "errors" in r.json()
    assert srv.seq() == seq and ex.text() == text


def test_report_with_fail(api):
    api.job("a", name="j", retry={"max_attempts": 1})
    ex = api.trigger("j")
    row = ex.data("report", {"logs": [{"message": "last words"}],
                             "fail": {"error_message": "m"}})
    assert row["status"] == "failed"
    assert [r["message"] for r in ex.logs()] == ["last words"]


def test_empty_report_counts_as_a_heartbeat(api):
    api.job("a", name="j")
    ex = api.trigger("j")
    assert ex.data("report", {})["status"] == "running"


# ---- lists -----------------------------------------------------------------

def test_list_executions(api):
    one, two = api.job("a", name="one"), api.job("a", name="two")
    made = [api.trigger(one if i % 2 else two, tags={"n": str(i % 3)})
            for i in range(25)]
    ids = [e.id for e in reversed(made)]
    body = ok(api.get("/api/executions"))
    assert [r["id"] for r in body["data"]] == ids[:20]
    for member in PAYLOADS:
        assert member not in body["data"][0], member
    assert [r["id"] for r in api.pages("/api/executions?limit=4")] == ids
    for e in made[:5]:
        e.data("heartbeat")
    made[5].finish()
    assert len(api.pages("/api/executions?status=running")) == 5
    assert [r["id"] for r in api.pages("/api/executions?status=completed")
            ] == [made[5].id]
    by_job = api.pages(f"/api/executions?job_id={one['id']}&limit=3")
    assert [r["id"] for r in by_job] == [
        e.id for i, e in enumerate(made) if i % 2][::-1]
    by_tag = api.pages("/api/executions?tag=n:1&limit=3")
    assert [r["id"] for r in by_tag] == [
        e.id for i, e in enumerate(made) if i % 3 == 1][::-1]
    both = api.pages("/api/executions?status=pending&tag=n:0")
    assert [r["id"] for r in both] == [
        e.id for i, e in enumerate(made) if i % 3 == 0 and i > 5][::-1]


def test_list_by_every_status(srv, api, case):
    api.job("a", name="j", retry={"max_attempts": 1})
    api.job("a", name="t", retry={"max_attempts": 1},
            heartbeat_timeout_seconds=10)
    api.job("a", name="retry")
    made = {"timeout": api.trigger("t")}
    made["timeout"].data("heartbeat")
    srv.advance(20_000)
    for status, verb, body in [
            ("pending", None, None), ("running", "heartbeat", {}),
            ("completed", "complete", {}), ("cancelled", "cancel", {}),
            ("failed", "fail", {"error_message": "m"})]:
        made[status] = api.trigger("j")
        if verb:
            made[status].ok(verb, body)
    for status, ex in made.items():
        with case(status):
            rows = api.pages(f"/api/executions?status={status}")
            assert [(r["id"], r["status"]) for r in rows] == [
                (ex.id, status)]
    with case("a waiting retry is listed as it is shown"):
        waiting = api.trigger("retry")
        waiting.ok("fail", error_message="m")
        rows = api.pages("/api/executions?status=failed")
        assert [r["id"] for r in rows] == [waiting.id, made["failed"].id]
    with case("unknown status"):
        bad_query(api.get("/api/executions?status=odd"), "status")


def test_execution_pages_stay_whole_while_rows_change(api):
    api.job("a", name="j")
    made = [api.trigger("j") for _ in range(20)]
    seen, cursor = [], None
    while True:
        url = "/api/executions?limit=3&status=pending"
        body = ok(api.get(url + (f"&cursor={cursor}" if cursor else "")))
        seen += [r["id"] for r in body["data"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
        api.trigger("j")
        made[0].data("heartbeat")
    assert len(seen) == len(set(seen))
    assert seen == [e.id for e in reversed(made[1:])]


def test_list_rules(api, case):
    for query in ("limit=0", "limit=101", "limit=x", "cursor=x",
                  "job_id=%ff", "tag=novalue", "&".join(["tag=a:b"] * 17)):
        with case(query):
            bad_query(api.get(f"/api/executions?{query}"),
                      query.split("=")[0])




def test_long_keys_that_begin_alike(api):
    """Keys too long for a table's key are still each their own."""
    api.job(name="alike")
    keys = ["\u00e9" * 200 + f"{n:07}" for n in range(40)]
    made = [api.trigger("alike", idempotency_key=k).id for k in keys]
    assert len(set(made)) == 40
    assert [api.trigger("alike", idempotency_key=k).id for k in keys] == made
