"""Workers, as tests see them: claiming, waiting, reporting with a token."""
import threading

from api import Api, Execution, data
from server import wait_until

CLAIMS = "/api/claims"


class Claim:
    """One thing that was handed out, and the words of its worker."""

    def __init__(self, api, row):
        self.row = row
        self.token = row["token"]
        self.attempt = row["attempt"]
        self.lease_expires_at = row["lease_expires_at"]
        self.execution = row["execution"]
        self.id = row["execution"]["id"]
        self.steps = [s["name"] for s in row["steps"]]
        self.ex = Execution(Api(api.server, self.token, api.timeout),
                            row["execution"])

    def ok(self, verb, **members):
        return self.ex.ok(verb, members)

    def send(self, verb, **members):
        return self.ex.send(verb, members)

    def step(self, verb, **members):
        """Report on the one step that was claimed."""
        return self.ex.ok(f"steps/{self.row['step_id']}/{verb}", members)

    def is_over(self, verb="heartbeat", **members):
        """The claim is somebody else's: 409, and told to stop."""
        r = self.send(verb, **members)
        assert r.status_code == 409, r.text
        body = r.json()
        assert list(body["errors"]) == ["attempt"], body
        return body["command"] == "stop"


def claim(api, worker="w", **members):
    """Ask once; what was handed out."""
    rows = data(api.post(CLAIMS, {"worker": worker, **members}))
    return [Claim(api, row) for row in rows]


def claim_one(api, worker="w", **members):
    (one,) = claim(api, worker, **members)
    return one


class Waiting:
    """A worker whose claim is under way; join() gives what it gets."""

    def __init__(self, api, worker="w", wait_seconds=30, **members):
        before = waiting(api)
        self.box = []
        self.thread = threading.Thread(target=lambda: self.box.append(claim(
            api, worker, wait_seconds=wait_seconds, **members)))
        self.thread.start()
        wait_until(lambda: waiting(api) == before + 1, "the claim waits")

    def join(self):
        self.thread.join(40)
        assert not self.thread.is_alive()
        return self.box[0]

    def one(self):
        (one,) = self.join()
        return one


def waiting(api):
    """How many requests wait."""
    return data(api.get("/api/server"))["waiting"]
