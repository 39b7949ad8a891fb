"""`tidewire work`: any command as a worker, run for real."""
import json
import os
import signal
import sys

import pytest

from api import chain, data, ms
from server import DEADLINE, TIDEWIRE, run_tool, wait_until
from test_cli import built, cli, ends  # noqa: F401
from work import claim, claim_one, waiting

PY = sys.executable
# Says that it is there, then does nothing until a signal comes.
HOLD = "import signal; print('ready', flush=True); signal.pause()"
# The same, but SIGTERM does not end it.
STUBBORN = "import signal; signal.signal(15, signal.SIG_IGN); " + HOLD


@pytest.fixture
def job(api):
    return api.job(name="j", retry={"max_attempts": 2, "jitter": 0})


def work(cli, *words, options=()):
    """Start a worker that runs words."""
    return cli.spawn("work", "--worker", "w1", *options, "--", *words)


def once(cli, code, *words, options=()):
    """Let a worker do one claim; what it printed."""
    return ends(work(cli, *words, options=["--once", *options]), code)


def python(script):
    return [PY, "-c", script]


def logs(ex):
    return ex.api.pages(f"{ex.path}/logs?limit=1000", "after")


def texts(ex, level=None):
    return [row["message"] for row in logs(ex)
            if level is None or row["level"] == level]


def is_running(ex):
    """Its command has said that it is there."""
    return lambda: "ready" in texts(ex)


def is_gone(pid):
    """No such process, or one that only waits to be waited for."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


# ---- what a command gets and gives ----------------------------------------

def test_input_environment_and_result(cli, api, job):
    ex = api.trigger("j", {"n": 1.10, "t": "ä"})
    out = once(cli, 0, *python("""
