"""Clients in other people's languages, written to the Restep document.

The programs stand in clients/; here they run a three-step job to its end.
"""
import json
import pathlib
import shutil
import sys

import pytest

from server import run_tool

CLIENTS = pathlib.Path(__file__).resolve().parent / "clients"
NODE = shutil.which("node")
STEPS = [
    {"name": "extract", "step_index": 0, "step_type": "script"},
    {"name": "transform", "step_index": 1, "step_type": "script",
     "depends_on": ["extract"],
     "input_mapping": {"data": "extract.artifacts.rows",
                       "config": "job.input_params.config"}},
    {"name": "load", "step_index": 2, "step_type": "script",
     "depends_on": ["transform"]}]
INPUT = {"numbers": [1, 2, 3], "config": {"mode": "fast"}}


def need_node():
    if NODE is None:
        pytest.skip("node is not installed")
    version = run_tool([NODE, "--version"]).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < 18:
        pytest.skip(f"node {version} has no fetch")


def run(srv, *argv, key=""):
    done = run_tool(list(argv), env={"RESTEP_API_KEY": key})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def url(srv):
    return f"http://127.0.0.1:{srv.port}"


def done_right(ex):
    row = ex.get()
    assert row["status"] == "completed"
    assert row["result_data"] == {"sum": 12}
    steps = ex.steps()
    assert {s["status"] for s in steps.values()} == {"completed"}
    assert steps["extract"]["input_params"] == INPUT
    assert steps["transform"]["input_params"] == {
        "data": [1, 2, 3], "config": {"mode": "fast"}}
    assert steps["load"]["input_params"] == {"doubled": [2, 4, 6]}
    assert ex.logs()[-1]["message"] == "done"


@pytest.fixture
def ex(api):
    api.job(*STEPS, name="etl")
    return api.trigger("etl", INPUT)


def test_javascript_worker(srv, ex):
    need_node()
    said = run(srv, NODE, str(CLIENTS / "worker.mjs"), url(srv), ex.id)
    assert said == {"ran": ["extract", "transform", "load"],
                    "command": None, "status": "completed"}
    done_right(ex)


def test_javascript_worker_resumes_across_a_kill(srv, ex):
    need_node()
    worker = [NODE, str(CLIENTS / "worker.mjs")]
    said = run(srv, *worker, url(srv), ex.id, "load")
    assert said == {"ran": ["extract", "transform"], "stopped": "load"}
    srv.kill9()
    srv.start()
    said = run(srv, *worker, url(srv), ex.id)
    assert said["ran"] == ["load"] and said["status"] == "completed"
    done_right(ex)


def test_javascript_worker_fails_and_is_retried(srv, api):
    need_node()
    api.job(*STEPS, name="etl")
    ex = api.trigger("etl", {"numbers": "not a list"})
    done = run_tool([NODE, str(CLIENTS / "worker.mjs"), url(srv), ex.id])
    assert done.returncode == 1
    row = ex.get()
    assert row["status"] == "failed" and row["retry_at"]
    assert row["error_type"] == "TypeError" and row["error_stack"]
    srv.advance(10_000)
    assert ex.get()["attempt"] == 2


def test_python_function(srv, ex):
    said = run(srv, sys.executable, str(CLIENTS / "function.py"), url(srv),
               ex.id)
    assert said == {"status": "completed"}
    done_right(ex)


def test_clients_with_keys(srv, ex):
    admin = srv.api.post("/api/keys", {"name": "a", "scope": "admin"})
    srv.api.key = admin.json()["data"]["key"]
    made = srv.api.post("/api/keys", {"name": "w", "scope": "worker"})
    said = run(srv, sys.executable, str(CLIENTS / "function.py"), url(srv),
               ex.id, key=made.json()["data"]["key"])
    assert said == {"status": "completed"}
    done_right(ex)
