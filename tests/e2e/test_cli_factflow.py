"""The command line's view of pipelines: configs, and what executions did.

Neighbours: test_cli.py has the other commands, and Cli.
"""
import json
import os
import pty

import pytest

from factflow import PIPELINE, Factflow
from server import TIDEWIRE, wait_until
from sse import Stream
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
    for word in ("SUGGESTION", "Add "):
        assert word in done.stdout
    done = cli.run("--output", "json", "config", "validate", str(broken))
    assert done.returncode == 1
    assert json.loads(done.stdout)["is_valid"] is False
    broken.write_text("a: [")
    assert cli.run("config", "validate", str(broken)).returncode == 1
    assert len(cli.json("config", "list")["configs"]) == 2, "the server's own"
    with open(file) as text:
        assert cli.run("config", "validate", "-", stdin=text).returncode == 0


def test_config_validate_asks_no_server(cli, file):
    done = cli.run("--url", "http://127.0.0.1:1", "config", "validate", file)
    assert done.returncode == 0 and done.stdout == f"{file} can run\n"


def test_config_validate_finds_what_the_server_finds(cli, tmp_path):
    bad = tmp_path / "bad.yaml"
    for text in (BROKEN, "a: [", "", "version: 2\n", PIPELINE + "more: 1\n"):
        bad.write_text(text)
        here = json.loads(cli.run("--output", "json", "config", "validate",
                                  str(bad)).stdout)
        r = cli.srv.api.post("/api/v1/configs/validate",
                             {"config_yaml": text})
        assert here == r.json()


def test_config_validate_a_folder(cli, file, tmp_path):
    (tmp_path / "notes.txt").write_text("not one")
    done = cli.run("config", "validate", str(tmp_path))
    assert done.returncode == 0
    assert lines(done.stdout)[:2] == [
        ["FILE", "VALID", "ERRORS", "WARNINGS"], [file, "yes", "0", "0"]]
    assert done.stdout.endswith("\n1 of 1 configs can run\n")
    (tmp_path / "b.yml").write_text(BROKEN)
    (tmp_path / "a.json").write_text('{"version": "1.0"}')
    done = cli.run("config", "validate", str(tmp_path))
    assert done.returncode == 1
    assert [row[:2] for row in lines(done.stdout)[1:4]] == [
        [str(tmp_path / "a.json"), "no"], [str(tmp_path / "b.yml"), "no"],
        [file, "yes"]]
    assert done.stdout.endswith("\n1 of 3 configs can run\n")
    done = cli.run("--output", "json", "config", "validate", str(tmp_path))
    body = json.loads(done.stdout)
    assert done.returncode == 1
    assert (body["total"], body["invalid"], len(body["files"])) == (3, 2, 3)
    assert body["files"][2]["is_valid"] is True
    (tmp_path / "empty").mkdir()
    done = cli.run("config", "validate", str(tmp_path / "empty"))
    assert done.returncode == 2 and "no .yaml" in done.stderr


def test_colours_are_for_terminals(cli, tmp_path):
    (tmp_path / "b.yml").write_text(BROKEN)
    words = ["config", "validate", str(tmp_path)]
    shown = {}
    for term, no_color in (("xterm", ""), ("xterm", "1"), ("dumb", "")):
        cli.env.update(TERM=term, NO_COLOR=no_color)
        assert "\033" not in cli.run(*words).stdout
        main, side = pty.openpty()
        with os.fdopen(side, "wb") as out:
            assert cli.spawn_to(out, *words) == 1
        shown[term, no_color] = os.read(main, 10000)
        os.close(main)
    assert b"\033[31merror\033[0m" in shown.pop(("xterm", ""))
    assert all(b"\033" not in text for text in shown.values())