import json, os, sys
text = sys.stdin.read()
os.write(3, b'progress 50 half way\\n\\nresult ' + json.dumps({
    'input': text.strip(), 'args': sys.argv[1:],
    'env': {k: v for k, v in os.environ.items() if k.startswith('TIDEWIRE_')},
    'fds': sorted(int(f) for f in os.listdir('/proc/self/fd')),
}).encode() + b'\\n')
print('out'); print('err', file=sys.stderr)
"""), "an", "--arg", options=["--output", "json"])
    row = ex.get()
    assert row["status"] == "completed" and row["progress_percent"] == 100
    assert row["current_step_name"] == "half way"
    result = row["result_data"]
    assert json.loads(result["input"]) == {"n": 1.1, "t": "ä"}
    assert result["args"] == ["an", "--arg"]
    env = result["env"]
    assert env["TIDEWIRE_EXECUTION_ID"] == ex.id
    assert env["TIDEWIRE_JOB"] == "j" and env["TIDEWIRE_QUEUE"] == "default"
    assert env["TIDEWIRE_ATTEMPT"] == "1"
    assert env["TIDEWIRE_MAX_ATTEMPTS"] == "2"
    assert env["TIDEWIRE_TOKEN"].startswith("twc_")
    assert env["TIDEWIRE_URL"] == cli.url and env["TIDEWIRE_WORKER"] == "w1"
    assert "TIDEWIRE_STEP_ID" not in env
    # The one that lists the folder is its own.
    assert set(result["fds"]) - {0, 1, 2, 3} <= {4, 5}
    assert texts(ex, "info") == ["out"] and texts(ex, "error") == ["err"]
    said = json.loads(out)
    assert said.pop("duration_ms") >= 0
    assert said == {"execution_id": ex.id, "job": "j", "step": None,
                    "attempt": 1, "outcome": "completed"}


def test_input_may_be_left_unread_or_large(cli, api, job):
    big = {"x": "y" * 900_000}
    first, second = api.trigger("j", big), api.trigger("j", big)
    once(cli, 0, "true")
    assert first.get()["status"] == "completed"
    assert first.get()["result_data"] is None
    once(cli, 0, *python("import json, os, sys; os.write(3, b'result %d\\n' %"
                         " len(json.load(sys.stdin)['x']))"))
    assert second.get()["result_data"] == 900_000


def test_outcomes(cli, api, job, case):
    rows = [
        ("exit 3", "ExitStatus", "exit status 3", 1),
        ("echo a >&2; echo why >&2; exit 1", "ExitStatus",
         "exit status 1: a\nwhy", 1),
        ("exit 75", "ExitStatus", "exit status 75", 1),
        ("kill -TERM $$", "Signal", "killed by signal 15 (Terminated)", 1),
        ("kill -KILL $$", "Signal", "killed by signal 9 (Killed)", 1),
    ]
    for script, kind, message, code in rows:
        with case(script):
            ex = api.trigger("j")
            out = once(cli, code, "sh", "-c", script)
            assert ex.id in out and "failed" in out
            row = ex.get()
            assert row["status"] == "failed" and row["retry_at"]
            assert row["error_type"] == kind
            assert row["error_message"] == message


def test_a_status_that_is_not_tried_again(cli, api, job):
    for status, again in ((65, False), (66, False), (67, True)):
        ex = api.trigger("j")
        once(cli, 1, "sh", "-c", f"exit {status}",
             options=["--no-retry-status", "65", "--no-retry-status", "66"])
        assert bool(ex.get()["retry_at"]) == again


def test_a_command_that_goes_away_fails_what_it_was_given(
        cli, api, job, tmp_path):
    tool = tmp_path / "tool"
    tool.write_text("#!/nowhere/at/all\n")
    tool.chmod(0o755)
    ex = api.trigger("j")
    once(cli, 1, str(tool))
    row = ex.get()
    assert row["error_message"].startswith("exit status 127: cannot run")


def test_no_work_is_taken_while_the_command_is_missing(
        cli, api, job, tmp_path):
    tool = tmp_path / "tool"

    def install():
        new = tmp_path / "new"
        new.write_text('#!/bin/sh\nrm "$0"\n')
        new.chmod(0o755)
        new.rename(tool)

    install()
    made = [api.trigger("j") for _ in range(2)]
    proc = work(cli, str(tool))
    read_until(proc.stderr, "there is no command")
    assert [e.get()["status"] for e in made] == ["completed", "pending"]
    install()
    wait_until(lambda: made[1].get()["status"] == "completed", "it goes on")
    proc.send_signal(signal.SIGTERM)
    ends(proc, 0)


def test_what_descriptor_3_says_wrongly_is_a_warning(cli, api, job):
    ex = api.trigger("j")
    once(cli, 0, "sh", "-c", "exec >&3; echo hello; echo progress 101; "
         "echo result {; echo checkpoint 1; echo; printf 'result 7'")
    assert ex.get()["result_data"] == 7
    said = texts(ex, "warn")
    assert len(said) == 4 and all(t.startswith("descriptor 3: ")
                                  for t in said)


def test_a_result_that_is_refused_is_a_failure(cli, api, job, case):
    for size in (1_100_000, 5_000_000):
        with case(size):
            ex = api.trigger("j")
            once(cli, 1, *python("import os; print('log'); f = os.fdopen(3, "
                                 f"'w'); f.write('result \"' + 'x' * {size} "
                                 "+ '\"\\n')"))
            row = ex.get()
            assert row["error_type"] == "ReportRefused"
            assert "log" in texts(ex)


# ---- output ---------------------------------------------------------------

def test_any_bytes_become_logs(cli, api, job):
    ex = api.trigger("j")
    once(cli, 0, *python("""
