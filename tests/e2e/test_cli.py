"""The command line: what it prints, and what its exit code says."""
import json
import os
import socket
import subprocess
import uuid

import pytest

from api import data, ok
from server import DEADLINE, TIDEWIRE, run_tool, wait_until


@pytest.fixture(autouse=True)
def built():
    if not os.access(TIDEWIRE, os.X_OK):
        pytest.fail(f"{TIDEWIRE} is not built (set TIDEWIRE)")


class Cli:
    """tidewire, talking to one server."""

    def __init__(self, srv):
        self.srv = srv
        self.env = {"TIDEWIRE_API_KEY": "", "NO_COLOR": "1"}

    @property
    def url(self):
        return f"http://127.0.0.1:{self.srv.port}"

    def run(self, *words, **kw):
        return run_tool([TIDEWIRE, *words],
                        env={**self.env, "TIDEWIRE_URL": self.url}, **kw)

    def ok(self, *words, **kw):
        done = self.run(*words, **kw)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def json(self, *words, **kw):
        return json.loads(self.ok("--output", "json", *words, **kw))

    def spawn(self, *words):
        return subprocess.Popen(
            [TIDEWIRE, *words], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
            env={**os.environ, **self.env, "TIDEWIRE_URL": self.url})


    def spawn_to(self, out, *words, stderr=subprocess.DEVNULL):
        """Run it with its bytes going to a file; its exit code."""
        return subprocess.run(
            [TIDEWIRE, *words], stdout=out or subprocess.DEVNULL,
            stderr=stderr, stdin=subprocess.DEVNULL, timeout=DEADLINE,
            env={**os.environ, **self.env, "TIDEWIRE_URL": self.url}
        ).returncode


@pytest.fixture
def cli(srv):
    return Cli(srv)


@pytest.fixture
def job(api):
    return api.job("a", "b", name="j", retry={"max_attempts": 1})


def waiting(cli, ex, *options):
    """`execution wait`, subscribed to the stream."""
    before = cli.srv.info()["subscribers"]
    proc = cli.spawn("execution", "wait", ex.id, *options)
    wait_until(lambda: proc.poll() is not None
               or cli.srv.info()["subscribers"] > before, "wait listens")
    return proc


