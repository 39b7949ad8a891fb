"""What time, failure and cancellation do to an execution.

Neighbours: test_restep.py has the shapes, test_model.py walks the same
rules at random.
"""
from api import chain, data, ms, ok
from server import wait_until

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
SLACK = 3_000  # the clock runs on while a test works


def job(api, name="j", **members):
    """A job whose retries wait exactly ten seconds."""
    members.setdefault("retry", {
        "max_attempts": 3, "initial_interval_ms": 10_000, "jitter": 0,
        "backoff_coefficient": 1})
    return api.job("a", "b", name=name, **members)


def running(api, name="j"):
    ex = api.trigger(name)
    ex.data("heartbeat")
    return ex


def timed_out(srv, api, **members):
    """An execution whose first attempt fell silent."""
    job(api, **members)
    ex = running(api)
    srv.advance(310_000)
    assert ex.status == "timeout"
    return ex


# ---- retries -----------------------------------------------------------

def test_backoff_until_attempts_are_used_up(srv, api):
    job(api, retry={"max_attempts": 5, "initial_interval_ms": 10_000,
                    "backoff_coefficient": 2, "max_interval_ms": 30_000,
                    "jitter": 0})
    ex = api.trigger("j")
    for attempt, wait in [(1, 10_000), (2, 20_000), (3, 30_000), (4, 30_000)]:
        now = srv.now()
        row = ex.data("fail", error_message=f"try {attempt}")
        assert row["status"] == "failed" and row["attempt"] == attempt
        due = ms(row["retry_at"])
        assert now + wait - 1000 <= due <= now + wait + SLACK
        assert row["completed_at"] is None
        srv.advance(wait - 5_000)
        row = ex.get()
        assert row["status"] == "failed" and ms(row["retry_at"]) == due
        srv.advance(5_500)
        row = ex.get()
        assert row["status"] == "pending" and row["retry_at"] is None
        assert row["attempt"] == attempt + 1
    row = ex.data("fail", error_message="the last")
    assert row["status"] == "failed" and row["retry_at"] is None
    row = ex.get()
    assert row["attempt"] == 5 and row["completed_at"]
    assert row["error_message"] == "the last"
    srv.advance(DAY)
    assert ex.get()["attempt"] == 5


def test_jitter_is_in_what_is_shown(srv, api):
    job(api, retry={"max_attempts": 2, "initial_interval_ms": 100_000,
                    "jitter": 0.5, "backoff_coefficient": 1})
    waits = []
    for _ in range(20):
        ex = api.trigger("j")
        now = srv.now()
        due = ms(ex.data("fail", error_message="m")["retry_at"])
        assert now + 49_000 <= due <= now + 150_000 + SLACK
        waits.append((due - now, ex))
    waits.sort(key=lambda w: w[0])
    assert waits[-1][0] - waits[0][0] > 5_000, "every wait is the same"
    start = srv.now()
    for wait, ex in waits[:5]:
        left = start + wait - srv.now()
        if left > 10_000:
            srv.advance(left - 8_000)
            assert ex.get()["attempt"] == 1, "earlier than shown"
            srv.advance(8_000 + 1_500)
        else:
            srv.advance(left + 1_500)
        assert ex.get()["attempt"] == 2, "later than shown"


def test_errors_that_are_not_retried(srv, api):
    job(api, retry={"max_attempts": 3, "non_retryable_errors": ["Fatal"]})
    ex = api.trigger("j")
    row = ex.data("fail", error_message="m", error_type="Fatal")
    assert row["status"] == "failed" and row["retry_at"] is None
    ex = api.trigger("j")
    row = ex.data("fail", error_message="m", error_type="fatal")
    assert row["retry_at"], "another type is retried"
    ex = api.trigger("j")
    row = ex.data("fail", error_message="m", retryable=False)
    assert row["retry_at"] is None
    srv.advance(DAY)
    assert ex.status == "failed"


def test_retry_after_seconds(srv, api):
    job(api)
    ex = api.trigger("j")
    now = srv.now()
    row = ex.data("fail", error_message="m", retry_after_seconds=100)
    assert now + 99_000 <= ms(row["retry_at"]) <= now + 100_000 + SLACK
    srv.advance(90_000)
    assert ex.status == "failed"
    srv.advance(11_000)
    assert ex.status == "pending"


