"""tidewired backup, while a server runs and after.

Neighbour: test_check.py has tidewired check.
"""
import shutil

from api import data
from load import Load, STEPS
from server import TIDEWIRED, run_tool
from sse import Stream
from work import claim_one

JOB = {"name": "load", "steps": [{"name": s} for s in STEPS]}



def backup(srv, file):
    return run_tool([TIDEWIRED, "backup", "--data", str(srv.data),
                     str(file)])


def restored(start, tmp_path, file):
    """A server on a data folder made of the copy alone."""
    folder = tmp_path / "restored"
    folder.mkdir()
    shutil.copy(file, folder / "data.mdb")
    srv = start(data=folder, run=False)
    code, out = srv.check()
    assert code == 0, out
    return srv.start()


def test_backup_under_load(srv, start, tmp_path):
    data(srv.api.post("/api/jobs", JOB), 201)
    load = Load(srv, workers=3).start()
    load.wait_acks(100)
    sure = [life for life in load.lives() if life["result"]]
    done = backup(srv, tmp_path / "copy.mdb")
    assert done.returncode == 0, done.stderr
    load.wait_acks(load.acks + 50)
    load.join()
    load.verify()
    other = restored(start, tmp_path, tmp_path / "copy.mdb")
    assert sure, "nothing was complete before the backup"
    for life in sure:
        row = other.api.execution(life["ex"].id).get()
        assert row["result_data"] == life["result"]
    assert other.seq() <= srv.seq()
    assert other.api.trigger("load").finish()["status"] == "completed"


def test_a_restored_backup_is_another_life(srv, start, tmp_path):
    """Its epoch is new, so that no cursor of the original fits."""
    data(srv.api.post("/api/jobs", JOB), 201)
    srv.api.trigger("load").finish()
    with Stream(srv.port, "/events") as stream:
        stream.next()
        cursor = stream.cursor
    assert backup(srv, tmp_path / "copy.mdb").returncode == 0
    other = restored(start, tmp_path, tmp_path / "copy.mdb")
    assert other.info()["epoch"] != srv.info()["epoch"]
    with Stream(other.port, "/events", last_event_id=cursor) as stream:
        assert stream.next().type == "gap"
    epoch = other.info()["epoch"]
    other.restart()
    assert other.info()["epoch"] == epoch, "it is made once"


def test_tokens_are_of_the_store_that_gave_them(srv, start, tmp_path):
    """The copy would have other claims under the same numbers."""
    srv.api.job(name="j")
    srv.api.trigger("j")
    c = claim_one(srv.api)
    assert backup(srv, tmp_path / "copy.mdb").returncode == 0
    there = restored(start, tmp_path, tmp_path / "copy.mdb")
    path = f"/api/executions/{c.id}/heartbeat"
    assert there.api.with_key(c.token).post(path).status_code == 401
    c.ok("heartbeat")


def test_backup_of_a_stopped_store(srv, start, tmp_path):
    data(srv.api.post("/api/jobs", JOB), 201)
    srv.stop()
    assert backup(srv, tmp_path / "copy.mdb").returncode == 0
    other = restored(start, tmp_path, tmp_path / "copy.mdb")
    assert data(other.api.get("/api/jobs/load"))["name"] == "load"


def test_backup_says_what_is_wrong(srv, tmp_path, case):
    taken = tmp_path / "taken"
    taken.write_text("precious")
    rows = {"taken": [str(srv.data), str(taken)],
            "no folder": [str(srv.data), str(tmp_path / "no" / "copy")],
            "no store": [str(tmp_path / "none"), str(tmp_path / "copy")]}
    for name, (folder, file) in rows.items():
        with case(name):
            done = run_tool([TIDEWIRED, "backup", "--data", folder, file])
            assert done.returncode != 0 and done.stderr
    assert taken.read_text() == "precious"
    assert not (tmp_path / "none").exists()
    for words in ([], ["--data"], ["--data", str(srv.data)],
                  ["--data", str(srv.data), "a", "b"]):
        with case(str(words)):
            done = run_tool([TIDEWIRED, "backup", *words])
            assert done.returncode == 2 and done.stderr
