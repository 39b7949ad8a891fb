"""What waits for workers, as the command line asks and tells."""
import json

import pytest

from api import data
from test_cli import built, cli  # noqa: F401
from work import Waiting, claim, claim_one


@pytest.fixture
def job(api):
    return api.job(name="j", queue="q1", retry={"max_attempts": 2})


# ---- triggers for later ----------------------------------------------------

def test_trigger_for_later(cli, api, srv, job):
    row = cli.json("job", "trigger", "j", "--run-at", "2099-01-01T00:00:00Z",
                   "--priority", "9", "--start-timeout", "90s",
                   "--concurrency-key", "k")
    assert row["priority"] == 9
    assert claim(api, queues=["q1"]) == []


def test_concurrency_key(cli, api, job):
    for _ in range(2):
        cli.json("job", "trigger", "j", "--concurrency-key", "k")
    held = claim_one(api, queues=["q1"], max=2)
    assert claim(api, queues=["q1"]) == []
    held.ok("complete")
    assert len(claim(api, queues=["q1"])) == 1


def test_wrong_options_of_trigger(cli, api, job, case):
    rows = [
        (["--priority", "10"], 2),
        (["--priority", "x"], 2),
        (["--start-timeout", "1500ms"], 2),
        (["--start-timeout", "0"], 2),
        (["--run-at", "tomorrow"], 1),
        (["--batch", "-", "--priority", "1"], 2),
        (["--batch", "-", "--wait"], 2),
        (["--batch", "/no/such/file"], 2),
    ]
    for words, code in rows:
        with case(words):
            done = cli.run("job", "trigger", "j", *words)
            assert done.returncode == code and not done.stdout, done
            assert done.stderr.startswith("tidewire: ")
    assert claim(api, queues=["q1"]) == []


def test_batch(cli, api, job, tmp_path):
    path = tmp_path / "batch"
    path.write_text('{"input_params":{"n":1},"priority":1}\n\n'
                    '  {"input_params":{"n":2},"priority":9}\r\n'
                    '{"tags":{"a":"b"}}')
    rows = cli.json("job", "trigger", "j", "--batch", str(path))
    assert [r["priority"] for r in rows] == [1, 9, 5]
    first = cli.json("execution", "get", rows[0]["id"])
    assert first["trigger_context"] == {"n": 1}
    assert rows[2]["tags"] == {"a": "b"}
    with open(path) as stdin:
        out = cli.ok("job", "trigger", "j", "-b", "-", "--output", "table",
                     stdin=stdin)
    assert len(out.splitlines()) == 4 and "pending" in out


def test_batch_is_all_or_nothing(cli, api, job, tmp_path):
    path = tmp_path / "batch"
    path.write_text('{}\n{"priority":\n')
    done = cli.run("job", "trigger", "j", "--batch", str(path))
    assert done.returncode == 2 and "line 2" in done.stderr
    path.write_text('{}\n{}\n{"priority":11}\n')
    done = cli.run("job", "trigger", "j", "--batch", str(path))
    assert done.returncode == 1
    assert "executions.2.priority" in done.stderr
    assert claim(api, queues=["q1"]) == []


# ---- queues ----------------------------------------------------------------

def test_queues(cli, api, job):
    api.trigger("j")
    row = cli.json("queue", "get", "q1")
    assert row["name"] == "q1" and row["queued"] == 1 and row["jobs"] == 1
    assert row["paused_at"] is None and row["oldest_ready_at"]
    assert "q1" in [q["name"] for q in cli.json("queue", "list")]
    out = cli.ok("queue", "list").splitlines()
    assert out[0].split()[:3] == ["QUEUE", "STATE", "QUEUED"]
    (line,) = [text for text in out if text.startswith("q1 ")]
    assert line.split()[1:4] == ["open", "1", "0"]
    out = cli.ok("queue", "get", "q1")
    assert "open" in out and "queued" in out


def test_pause_and_resume(cli, api, job, case):
    rows = [("queue", "q1"), ("job", "j"), ("job", job["id"])]
    for group, name in rows:
        with case((group, name)):
            ex = api.trigger("j")
            assert cli.ok(group, "pause", name) == f"{group} {name} paused\n"
            assert claim(api, queues=["q1"]) == []
            if group == "queue":
                assert "paused" in cli.ok("queue", "list")
                assert cli.json("queue", "get", name)["paused_at"]
            assert cli.json(group, "pause", name)["paused_at"]
            waits = Waiting(api, queues=["q1"])
            assert cli.ok(group, "resume", name) == \
                f"{group} {name} resumed\n"
            got = waits.one()
            assert got.id == ex.id
            got.ok("complete")
            assert cli.json(group, "resume", name)["paused_at"] is None


def test_what_is_not_there(cli, job, case):
    rows = [("queue", "get", "nope"), ("job", "pause", "nope"),
            ("job", "resume", "nope"), ("execution", "why", "nope")]
    for words in rows:
        with case(words):
            done = cli.run(*words)
            assert done.returncode == 5, done
            assert done.stderr.startswith("tidewire: ")


# ---- why -------------------------------------------------------------------

def why(cli, ex):
    """The reasons, which the sentences must tell in the same order."""
    found = cli.json("execution", "why", ex.id)
    assert found == data(ex.api.get(f"{ex.path}/why"))
    out = cli.ok("execution", "why", ex.id)
    first, *rest = out.splitlines()
    assert first == f"{ex.id} is {found['status']}"
    said = [line[2:] for line in rest if line.startswith("- ")]
    assert said == [r["message"] for r in found["reasons"]]
    timer = found["next_timer"]
    assert ("next timer: " in rest[-1]) == (timer is not None)
    assert timer is None or timer["at"] in rest[-1]
    return found["reasons"], out


def test_why_it_waits(cli, api, srv, job):
    ex = api.trigger("j")
    reasons, out = why(cli, ex)
    assert reasons[0]["code"] == "waiting_for_worker"
    cli.ok("queue", "pause", "q1")
    assert why(cli, ex)[0][0]["code"] == "queue_paused"
    cli.ok("queue", "resume", "q1")
    held = claim_one(api, worker="somebody", queues=["q1"])
    reasons, out = why(cli, ex)
    assert reasons[0]["code"] == "held"
    (line,) = [text for text in out.splitlines()
               if text.split() == ["worker", "somebody"]]
    assert line.startswith("    worker  ")
    held.ok("fail", error_message="no")
    assert why(cli, ex)[0][0]["code"] == "retry_waiting"
    cli.run("execution", "cancel", ex.id)
    assert why(cli, ex)[0][0]["code"] == "ended"


def test_why_is_a_table_unless_asked(cli, api, job):
    ex = api.trigger("j")
    out = cli.ok("execution", "why", ex.id)
    assert not out.startswith("{")
    raw = cli.ok("execution", "why", ex.id, "--output", "json")
    assert json.loads(raw)["execution_id"] == ex.id