def test_retry_keeps_completed_steps_and_checkpoints(srv, api):
    api.job(*chain("a", "b", "c"), name="j",
            retry={"max_attempts": 2, "initial_interval_ms": 10_000})
    ex = api.trigger("j", {"in": 1})
    ex.step("a", "running")
    ex.step("a", "completed", artifacts={"rows": 3}, result_data=1)
    ex.step("b", "running")
    ex.step("b", "progress", progress_percent=40,
            checkpoint_data={"at": 40})
    ex.data("fail", error_message="m")
    srv.advance(12_000)
    row = ex.get()
    assert row["status"] == "pending" and row["attempt"] == 2
    steps = ex.steps()
    assert steps["a"]["status"] == "completed"
    assert steps["a"]["artifacts"] == {"rows": 3}
    assert steps["b"]["status"] in ("pending", "ready")
    assert steps["b"]["checkpoint_data"] == {"at": 40}
    assert steps["b"]["input_params"] == {"rows": 3}
    ex.step("b", "running")
    ex.step("b", "completed", artifacts={"rows": 4})
    assert ex.steps()["c"]["input_params"] == {"rows": 4}
    assert ex.finish()["status"] == "completed"


def test_fail_repeated_while_its_retry_waits(srv, api):
    job(api)
    ex = api.trigger("j")
    first = ex.data("fail", error_message="one", error_type="E")
    again = ex.data("fail", error_message="two", error_type="F")
    for member in ("status", "retry_at", "error_message", "error_type",
                   "attempt"):
        assert again[member] == first[member], member
    srv.advance(12_000)
    assert ex.get()["attempt"] == 2
    srv.advance(DAY)
    assert ex.get()["attempt"] == 2, "one retry, not two"


def test_waits_without_measure(srv, api, case):
    """A definition's largest values neither wrap around nor end the world."""
    for i, retry in enumerate([
            {"initial_interval_ms": 10 ** 12, "max_interval_ms": 10 ** 15},
            {"initial_interval_ms": 2 ** 53, "max_interval_ms": 2 ** 62},
            {"initial_interval_ms": 10 ** 9, "backoff_coefficient": 100,
             "max_interval_ms": 2 ** 63 - 1, "jitter": 1}]):
        with case(str(retry)):
            r = api.post("/api/jobs", {
                "name": f"far{i}", "retry": {"max_attempts": 9, **retry}})
            if r.status_code == 422:
                continue
            ex = api.trigger(data(r, 201))
            now = srv.now()
            row = ex.data("fail", error_message="m")
            assert row["status"] == "failed"
            assert row["retry_at"] > "2026", row["retry_at"]
            srv.advance(1_000)
            assert ex.get()["attempt"] == 1 and srv.now() >= now
    for i, limit in enumerate((4_294_967, 4_294_968, 10 ** 9, 10 ** 12,
                               2 ** 53, 2 ** 63 - 1)):
        for member in ("heartbeat_timeout_seconds", "timeout_seconds",
                       "total_timeout_seconds", "cancel_grace_seconds"):
            with case(f"{member} {limit}"):
                r = api.post("/api/jobs", {"name": f"{member}{i}",
                                           member: limit})
                if r.status_code == 422:
                    continue
                assert data(r, 201)[member] == limit
                ex = running(api, f"{member}{i}")
                srv.advance(100_000)
                assert ex.data("heartbeat")["status"] == "running"
                ex.data("cancel")
                srv.advance(1_000)
                assert ex.status == "cancelled"


# ---- silence ---------------------------------------------------------------

def test_five_minutes_of_silence(srv, api):
    job(api)
    ex = running(api)
    srv.advance(290_000)
    assert ex.status == "running"
    srv.advance(12_000)
    row = ex.get()
    assert row["status"] == "timeout" and row["attempt"] == 1
    assert row["retry_at"] and row["completed_at"] is None
    srv.advance(12_000)
    row = ex.get()
    assert row["status"] == "pending" and row["attempt"] == 2


def test_silence_of_the_last_attempt_is_final(srv, api):
    job(api, retry={"max_attempts": 1})
    ex = running(api)
    srv.advance(310_000)
    row = ex.get()
    assert row["status"] == "timeout" and row["retry_at"] is None
    assert row["completed_at"]
    assert row["failure"]["category"] == "timeout"
    ex.refused("heartbeat", "status")
    ex.refused("complete", "status")
    assert ex.status == "timeout"


