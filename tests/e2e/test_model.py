"""Random lives: the server and the model must agree after every step.

Everything happens to one server; deadlines are kept clear of one another by
steps of the clock that never land near one (settle()).
"""
import os
import pathlib
import tempfile

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (RuleBasedStateMachine, initialize,
                                 precondition, rule,
                                 run_state_machine_as_test)

from api import ms
from model import JOB, Life, Refused, STEPS
from server import Server, wait_until
from work import claim

# So many, and other ones each time; unset, the same 40 each time.
EXAMPLES = os.environ.get("TIDEWIRE_MODEL_EXAMPLES")
SLACK = 8_000  # real time that may pass unseen, and rounding

pick = st.integers(min_value=0, max_value=2)


class Lives(RuleBasedStateMachine):
    """Executions on the server (ex) beside their models (life)."""

    def __init__(self):
        super().__init__()
        self.dir = tempfile.TemporaryDirectory(prefix="tidewire-model-")
        self.srv = Server(pathlib.Path(self.dir.name) / "data")
        self.pairs = []
        self.claims = []  # (execution, model, claim), current or over

    @initialize()
    def begin(self):
        self.srv.start()
        self.srv.api.job(name="m", **JOB)

    def teardown(self):
        try:
            if self.srv.proc is not None or self.srv.data.exists():
                self.srv.finish()
        finally:
            self.srv.abandon()
            self.dir.cleanup()

    # -- helpers -----------------------------------------------------------

    def tell(self, which, verb, body, change):
        """Send a report and do the same to the model; both must agree."""
        ex, life = self.pairs[which % len(self.pairs)]
        self.tell_as(ex, ex, life, verb, body, change)

    def tell_as(self, worker, ex, life, verb, body, change):
        now = self.srv.now()
        r = worker.send(verb, body)
        try:
            change(life, now)
        except Refused as refusal:
            assert r.status_code == refusal.code, r.text
            assert refusal.member in r.json()["errors"], r.text
        else:
            assert r.status_code == 200, f"{verb} on {life}: {r.text}"
        self.compare(ex, life)

    def compare(self, ex, life):
        row = ex.get()
        seen = {"status": row["status"], "attempt": row["attempt"],
                "percent": row["progress_percent"],
                "result": row["result_data"],
                "steps": {s["name"]: s["status"].replace("ready", "pending")
                          for s in row["steps"]},
                "waits": row["retry_at"] is not None,
                "command": row["command"]}
        want = {"status": life.restep, "attempt": life.attempt,
                "percent": life.percent, "result": life.result,
                "steps": life.steps, "waits": life.retry is not None,
                "command": "cancel" if life.restep == "cancelled" else None}
        assert seen == want
        if life.error not in (None, "silence"):
            assert row["error_message"] == life.error
        assert (row["error_message"] is None) == (life.error is None)
        assert len(ex.logs()) == life.logs
        self.narrow(row, life)

    def compare_all(self):
        for ex, life in self.pairs:
            self.compare(ex, life)
        counts = dict.fromkeys(("total",), len(self.pairs))
        for _, life in self.pairs:
            counts[life.status] = counts.get(life.status, 0) + 1
        seen = {k: v for k, v in self.srv.counts().items() if v or k in counts}
        assert seen == counts

    def settle(self):
        """Move on until no deadline is near, then let the past happen."""
        for _ in range(100):
            now = self.srv.now()
            near = [d for _, life in self.pairs for d in life.due()
                    if d[0] - SLACK < now < d[1] + SLACK]
            if not near:
                break
            self.srv.advance(2 * SLACK)
            self.past()
        self.past()

    def past(self):
        """All that is certainly due has happened; note the retries shown."""
        now = self.srv.now()
        for ex, life in self.pairs:
            for _, latest, happen in life.due():
                if latest + SLACK <= now:
                    happen(now)
                    self.narrow(ex.get(), life)

    def narrow(self, row, life):
        """What is shown as retry_at is within bounds, and will happen."""
        if life.retry:
            low, high = life.retry
            assert low - SLACK <= ms(row["retry_at"]) <= high + SLACK
            life.retry = (ms(row["retry_at"]),) * 2

    # -- rules -------------------------------------------------------------

    @precondition(lambda self: len(self.pairs) < 3)
    @rule()
    def trigger(self):
        ex = self.srv.api.trigger("m", {"n": len(self.pairs)})
        self.pairs.append((ex, Life()))
        self.compare(*self.pairs[-1])

    def some(self):
        return bool(self.pairs)

    @precondition(some)
    @rule(which=pick)
    def heartbeat(self, which):
        self.tell(which, "heartbeat", {}, Life.heartbeat_report)

    @precondition(some)
    @rule(which=pick, percent=st.integers(0, 99))
    def progress(self, which, percent):
        self.tell(which, "progress", {"progress_percent": percent},
                  lambda life, now: life.progress(now, percent))

    @precondition(some)
    @rule(which=pick, count=st.integers(1, 5))
    def log(self, which, count):
        self.tell(which, "log", {"logs": [{"message": "m"}] * count},
                  lambda life, now: life.log(now, count))

    @precondition(some)
    @rule(which=pick, name=st.sampled_from(STEPS),
          verb=st.sampled_from(("running", "completed", "failed")))
    def step(self, which, name, verb):
        self.tell(which, f"steps/{name}/{verb}", {"error_message": "m"},
                  lambda life, now: life.step(now, name, verb))

    @precondition(some)
    @rule(which=pick, result=st.integers())
    def complete(self, which, result):
        self.tell(which, "complete", {"result_data": result},
                  lambda life, now: life.complete(now, result))

    @precondition(some)
    @rule(which=pick, fatal=st.booleans(), n=st.integers(0, 99))
    def fail(self, which, fatal, n):
        body = {"error_message": f"error {n}",
                "error_type": "Fatal" if fatal else "Other"}
        self.tell(which, "fail", body,
                  lambda life, now: life.fail(now, f"error {n}", fatal))

    @precondition(some)
    @rule(which=pick)
    def cancel(self, which):
        self.tell(which, "cancel", {}, Life.cancel)

    @precondition(some)
    @rule(which=pick)
    def stale(self, which):
        """A worker of another attempt changes nothing."""
        ex, life = self.pairs[which % len(self.pairs)]
        ex.refused("complete", "attempt", {"attempt": life.attempt + 1},
                   status=409)
        self.compare(ex, life)

    @precondition(some)
    @rule()
    def claim(self):
        """Whatever is queued waits for a worker, and nothing else does."""
        now = self.srv.now()
        queued = {ex.id: (ex, life) for ex, life in self.pairs
                  if life.status == "queued"}
        got = claim(self.srv.api)
        assert len(got) == bool(queued)
        for c in got:
            ex, life = queued[c.id]
            assert c.attempt == life.attempt
            life.claimed(now, c)
            self.claims.append((ex, life, c))
            self.compare(ex, life)

    @precondition(lambda self: self.claims)
    @rule(which=st.integers(0, 5), verb=st.sampled_from(
        ("heartbeat", "complete", "fail", "steps/a/completed")))
    def with_a_token(self, which, verb):
        """Of the latest claim it is as good as none; else it is over."""
        ex, life, c = self.claims[which % len(self.claims)]
        body = {"error_message": "m", "result_data": 1}
        if life.claim is not c:
            assert c.is_over(verb, **body)
            self.compare(ex, life)
            return
        changes = {"heartbeat": Life.heartbeat_report,
                   "complete": lambda life, now: life.complete(now, 1),
                   "fail": lambda life, now: life.fail(now, "m", False)}
        self.tell_as(c.ex, ex, life, verb, body, changes.get(
            verb, lambda life, now: life.step(now, "a", "completed")))

    @rule(seconds=st.sampled_from((40, 80, 120, 280, 400)))
    def advance(self, seconds):
        self.srv.advance(seconds * 1000)
        self.past()
        self.settle()
        self.compare_all()

    def reopen(self, killed):
        """Restart; the clock, which starts over, is set on again."""
        before = self.srv.now()
        if killed:
            self.srv.kill9()
            self.srv.start()
            wait_until(lambda: not self.srv.counts().get("running"),
                       "the end of recovery")
        else:
            self.srv.restart()
        now = self.srv.now()
        for _, life in self.pairs:
            if killed:
                life.crashed()
            life.restarted(now)
        self.srv.advance(max(before - now, 0))
        self.past()
        self.settle()
        self.compare_all()

    @rule()
    def restart(self):
        self.reopen(killed=False)

    @rule()
    def kill(self):
        self.reopen(killed=True)


@pytest.mark.slow
def test_random_lives():
    run_state_machine_as_test(Lives, settings=settings(
        max_examples=int(EXAMPLES or 40), stateful_step_count=30,
        deadline=None, derandomize=EXAMPLES is None, database=None, print_blob=True,
        suppress_health_check=list(HealthCheck)))
