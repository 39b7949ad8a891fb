"""Sections of the README, run as they are written."""
import os
import shutil
import subprocess

import pytest

from server import DEADLINE, ROOT, TIDEWIRE
from test_transcripts import JQ

pytestmark = pytest.mark.skipif(
    shutil.which("curl") is None, reason="there is no curl")
needs_jq = pytest.mark.skipif(
    shutil.which("jq") is None, reason="there is no jq")


def commands(section):
    """The indented lines of one section."""
    text = (ROOT / "README.md").read_text()
    body = text.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    return "\n".join(line[4:] for line in body.split("\n")
                     if line.startswith("    ")) + "\n"


def run(section, srv, folder):
    """What these commands print, in a folder like that of the sources."""
    (folder / "jq").write_text(JQ)
    (folder / "jq").chmod(0o755)
    (folder / "build").mkdir()
    (folder / "build" / "tidewire").symlink_to(TIDEWIRE)
    script = commands(section).replace(":8000", f":{srv.port}")
    done = subprocess.run(
        ["bash", "--norc", "-euo", "pipefail"], input=script, text=True,
        capture_output=True, timeout=DEADLINE, cwd=folder, env={
            **os.environ, "PATH": f"{os.environ['PATH']}:{folder}",
            "TIDEWIRE_URL": f"http://127.0.0.1:{srv.port}"})
    assert done.returncode == 0, done
    assert '"errors"' not in done.stdout, done.stdout
    return done.stdout


@needs_jq
def test_dialects(srv, api, tmp_path):
    said = run("Five dialects", srv, tmp_path)
    for text in ('"succeeded"', '"available"', '"Execution rollback completed"',
                 '"one page was empty"', '"cancelled"', '"processing"\n60\n'):
        assert text in said, said
    assert "Z" in said.splitlines()[-1], "published_at"
    rows = api.pages("/api/executions")
    assert [r["status"] for r in rows] == ["completed", "cancelled",
                                           "completed"]


def test_workers(srv, api, tmp_path):
    said = run("Workers", srv, tmp_path)
    assert '"queue_paused"' in said, said
    rows = api.pages("/api/executions")
    assert [r["status"] for r in rows] == ["pending", "completed", "pending"]
    (queue,) = [q for q in api.get("/api/queues").json()["data"]
                if q["name"] == "images"]
    assert queue["paused_at"] is None and queue["queued"] == 2


def test_pipelines(srv, api, tmp_path):
    assert "crawl.yaml can run" in run("Pipelines", srv, tmp_path)
    (row,) = api.pages("/api/executions")
    assert (row["job_name"], row["status"]) == ("crawl", "completed")