def test_a_heartbeat_moves_the_deadline(srv, api):
    job(api)
    ex = running(api)
    for _ in range(10):
        srv.advance(280_000)
        assert ex.data("heartbeat")["status"] == "running"
    srv.advance(290_000)
    assert ex.status == "running"
    srv.advance(12_000)
    assert ex.status == "timeout"


def test_every_report_counts_as_a_heartbeat(srv, api, case):
    job(api)
    reports = [("progress", {}), ("log", {"message": "m"}),
               ("log", {"logs": [{"message": "m"}]}),
               ("steps/a/running", {}), ("steps/a/progress", {}),
               ("steps/a/completed", {}), ("report", {}),
               ("steps/b/failed", {"error_message": "m"})]
    for verb, body in reports:
        with case(verb):
            ex = running(api)
            srv.advance(280_000)
            ex.ok(verb, body)
            srv.advance(280_000)
            assert ex.status == "running"
            ex.finish()


def test_a_refused_report_is_no_heartbeat(srv, api):
    job(api)
    ex = running(api)
    srv.advance(280_000)
    ex.refused("progress", "progress_percent", progress_percent=101)
    ex.send("heartbeat", {"attempt": 7})
    srv.advance(25_000)
    assert ex.status == "timeout"


def test_pending_waits_for_ever(srv, api):
    job(api)
    ex = api.trigger("j")
    srv.advance(30 * DAY)
    assert ex.status == "pending"


def test_heartbeat_timeout_of_the_job(srv, api):
    job(api, heartbeat_timeout_seconds=60)
    ex = running(api)
    srv.advance(50_000)
    assert ex.status == "running"
    srv.advance(12_000)
    assert ex.status == "timeout"


def test_last_heartbeat_is_shown_though_it_is_not_written(srv, api):
    job(api)
    ex = running(api)
    seq = srv.seq()
    srv.advance(30_000)
    now = srv.now()
    row = ex.data("heartbeat")
    assert now - 1000 <= ms(row["last_heartbeat_at"]) <= now + SLACK
    assert ex.get()["last_heartbeat_at"] == row["last_heartbeat_at"]
    assert srv.seq() == seq, "a plain heartbeat is no event"


# ---- late truth ------------------------------------------------------------

def test_a_heartbeat_revives_a_timed_out_attempt(srv, api):
    ex = timed_out(srv, api)
    row = ex.data("heartbeat")
    assert row["status"] == "running" and row["attempt"] == 1
    assert ex.get()["retry_at"] is None
    srv.advance(200_000)
    row = ex.get()
    assert row["status"] == "running" and row["attempt"] == 1
    assert ex.finish()["status"] == "completed"


def test_a_complete_cancels_the_retry_of_a_timeout(srv, api):
    ex = timed_out(srv, api)
    row = ex.data("complete", result_data={"late": True})
    assert row["status"] == "completed"
    srv.advance(DAY)
    row = ex.get()
    assert row["status"] == "completed" and row["attempt"] == 1
    assert row["retry_at"] is None and row["result_data"] == {"late": True}


def test_a_revived_attempt_may_time_out_again(srv, api):
    ex = timed_out(srv, api)
    ex.data("heartbeat")
    srv.advance(310_000)
    row = ex.get()
    assert row["status"] == "timeout" and row["attempt"] == 1
    srv.advance(12_000)
    assert ex.get()["attempt"] == 2


def test_the_timed_out_attempt_is_stale_after_its_retry(srv, api):
    ex = timed_out(srv, api)
    srv.advance(12_000)
    assert ex.get()["attempt"] == 2
    ex.refused("complete", "attempt", {"attempt": 1}, status=409)
    assert ex.status == "pending"
    assert ex.data("heartbeat", {"attempt": 2})["status"] == "running"


# ---- attempts --------------------------------------------------------------