import os
os.write(1, b'\\xff\\xc3\\xa4\\x00\\n\\n' + b'x' * 40000 + b'\\r\\nlast')
os.write(2, bytes(range(128, 256)))
"""))
    said = texts(ex, "info")
    assert said[0] == "\ufffdä\x00" and said[1] == "" and said[-1] == "last"
    assert "".join(said[2:-1]) == "x" * 40000 and len(said) == 6
    assert texts(ex, "error") == ["\ufffd" * 128]


def test_ten_megabytes_of_output(cli, api, job):
    ex = api.trigger("j")
    once(cli, 0, *python("for i in range(100_000): print(i, 'y' * 99)"))
    said = texts(ex)
    assert len(said) == 100_000
    assert all(t == f"{i} {'y' * 99}" for i, t in enumerate(said))


def test_logs_and_progress_are_seen_while_it_runs(cli, api, job, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    ex = api.trigger("j")
    proc = work(cli, "sh", "-c", "echo ready; echo progress 30 >&3; "
                f"cat {fifo}", options=["--once"])
    wait_until(is_running(ex), "its first line arrives")
    wait_until(lambda: ex.get()["progress_percent"] == 30, "its progress")
    fifo.write_text("and the last")
    ends(proc, 0)
    assert texts(ex) == ["ready", "and the last"]


def test_what_stays_in_the_background_keeps_nobody_waiting(cli, api, job):
    ex = api.trigger("j")
    once(cli, 0, "sh", "-c", "sleep 1000 & echo $!")
    (pid,) = texts(ex)
    os.kill(int(pid), signal.SIGKILL)
    assert ex.get()["status"] == "completed"


@pytest.mark.memory
def test_a_worker_does_not_grow_with_what_cannot_be_sent(cli, api, srv, job):
    """The server is held: a command that writes without end is held too."""
    ex = api.trigger("j")
    proc = work(cli, *python("""
import os
os.write(1, b'ready\\n')
for i in range(1_000_000): os.write(1, b'%d ' % i + b'y' * 990 + b'\\n')
"""))
    wait_until(lambda: srv.seq() > 1000, "it writes")
    with srv.paused():
        (child,) = children(proc.pid)
        wait_until(lambda: waits_in(child, "pipe")
                   and waits_in(proc.pid, "poll"), "it cannot write any more")
    before = srv.seq()
    wait_until(lambda: srv.seq() > before, "it goes on")
    assert peak_kb(proc.pid) < 25_000
    quit_now(proc)
    assert api.get(ex.path).json()["data"]["error_type"] == "WorkerStopped"


def quit_now(proc):
    """Let the worker stop its commands."""
    for line in ("finishing", "stopping"):
        proc.send_signal(signal.SIGTERM)
        read_until(proc.stderr, line)
    ends(proc, 0)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as f:
        return [int(p) for p in f.read().split()]


def waits_in(pid, what):
    """It sleeps in a function of the kernel of about that name."""
    with open(f"/proc/{pid}/wchan") as f:
        return what in f.read()


def peak_kb(pid):
    """The most memory it has ever had."""
    with open(f"/proc/{pid}/status") as status:
        rows = dict(line.split(":", 1) for line in status)
    return int(rows["VmHWM"].split()[0])


def read_until(stream, text):
    """Read lines up to one with this text."""
    for line in stream:
        if text in line:
            return
    raise AssertionError(f"it ended without saying {text}")


# ---- the end, before it was meant -----------------------------------------

def test_heartbeats_keep_the_claim(cli, api, srv, job):
    ex = api.trigger("j")
    proc = work(cli, *python(HOLD), options=["--lease", "2s"])
    wait_until(is_running(ex), "it runs")
    for _ in range(4):  # each a half of the lease
        now = srv.advance(1000)
        wait_until(lambda: ms(ex.get()["last_heartbeat_at"]) >=
                   now // 1000 * 1000, "the next heartbeat")
    row = ex.get()
    assert row["status"] == "running" and row["worker"] == "w1"
    quit_now(proc)


def test_cancel_stops_the_command(cli, api, job, case):
    for script, options in ((HOLD, []), (STUBBORN, ["--grace", "100ms"])):
        with case(script):
            ex = api.trigger("j")
            proc = work(cli, *python(script),
                        options=["--once", "--lease", "1s", *options])
            wait_until(is_running(ex), "it runs")
            data(api.post(f"/api/executions/{ex.id}/cancel"))
            assert "cancelled" in ends(proc, 3)
            assert ex.get()["status"] == "cancelled"


def test_what_a_cancelled_command_still_says_is_kept(cli, api, job):
    ex = api.trigger("j")
    proc = work(cli, "sh", "-c", "trap 'echo bye; exit 9' TERM; echo ready; "
                f"{PY} -c 'import signal; signal.pause()' & wait",
                options=["--once", "--lease", "1s"])
    wait_until(is_running(ex), "it runs")
    data(api.post(f"/api/executions/{ex.id}/cancel"))
    ends(proc, 3)
    assert texts(ex) == ["ready", "bye"]


def test_a_cancelled_command_may_end_well(cli, api, job):
    """What it made is kept; it is cancelled all the same."""
    ex = api.trigger("j")
    proc = work(cli, *python("""