def ends(proc, code):
    try:
        out, err = proc.communicate(timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        proc.kill()
        proc.communicate()
        raise AssertionError("wait never ended") from None
    assert proc.returncode == code, (proc.returncode, out, err)
    return out


# ---- jobs and executions -------------------------------------------------

def test_a_job_from_options_to_its_end(cli, api):
    job = cli.json("job", "create", "--name", "etl", "--step", "a", "--step",
                   "b", "--max-attempts", "2", "--queue", "bulk",
                   "--heartbeat-timeout", "2m", "--auto-complete")
    assert job["name"] == "etl" and job["queue"] == "bulk"
    assert job["steps"][1]["depends_on"] == ["a"]
    assert job["heartbeat_timeout_seconds"] == 120
    assert cli.json("job", "get", "etl") == job
    assert job["id"] in [j["id"] for j in cli.json("job", "list")]
    row = cli.json("job", "trigger", "etl", "--input", '{"x":1}',
                   "--tag", "env=prod")
    assert row["input_params"] == {"x": 1} and row["tags"] == {"env": "prod"}
    ex = api.execution(row["id"])
    ex.ok("log", message="hello", level="warn")
    assert cli.json("execution", "get", ex.id)["status"] == "running"
    assert "hello" in cli.ok("execution", "logs", ex.id)
    assert cli.json("execution", "cancel", ex.id)["status"] == "cancelling"
    listed = cli.json("execution", "list", "--status", "cancelling",
                      "--job", "etl", "--tag", "env=prod")
    assert [r["id"] for r in listed["executions"]] == [ex.id]
    assert "etl" in cli.ok("job", "delete", "etl")
    assert cli.run("job", "get", "etl").returncode == 5


def test_a_job_from_a_file_or_standard_input(cli, tmp_path):
    path = tmp_path / "job.json"
    path.write_text('{"name":"from-file","steps":[{"name":"s"}]}')
    assert cli.json("job", "create", "-f", str(path))["name"] == "from-file"
    path.write_text('{"name":"from-stdin"}')
    with open(path) as stdin:
        made = cli.json("job", "create", "-f", "-", stdin=stdin)
    assert made["name"] == "from-stdin"


def test_tables(cli, api, job):
    api.trigger("j")
    out = cli.ok("execution", "list", "--output", "table")
    head, row = out.splitlines()[:2]
    assert head.split()[:3] == ["ID", "CONFIG", "STATUS"]
    assert "running" in row and " j " in row
    out = cli.ok("--output", "table", "job", "get", "j")
    assert job["id"] in out and not out.startswith("{")


def test_lists_of_many_pages(cli, api, job):
    made = [api.trigger("j").id for _ in range(130)]
    for offset, limit in ((0, 125), (3, 2), (99, 3), (100, 30), (128, 9)):
        got = cli.json("execution", "list", "--limit", str(limit),
                       "--offset", str(offset))
        assert [r["id"] for r in got["executions"]] == (
            made[::-1][offset:offset + limit])
        assert got["total"] == 130
    got = cli.json("execution", "list", "--offset", "130")
    assert got["executions"] == [] and got["total"] == 130
    done = cli.run("execution", "list", "--limit", "7", "--offset", "3")
    assert done.stderr == (
        "tidewire: 7 of 130 executions; see more with --offset 10\n")


def test_numbers_keep_their_digits(cli, job):
    out = cli.ok("--output", "json", "job", "trigger", "j", "--input",
                 '{"n":1.0000000000000000001,"e":1e400}')
    assert '"n":1.0000000000000000001,"e":1e400' in out.replace(" ", "")


def test_server_and_keys(cli, srv):
    status = cli.json("server", "status")
    assert status["executions"]["total"] == 0
    made = cli.json("key", "create", "boss", "--scope", "admin")
    done = cli.run("server", "status")
    assert done.returncode == 6 and done.stdout == ""
    cli.env["TIDEWIRE_API_KEY"] = made["key"]
    srv.api.key = made["key"]
    assert cli.json("key", "list")[0]["name"] == "boss"
    reader = cli.json("key", "create", "eye", "--scope", "read",
                      "--project", "3")
    assert reader["project_id"] == 3
    cli.env["TIDEWIRE_API_KEY"] = reader["key"]
    assert cli.run("key", "list").returncode == 6
    assert cli.run("--api-key", made["key"], "key", "revoke",
                   reader["id"]).returncode == 0
    assert cli.run("job", "list").returncode == 6


def test_events(cli, api, job):
    ex = api.trigger("j")
    ex.finish(1)
    lines = cli.ok("execution", "events", ex.id, "--types", "all",
                   "--since", "0").splitlines()
    types = [json.loads(line)["type"] for line in lines]
    assert types[0] == "status" and types[-1] == "end"


def test_logs_follow(cli, api, job, srv):
    ex = api.trigger("j")
    ex.ok("log", message="first")
    proc = cli.spawn("execution", "logs", ex.id, "--follow")
    wait_until(lambda: srv.info()["subscribers"] == 1, "logs --follow")
    ex.ok("log", logs=[{"message": f"m{i}"} for i in range(50)])
    ex.finish()
    out = ends(proc, 0)
    assert [line.split()[-1] for line in out.splitlines()] == [
        "first"] + [f"m{i}" for i in range(50)]


# ---- exit codes ------------------------------------------------------------

USAGE = [[], ["nope"], ["job"], ["job", "nope"], ["execution", "get"],
         ["execution", "get", "a", "b"], ["--nope", "job", "list"],
         ["job", "list", "--nope"], ["--output", "xml", "job", "list"],
         ["--timeout", "soon", "job", "list"], ["job", "create"],
         ["job", "trigger", "j", "--input", "{"], ["job", "list",
                                                   "--limit", "x"],
         ["key", "create", "k", "--scope", "root"],
         ["job", "trigger", "j", "--tag", "novalue"],
         ["--url", "ftp://x", "job", "list"], ["--url", "http://", "job", "list"],
         ["--url", "http:///x", "job", "list"],
         ["--url", "https://:8000", "job", "list"], ["execution", "wait", ""]]


def test_usage_is_2(cli, case):
    for words in USAGE:
        with case(" ".join(words)):
            done = cli.run(*words)
            assert done.returncode == 2, done.stderr
            assert done.stdout == "" and done.stderr


def test_help_is_0(cli, case):
    for words in (["--help"], ["job", "--help"], ["job", "create", "-h"]):
        with case(" ".join(words)):
            assert "usage" in cli.ok(*words)


def test_what_the_server_refuses_is_1(cli, job):
    done = cli.run("job", "create", "--name", "j")
    assert done.returncode == 1 and "name" in done.stderr
    assert done.stdout == ""


def test_not_found_is_5(cli, case):
    ghost = "00000000-0000-7000-8000-000000000000"
    for what, *words in (
            ("job", "job", "get", "ghost"),
            ("job", "job", "trigger", "ghost"),
            ("job", "job", "delete", "ghost"),
            ("execution", "execution", "get", ghost),
            ("execution", "execution", "wait", ghost),
            ("execution", "execution", "logs", ghost),
            ("execution", "execution", "cancel", ghost),
            ("execution", "execution", "events", ghost),
            ("execution", "lineage", "stats", "--execution", ghost),
            ("execution", "storage", "download", ghost),
            ("config", "execution", "list", "--job", "ghost"),
            ("config", "config", "get", "ghost"),
            ("key", "key", "revoke", ghost),
            ("lineage", "lineage", "get", ghost),
            ("article", "article", "get", ghost)):
        with case(" ".join(words[:2])):
            done = cli.run(*words)
            assert done.returncode == 5, done
            assert f": tidewire {what} list\n" in done.stderr, done


def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_unreached_is_7(cli, case):
    url = f"http://127.0.0.1:{closed_port()}"
    for words in (["server", "status"], ["job", "list"],
                  ["--timeout", "300ms", "execution", "wait", "x"]):
        with case(words[-2]):
            done = cli.run("--url", url, *words)
            assert done.returncode == 7, done.stderr
            assert done.stdout == "" and done.stderr


def finish(ex, how):
    ex.data("heartbeat")
    bodies = {"complete": {"result_data": 5}, "fail": {"error_message": "m"},
              "cancel": {}}
    ex.data(how, bodies[how])
    if how == "cancel":
        ex.data("cancel")


ENDS = [("complete", 0, "completed"), ("fail", 1, "failed"),
        ("cancel", 3, "cancelled")]


@pytest.mark.parametrize("how,code,status", ENDS)
def test_wait(cli, api, job, how, code, status):
    ex = api.trigger("j")
    proc = waiting(cli, ex)
    finish(ex, how)
    assert json.loads(ends(proc, code))["status"] == status
    again = cli.run("execution", "wait", ex.id)
    assert again.returncode == code, "one that has ended already"


def test_wait_for_one_that_times_out(cli, srv, api, job):
    ex = api.trigger("j")
    ex.data("heartbeat")
    proc = waiting(cli, ex)
    srv.advance(310_000)
    assert json.loads(ends(proc, 4))["status"] == "timeout"


def test_wait_runs_out_of_time(cli, api, job):
    ex = api.trigger("j")
    proc = waiting(cli, ex, "--timeout", "500ms")
    ends(proc, 124)
    assert ex.status == "pending"


def test_wait_over_a_retry(cli, srv, api):
    api.job("a", name="j", retry={"max_attempts": 2, "jitter": 0,
                                  "initial_interval_ms": 10_000})
    ex = api.trigger("j")
    proc = waiting(cli, ex)
    ex.data("fail", error_message="m")
    srv.advance(12_000)
    assert proc.poll() is None
    ex.finish()
    ends(proc, 0)


def test_wait_over_a_kill_and_a_restart(cli, srv, api, job):
    ex = api.trigger("j")
    ex.data("heartbeat")
    proc = waiting(cli, ex)
    srv.kill9()
    srv.start(port=srv.port)
    wait_until(lambda: srv.info()["subscribers"] == 1, "wait is back")
    srv.restart(same_port=True)
    ex.finish("in between")
    out = ends(proc, 0)
    assert json.loads(out)["result_data"] == "in between"


def test_trigger_and_wait(cli, srv, api, job):
    proc = cli.spawn("job", "trigger", "j", "--wait", "--follow")
    wait_until(lambda: srv.info()["subscribers"] == 1, "trigger --wait")
    (row,) = api.pages("/api/executions")
    ex = api.execution(row["id"])
    ex.ok("log", message="on the way")
    ex.finish()
    ends(proc, 0)


def test_trigger_once(cli, job):
    ids = {cli.json("job", "trigger", "j", "--idempotency-key", "k")["id"]
           for _ in range(3)}
    assert len(ids) == 1


def test_a_closed_pipe_ends_quietly(cli, api, job):
    for _ in range(50):
        api.trigger("j")
    done = run_tool(
        ["/bin/sh", "-c", f"'{TIDEWIRE}' execution list | head -n 1"],
        env={"TIDEWIRE_URL": cli.url})
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 1


def test_results_and_remarks_are_apart(cli, api, job):
    row = cli.run("job", "trigger", "j")
    assert json.loads(row.stdout)["id"], "piped, one thing is JSON"
    assert data(api.get(f"/api/executions/{json.loads(row.stdout)['id']}"))


def test_wait_for_several(srv, api, cli):
    api.job(name="many")
    good, bad, gone = (api.trigger("many", tags={"run": "7", "n": n})
                       for n in "123")
    proc = waiting(cli, good, bad.id, gone.id)
    good.ok("complete")
    gone.ok("cancel")
    bad.ok("fail", error_message="x", retryable=False)
    rows = [json.loads(line) for line in ends(proc, 1).splitlines()]
    assert {r["id"]: r["status"] for r in rows} == {
        good.id: "completed", bad.id: "failed", gone.id: "cancelled"}
    wait = ("execution", "wait")
    cli.ok(*wait, "--tag", "run=7", "--tag", "n=1")
    assert cli.run(*wait, "--tag", "run=7", "--all").returncode == 1
    assert cli.run(*wait, "--tag", "run=8").returncode == 5
    assert cli.run(*wait).returncode == 2
    assert cli.run(*wait, good.id, "--tag", "run=7").returncode == 2


def test_wait_for_several_by_name(api, cli, job):
    made = [ok(api.post("/api/v1/executions", {"config_id": "j", "tag": tag}),
               201)["id"] for tag in ("one", "two")]
    for ident in made:
        api.execution(ident).ok("complete")
    for words in (("one", "two"), (made[0].upper(), "two", made[1])):
        done = cli.run("--timeout", "10s", "execution", "wait", *words)
        assert done.returncode == 0, done.stderr
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert {r["id"] for r in rows} == set(made) and len(rows) == 2
    assert cli.run("execution", "wait", "one", "three").returncode == 5
    assert cli.run("execution", "wait", "one", str(uuid.uuid4())).returncode == 5


def test_wait_for_any(srv, api, cli):
    api.job(name="many")
    slow, fast = api.trigger("many"), api.trigger("many")
    proc = waiting(cli, slow, fast.id, "--any", "--output", "table")
    srv.kill9()
    srv.restart(same_port=True)
    fast.ok("cancel")
    assert ends(proc, 3) == f"{fast.id}  cancelled\n"