def test_attempt_fences_every_report(srv, api, case):
    job(api)
    ex = api.trigger("j")
    ex.data("fail", error_message="m", attempt=1)
    srv.advance(12_000)
    text, seq = ex.text(), srv.seq()
    bodies = {"log": {"message": "m"}, "fail": {"error_message": "m"},
              "steps/a/failed": {"error_message": "m"}}
    for verb in ("heartbeat", "progress", "log", "complete", "fail",
                 "report", "cancel", "steps/a/running", "steps/a/progress",
                 "steps/a/completed", "steps/a/failed"):
        body = bodies.get(verb, {})
        for old in (1, 3):
            with case(f"{verb} attempt {old}"):
                ex.refused(verb, "attempt", {**body, "attempt": old},
                           status=409)
                r = ex.send(verb, body, {"X-Attempt": str(old)})
                assert "attempt" in r.json()["errors"]
                assert r.status_code == 409
    assert ex.text() == text and srv.seq() >= seq
    with case("the present attempt"):
        r = ex.send("heartbeat", {}, {"X-Attempt": "2"})
        assert data(r)["status"] == "running"
        ex.data("progress", attempt=2, progress_percent=1)
    for wrong in (0, -1, "2", 1.5, 2 ** 40):
        with case(f"attempt {wrong}"):
            r = ex.send("heartbeat", {"attempt": wrong})
            assert r.status_code in (409, 422), r.text
            assert "attempt" in r.json()["errors"]
    with case("header that is no number"):
        r = ex.send("heartbeat", {}, {"X-Attempt": "two"})
        assert r.status_code in (400, 409, 422), r.text


def test_attempt_comes_before_the_status(srv, api):
    job(api)
    ex = api.trigger("j")
    ex.data("fail", error_message="m")
    srv.advance(12_000)
    ex.finish()
    ex.refused("complete", "attempt", {"attempt": 1}, status=409)
    assert ex.data("complete", {"attempt": 2})["status"] == "completed"
    ex.refused("heartbeat", "status", {"attempt": 2})


# ---- the end is the end ----------------------------------------------------

LATE = [("heartbeat", {}), ("progress", {"progress_percent": 1}),
        ("log", {"message": "late"}), ("log", {"logs": [{"message": "l"}]}),
        ("complete", {"result_data": "late"}),
        ("fail", {"error_message": "late"}), ("cancel", {}),
        ("steps/a/running", {}), ("steps/a/progress", {}),
        ("steps/a/completed", {}),
        ("steps/a/failed", {"error_message": "late"}),
        # What landed together is repeated together.
        ("report", {"complete": {}, "logs": [{"message": "late"}]})]


def ended(srv, api, how):
    """An execution at its end, and the verb that may be repeated."""
    ex = running(api, "once")
    if how == "timeout":
        srv.advance(310_000)
        return ex, None
    body = {"result_data": {"n": 1}} if how == "complete" else (
        {"error_message": "first"} if how == "fail" else {})
    ex.data(how, body)
    if how == "cancel":
        srv.advance(40_000)
    return ex, how


def test_terminal_executions_refuse_all_but_a_repetition(srv, api, case):
    job(api, "once", retry={"max_attempts": 1})
    for how in ("complete", "fail", "cancel", "timeout"):
        ex, same = ended(srv, api, how)
        before = ex.text()
        for verb, body in LATE:
            with case(f"{verb} after {how}"):
                if verb == same or (verb, how) == ("report", "complete"):
                    row = ex.data(verb, body)
                    assert row["status"] == ex.get()["status"]
                    if verb == "complete":
                        assert row["result_data"] == {"n": 1}
                    if verb == "fail":
                        assert row["error_message"] == "first"
                else:
                    ex.refused(verb, "status", body)
                assert ex.text() == before
        assert ex.logs() == []


def test_terminal_after_a_restart(srv, api):
    job(api, "once", retry={"max_attempts": 1})
    ex, _ = ended(srv, api, "complete")
    before = ex.text()
    srv.restart()
    assert ex.text() == before
    ex.refused("heartbeat", "status")
    assert ex.data("complete", {})["result_data"] == {"n": 1}


# ---- limits of an attempt and of the whole --------------------------------

def test_timeout_of_an_attempt(srv, api):
    job(api, timeout_seconds=400)
    ex = running(api)
    for _ in range(3):
        srv.advance(100_000)
        ex.data("heartbeat")
    srv.advance(90_000)
    assert ex.data("heartbeat")["status"] == "running"
    srv.advance(12_000)
    row = ex.get()
    assert row["status"] == "timeout" and row["retry_at"]
    srv.advance(12_000)
    assert ex.data("heartbeat")["attempt"] == 2
    srv.advance(250_000)
    assert ex.data("heartbeat")["status"] == "running", "a full one anew"
    srv.advance(140_000)
    assert ex.status == "running"
    srv.advance(12_000)
    assert ex.status == "timeout"


