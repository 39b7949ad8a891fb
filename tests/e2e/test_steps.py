"""Steps: reports, the graph, and what flows from one to the next."""
from api import chain, errors

PENDING = ("pending", "ready")


def inputs(ex):
    return {n: s["input_params"] for n, s in ex.steps().items()}


def test_reports_by_id_or_name(api, case):
    api.job("a", "b", name="j")
    ex = api.trigger("j")
    ids = {s["name"]: s["id"] for s in ex.first["steps"]}
    for key in ("a", ids["b"]):
        name = "a" if key == "a" else "b"
        with case(key):
            assert ex.step(key, "running") == {
                "id": ids[name], "status": "running"}
            told = ex.step(key, "progress", progress_percent=30,
                           metadata={"m": 1}, checkpoint_data=[1, 2])
            assert told["id"] == ids[name]
            assert told["progress_percent"] == 30
            step = ex.steps()[name]
            assert step["progress_percent"] == 30
            assert step["metadata"] == {"m": 1}
            assert step["checkpoint_data"] == [1, 2]
            assert step["started_at"] and step["completed_at"] is None
            assert ex.step(key, "completed", result_data=1) == {
                "id": ids[name], "status": "completed"}
            step = ex.steps()[name]
            assert step["status"] == "completed" and step["completed_at"]
            assert step["result_data"] == 1


def test_answers_have_the_seed_shape(api):
    api.job("a", name="j")
    ex = api.trigger("j")
    body = ex.ok("steps/a/running")
    assert body["status"] == "ok" and set(body) >= {"status", "step"}
    body = ex.ok("steps/a/failed", error_message="m", error_type="E",
                 error_stack="s")
    assert body["step"]["status"] == "failed"
    step = ex.steps()["a"]
    assert (step["error_message"], step["error_type"],
            step["error_stack"]) == ("m", "E", "s")


def test_a_step_name_may_need_quoting(api):
    api.job("a b", "c\u00e5%", name="j")
    ex = api.trigger("j")
    ex.step("a%20b", "completed")
    ex.step("c%C3%A5%25", "running")
    assert {n: s["status"] for n, s in ex.steps().items()} == {
        "a b": "completed", "c\u00e5%": "running"}


def test_completed_without_running(api):
    api.job("a", name="j")
    ex = api.trigger("j")
    ex.step("a", "completed")
    step = ex.steps()["a"]
    assert step["started_at"] and step["completed_at"]


def test_duration(srv, api):
    api.job("a", name="j")
    ex = api.trigger("j")
    ex.step("a", "running")
    srv.advance(100_000)
    ex.step("a", "completed")
    assert 100_000 <= ex.steps()["a"]["duration_ms"] < 130_000


def test_progress_rules(api, case):
    api.job("a", name="j")
    ex = api.trigger("j")
    for sent, shown in (("45.0", 45), ("100", 100), ("0", 0), ("3", 3)):
        with case(sent):
            told = ex.step("a", "progress", f'{{"progress_percent":{sent}}}')
            assert told["progress_percent"] == shown
    for sent in ("45.5", "101", "-1", '"4"', "{}"):
        with case(sent):
            ex.refused("steps/a/progress", "progress_percent",
                       f'{{"progress_percent":{sent}}}')
    ex.refused("steps/a/progress", "metadata", metadata=[1])
    assert ex.steps()["a"]["progress_percent"] == 3


def test_artifacts_are_the_checkpoint(api):
    api.job("a", name="j")
    ex = api.trigger("j")
    text = '{"k":"\\u00e5\u00e5","n":[1, 2]}'
    ex.step("a", "completed", f'{{"artifacts":{text}}}')
    step = ex.steps()["a"]
    assert step["artifacts"] == step["checkpoint_data"] == {
        "k": "\u00e5\u00e5", "n": [1, 2]}
    assert step["checkpoint_size_bytes"] == len(text.encode("utf-8"))
    assert f'"checkpoint_data":{text}' in ex.text()


def test_checkpoint_size_of_progress(api):
    api.job("a", name="j")
    ex = api.trigger("j")
    ex.step("a", "progress", '{"checkpoint_data": {"a" : 1} }')
    assert ex.steps()["a"]["checkpoint_size_bytes"] == len('{"a" : 1}')
    ex.step("a", "progress", '{"checkpoint_data":[]}')
    step = ex.steps()["a"]
    assert step["checkpoint_size_bytes"] == 2 and (
        step["checkpoint_data"] == [])


def test_resume_from_the_last_completed_step(api):
    """The resume example of the SDK document, in its own order."""
    api.job(*chain("extract", "transform", "load"), name="etl")
    ex = api.trigger("etl", {"source": "s"})
    ex.step("extract", "completed", artifacts={"rows": [1, 2]})
    done = [s for s in ex.get()["steps"] if s["status"] == "completed"]
    assert done[-1]["checkpoint_data"] == {"rows": [1, 2]}
    assert inputs(ex)["transform"] == done[-1]["checkpoint_data"]


