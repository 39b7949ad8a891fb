"""The command line's view of pipelines: configs, and what executions did.

Neighbours: test_cli.py has the other commands, and Cli.
"""
import json

import pytest

from factflow import PIPELINE, Factflow
from test_cli import Cli, built  # noqa: F401

BROKEN = 'version: "1.0"\nroutes: {}\n'


@pytest.fixture
def cli(srv):
    return Cli(srv)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "crawl.yaml"
    path.write_text(PIPELINE)
    return str(path)


@pytest.fixture
def run(cli, file):
    """An execution of the pipeline, its first adapter done."""
    cli.ok("config", "create", "-f", file)
    ident = cli.json("config", "run", "crawl")["execution_id"]
    worker = Factflow(cli.srv.api).worker(ident)
    worker.step("download", "completed", artifacts={"pages": 1})
    return ident


def lines(text):
    return [line.split() for line in text.splitlines()]


# ---- configs -------------------------------------------------------------

def test_config_from_a_file(cli, file):
    made = cli.json("config", "create", "-f", file)
    assert made["name"] == "crawl" and made["config_yaml"] == PIPELINE
    with open(file) as text:
        named = cli.json("config", "create", "-f", "-", "--name", "other",
                         "--description", "by hand", stdin=text)
    assert named["name"] == "other" and named["description"] == "by hand"
    assert cli.json("config", "get", "crawl")["id"] == made["id"]
    shown = cli.ok("--output", "table", "config", "get", made["id"])
    assert "queue: urls" in shown and made["config_hash"] in shown
    rows = lines(cli.ok("config", "list"))
    assert rows[0] == ["ID", "NAME", "VERSION", "RUNNABLE", "CREATED"]
    assert [row[1] for row in rows[1:3]] == ["other", "crawl"]
    one = cli.run("config", "list", "--limit", "1")
    assert len(lines(one.stdout)) == 2 and "--limit" in one.stderr
    assert cli.json("config", "list", "--limit", "1")["has_more"] is True


def test_config_run_is_json_in_a_pipe(cli, file):
    cli.ok("config", "create", "-f", file)
    made = json.loads(cli.ok("config", "run", "crawl", "--tag", "nightly",
                             "-i", '{"depth": 9}'))
    got = Factflow(cli.srv.api).get("nightly")
    assert got["execution_id"] == made["execution_id"]
    assert cli.run("config", "run", "crawl", "--tag", "nightly"
                   ).returncode == 1
    assert cli.run("config", "run", "crawl", "-i", "{").returncode == 2


def test_config_validate_exits_as_it_is(cli, file, tmp_path):
    assert cli.run("config", "validate", file).returncode == 0
    broken = tmp_path / "broken.yaml"
    broken.write_text(BROKEN)
    done = cli.run("config", "validate", str(broken))
    assert done.returncode == 1
    assert any(row[:1] == ["error"] and row[1].startswith("E")
               for row in lines(done.stdout))
    done = cli.run("--output", "json", "config", "validate", str(broken))
    assert done.returncode == 1
    assert json.loads(done.stdout)["is_valid"] is False
    broken.write_text("a: [")
    assert cli.run("config", "validate", str(broken)).returncode == 1
    assert len(cli.json("config", "list")["configs"]) == 2, "the server's own"


def test_config_delete(cli, file):
    cli.ok("config", "create", "-f", file)
    assert cli.ok("config", "delete", "crawl") == "config crawl deleted\n"
    for words in (["get", "crawl"], ["delete", "crawl"], ["run", "crawl"]):
        done = cli.run("config", *words)
        assert done.returncode == 5 and "config list" in done.stderr


@pytest.mark.parametrize("words", [
    ["create"], ["create", "-f", "-"], ["create", "-f", "/nowhere"],
    ["validate"], ["validate", "/nowhere"], ["get"], ["run"], ["delete"],
    ["list", "--limit", "0"], ["list", "--limit", "1001"], ["edit"]])
def test_config_wrong_use(cli, words):
    done = cli.run("config", *words)
    assert done.returncode == 2 and done.stderr and not done.stdout


# ---- executions ----------------------------------------------------------

def test_dag_is_a_tree(cli, run):
    assert cli.ok("execution", "dag", run) == (
        "fetch: download fetch.1\n`- keep: save\n   `- report: report.0\n")
    assert len(cli.json("execution", "dag", run)["nodes"]) == 3


def test_dag_draws_a_diamond_once(cli, api):
    job = api.job("a", {"name": "b", "depends_on": ["a"]},
                  {"name": "c", "depends_on": ["a"]},
                  {"name": "d", "depends_on": ["b", "c"]},
                  {"name": "e", "depends_on": ["d"]})
    assert cli.ok("execution", "dag", api.trigger(job["name"]).id) == (
        "a: a\n`- b: b\n   `- d: d\n      `- e: e\n`- c: c\n   `- d ...\n")
    empty = api.trigger(api.job()["name"])
    assert cli.ok("execution", "dag", empty.id) == ""


def test_what_an_execution_did(cli, run):
    rows = lines(cli.ok("execution", "stats", run))
    assert rows[0][:4] == ["ROUTE", "ADAPTER", "COMPLETED", "FAILED"]
    assert rows[1][:4] == ["fetch", "download", "1", "0"]
    rows = lines(cli.ok("execution", "routes", run))
    assert [row[0] for row in rows] == ["ROUTE", "fetch", "keep", "report"]
    rows = lines(cli.ok("execution", "lineage", run))
    assert rows[1][:4] == ["fetch", "download", "1", "completed"]
    assert cli.json("execution", "lineage", run, "--limit", "1")["total"] == 1
    for name in ("stats", "routes"):
        assert cli.json("execution", name, run)["execution_id"] == run


def test_replay(cli, run):
    made = json.loads(cli.ok("execution", "replay", run, "--from-stage",
                             "download", "--tag", "again"))
    assert made["parent_execution_id"] == run and made["tag"] == "again"
    assert cli.run("execution", "replay", run).returncode == 2
    done = cli.run("execution", "replay", run, "--from-stage", "nope")
    assert done.returncode == 1 and "nope" in done.stderr
    done = cli.run("execution", "replay", run, "--from-stage", "download",
                   "--to-route", "nope")
    assert done.returncode == 1


def test_tag(cli, run):
    assert cli.ok("execution", "tag", run, "env=prod", "q=a=b") == (
        "env=prod\nq=a=b\n")
    assert cli.json("execution", "tag", run, "-r", "q")["tags"] == {
        "env": "prod"}
    assert cli.ok("execution", "tag", run) == "env=prod\n"
    assert run in cli.ok("execution", "list", "--tag", "env=prod")
    for words in ([], [run, "env"], [run, "=x"]):
        assert cli.run("execution", "tag", *words).returncode == 2


def test_unknown_execution_is_5(cli):
    for name in ("dag", "stats", "routes", "lineage"):
        assert cli.run("execution", name, "nobody").returncode == 5
    assert cli.run("execution", "replay", "nobody", "--from-stage", "a"
                   ).returncode == 5
    assert cli.run("execution", "tag", "nobody", "a=b").returncode == 5