def test_config_list_of_the_deleted(cli, file):
    cli.ok("config", "create", "-f", file)
    cli.ok("config", "create", "-f", file, "--name", "other")
    cli.ok("config", "delete", "crawl")
    kept = cli.json("config", "list", "--active")["configs"]
    gone = cli.json("config", "list", "--inactive")
    assert "crawl" not in [c["name"] for c in kept]
    assert [c["name"] for c in gone["configs"]] == ["crawl"]
    assert gone["configs"][0]["is_active"] is False and gone["total"] == 1
    assert cli.run("config", "list", "--active", "--inactive"
                   ).returncode == 2


# ---- editing -------------------------------------------------------------

class Editor:
    """A script that edits; each run takes the next of the texts."""

    def __init__(self, tmp_path, *texts):
        self.folder = tmp_path / "editor"
        self.folder.mkdir()
        for i, text in enumerate(texts):
            (self.folder / str(i)).write_text(text)
        self.script = self.folder / "edit"
        self.script.write_text(
            f"#!/bin/sh\ncd '{self.folder}'\nn=$(ls seen.* 2>/dev/null | "
            "wc -l)\ncp \"$1\" seen.$n\n[ -e $n ] || exit 1\n"
            "cp $n \"$1\"\n")
        self.script.chmod(0o755)

    def seen(self):
        return [p.read_text() for p in sorted(self.folder.glob("seen.*"))]

    def env(self):
        return {"EDITOR": str(self.script), "TMPDIR": str(self.folder)}

    def left(self):
        return list(self.folder.glob("tidewire-*"))


def edit(cli, editor, *words):
    cli.env.update(editor.env())
    return cli.run("config", "edit", *words)


def test_config_edit(cli, file, tmp_path):
    cli.ok("config", "create", "-f", file, "--description", "kept")
    editor = Editor(tmp_path, PIPELINE.replace("depth: 2", "depth: 3"))
    done = edit(cli, editor, "crawl")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["version"] == 2 and "depth: 3" in made["config_yaml"]
    assert made["description"] == "kept" and made["name"] == "crawl"
    assert editor.seen() == [PIPELINE] and not editor.left()


def test_config_edit_changes_nothing(cli, file, tmp_path):
    cli.ok("config", "create", "-f", file)
    editor = Editor(tmp_path, PIPELINE)
    done = edit(cli, editor, "crawl")
    assert done.returncode == 0 and "nothing was changed" in done.stderr
    assert not editor.left()
    assert cli.json("config", "get", "crawl")["version"] == 1
    assert edit(cli, editor, "nobody").returncode == 5


def test_config_edit_keeps_what_is_wrong(cli, file, tmp_path):
    cli.ok("config", "create", "-f", file)
    editor = Editor(tmp_path, BROKEN)
    done = edit(cli, editor, "crawl")
    assert done.returncode == 1 and "error E" in done.stderr
    (left,) = editor.left()
    assert left.read_text() == BROKEN and str(left) in done.stderr
    assert cli.json("config", "get", "crawl")["version"] == 1
    cli.env["EDITOR"] = "false"
    done = cli.run("config", "edit", "crawl")
    assert done.returncode == 1 and "EDITOR" in done.stderr


def test_config_edit_offers_to_edit_again(cli, file, tmp_path):
    cli.ok("config", "create", "-f", file)
    editor = Editor(tmp_path, BROKEN, "a: [",
                    PIPELINE.replace("depth: 2", "depth: 4"))
    cli.env.update(editor.env())
    main, side = pty.openpty()
    os.write(main, b"\ny\n")
    with os.fdopen(side, "rb", closefd=True) as stdin:
        done = cli.run("config", "edit", "crawl", stdin=stdin)
    os.close(main)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("Edit again?") == 2
    assert editor.seen() == [PIPELINE, BROKEN, "a: ["]
    assert cli.json("config", "get", "crawl")["version"] == 2


