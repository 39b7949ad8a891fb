"""The lifecycle in a few lines of Python, to compare the server with.

It knows nothing of storage, turns or HTTP: a Life is what one execution
ought to be.  Neighbour: test_model.py drives both and compares.
"""
import dataclasses

HEARTBEAT_MS = 300_000
RETRY_MS = 60_000
GRACE_MS = 60_000
ATTEMPTS = 3
STEPS = ("a", "b", "c")
JOB = {
    "steps": [{"name": "a"}, {"name": "b", "depends_on": ["a"]},
              {"name": "c", "depends_on": ["a"]}],
    "retry": {"max_attempts": ATTEMPTS, "initial_interval_ms": RETRY_MS,
              "backoff_coefficient": 1, "jitter": 0,
              "non_retryable_errors": ["Fatal"]},
    "heartbeat_timeout_seconds": HEARTBEAT_MS // 1000,
    "cancel_grace_seconds": GRACE_MS // 1000}

RESTEP = {"queued": "pending", "running": "running", "interrupted": "running",
          "completed": "completed", "failed": "failed",
          "timed_out": "timeout", "cancelling": "cancelled",
          "cancelled": "cancelled"}
TERMINAL = ("completed", "failed", "timed_out", "cancelled")
HELD = ("running", "interrupted")
REPEATS = {"complete": "completed", "fail": "failed", "cancel": "cancelled"}


class Refused(Exception):
    """What the server must answer: a status code and the member at fault."""

    def __init__(self, code, member):
        super().__init__(code, member)
        self.code, self.member = code, member


@dataclasses.dataclass
class Life:
    """One execution; times are (earliest, latest) ms, None when unarmed."""
    status: str = "queued"
    attempt: int = 1
    percent: object = None
    result: object = None
    error: object = None
    logs: int = 0
    silent: bool = False  # the waiting retry follows a silence
    ended_by: object = None  # the report that did
    retry: object = None
    heartbeat: object = None
    grace: object = None
    claim: object = None  # the latest; None once it waits for a worker
    steps: dict = dataclasses.field(
        default_factory=lambda: dict.fromkeys(STEPS, "pending"))

    # -- what is shown ---------------------------------------------------

    @property
    def restep(self):
        if self.status == "retrying":
            return "timeout" if self.silent else "failed"
        return RESTEP[self.status]

    @property
    def terminal(self):
        return self.status in TERMINAL

    def due(self):
        """Armed timers as (earliest, latest, what happens)."""
        rows = [(self.retry, self._retry_due),
                (self.heartbeat, self._silence),
                (self.grace, self._grace_over)]
        return [(t[0], t[1], fn) for t, fn in rows if t]

    # -- transitions -------------------------------------------------------

    def _end(self, status):
        self.status = status
        self.retry = self.heartbeat = self.grace = None
        if status == "completed":
            self.percent = 100
        for name, was in self.steps.items():
            if was in ("completed", "failed"):
                continue
            if status == "cancelled":
                now = "cancelled"
            elif status != "completed" and was == "running":
                now = "failed"
            else:
                now = "skipped"
            self.steps[name] = now

    def _wait(self, at, silent):
        self.status, self.silent = "retrying", silent
        self.retry, self.heartbeat = at, None

    def _retry_due(self, _now):
        self.status, self.retry, self.claim = "queued", None, None
        self.attempt += 1
        for name, was in self.steps.items():
            if was != "completed":
                self.steps[name] = "pending"

    def _silence(self, now):
        self.error = "silence"
        if self.attempt < ATTEMPTS:
            self._wait((self.heartbeat[0] + RETRY_MS, now + RETRY_MS), True)
        else:
            self._end("timed_out")

    def _grace_over(self, _now):
        self._end("cancelled")

    def _wake(self, now):
        if self.status == "cancelling":
            return
        if self.status != "running":
            self.status, self.retry, self.error = "running", None, None
        self.heartbeat = (now + HEARTBEAT_MS, now + HEARTBEAT_MS)

    def claimed(self, now, claim):
        self.claim = claim
        self._wake(now)

    def crashed(self):
        if self.status == "running":
            self.status = "interrupted"

    def restarted(self, now):
        """What only memory knew is gone: up to a quarter of the timeout.
        The start counts as a word."""
        if self.heartbeat:
            low, high = self.heartbeat
            self.heartbeat = (low - HEARTBEAT_MS // 4,
                              max(high, now + HEARTBEAT_MS))

    # -- reports -----------------------------------------------------------

    def _admit(self, verb):
        """Refuse what comes too late; True when it was said before."""
        if self.terminal:
            if verb == self.ended_by or REPEATS.get(verb) == self.status:
                return True
            raise Refused(422, "status")
        if self.status == "retrying" and not self.silent:
            if verb == "fail":
                return True
            if verb != "cancel":
                raise Refused(422, "status")
        return False

    def heartbeat_report(self, now):
        if not self._admit("heartbeat"):
            self._wake(now)

    def progress(self, now, percent):
        if not self._admit("progress"):
            self._wake(now)
            self.percent = percent

    def log(self, now, count):
        if not self._admit("log"):
            self._wake(now)
            self.logs += count

    def complete(self, now, result):
        if self._admit("complete"):
            return
        self._wake(now)
        self.result, self.ended_by = result, "complete"
        self._end("cancelled" if self.status == "cancelling"
                  else "completed")

    def fail(self, now, message, fatal):
        if self._admit("fail"):
            return
        self._wake(now)
        self.error = message
        if self.status == "cancelling":
            self.ended_by = "fail"
            self._end("cancelled")
        elif fatal or self.attempt == ATTEMPTS:
            self._end("failed")
        else:
            self._wait((now + RETRY_MS, now + RETRY_MS), False)

    def cancel(self, now):
        if self._admit("cancel"):
            return
        if self.status in HELD:
            self.status, self.heartbeat = "cancelling", None
            self.grace = (now + GRACE_MS, now + GRACE_MS)
        else:
            self._end("cancelled")

    def step(self, now, name, verb):
        if self._admit("step"):
            return
        was = self.steps[name]
        if was == verb and verb in ("completed", "failed"):
            self._wake(now)
            return
        if was == "completed":
            raise Refused(422, "status")
        if was == "pending" and name != "a" and (
                self.steps["a"] != "completed"):
            raise Refused(422, "status")
        self._wake(now)
        self.steps[name] = verb