import os, signal
signal.signal(15, lambda *_: 0)
print('ready', flush=True)
signal.pause()
os.write(3, b'result 7\\n')
"""), options=["--once", "--lease", "1s"])
    wait_until(is_running(ex), "it runs")
    data(api.post(f"/api/executions/{ex.id}/cancel"))
    assert "cancelled" in ends(proc, 3)
    row = ex.get()
    assert row["status"] == "cancelled" and row["result_data"] == 7


def test_a_lost_claim_stops_the_command(cli, api, srv, job):
    ex = api.trigger("j")
    proc = work(cli, "sh", "-c", f"echo ready; echo $$; exec {PY} -c "
                "'import signal; signal.pause()'",
                options=["--once", "--lease", "2s"])
    wait_until(lambda: len(texts(ex)) == 2, "it runs")
    pid = int(texts(ex)[1])
    # A heartbeat while the retry waits would revive the attempt.
    proc.send_signal(signal.SIGSTOP)
    srv.advance(60_000)
    srv.advance(60_000)
    again = claim_one(api)
    assert again.id == ex.id and again.attempt == 2
    proc.send_signal(signal.SIGCONT)
    out, err = proc.communicate(timeout=DEADLINE)
    assert proc.returncode == 1 and "lost" in out, (out, err)
    assert "the claim is over" in err
    assert is_gone(pid)
    again.ok("complete")


def test_a_killed_worker_takes_its_commands_along(cli, api, srv, job):
    ex = api.trigger("j")
    proc = work(cli, "sh", "-c", f"echo $$; exec {PY} -c "
                "'import signal; signal.pause()'")
    wait_until(lambda: texts(ex), "it runs")
    proc.kill()
    proc.communicate()
    wait_until(lambda: is_gone(int(texts(ex)[0])), "the command ends")


def test_a_restart_of_the_server(cli, api, srv, job, tmp_path, case):
    """The command goes on, and what it said meanwhile arrives."""
    for name in ("stop", "kill9"):
        with case(name):
            fifo = tmp_path / name
            os.mkfifo(fifo)
            ex = api.trigger("j")
            proc = work(cli, "sh", "-c", f"echo ready; cat {fifo}; echo end; "
                        "echo result 5 >&3", options=["--once"])
            wait_until(is_running(ex), "it runs")
            port = srv.port
            getattr(srv, name)()
            fifo.write_text("meanwhile\n")
            srv.start(port=port)
            ends(proc, 0)
            assert ex.get()["result_data"] == 5
            said = texts(ex)
            assert said[0] == "ready" and said[-1] == "end"
            assert "meanwhile" in said


def test_kills_of_the_server_lose_nothing(cli, api, srv):
    """Everything is done in the end, however often the server dies."""
    api.job(name="j", retry={"max_attempts": 20, "initial_interval_ms": 100})
    data(api.post("/api/jobs/j/trigger/batch", {"executions": [{}] * 60}))
    proc = work(cli, "sh", "-c", "echo hello; echo result 1 >&3",
                options=["--concurrency", "4"])
    for n in (10, 25, 40):
        wait_until(lambda: srv.counts()["completed"] >= n, f"{n} are done")
        port = srv.port
        srv.kill9()
        srv.start(port=port)
    # What was handed out in an answer that never arrived times out.
    wait_until(lambda: srv.advance(60_000)
               and srv.counts()["completed"] == 60, "all are done")
    proc.send_signal(signal.SIGTERM)
    ends(proc, 0)
    assert srv.counts()["total"] == 60
    assert {row["status"] for row in api.pages("/api/executions?limit=100")} \
        == {"completed"}


def test_sigterm_lets_commands_finish(cli, api, job, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    first = api.trigger("j")
    proc = work(cli, "sh", "-c", f"echo ready; cat {fifo}")
    wait_until(is_running(first), "it runs")
    second = api.trigger("j")
    proc.send_signal(signal.SIGTERM)
    fifo.write_text("done\n")
    ends(proc, 0)
    assert first.get()["status"] == "completed"
    assert second.get()["status"] == "pending"


def test_a_second_sigterm_ends_them(cli, api, job):
    ex = api.trigger("j")
    proc = work(cli, *python(HOLD))
    wait_until(is_running(ex), "it runs")
    proc.send_signal(signal.SIGTERM)
    read_until(proc.stderr, "finishing")
    proc.send_signal(signal.SIGINT)
    ends(proc, 0)
    row = ex.get()
    assert row["status"] == "failed" and row["retry_at"]
    assert row["error_type"] == "WorkerStopped"


def test_a_third_sigterm_ends_all(cli, api, srv, job):
    ex = api.trigger("j")
    proc = work(cli, *python(STUBBORN), options=["--grace", "1h"])
    wait_until(is_running(ex), "it runs")
    child = children(proc.pid)[0]
    for line in ("finishing", "stopping"):
        proc.send_signal(signal.SIGTERM)
        read_until(proc.stderr, line)
    proc.send_signal(signal.SIGTERM)
    ends(proc, 1)
    wait_until(lambda: is_gone(child), "the command ends")


def test_idle_worker_ends_at_once(cli, api, srv, job):
    proc = work(cli, "true")
    wait_until(lambda: waiting(api) == 1, "it waits")
    proc.send_signal(signal.SIGTERM)
    assert ends(proc, 0) == ""
    wait_until(lambda: waiting(api) == 0, "its claim is gone")


# ---- which work, and how much at once --------------------------------------

def test_concurrency(cli, api, job, tmp_path):
    """Three can only end when all three run."""
    made = [api.trigger("j") for _ in range(6)]
    here = tmp_path / "here"
    here.mkdir()
    proc = work(cli, *python(f"""