def test_config_edit_gives_way(cli, file, tmp_path):
    """Somebody else stores a version while the editor is open."""
    cli.ok("config", "create", "-f", file)
    mine = tmp_path / "mine"
    mine.write_text(PIPELINE.replace("depth: 2", "depth: 6"))
    script = tmp_path / "meanwhile"
    script.write_text(f"#!/bin/sh\n{TIDEWIRE} config edit crawl -f {mine} "
                      f">/dev/null || exit 1\necho '# mine' >>\"$1\"\n")
    script.chmod(0o755)
    cli.env.update(EDITOR=str(script), TMPDIR=str(tmp_path))
    done = cli.run("config", "edit", "crawl")
    assert done.returncode == 1 and "version 2" in done.stderr, done.stderr
    got = cli.json("config", "get", "crawl")
    assert got["version"] == 2 and "depth: 6" in got["config_yaml"]
    (left,) = tmp_path.glob("tidewire-*.yaml")
    assert left.read_text() == PIPELINE + "# mine\n"


def test_config_edit_from_a_file(cli, file, tmp_path):
    cli.ok("config", "create", "-f", file)
    new = tmp_path / "new"
    new.write_text(BROKEN)
    done = cli.run("config", "edit", "crawl", "-f", str(new))
    assert done.returncode == 1 and "nothing was stored" in done.stderr
    new.write_text(PIPELINE.replace("depth: 2", "depth: 5"))
    assert cli.json("config", "edit", "crawl", "-f", str(new))["version"] == 2
    done = cli.run("config", "edit", "article_generation")
    assert done.returncode == 1 and "-f FILE" in done.stderr


def test_config_delete(cli, file):
    cli.ok("config", "create", "-f", file)
    assert cli.ok("config", "delete", "crawl") == "config crawl deleted\n"
    for words in (["get", "crawl"], ["delete", "crawl"], ["run", "crawl"]):
        done = cli.run("config", *words)
        assert done.returncode == 5 and "config list" in done.stderr


@pytest.mark.parametrize("words", [
    ["create"], ["create", "-f", "-"], ["create", "-f", "/nowhere"],
    ["validate"], ["validate", "/nowhere"], ["get"], ["run"], ["delete"],
    ["list", "--limit", "0"], ["list", "--limit", "1001"], ["edit"],
    ["edit", "crawl", "-f", "/nowhere"]])
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


def test_list(cli, run):
    """Factflow's list: its answer as it is, its filters, exact totals."""
    made = cli.json("config", "run", "crawl", "--tag", "nightly")
    cli.ok("execution", "tag", made["id"], "env=prod", "n=1")
    got = cli.json("execution", "list")
    assert set(got) == {"total", "limit", "offset", "has_more", "executions"}
    assert [e["id"] for e in got["executions"]] == [made["id"], run]
    assert (got["total"], got["limit"]) == (2, 100)
    rows = lines(cli.ok("execution", "list"))
    assert rows[0] == ["ID", "CONFIG", "STATUS", "PROGRESS", "TAG", "STARTED",
                       "COMPLETED"]
    assert rows[1][:5] == [made["id"], "crawl", "running", "-", "nightly"]
    for words, found in ((["-s", "created"], [made["id"]]),
                         (["-s", "created", "-s", "running"],
                          [made["id"], run]),
                         (["-s", "failed"], []),
                         (["-c", "crawl", "--offset", "1"], [run]),
                         (["--config", made["config_id"], "--limit", "1"],
                          [made["id"]]),
                         (["-j", "article_generation"], []),
                         (["-t", "env=prod", "-t", "n=1"], [made["id"]]),
                         (["-t", "env=prod", "-t", "n=2"], [])):
        got = cli.json("execution", "list", *words)
        assert [e["id"] for e in got["executions"]] == found, words
    done = cli.run("execution", "list", "--limit", "1")
    assert "1 of 2 executions; see more with --offset 1" in done.stderr
    done = cli.run("execution", "list", "-s", "pending")
    assert done.returncode == 1 and "interrupted" in done.stderr
    done = cli.run("execution", "list", "-c", "nope")
    assert done.returncode == 5 and "config list" in done.stderr