def test_timeout_of_the_whole_execution(srv, api):
    job(api, total_timeout_seconds=400)
    ex = running(api)
    srv.advance(200_000)
    ex.data("fail", error_message="m")
    srv.advance(12_000)
    ex.data("heartbeat")
    srv.advance(170_000)
    assert ex.data("heartbeat")["status"] == "running"
    srv.advance(20_000)
    row = ex.get()
    assert row["status"] == "timeout" and row["retry_at"] is None
    assert row["completed_at"] and row["attempt"] == 2


def test_the_whole_may_end_while_a_retry_waits(srv, api):
    job(api, total_timeout_seconds=100,
        retry={"max_attempts": 3, "initial_interval_ms": 500_000})
    ex = running(api)
    assert ex.data("fail", error_message="m")["retry_at"]
    srv.advance(110_000)
    row = ex.get()
    assert row["status"] == "timeout" and row["retry_at"] is None
    srv.advance(DAY)
    assert ex.get()["attempt"] == 1


# ---- cancel ----------------------------------------------------------------

def cancelled(srv, api, **members):
    """A running execution just asked to stop."""
    job(api, **members)
    ex = running(api)
    now = srv.now()
    row = ex.data("cancel")
    assert row["status"] == "cancelled"
    assert now - 1000 <= ms(row["completed_at"]) <= now + SLACK
    assert srv.counts()["cancelling"] == 1
    return ex


def test_cancel_of_a_running_execution_shows_at_once(srv, api):
    ex = cancelled(srv, api)
    row = ex.get()
    assert row["status"] == "cancelled" and row["completed_at"]
    assert row["command"] == "cancel"
    rows = api.pages("/api/executions?status=cancelled")
    assert [r["id"] for r in rows] == [ex.id]
    assert api.pages("/api/executions?status=running") == []


def test_the_worker_learns_of_it_and_ends(srv, api, case):
    outcomes = [("complete", {"result_data": {"partial": 1}}),
                ("fail", {"error_message": "stopped"}), ("cancel", {})]
    for i, (verb, body) in enumerate(outcomes):
        with case(verb):
            name = f"j{i}"
            job(api, name)
            ex = running(api, name)
            asked = ex.data("cancel")
            row = ex.data("heartbeat")
            assert row["command"] == "cancel"
            assert row["status"] == "cancelled"
            srv.advance(20_000)
            row = ex.data(verb, body)
            assert row["status"] == "cancelled" and row["retry_at"] is None
            row = ex.get()
            assert row["completed_at"] == asked["completed_at"]
            assert srv.counts()["cancelling"] == 0
            if verb == "complete":
                assert row["result_data"] == {"partial": 1}
            ex.refused("heartbeat", "status")
            ex.refused("progress", "status", progress_percent=1)
            srv.advance(DAY)
            assert ex.status == "cancelled" and ex.get()["attempt"] == 1


def test_the_grace_ends_it_without_the_worker(srv, api):
    ex = cancelled(srv, api)
    srv.advance(25_000)
    assert ex.data("heartbeat")["command"] == "cancel"
    srv.advance(6_000)
    assert srv.counts()["cancelling"] == 0
    assert srv.counts()["cancelled"] == 1
    ex.refused("heartbeat", "status")
    ex.refused("complete", "status", result_data=1)
    assert ex.get()["result_data"] is None


def test_grace_of_the_job(srv, api):
    ex = cancelled(srv, api, cancel_grace_seconds=5)
    srv.advance(6_000)
    assert srv.counts()["cancelled"] == 1
    ex.refused("heartbeat", "status")


def test_cancelling_takes_reports_of_the_present_step(srv, api):
    ex = cancelled(srv, api)
    ex.ok("log", message="tidying up")
    ex.step("a", "completed", artifacts={"x": 1})
    assert ex.data("progress", progress_percent=90)["command"] == "cancel"
    ex.data("complete", {})
    assert [r["message"] for r in ex.logs()] == ["tidying up"]