import os, time
os.chdir({str(here)!r})
n = lambda: len(os.listdir())
open(os.environ['TIDEWIRE_EXECUTION_ID'], 'x')
upto = (n() + 2) // 3 * 3
while n() < upto: time.sleep(0.01)
"""), options=["--drain", "--concurrency", "3", "--output", "json"])
    rows = [json.loads(line) for line in ends(proc, 0).splitlines()]
    assert sorted(r["execution_id"] for r in rows) == sorted(
        ex.id for ex in made)
    assert {ex.get()["status"] for ex in made} == {"completed"}


def test_drain(cli, api, job):
    assert ends(work(cli, "true", options=["--drain"]), 0) == ""
    made = [api.trigger("j") for _ in range(5)]
    # One makes another: it is done, too.
    proc = work(cli, "sh", "-c", 'test "$TIDEWIRE_EXECUTION_ID" != "$1" || '
                f"{TIDEWIRE} job trigger j", "sh", made[4].id,
                options=["--drain"])
    assert len(ends(proc, 0).splitlines()) == 6
    assert claim(api) == []


def test_queues_and_jobs(cli, api, job):
    other = api.job(name="k", queue="q2")
    a, b = api.trigger("j"), api.trigger(other)
    ends(work(cli, "true", options=["--drain", "--queue", "q2",
                                    "--queue", "q3"]), 0)
    assert [e.get()["status"] for e in (a, b)] == ["pending", "completed"]
    b = api.trigger(other)
    ends(work(cli, "true", options=["--drain", "--job", "j"]), 0)
    assert [e.get()["status"] for e in (a, b)] == ["completed", "pending"]


def test_a_worker_waits_for_work(cli, api, job):
    proc = work(cli, "true", options=["--once"])
    wait_until(lambda: waiting(api) == 1, "it waits")
    ex = api.trigger("j")
    assert "completed" in ends(proc, 0)
    assert ex.get()["worker"] is None


def test_steps(cli, api):
    """Each step is claimed by itself; what one makes, the next reads."""
    api.job(*chain("a", "b"), name="s")
    ex = api.trigger("s", {"n": 1})
    proc = work(cli, *python("""
import json, os, sys
given = json.load(sys.stdin)
name = os.environ['TIDEWIRE_STEP_NAME']
print('in', name, os.environ['TIDEWIRE_STEP_ID'])
with os.fdopen(3, 'w') as report:
    print('progress 20 looking', file=report)
    print('artifacts', json.dumps({'n': given['n'] + 1}), file=report)
    print('result', json.dumps(name), file=report)