# ---- what a step is given ----------------------------------------------------

def test_without_a_mapping(api):
    api.job(*chain("a", "b"), name="j")
    ex = api.trigger("j", {"in": 1.50})
    assert inputs(ex) == {"a": {"in": 1.5}, "b": None}
    ex.step("a", "completed", '{"artifacts":{"out":2.50}}')
    assert inputs(ex)["b"] == {"out": 2.5}
    assert '"input_params":{"out":2.50}' in ex.text(), "bytes are kept"


def test_every_step_without_dependencies_is_first(api):
    api.job("a", "b", name="j")
    ex = api.trigger("j", {"x": 1})
    assert inputs(ex) == {"a": {"x": 1}, "b": {"x": 1}}


def test_several_dependencies_are_merged(api):
    api.job("a", "b", {"name": "c", "depends_on": ["b", "a"]}, name="j")
    ex = api.trigger("j")
    ex.step("a", "completed", artifacts={"x": "a", "only_a": 1})
    assert ex.steps()["c"]["status"] == "pending"
    ex.step("b", "completed", artifacts={"x": "b", "only_b": 2})
    assert inputs(ex)["c"] == {"x": "a", "only_a": 1, "only_b": 2}


MAPPING = {"data": "extract.artifacts.rows", "first": "extract.artifacts.rows.0",
           "deep": "extract.artifacts.m.k", "code": "extract.result_data.code",
           "config": "job.input_params.config",
           "missing": "extract.artifacts.ghost",
           "beyond": "extract.artifacts.rows.9",
           "through": "extract.artifacts.rows.x.y"}


def test_mapping_gives_the_mapped_keys_alone(api):
    api.job("extract", {"name": "transform", "depends_on": ["extract"],
                        "input_mapping": MAPPING}, name="j")
    ex = api.trigger("j", {"config": {"c": 1}, "secret": 1})
    ex.step("extract", "completed", {
        "artifacts": {"rows": [7, 8], "m": {"k": "v"}, "secret": 2},
        "result_data": {"code": 0}})
    assert inputs(ex)["transform"] == {
        "data": [7, 8], "first": 7, "deep": "v", "code": 0,
        "config": {"c": 1}, "missing": None, "beyond": None,
        "through": None}


def test_mapping_reaches_past_the_direct_dependency(api):
    api.job("a", {"name": "b", "depends_on": ["a"]},
            {"name": "c", "depends_on": ["b"], "input_mapping": {
                "x": "a.artifacts.x", "all": "b.artifacts"}}, name="j")
    ex = api.trigger("j")
    ex.step("a", "completed", artifacts={"x": 5})
    ex.step("b", "completed", artifacts={"y": 6})
    assert inputs(ex)["c"] == {"x": 5, "all": {"y": 6}}


def test_mapping_of_names_with_dots(api):
    """The longest name wins; a step called job is still a step."""
    api.job("x.y", "x", "job", {
        "name": "z", "depends_on": ["x.y", "x", "job"],
        "input_mapping": {"p": "x.y.artifacts.k", "j": "job.artifacts.m",
                          "q": "x.artifacts.y.artifacts.k",
                          "i": "job.input_params.n"}}, name="j")
    ex = api.trigger("j", {"n": 4})
    ex.step("x.y", "completed", artifacts={"k": 1})
    ex.step("x", "completed", artifacts={"y": {"artifacts": {"k": 2}}})
    ex.step("job", "completed", artifacts={"m": 3})
    assert inputs(ex)["z"] == {"p": 1, "q": 2, "j": 3, "i": 4}


def test_mapping_of_nothing_is_no_mapping(api):
    api.job("a", {"name": "b", "depends_on": ["a"], "input_mapping": {}},
            {"name": "c", "input_mapping": {}}, name="j")
    ex = api.trigger("j", {"x": 1})
    ex.step("a", "completed", artifacts={"y": 2})
    assert inputs(ex)["b"] == {"y": 2}
    assert inputs(ex)["c"] == {"x": 1}


def test_an_input_has_a_size(api):
    """A mapping can multiply what it reads: 8 MiB is the end of it."""
    many = {f"k{i}": "a.artifacts" for i in range(12)}
    api.job("a", {"name": "b", "depends_on": ["a"], "input_mapping": many},
            name="j")
    ex = api.trigger("j")
    large = {"x": "y" * 900_000}
    body = {"artifacts": large}
    found = errors(api.post(f"/api/executions/{ex.id}/steps/a/completed", body))
    assert list(found) == ["artifacts"]
    body = {"step_reports": [{"step": "a", "report": "completed", **body}]}
    found = errors(api.post(f"/api/executions/{ex.id}/report", body))
    assert list(found) == ["step_reports.0.artifacts"]
    assert ex.status == "pending" and ex.steps()["a"]["status"] == "ready"
    ex.step("a", "completed", artifacts={"x": "y" * 600_000})
    assert ex.steps()["b"]["input_params"]["k11"]["x"][:3] == "yyy"
    many = {k: "job.input_params" for k in many}
    api.job({"name": "a", "input_mapping": many}, name="i")
    found = errors(api.post("/api/jobs/i/trigger", {"input_params": large}))
    assert list(found) == ["input_params"]
    assert api.trigger("i", {"x": 1}).first["number"] == ex.first["number"] + 1