def test_cancel_while_a_retry_waits(srv, api):
    job(api)
    ex = running(api)
    ex.data("fail", error_message="m")
    row = ex.data("cancel")
    assert row["status"] == "cancelled"
    assert srv.counts()["cancelled"] == 1
    srv.advance(DAY)
    row = ex.get()
    assert row["status"] == "cancelled" and row["attempt"] == 1
    assert row["retry_at"] is None


# ---- completion ------------------------------------------------------------

def test_complete_skips_what_is_unfinished(api):
    api.job("done", "bad", "busy", "new", name="j")
    ex = api.trigger("j")
    ex.step("done", "completed")
    ex.step("bad", "failed", error_message="m")
    ex.step("busy", "running")
    assert ex.status == "running", "a failed step fails nothing else"
    ex.finish()
    assert {n: s["status"] for n, s in ex.steps().items()} == {
        "done": "completed", "bad": "failed", "busy": "skipped",
        "new": "skipped"}


def test_auto_complete(api):
    job(api, auto_complete=True)
    ex = api.trigger("j")
    ex.step("a", "completed")
    assert ex.status == "running"
    ex.step("b", "completed")
    row = ex.get()
    assert row["status"] == "completed" and row["completed_at"]


def test_auto_complete_needs_every_step(api):
    job(api, auto_complete=True)
    ex = api.trigger("j")
    ex.step("a", "completed")
    ex.step("b", "failed", error_message="m")
    assert ex.status == "running"
    ex.step("b", "running")
    ex.step("b", "completed")
    assert ex.status == "completed"


def test_without_auto_complete_nothing_ends(api):
    job(api)
    ex = api.trigger("j")
    ex.step("a", "completed")
    ex.step("b", "completed")
    assert ex.status == "running"


# ---- restarts --------------------------------------------------------------

def test_running_goes_on_over_an_orderly_restart(srv, api):
    job(api)
    ex = running(api)
    srv.restart()
    assert srv.counts()["running"] == 1
    assert ex.data("heartbeat")["status"] == "running"
    assert ex.finish()["status"] == "completed"


def test_a_restart_gives_a_full_timeout(srv, api):
    job(api)
    ex = running(api)
    srv.restart()
    srv.advance(290_000)
    assert ex.status == "running"
    srv.advance(12_000)
    assert ex.status == "timeout"


def test_a_restart_is_nobodys_heartbeat(srv, api):
    """What is shown as the last heartbeat is what the worker last sent."""
    job(api)
    ex = running(api)
    shown = ex.get()["last_heartbeat_at"]
    wait_until(lambda: srv.now() > ms(shown) + 1_000, "the next second")
    srv.restart()
    assert ex.get()["last_heartbeat_at"] == shown
    srv.kill9()
    srv.start()
    assert ex.get()["last_heartbeat_at"] == shown


def test_interrupted_after_kill(srv, api):
    job(api)
    ex, quiet, waiting = running(api), running(api), api.trigger("j")
    srv.kill9()
    srv.start()
    counts = srv.counts()
    assert counts["interrupted"] == 2 and counts["queued"] == 1
    assert ex.status == "running", "Restep has no word for it"
    assert ex.data("heartbeat")["attempt"] == 1
    assert srv.counts()["running"] == 1
    srv.advance(290_000)
    assert srv.counts()["interrupted"] == 1
    srv.advance(12_000)
    assert quiet.status == "timeout" and waiting.status == "pending"


def test_timers_survive_a_kill(srv, api):
    job(api, retry={"max_attempts": 2, "initial_interval_ms": 60_000,
                    "jitter": 0})
    ex = running(api)
    due = ex.data("fail", error_message="m")["retry_at"]
    srv.kill9()
    srv.start()
    row = ex.get()
    assert row["status"] == "failed" and row["retry_at"] == due
    srv.advance(50_000)
    assert ex.status == "failed"
    srv.advance(12_000)
    assert ex.get()["attempt"] == 2


def test_timers_due_while_it_was_down(start):
    """A deadline that passed during the outage is kept at the start."""
    srv = start()
    srv.api.job("a", name="j", retry={
        "max_attempts": 2, "initial_interval_ms": 1, "jitter": 0})
    ex = running(srv.api)
    ex.data("fail", error_message="m")
    srv.kill9()
    srv.start()
    srv.advance(1_000)
    assert ok(srv.api.get(ex.path))["data"]["attempt"] == 2