"""), options=["--drain", "--unit", "step"])
    out = ends(proc, 0).splitlines()
    assert [line.split()[1:5] for line in out] == [
        ["s", "a", "attempt", "1"], ["s", "b", "attempt", "1"]]
    row = ex.get()
    assert row["status"] == "completed", row
    assert [s["artifacts"] for s in row["steps"]] == [{"n": 2}, {"n": 3}]
    assert [s["result_data"] for s in row["steps"]] == ["a", "b"]
    assert texts(ex) == [f"in {s['name']} {s['id']}" for s in row["steps"]]


def test_a_step_goes_on_from_its_checkpoint(cli, api, srv):
    api.job("a", name="s", retry={"max_attempts": 3, "jitter": 0})
    ex = api.trigger("s")
    script = python("""
import json, os, sys
with os.fdopen(4) as f: before = json.load(f)
with os.fdopen(3, 'w') as report:
    print('checkpoint', (before or 0) + 1, file=report)
    print('result', json.dumps(before), file=report)
sys.exit(0 if before == 1 else 1)
""")
    once(cli, 1, *script, options=["--unit", "step"])
    srv.advance(60_000)
    once(cli, 0, *script, options=["--unit", "step"])
    row = ex.get()
    assert row["status"] == "completed"
    assert row["steps"][0]["result_data"] == 1


def test_cancel_of_a_step(cli, api):
    api.job("a", name="s")
    ex = api.trigger("s")
    proc = work(cli, *python(HOLD), options=[
        "--once", "--unit", "step", "--lease", "1s"])
    wait_until(is_running(ex), "it runs")
    data(api.post(f"/api/executions/{ex.id}/cancel"))
    ends(proc, 3)
    assert ex.get()["status"] == "cancelled"


# ---- wrong use -------------------------------------------------------------

def test_usage(cli, job, case):
    rows = [
        [],
        ["--queue", "q"],
        ["--queue", "q", "--job", "j", "--", "true"],
        ["--once", "--drain", "--", "true"],
        ["--once", "--concurrency", "2", "--", "true"],
        ["--concurrency", "0", "--", "true"],
        ["--concurrency", "101", "--", "true"],
        ["--unit", "task", "--", "true"],
        ["--lease", "1500ms", "--", "true"],
        ["--no-retry-status", "0", "--", "true"],
        ["--no-retry-status", "256", "--", "true"],
        ["--", "no-such-command-anywhere"],
        ["--", "/no/such/command"],
        ["--", ""],
    ]
    for words in rows:
        with case(words):
            done = cli.run("work", *words)
            assert done.returncode == 2, done
            assert done.stderr.startswith("tidewire: ") and not done.stdout


def test_a_job_that_is_not_there(cli, job):
    done = cli.run("work", "--job", "nope", "--", "true")
    assert done.returncode == 1 and "jobs.0" in done.stderr


def test_a_key_that_may_not(cli, api, srv, job):
    made = data(api.post("/api/keys", {"name": "boss", "scope": "admin"}), 201)
    srv.api.key = made["key"]
    reader = data(api.post("/api/keys", {"name": "eye", "scope": "read"}), 201)
    cli.env["TIDEWIRE_API_KEY"] = reader["key"]
    assert cli.run("work", "--once", "--", "true").returncode == 6
    worker = data(api.post("/api/keys", {"name": "w", "scope": "worker"}), 201)
    cli.env["TIDEWIRE_API_KEY"] = worker["key"]
    api.trigger("j")
    once(cli, 0, "true")


def test_timeout_and_no_server(cli, srv, job):
    assert cli.run("work", "--timeout", "300ms", "--once", "--",
                   "true").returncode == 124
    srv.stop()
    done = cli.run("work", "--timeout", "300ms", "--once", "--", "true")
    assert done.returncode == 7 and cli.url in done.stderr


def test_help_names_every_option(cli):
    text = run_tool([TIDEWIRE, "work", "--help"]).stdout
    for name in ("queue", "job", "worker", "concurrency", "lease", "unit",
                 "grace", "no-retry-status", "once", "drain"):
        assert f"--{name}" in text