def test_mapping_keeps_numbers(api):
    api.job("a", {"name": "b", "depends_on": ["a"], "input_mapping": {
        "n": "a.artifacts.n", "p": "job.input_params.p"}}, name="j")
    r = api.post("/api/jobs/j/trigger",
                 '{"input_params":{"p":1e400}}')
    ex = api.execution(r.text.split('"id":"', 1)[1][:36])
    ex.step("a", "completed", '{"artifacts":{"n":1.0000000000000000001}}')
    text = ex.text().replace(" ", "")
    assert '"input_params":{"n":1.0000000000000000001,"p":1e400}' in text


def test_input_is_fixed_when_the_step_becomes_ready(api):
    api.job(*chain("a", "b"), name="j")
    ex = api.trigger("j")
    ex.step("a", "completed", artifacts={"v": 1})
    ex.step("b", "running")
    assert inputs(ex)["b"] == {"v": 1}


# ---- the graph -------------------------------------------------------------

def test_ready_follows_the_graph(api):
    api.job("a", "b", {"name": "c", "depends_on": ["a", "b"]},
            {"name": "d", "depends_on": ["c"]}, name="j")
    ex = api.trigger("j")
    ex.step("a", "completed", artifacts={})
    assert ex.steps()["c"]["input_params"] is None
    ex.step("b", "completed", artifacts={"x": 1})
    assert ex.steps()["c"]["input_params"] == {"x": 1}
    assert ex.steps()["c"]["status"] in PENDING
    assert ex.steps()["d"]["input_params"] is None


def test_out_of_order_reports(srv, api, case):
    """A step whose dependencies are unmet neither starts nor ends."""
    api.job(*chain("a", "b"), name="j")
    ex = api.trigger("j")
    seq = srv.seq()
    for verb in ("running", "completed", "progress", "failed"):
        with case(verb):
            r = ex.refused(f"steps/b/{verb}", "status", error_message="m")
            assert "'a'" in r.text, "it says what is missing"
    with case("within a report"):
        ex.refused("report", "step_reports.0.status", step_reports=[
            {"step": "b", "report": "running"}])
    assert srv.seq() == seq and ex.status == "pending"


def test_reports_on_a_completed_step(srv, api, case):
    api.job("a", name="j")
    ex = api.trigger("j")
    ex.step("a", "completed", artifacts={"v": 1})
    text = ex.text()
    for verb in ("running", "progress", "failed"):
        with case(verb):
            ex.refused(f"steps/a/{verb}", "status", error_message="m")
    with case("the same again"):
        told = ex.step("a", "completed", artifacts={"v": 2})
        assert told["status"] == "completed"
    assert ex.text() == text


def test_a_repeated_step_report_is_a_word_from_the_worker(srv, api):
    """A worker of the next attempt that says what is known already runs."""
    api.job(*chain("a", "b"), name="j", retry={
        "max_attempts": 2, "initial_interval_ms": 10_000, "jitter": 0})
    ex = api.trigger("j")
    ex.step("a", "completed")
    ex.data("fail", error_message="m")
    srv.advance(12_000)
    assert ex.status == "pending"
    ex.step("a", "completed")
    assert ex.status == "running"
    srv.advance(200_000)
    ex.step("a", "completed")
    srv.advance(200_000)
    assert ex.status == "running", "it counts as a heartbeat, too"


def test_a_big_graph(api):
    names = [f"s{i}" for i in range(256)]
    api.job(*chain(*names), name="j", auto_complete=True)
    ex = api.trigger("j", {"n": 0})
    reports = [{"step": n, "report": "completed", "artifacts": {"n": i}}
               for i, n in enumerate(names)]
    row = ex.data("report", {"step_reports": reports})
    assert row["status"] == "completed"
    assert ex.steps()["s255"]["input_params"] == {"n": 254}


def test_a_job_without_steps(api):
    api.job(name="j", auto_complete=True)
    ex = api.trigger("j")
    assert ex.get()["steps"] == [] and ex.status == "pending"
    ex.data("heartbeat")
    assert ex.finish()["status"] == "completed"


def test_steps_that_share_a_large_input(api):
    """One answer shows 16 MiB of what steps were given, and says so."""
    api.job(*(f"s{i}" for i in range(40)), name="wide")
    ex = api.trigger("wide", {"pad": "x" * 900_000})
    steps = ex.get()["steps"]
    shown = [s for s in steps if s["input_params"] is not None]
    assert 0 < len(shown) < 40
    assert all(s.get("payloads_cut") for s in steps if s not in shown)
    assert not any(s.get("payloads_cut") for s in shown)
