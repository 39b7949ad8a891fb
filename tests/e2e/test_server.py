"""The program itself: its options, one store for one server, an orderly end.

Neighbours: test_keys.py has where it may listen, test_check.py and
test_backup.py the other commands.
"""
import datetime
import signal
import socket
import subprocess
import threading
import time

import pytest

from api import data, ok
from rawhttp import Raw, request
from server import (DEADLINE, TIDEWIRED, cpu_while_idle, memory_kb,
                    run_tool, wait_until)
from sse import Stream, events_path


def test_what_it_says_of_itself(srv, api):
    info = srv.info()
    assert info["version"] and info["epoch"] and info["started_at"]
    assert info["executions"]["total"] == 0
    assert info["subscribers"] == 0 and info["connections"] >= 1
    assert ok(api.get("/healthz")) == {"status": "ok"}


def test_counts_follow_every_status(srv, api):
    api.job("a", name="j", retry={"max_attempts": 1})
    made = [api.trigger("j") for _ in range(5)]
    made[0].data("heartbeat")
    made[1].finish()
    made[2].data("fail", error_message="m")
    made[3].data("cancel")
    counts = srv.counts()
    assert counts["total"] == 5
    assert (counts["queued"], counts["running"], counts["completed"],
            counts["failed"], counts["cancelled"]) == (1, 1, 1, 1, 1)


def test_the_clock_is_a_test_option(start):
    srv = start(clock=False)
    for path in ("/test/clock", "/test"):
        r = srv.api.post(path, {"advance_ms": 1})
        assert r.status_code == 404, r.text


def test_options(case, tmp_path):
    for words, code in [
            (["--help"], 0), (["--version"], 0), (["serve", "--help"], 0),
            (["--nope"], 2), (["nope"], 2), (["--listen", "x"], 2),
            (["--listen", "127.0.0.1:99999"], 2), (["--listen"], 2),
            (["--listen", "127.0.0.1:-1"], 2), (["--data"], 2),
            (["--max-body-bytes", "x"], 2), (["--max-body-bytes", "-1"], 2),
            (["--max-connections", "0"], 2), (["--log-level", "loud"], 2),
            (["--test-crash", "nowhere:1"], 2),
            (["--test-crash", "before-commit:x"], 2)]:
        with case(" ".join(words)):
            done = run_tool([TIDEWIRED, *words], cwd=tmp_path)
            assert done.returncode == code, done.stderr
            assert (done.stdout != "") == (code == 0)
            assert (done.stderr != "") == (code != 0)


def test_a_port_in_use(srv, tmp_path):
    done = run_tool([TIDEWIRED, "--listen", f"127.0.0.1:{srv.port}",
                     "--data", str(tmp_path / "other")])
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count(str(srv.port)) == 1
    assert "pass another --listen" in done.stderr


def test_one_server_for_one_store(srv, api):
    """A second one would write behind the first one's back."""
    api.job("a", name="j")
    done = run_tool([TIDEWIRED, "--listen", "127.0.0.1:0",
                     "--data", str(srv.data)])
    assert done.returncode != 0 and done.stdout == "", "it serves as well"
    assert str(srv.data) in done.stderr
    assert api.trigger("j").finish()["status"] == "completed"


def test_a_folder_that_cannot_be(tmp_path, case):
    (tmp_path / "file").write_text("")
    for folder in ("file", "file/sub"):
        with case(folder):
            done = run_tool([TIDEWIRED, "--listen", "127.0.0.1:0",
                             "--data", str(tmp_path / folder)])
            assert done.returncode == 1 and done.stderr


def test_a_folder_is_made(start, tmp_path):
    srv = start(data=tmp_path / "deep", run=False)
    srv.start()
    assert (tmp_path / "deep" / "data.mdb").exists()


