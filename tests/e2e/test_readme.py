"""The README's section on workers, run as it is written."""
import os
import shutil
import subprocess

import pytest

from server import DEADLINE, ROOT
from test_transcripts import JQ


def commands(section):
    """The indented lines of one section."""
    text = (ROOT / "README.md").read_text()
    body = text.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    return "\n".join(line[4:] for line in body.split("\n")
                     if line.startswith("    ")) + "\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_workers(srv, api, tmp_path):
    (tmp_path / "jq").write_text(JQ)
    (tmp_path / "jq").chmod(0o755)
    script = commands("Workers").replace(":8000/", f":{srv.port}/")
    assert str(srv.port) in script
    done = subprocess.run(
        ["bash", "--norc", "-euo", "pipefail"], input=script, text=True,
        capture_output=True, timeout=DEADLINE, env={
            **os.environ, "PATH": f"{os.environ['PATH']}:{tmp_path}"})
    assert done.returncode == 0, done
    assert '"errors"' not in done.stdout, done.stdout
    assert '"queue_paused"' in done.stdout, done.stdout
    rows = api.pages("/api/executions")
    assert [r["status"] for r in rows] == ["pending", "completed", "pending"]
    (queue,) = [q for q in api.get("/api/queues").json()["data"]
                if q["name"] == "images"]
    assert queue["paused_at"] is None and queue["queued"] == 2
