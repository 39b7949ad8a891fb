"""tidewired rebuild: the journal is enough to make every table again."""
import gzip
import json
import pathlib
import shutil

import pytest

from api import data
from load import Load, STEPS
from rebuilt import lmdb, rebuild, verify
from server import TIDEWIRED, run_tool
from sse import Stream

STORES = pathlib.Path(__file__).parent / "stores"

JOB = {"name": "load", "steps": [{"name": s} for s in STEPS]}


def test_rebuild_while_serving(srv, start, tmp_path):
    """Beside a server under load: what was there when it began."""
    data(srv.api.post("/api/jobs", JOB), 201)
    load = Load(srv, workers=3).start()
    load.wait_acks(200)
    sure = [life for life in load.lives() if life["result"]]
    done = rebuild(srv.data, tmp_path / "new")
    assert done.returncode == 0, done.stdout + done.stderr
    load.join()
    load.verify()
    other = start(data=tmp_path / "new", run=False)
    assert other.check()[0] == 0
    other.start()
    assert sure, "nothing was complete before"
    for life in sure:
        row = other.api.execution(life["ex"].id).get()
        assert row["result_data"] == life["result"]
    assert other.api.trigger("load").finish()["status"] == "completed"


def test_cursors_keys_and_work_survive(start, tmp_path):
    srv = start()
    data(srv.api.post("/api/jobs", {"name": "j"}), 201)
    srv.api.trigger("j")
    with Stream(srv.port, "/events") as stream:
        stream.next()
        cursor = stream.cursor
    srv.api.trigger("j").finish()
    srv.stop()
    assert rebuild(srv.data, tmp_path / "new").returncode == 0
    other = start(data=tmp_path / "new")
    assert other.info()["executions"]["queued"] == 1
    with Stream(other.port, "/events", last_event_id=cursor) as stream:
        assert stream.next().name == "status", "it goes on where it was"


def test_claims_survive(start, tmp_path):
    """A token is as good in the new store."""
    srv = start()
    data(srv.api.post("/api/jobs", {"name": "j"}), 201)
    srv.api.trigger("j")
    srv.api.trigger("j")
    [claim] = data(srv.api.post("/api/claims", {"worker": "w"}))
    srv.stop()
    assert rebuild(srv.data, tmp_path / "new").returncode == 0
    other = start(data=tmp_path / "new")
    path = f"/api/executions/{claim['execution']['id']}/complete"
    r = other.api.post(path, {}, headers={
        "Authorization": "Bearer " + claim["token"]})
    assert r.status_code == 200, r.text
    assert len(data(other.api.post("/api/claims", {"worker": "w"}))) == 1


def test_a_store_of_an_older_version(start, tmp_path):
    """It is refused as it is, and served once it is rebuilt."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    packed = (STORES / "schema2.mdb.gz").read_bytes()
    (old / "data.mdb").write_bytes(gzip.decompress(packed))
    for command in [], ["check"]:
        done = run_tool([TIDEWIRED, *command, "--data", str(old)])
        assert done.returncode != 0
        assert f"tidewired rebuild --data {old} NEWDIR" in done.stderr
    done = rebuild(old, new)
    assert done.returncode == 0, done.stdout + done.stderr
    srv = start(data=new)
    for ident, row in json.loads((STORES / "schema2.json").read_text()).items():
        now = srv.api.execution(ident).get()
        assert {member: now[member] for member in row} == row
    assert srv.api.trigger("etl").finish()["number"] == 7


def test_other_tables_may_be_damaged(srv, tmp_path):
    """Whatever happened to rows and indexes, the journal makes them again."""
    if lmdb is None:
        pytest.skip("python3-lmdb is not installed")
    data(srv.api.post("/api/jobs", JOB), 201)
    load = Load(srv, workers=2).start()
    load.wait_acks(100)
    load.join()
    srv.stop()
    whole = tmp_path / "whole"
    shutil.copytree(srv.data, whole)
    broken = tmp_path / "broken"
    shutil.copytree(srv.data, broken)
    with lmdb.open(str(broken), max_dbs=32, map_size=1 << 30) as env:
        for name in ("index", "counters", "timers", "executions", "ready"):
            db = env.open_db(name.encode())
            with env.begin(write=True) as txn:
                txn.drop(db, delete=False)
    done = rebuild(broken, tmp_path / "new")
    assert done.returncode == 0, done.stdout + done.stderr
    verify(whole)


def test_a_hole_in_the_journal_is_named(srv, tmp_path):
    if lmdb is None:
        pytest.skip("python3-lmdb is not installed")
    data(srv.api.post("/api/jobs", {"name": "j"}), 201)
    srv.api.trigger("j").finish()
    srv.stop()
    broken = tmp_path / "broken"
    shutil.copytree(srv.data, broken)
    with lmdb.open(str(broken), max_dbs=32, map_size=1 << 30) as env:
        db = env.open_db(b"journal")
        with env.begin(db, write=True) as txn:
            txn.delete((5).to_bytes(8, "big"))
    done = rebuild(broken, tmp_path / "new")
    assert done.returncode == 1
    assert "event 5" in done.stderr and "backup" in done.stderr


def test_refusals(srv, tmp_path):
    done = rebuild(srv.data, srv.data)
    assert done.returncode == 2 and "not empty" in done.stderr
    done = rebuild(tmp_path / "none", tmp_path / "new")
    assert done.returncode == 2 and done.stderr
