"""Long polls: GET an execution with ?wait=SECONDS."""
import socket
import threading
import time

from api import data


def poll(ex, seconds):
    """A long poll under way: call join() for its answer."""
    box = {}

    def run():
        box["r"] = ex.api.get(f"/api/executions/{ex.id}?wait={seconds}")

    thread = threading.Thread(target=run)
    thread.start()

    def join():
        thread.join(30)
        assert not thread.is_alive()
        return data(box["r"])
    return join


def waiting(api, n):
    """Read until so many requests wait; bounded."""
    for _ in range(10000):
        if data(api.get("/api/server"))["waiting"] == n:
            return
    raise AssertionError(f"never {n} requests waiting")


def test_answered_when_it_ends(api):
    api.job("a", name="j")
    ex, other = api.trigger("j"), api.trigger("j")
    first, second = poll(ex, 30), poll(ex, 30)
    third = poll(other, 30)
    waiting(api, 3)
    ex.ok("progress", progress_percent=50)
    ex.ok("complete", result_data={"n": 1})
    for join in (first, second):
        row = join()
        assert row["status"] == "completed" and row["result_data"] == {"n": 1}
        assert row["steps"][0]["status"] == "skipped"
    waiting(api, 1)
    other.ok("cancel")
    assert third()["status"] == "cancelled"


def test_answered_at_once_when_it_has_ended(api):
    api.job(name="j")
    ex = api.trigger("j")
    ex.ok("complete")
    assert poll(ex, 60)()["status"] == "completed"


def test_answered_as_it_is_when_time_is_over(api):
    api.job(name="j")
    ex = api.trigger("j")
    assert poll(ex, 1)()["status"] == "pending"
    waiting(api, 0)


def test_retries_are_no_end(api, srv):
    api.job(name="j", retry={"max_attempts": 2})
    ex = api.trigger("j")
    join = poll(ex, 30)
    waiting(api, 1)
    ex.ok("fail", error_message="once")
    waiting(api, 1)
    srv.advance(60_000)
    ex.ok("fail", error_message="twice")
    row = join()
    assert row["status"] == "failed" and row["attempt"] == 2


def test_who_hangs_up_waits_no_more(api, srv):
    api.job(name="j")
    ex = api.trigger("j")
    with socket.create_connection(("127.0.0.1", srv.port)) as s:
        s.sendall(f"GET /api/executions/{ex.id}?wait=60 HTTP/1.1\r\n"
                  "Host: x\r\n\r\n".encode())
        waiting(api, 1)
    waiting(api, 0)
    ex.ok("complete")


def test_a_stop_lets_nobody_wait(api, srv):
    api.job(name="j")
    ex = api.trigger("j")
    join = poll(ex, 60)
    waiting(api, 1)
    srv.stop()
    assert join()["status"] == "pending"
    srv.start()


def test_a_stop_is_not_held_up_by_what_is_asked_behind(api, srv):
    """Pipelined waits come up while the server stops: at once, too."""
    api.job(name="j")
    ex = api.trigger("j")
    ask = (f"GET /api/executions/{ex.id}?wait=60 HTTP/1.1\r\n"
           "Host: x\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", srv.port)) as s:
        s.sendall(ask * 3)
        waiting(api, 1)
        began = time.monotonic()
        srv.stop()
        assert time.monotonic() - began < 8  # not the ten of draining
        s.settimeout(10)
        assert s.recv(65536).startswith(b"HTTP/1.1 200 ")
    srv.start()


def test_wait_is_a_number_of_seconds(api):
    api.job(name="j")
    ex = api.trigger("j")
    for bad in ("0", "61", "-1", "1.5", "x", ""):
        r = api.get(f"/api/executions/{ex.id}?wait={bad}")
        assert r.status_code == 422 and "wait" in r.json()["errors"], r.text


def test_factflow_waits_too(api):
    api.job(name="j")
    ex = api.trigger("j")
    box = {}
    thread = threading.Thread(target=lambda: box.update(r=api.get(
        f"/api/v1/executions/{ex.id}?wait=30")))
    thread.start()
    waiting(api, 1)
    ex.ok("complete")
    thread.join(30)
    assert box["r"].json()["status"] == "completed"
    r = api.get(f"/api/v1/executions/{ex.id}?wait=0")
    assert r.status_code == 422 and r.json()["detail"][0]["loc"][-1] == "wait"
