#!/usr/bin/python3
"""Fire delayed executions: how long after its run_at has a worker each one?

usage: bench/delayed.py [--executions N] [--spread S] [--ahead S] [--build DIR]

Triggers N executions in batches of 1,000, with run_at at random within S
seconds, and one worker that waits for them.  Each must become ready not before
its time and within 50 ms of it, says the journal, and be handed out once; how
soon it was in the worker's hands is told, too.
"""
import argparse
import datetime
import http.client
import json
import os
import pathlib
import random
import sys
import tempfile
import time
import uuid

import lmdb

ROOT = pathlib.Path(__file__).resolve().parents[1]
LIMIT = 50  # ms
BATCH = 1000
EVENT_READY = 12


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--executions", type=int, default=100000)
    parser.add_argument("--spread", type=float, default=60)
    parser.add_argument("--ahead", type=float, default=30,
                        help="seconds until the first of them")
    parser.add_argument("--build", default=str(ROOT / "build"))
    return parser.parse_args()


def rfc3339(ms):
    when = datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"


def trigger(server, opts, data):
    """Make them; the run_at of each, ms since 1970, by id."""
    rng = random.Random(1)
    first = int((time.time() + opts.ahead) * 1000)
    times = [first + rng.randrange(int(opts.spread * 1000))
             for _ in range(opts.executions)]
    due = {}
    begun = time.monotonic()
    for at in range(0, len(times), BATCH):
        part = times[at:at + BATCH]
        rows = data(server.api.post("/api/jobs/later/trigger/batch", {
            "executions": [{"run_at": rfc3339(ms)} for ms in part]}))
        due.update((row["id"], ms) for row, ms in zip(rows, part))
    print(f"{len(due)} triggered in {time.monotonic() - begun:.1f} s")
    assert time.time() * 1000 < first, "too late: give it more --ahead"
    return due


def claim_all(server, due):
    """When each one arrived, ms since 1970."""
    came = {}
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    body = json.dumps({"worker": "w", "max": 100, "wait_seconds": 10})
    while len(came) < len(due):
        link.request("POST", "/api/claims", body,
                     {"Content-Type": "application/json"})
        answer = link.getresponse()
        text = answer.read()
        now = time.time() * 1000
        assert answer.status == 200, text
        for claim in json.loads(text)["data"]:
            ident = claim["execution"]["id"]
            assert ident not in came, f"{ident} was handed out twice"
            came[ident] = now
    return came


def ready_times(folder):
    """When the journal has each become ready, ms since 1970 (core/event.h)."""
    ready = {}
    with lmdb.open(str(folder), max_dbs=64, readonly=True, lock=False) as env:
        journal = env.open_db(b"journal", create=False)
        with env.begin() as txn:
            for _, event in txn.cursor(db=journal):
                if event[1] != EVENT_READY:
                    continue
                ident = str(uuid.UUID(bytes=event[34:50]))
                assert ident not in ready, f"{ident} was ready twice"
                ready[ident] = int.from_bytes(event[18:26], "big")
    return ready


def report(name, when, due):
    late = sorted(when[ident] - ms for ident, ms in due.items())
    print(f"{name}: ms after run_at: min {late[0]:.1f} "
          f"p50 {late[len(late) // 2]:.1f} "
          f"p99 {late[len(late) * 99 // 100]:.1f} max {late[-1]:.1f}")
    return 0 <= late[0] and late[-1] <= LIMIT


def measure(server, opts):
    from api import data
    from server import cpu_seconds
    data(server.api.post("/api/jobs", {
        "name": "later", "heartbeat_timeout_seconds": 86400}), 201)
    due = trigger(server, opts, data)
    before = cpu_seconds(server.proc.pid)
    came = claim_all(server, due)
    used = cpu_seconds(server.proc.pid) - before
    print(f"{len(came)} handed out, each once; server CPU "
          f"{used * 1e6 / len(came):.0f} us for each; load average "
          f"{os.getloadavg()[0]:.1f}")
    server.finish()
    ok = report("ready", ready_times(server.data), due)
    report("in the worker's hands", came, due)
    print(f"target: ready 0..{LIMIT} ms after run_at: "
          f"{'ok' if ok else 'MISSED'}")
    return ok


def main():
    opts = options()
    os.environ["TIDEWIRED"] = str(pathlib.Path(opts.build) / "tidewired")
    sys.path.insert(0, str(ROOT / "tests" / "e2e"))
    from server import Server
    with tempfile.TemporaryDirectory() as tmp:
        server = Server(pathlib.Path(tmp) / "data", clock=False).start()
        try:
            return 0 if measure(server, opts) else 1
        finally:
            server.abandon()


if __name__ == "__main__":
    sys.exit(main())