def test_get_and_cancel_are_factflows(cli, run):
    got = cli.json("execution", "get", run)
    assert got == Factflow(cli.srv.api).get(run) | {"stats": got["stats"]}
    shown = cli.ok("--output", "table", "execution", "get", run)
    assert got["config_id"] in shown and ["status", "running"] in lines(shown)
    assert ["download", "completed", "1", "100", "0ms", "-"] in lines(shown)
    assert ["keep", "pages", "waiting", "0", "0", "0", "0"] in lines(shown)
    got = cli.json("execution", "cancel", run)
    assert got["status"] == "cancelling" and got["message"]
    done = cli.run("execution", "list", "-s", "cancelling")
    assert run in done.stdout
    Factflow(cli.srv.api).worker(run).data("cancel")
    done = cli.run("execution", "cancel", run)
    assert done.returncode == 1 and "cancelled" in done.stderr


def test_a_tag_is_as_good_as_an_id(cli, file):
    cli.ok("config", "create", "-f", file)
    made = cli.json("config", "run", "crawl", "--tag", "nightly")
    worker = Factflow(cli.srv.api).worker(made["id"])
    worker.ok("log", message="so far")
    assert "so far" in cli.ok("execution", "logs", "nightly")
    for command in ("get", "dag", "stats", "routes", "monitor", "lineage",
                    "replays", "tag"):
        assert cli.run("execution", command, "nightly").returncode == 0
    worker.data("complete", {"result_data": 7})
    assert cli.json("execution", "wait", "nightly")["id"] == made["id"]


def seen_as(cli, ident):
    """The word for its state, in every place that a person looks."""
    (row,) = [r for r in lines(cli.ok("execution", "list")) if r[0] == ident]
    get = dict(r[:2] for r in lines(cli.ok(
        "--output", "table", "execution", "get", ident)) if len(r) > 1)
    monitor = dict(r[:2] for r in lines(cli.ok(
        "execution", "monitor", ident)) if len(r) > 1)
    return {row[2], get["status"], monitor["status"],
            cli.json("execution", "get", ident)["status"]}


def steps_of(worker):
    return {name: (s["status"], s["attempt"])
            for name, s in worker.steps().items()}


def test_interrupted(cli, run):
    """Seen everywhere; a word resumes it; what was done is not redone."""
    srv, worker = cli.srv, Factflow(cli.srv.api).worker(run)
    worker.step("fetch.1", "running")
    srv.kill9()
    srv.start()
    wait_until(lambda: seen_as(cli, run) == {"interrupted"}, "recovery")
    with Stream(srv.port, f"/api/v1/executions/{run}/events") as stream:
        first = stream.next("snapshot")
        assert first.data["execution"]["canonical_status"] == "interrupted"
        assert steps_of(worker)["download"] == ("completed", 1)
        worker.step("fetch.1", "completed")
        assert stream.next("status").data["status"] == "running"
    assert seen_as(cli, run) == {"running"}
    r = srv.api.post(f"{worker.path}/steps/download/running", {})
    assert r.status_code == 422 and "already completed" in r.text
    assert steps_of(worker)["download"] == ("completed", 1)


def test_silence_ends_what_is_interrupted(cli, run):
    """The next attempt goes on behind what was done."""
    srv, worker = cli.srv, Factflow(cli.srv.api).worker(run)
    worker.step("fetch.1", "running")
    srv.kill9()
    srv.start()
    wait_until(lambda: seen_as(cli, run) == {"interrupted"}, "recovery")
    srv.advance(305_000)
    assert worker.get()["error_type"] and worker.get()["retry_at"]
    srv.advance(600_000)
    row = worker.get()
    assert row["attempt"] == 2 and row["status"] == "pending"
    assert steps_of(worker)["download"] == ("completed", 1)
    assert steps_of(worker)["fetch.1"][0] == "ready"
    assert cli.json("execution", "stats", run)["totals"]["completed"] == 1


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