def test_ipv6(tmp_path):
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    proc = subprocess.Popen(
        [TIDEWIRED, "--listen", "[::1]:0", "--data", str(tmp_path / "six")],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        line = proc.stdout.readline()
        if not line:
            pytest.skip("no ::1 here")
        port = int(line.rsplit(":", 1)[1])
        with socket.create_connection(("::1", port), DEADLINE) as sock:
            sock.sendall(request("GET", "/healthz"))
            assert b" 200 " in sock.recv(4096)
    finally:
        proc.terminate()
        assert proc.wait(DEADLINE) == 0
        proc.stdout.close()


@pytest.mark.parametrize("closed", ["2>&-", "0<&- 2>&-"])
def test_closed_descriptors(start, closed):
    """The store's files must not become what is logged to."""
    srv = start(run=False)
    srv.wrap = ["sh", "-c", f'exec "$0" "$@" {closed}']
    srv.start()
    srv.api.job("a", name="j")
    srv.stop()
    for path in srv.data.iterdir():
        assert b"info: " not in path.read_bytes(), path


# ---- the end ---------------------------------------------------------------

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_in_order(srv, api, number):
    api.job("a", name="j")
    api.trigger("j").data("heartbeat")
    with Raw(srv.port) as idle:
        idle.send(request("GET", "/healthz"))
        assert idle.response().status == 200
        last = time.time()
        wait_until(lambda: time.time() > last + .01, "its last turn is past")
        now = datetime.datetime.now(datetime.timezone.utc)
        srv.proc.send_signal(number)
        assert srv.proc.wait(DEADLINE) == 0
        idle.closed()
    (line,) = [li for li in srv.log_text().splitlines() if "stopping" in li]
    assert line[:23] >= now.isoformat()[:23], "the time of an earlier turn"
    srv.proc.stdout.close()
    srv.proc = None
    srv.start()
    assert srv.counts()["running"] == 1, "an orderly stop interrupts nobody"


def test_what_is_under_way_is_answered(srv, api):
    """Requests sent before the signal are answered, each of them."""
    api.job("a", name="j")
    raws = [Raw(srv.port) for _ in range(20)]
    for raw in raws:
        raw.send(request("GET", "/healthz"))
        assert raw.response().status == 200
    for raw in raws:
        raw.send(request("POST", "/api/jobs/j/trigger", "{}"))
    first = raws[0].response()
    srv.proc.send_signal(signal.SIGTERM)
    codes = [first.status] + [raw.response().status for raw in raws[1:]]
    for raw in raws:
        raw.closed()
        raw.close()
    assert codes == [200] * 20
    assert srv.proc.wait(DEADLINE) == 0
    srv.proc.stdout.close()
    srv.proc = None
    srv.start()
    assert srv.counts()["total"] == 20


def test_a_half_sent_request_does_not_hold_it(start):
    srv = start("--body-timeout-ms", "500")
    with Raw(srv.port) as raw:
        raw.send(b"POST /api/jobs HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Length: 100\r\n\r\n{")
        wait_until(lambda: srv.info()["connections"] >= 2, "the half")
        srv.stop()
    srv.start()


def test_a_stepped_clock_does_not_cut_the_end_short(srv, api):
    """Nor would it draw it out: who is under way has the same ten seconds."""
    def begin(path, body):
        raw = Raw(srv.port)
        whole = request("POST", path, body)
        raw.send(whole[:-1])
        return raw, whole[-1:]

    api.job("a", name="j")
    made, last = begin("/api/jobs/j/trigger", "{}")
    clock, moved = begin("/test/clock", '{"advance_ms": 3600000}')
    wait_until(lambda: srv.info()["connections"] >= 3, "both halves")
    srv.proc.send_signal(signal.SIGTERM)
    wait_until(lambda: "stopping" in srv.log_text(), "the end begins")
    clock.send(moved)
    assert clock.response().status == 200
    made.send(last)
    assert made.response().status == 200
    assert srv.proc.wait(DEADLINE) == 0
    srv.proc.stdout.close()
    srv.proc = None


# ---- at rest ---------------------------------------------------------------

def test_idle_it_uses_nothing(srv, api):
    """With streams, connections, timers and a past: no work, no CPU."""
    api.job("a", name="j")
    lives = [api.trigger("j") for _ in range(20)]
    for ex in lives[:10]:
        ex.data("heartbeat")
    lives[0].data("fail", error_message="m")
    lives[1].data("cancel")
    with Raw(srv.port) as quiet, Stream(srv.port, "/events") as stream, \
            Stream(srv.port, events_path(lives[2])) as one:
        stream.next()
        one.next()
        gone = Stream(srv.port, "/events")
        gone.next()
        gone.raw.reset()
        wait_until(lambda: srv.info()["subscribers"] == 2, "one has gone")
        assert cpu_while_idle(srv.proc.pid, quiet.sock) < 0.1


def test_idle_after_a_kill(srv, api):
    api.job("a", name="j")
    for _ in range(20):
        api.trigger("j").data("heartbeat")
    srv.kill9()
    srv.start()
    wait_until(lambda: srv.counts()["interrupted"] == 20, "recovery")
    with Raw(srv.port) as quiet:
        assert cpu_while_idle(srv.proc.pid, quiet.sock) < 0.1


@pytest.mark.memory
def test_memory_stays_where_it_was(srv, api):
    """Thousands of requests later it holds no more than before."""
    api.job("a", name="j")

    def work(count):
        for _ in range(count):
            ex = api.trigger("j", {"x": "y" * 1000})
            ex.ok("log", message="m" * 1000)
            ex.finish()
            ex.get()

    work(150)
    before = memory_kb(srv.proc.pid)
    threads = [threading.Thread(target=work, args=(150,)) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert data(api.get("/api/jobs/j"))
    grown = memory_kb(srv.proc.pid) - before
    assert grown < 4_000, f"{grown} kB more after 300 lives"