# ---- lineage -------------------------------------------------------------

@pytest.fixture
def failed(cli, run):
    """The same with its next adapter done, and the one behind it failed."""
    worker = Factflow(cli.srv.api).worker(run)
    worker.step("fetch.1", "completed", artifacts={"html": 1})
    worker.step("save", "failed", error_message="disk full")
    return run


def test_lineage_lists(cli, failed):
    rows = lines(cli.ok("lineage", "list"))
    assert rows[0][:4] == ["CORRELATION", "ID", "ROUTE", "ADAPTER"]
    assert [row[2] for row in rows[1:]] == ["download", "fetch.1", "save"]
    for words, names in (
            (["--route", "fetch"], ["download", "fetch.1"]),
            (["--adapter", "save"], ["save"]),
            (["-s", "completed"], ["download", "fetch.1"]),
            (["--execution", failed], ["download", "fetch.1", "save"])):
        got = cli.json("lineage", "list", *words)["entries"]
        assert [e["adapter_name"] for e in got] == names
    one = cli.run("lineage", "list", "--limit", "1")
    assert len(lines(one.stdout)) == 2 and "--limit" in one.stderr


def test_lineage_of_one_run(cli, failed):
    first, middle, last = cli.json("lineage", "list")["entries"]
    ident = middle["correlation_id"]
    assert json.loads(cli.ok("lineage", "get", ident)) == middle
    shown = cli.ok("--output", "table", "lineage", "get", ident)
    assert "adapter_name" in shown and "fetch.1" in shown
    rows = cli.ok("lineage", "chain", ident).splitlines()
    assert rows[0].split() == ["RUN", "STATUS", "MS", "CORRELATION", "ID"]
    assert rows[1].startswith("fetch/download ")
    assert rows[2].startswith("`- fetch/fetch.1 ")
    assert rows[3].startswith("   `- keep/save ")
    rows = lines(cli.ok("lineage", "children", ident))
    assert [row[0] for row in rows[1:]] == [last["correlation_id"]]
    assert len(cli.json("lineage", "chain", ident)["entries"]) == 3


def test_lineage_failures_and_stats(cli, failed):
    rows = lines(cli.ok("lineage", "failures"))
    assert len(rows) == 2 and rows[1][:3] == [failed, "keep", "save"]
    assert rows[1][-2:] == ["disk", "full"]
    assert lines(cli.ok("lineage", "stats", "--execution", failed)) == [
        ["ROUTE", "ADAPTER", "COUNT", "COMPLETED", "FAILED"],
        ["fetch", "download", "1", "1", "0"],
        ["fetch", "fetch.1", "1", "1", "0"],
        ["keep", "save", "1", "0", "1"],
        ["report", "report.0", "0", "0", "0"]]


def test_lineage_of_a_replay(cli, failed):
    made = cli.json("execution", "replay", failed, "--from-stage", "fetch.1")
    Factflow(cli.srv.api).worker(made["id"]).step("save", "completed")
    rows = lines(cli.ok("lineage", "batch", made["id"]))
    assert [row[2] for row in rows[1:]] == ["save"]


def test_lineage_wrong_use(cli):
    for words in (["get", "nobody"], ["chain", "nobody"],
                  ["children", "nobody"], ["batch", "nobody"],
                  ["list", "-e", "nobody"], ["stats", "-e", "nobody"]):
        done = cli.run("lineage", *words)
        assert done.returncode == 5 and "list" in done.stderr, words
    for words in (["stats"], ["get"], ["list", "--limit", "0"]):
        assert cli.run("lineage", *words).returncode == 2


def test_unknown_execution_is_5(cli):
    for name in ("dag", "stats", "routes", "lineage"):
        assert cli.run("execution", name, "nobody").returncode == 5
    assert cli.run("execution", "replay", "nobody", "--from-stage", "a"
                   ).returncode == 5
    assert cli.run("execution", "tag", "nobody", "a=b").returncode == 5
