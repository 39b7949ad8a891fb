"""Topify's tasks and the articles that come of them."""
import json

import pytest

from api import UNSET, data, ok
from dialects import MILLIS, at_once, topify_error, unchanged

TASKS, ARTICLES = "/api/v1/tasks", "/api/v1/articles"
LINK = "https://example.org/a?b=c"
STEPS = ["web_research", "reference_extraction", "file_processing", "outline",
         "drafting", "seo_optimization"]
WHOLE = {"title": "T", "content": "# T\n\n\u20ac", "slug": "t",
         "seo_title": "ST", "seo_description": "SD", "keywords": ["a", "b"],
         "featured_images": [{"url": LINK}], "data_sources": [LINK]}


class Topify:
    def __init__(self, api):
        self.api = api

    def send(self, body=UNSET, **members):
        if body is UNSET:
            body = {"user_prompt": "write", **members}
        return self.api.post(TASKS, body)

    def create(self, **members):
        return ok(self.send(**members), 202)

    def worker(self, task):
        return self.api.execution(task["task_id"])

    def finished(self, *articles):
        """A task completed with these articles."""
        task = self.create()
        self.worker(task).finish({"articles": list(articles)})
        return self.get(task)

    def get(self, task):
        return ok(self.api.get(f"{TASKS}/{task['task_id']}"))

    def cancel(self, task):
        return self.api.delete(f"{TASKS}/{task['task_id']}")

    def of(self, task):
        r = self.api.get(f"{TASKS}/{task['task_id']}/articles")
        return ok(r)["articles"]

    def articles(self, query=""):
        return ok(self.api.get(ARTICLES + query))["articles"]

    def patch(self, article, body):
        return self.api.call("PATCH", f"{ARTICLES}/{article['id']}", body)


@pytest.fixture
def topify(api):
    return Topify(api)


# ---- tasks -------------------------------------------------------------


def test_created_task(topify):
    asked = {"user_prompt": "Write about \u20ac", "keywords": ["a", "b"],
             "reference_links": [LINK], "min_words": 100, "max_words": 10000,
             "uploaded_files": [{"name": "x.pdf", "type": "application/pdf",
                                 "size": 12, "url": LINK}]}
    task = ok(topify.send({**asked, "unknown": 1}), 202)
    assert task["task_id"] == task["id"] and task["status"] == "pending"
    assert {k: task[k] for k in asked} == asked
    assert task["error"] is None and task["started_at"] is None
    assert MILLIS.match(task["created_at"]) and task["completed_at"] is None
    assert topify.get(task) == task
    row = topify.worker(task).get()
    assert row["job_name"] == "article_generation"
    assert row["input_params"] == asked
    assert [s["name"] for s in row["steps"]] == STEPS
    assert topify.of(task) == []
    least = topify.create()
    assert least["keywords"] == [] and least["min_words"] is None


def test_life_of_a_task(topify, srv):
    task = topify.create()
    worker = topify.worker(task)
    worker.ok("progress", progress_percent=40, current_step_name="drafting")
    now = topify.get(task)
    assert now["status"] == "processing" and now["progress"] == 40
    assert now["current_step"] == "drafting" and MILLIS.match(
        now["started_at"])
    worker.finish({"articles": [WHOLE]})
    now = topify.get(task)
    assert now["status"] == "completed" and now["progress"] == 100
    assert MILLIS.match(now["completed_at"])


LONG = "\U0001f600" * 1000
GOOD = [
    {"user_prompt": LONG}, {"user_prompt": "x"}, {"user_prompt": " "},
    {"keywords": []}, {"keywords": ["k"] * 10}, {"keywords": None},
    {"reference_links": [LINK] * 5}, {"reference_links": ["HTTP://a"]},
    {"min_words": 100}, {"max_words": 100}, {"min_words": 500.0},
    {"min_words": 300, "max_words": 300}, {"min_words": None},
    {"uploaded_files": []},
    {"uploaded_files": [{"name": f"a.{e}"} for e in (
        "pdf", "DOCX", "csv", "xlsx", "Txt")]},
    {"uploaded_files": [{"name": "a", "type": t} for t in (
        "pdf", ".PDF", "application/pdf", "text/csv", "text/plain",
        "application/vnd.openxmlformats-officedocument"
        ".spreadsheetml.sheet")]},
    {"uploaded_files": [{"name": "a.csv", "type": None, "size": None,
                         "url": None}]}]
BAD = [
    ("user_prompt", [None, "", 5, [], {}, True, LONG + "x"]),
    ("keywords", ["x", {}, 1, ["k"] * 11, ["k", 1], [None], [[]]]),
    ("reference_links", [LINK, [LINK] * 6, [1], ["example.org"], [""],
                         ["ftp://a/b"], ["http://"], ["https:///x"],
                         ["http://a b"], ["javascript:alert(1)"],
                         ["http:/a"], ["//a"], [None], ["http://?x"]]),
    ("uploaded_files", ["x", {}, [1], [{}], [{"name": ""}],
                        [{"name": "x"}], [{"name": "x.exe"}],
                        [{"name": "x.pdf", "type": "exe"}],
                        [{"name": "x.pdf", "type": 1}],
                        [{"name": "x.pdf", "size": -1}],
                        [{"name": "x.pdf", "size": "1"}],
                        [{"name": "x.pdf", "url": "x"}],
                        [{"name": 1, "type": "pdf"}],
                        [{"name": "x" * 252 + ".pdf"}],
                        [{"name": "x.pdf"}] * 11]),
    ("min_words", [99, 10001, "100", 100.5, [], True, -1]),
    ("max_words", [99, 10001, "100", 100.5, {}, False, 1e30])]


def test_limits_of_a_task(topify, srv, case):
    for members in GOOD:
        with case(str(members)[:60]):
            topify.create(**members)
    before = unchanged(srv)
    for member, values in BAD:
        for value in values:
            with case(f"{member}={str(value)[:40]}"):
                text = topify_error(topify.send(**{member: value}), 400,
                                    "VALIDATION_ERROR")
                assert member in text
    with case("min over max"):
        text = topify_error(topify.send(min_words=301, max_words=300), 400,
                            "VALIDATION_ERROR")
        assert "min_words" in text
    for body in (UNSET, {}, b"", b"{", b"[]", b"null", b'"x"',
                 b'{"user_prompt":"a","user_prompt":"b"}'):
        with case(repr(body)):
            topify_error(topify.api.post(TASKS, body), 400,
                         "VALIDATION_ERROR")
    with case("nothing happened"):
        assert unchanged(srv) == before


def test_task_list(topify, api, case):
    made = [topify.create(user_prompt=f"p{i}") for i in range(5)]
    api.job(name="other")
    api.trigger("other")
    topify.worker(made[0]).finish()
    topify.worker(made[1]).ok("fail", error_message="x")
    topify.worker(made[2]).ok("heartbeat")
    ok(topify.cancel(made[3]))
    ids = [t["task_id"] for t in made]
    table = [("", ids[::-1]), ("?status=pending", [ids[4]]),
             ("?status=processing", [ids[2]]),
             ("?status=completed", [ids[0]]), ("?status=failed", [ids[1]]),
             ("?status=cancelled", [ids[3]])]
    for query, want in table:
        with case(query):
            body = ok(api.get(TASKS + query))
            assert [t["task_id"] for t in body["tasks"]] == want
            assert body["total"] == len(want)
            assert body["limit"] == 20 and body["offset"] == 0
    with case("a page"):
        body = ok(api.get(f"{TASKS}?limit=2&offset=1"))
        assert [t["task_id"] for t in body["tasks"]] == [ids[3], ids[2]]
        assert {k: body[k] for k in ("total", "limit", "offset")} == {
            "total": 5, "limit": 2, "offset": 1}
    with case("behind the end"):
        assert ok(api.get(f"{TASKS}?offset=99999999"))["tasks"] == []
    with case("a task in a list is the task"):
        assert body["tasks"][1] == topify.get(made[2])
    for query in ("limit=0", "limit=101", "limit=x", "offset=-1", "offset=x",
                  "status=queued", "status=", "status=Pending"):
        with case(query):
            text = topify_error(api.get(f"{TASKS}?{query}"), 400,
                                "VALIDATION_ERROR")
            assert query.split("=")[0] in text


def test_failures(topify, case):
    table = [("LLM_ERROR", "LLM_ERROR"), ("llm_error", "LLM_ERROR"),
             ("DATABASE_ERROR", "DATABASE_ERROR"),
             ("WORKFLOW_ERROR", "WORKFLOW_ERROR"),
             ("ValueError", "WORKFLOW_ERROR"), (None, "WORKFLOW_ERROR")]
    for kind, code in table:
        with case(str(kind)):
            task = topify.create()
            topify.worker(task).ok("fail", error_message="no luck",
                                   error_type=kind)
            now = topify.get(task)
            assert now["status"] == "failed"
            assert now["error"] == {"code": code, "message": "no luck"}


def test_timeout(topify, srv):
    task = topify.create()
    topify.worker(task).ok("heartbeat")
    srv.advance(301_000)
    now = topify.get(task)
    assert now["status"] == "failed"
    assert now["error"]["code"] == "WORKFLOW_ERROR" and now["error"]["message"]


def test_cancel(topify, srv):
    waiting, running = topify.create(), topify.create()
    topify.worker(running).ok("heartbeat")
    for task in (waiting, running):
        now = ok(topify.cancel(task))
        assert now["status"] == "cancelled" and now["completed_at"]
        assert topify.get(task) == now
    before = unchanged(srv)
    done = [waiting, running]
    for task in done:
        topify_error(topify.cancel(task), 409, "VALIDATION_ERROR")
    assert unchanged(srv) == before
    done = topify.finished(WHOLE)
    topify_error(topify.cancel(done), 409, "VALIDATION_ERROR")
    topify.worker(running).finish({"articles": [WHOLE]})
    assert topify.get(running)["status"] == "cancelled"
    assert topify.of(running) == [], "a cancelled task writes nothing"


def test_unknown_tasks(topify, case):
    task = topify.create()
    for ident in ("x", "1", task["task_id"][:-1], "0" * 32,
                  task["task_id"][:-4] + "0000"):
        for method, path in (("GET", ""), ("DELETE", ""),
                             ("GET", "/articles")):
            with case(f"{method} {ident}{path}"):
                r = topify.api.call(method, f"{TASKS}/{ident}{path}")
                topify_error(r, 404, "TASK_NOT_FOUND")
    for ident in ("x", "1", task["task_id"]):
        for method in ("GET", "DELETE", "PATCH"):
            with case(f"{method} {ident}"):
                body = {"title": "x"} if method == "PATCH" else UNSET
                r = topify.api.call(method, f"{ARTICLES}/{ident}", body)
                topify_error(r, 404, "ARTICLE_NOT_FOUND")


# ---- how many at once --------------------------------------------------


def test_cap_without_keys(start):
    srv = start("--max-active-tasks", "3")
    topify, api = Topify(srv.api), srv.api
    api.trigger("article_generation")
    tasks = [topify.create(), topify.create()]
    before = unchanged(srv)
    topify_error(topify.send(), 429, "RATE_LIMIT_ERROR")
    assert unchanged(srv) == before
    topify.worker(tasks[0]).ok("heartbeat")
    topify_error(topify.send(), 429, "RATE_LIMIT_ERROR")
    ok(topify.cancel(tasks[0]))
    topify.create()
    topify_error(topify.send(), 429, "RATE_LIMIT_ERROR")
    topify.worker(tasks[1]).finish()
    topify.create()


def test_cap_for_each_key(start):
    srv = start("--max-active-tasks", "2")
    api = srv.api
    made = [data(api.post("/api/keys", {"name": n, "scope": "admin"}), 201)
            for n in "abc"[:1]]
    api.key = made[0]["key"]
    other = data(api.post("/api/keys", {"name": "b", "scope": "write"}), 201)
    one, two = Topify(api), Topify(api.with_key(other["key"]))
    tasks = [one.create(), one.create()]
    topify_error(one.send(), 429, "RATE_LIMIT_ERROR")
    two.create()
    api.trigger("article_generation")
    two.create()
    topify_error(two.send(), 429, "RATE_LIMIT_ERROR")
    srv.restart()
    topify_error(one.send(), 429, "RATE_LIMIT_ERROR")
    one.worker(tasks[0]).ok("heartbeat")
    topify_error(one.send(), 429, "RATE_LIMIT_ERROR")
    one.worker(tasks[0]).ok("fail", error_message="x")
    one.create()
    topify_error(one.send(), 429, "RATE_LIMIT_ERROR")


def test_cap_holds_among_parallel_creates(start):
    srv = start("--max-active-tasks", "10")
    topify = Topify(srv.api)
    answers = at_once(30, lambda: topify.send().status_code)
    assert sorted(answers) == [202] * 10 + [429] * 20
    assert ok(srv.api.get(TASKS))["total"] == 10


def test_no_cap(start):
    srv = start("--max-active-tasks", "0")
    topify = Topify(srv.api)
    for _ in range(120):
        topify.create()
    assert ok(srv.api.get(TASKS))["total"] == 120


def test_default_cap(topify):
    for _ in range(100):
        topify.create()
    topify_error(topify.send(), 429, "RATE_LIMIT_ERROR")


# ---- articles ----------------------------------------------------------


def test_article_of_a_task(topify):
    task = topify.finished(WHOLE)
    (a,) = topify.of(task)
    assert a["id"] == a["article_id"] and a["task_id"] == task["task_id"]
    assert {k: a[k] for k in WHOLE} == WHOLE
    assert a["publication_status"] == "draft" and a["published_at"] is None
    assert a["created_at"] == a["updated_at"] == task["completed_at"]
    assert ok(topify.api.get(f"{ARTICLES}/{a['id']}")) == a
    assert topify.articles() == [a]


def test_what_counts_as_an_article(topify, case):
    table = [
        ({"articles": [WHOLE, {"title": "2"}]}, ["T", "2"]),
        ({"article": {"title": "one"}}, ["one"]),
        ({"articles": [{"title": "a"}], "article": {"title": "b"}},
         ["a", "b"]),
        ({"articles": [{"content": "only text"}]}, [None]),
        ({"articles": []}, []), ({"articles": {}}, []),
        ({"articles": [1, "x", None, [], {}, {"title": 5}]}, []),
        ({"article": None}, []), ({"x": {"articles": [WHOLE]}}, []),
        ([WHOLE], []), ("article", []), (None, []), (17, []),
        ({"\u0061rticle": {"title": "escaped"}}, ["escaped"])]
    for result, want in table:
        with case(str(result)[:50]):
            task = topify.create()
            body = json.dumps({"result_data": result}).replace(
                '"article"', '"\\u0061rticle"')
            topify.worker(task).ok("complete", body)
            assert [a["title"] for a in topify.of(task)] == want
            assert topify.worker(task).get()["result_data"] == result


def test_members_of_a_wrong_type_are_left_out(topify):
    task = topify.finished({"title": "T", "content": 5, "slug": None,
                            "keywords": "k", "featured_images": {}})
    (a,) = topify.of(task)
    assert a["title"] == "T" and a["content"] is None and a["slug"] is None
    assert a["keywords"] == a["featured_images"] == a["data_sources"] == []


def test_text_stays_as_it_was_sent(topify):
    """Numbers keep their digits, escapes their form."""
    task = topify.create()
    raw = ('{"result_data":{"articles":[ {"title":"\\u00e4\\/x",'
           '"data_sources":[1.50,1e400,12345678901234567890]} ]}}')
    topify.worker(task).ok("complete", raw)
    r = topify.api.get(f"{TASKS}/{task['task_id']}/articles")
    assert '"data_sources":[1.50,1e400,12345678901234567890]' in r.text
    assert json.loads(r.text)["articles"][0]["title"] == "\u00e4/x"


def test_a_thousand_articles_and_no_more(topify):
    task = topify.create()
    many = [{"title": str(i)} for i in range(1200)]
    topify.worker(task).finish({"articles": many})
    titles = [a["title"] for a in topify.of(task)]
    assert titles == [str(i) for i in range(1000)]
    assert len(topify.worker(task).get()["result_data"]["articles"]) == 1200


def test_whichever_way_it_completes(topify, api):
    """All in one report, and by the last step's report."""
    task = topify.create()
    topify.worker(task).ok("report", logs=[{"message": "m"}],
                           complete={"result_data": {"articles": [WHOLE]}})
    assert len(topify.of(task)) == 1
    api.job("a", "b", name="auto", auto_complete=True)
    ex = api.trigger("auto")
    ex.step("a", "completed", result_data={"article": {"title": "no"}})
    ex.step("b", "completed", result_data={"article": {"title": "yes"}})
    body = ok(api.get(f"{TASKS}/{ex.id}/articles"))
    assert [a["title"] for a in body["articles"]] == ["yes"]


def test_a_repeated_report_makes_no_more(topify):
    task = topify.finished(WHOLE)
    topify.worker(task).finish({"articles": [WHOLE, WHOLE]})
    assert len(topify.articles()) == 1


def test_article_list(topify, api, case):
    tasks = [topify.finished({"title": str(i)}) for i in range(5)]
    made = [topify.of(t)[0] for t in tasks]
    ok(topify.patch(made[1], {"publication_status": "published"}))
    ok(topify.patch(made[2], {"publication_status": "archived"}))
    table = [("", "43210"), ("?publication_status=draft", "430"),
             ("?publication_status=published", "1"),
             ("?publication_status=archived", "2")]
    for query, want in table:
        with case(query):
            body = ok(api.get(ARTICLES + query))
            assert "".join(a["title"] for a in body["articles"]) == want
            assert {k: body[k] for k in ("total", "page", "page_size")} == {
                "total": len(want), "page": 1, "page_size": 20}
    for page, want in ((1, "43"), (2, "21"), (3, "0"), (4, ""), (999999, "")):
        with case(f"page {page}"):
            body = ok(api.get(f"{ARTICLES}?page={page}&page_size=2"))
            assert "".join(a["title"] for a in body["articles"]) == want
            assert body["total"] == 5 and body["page_size"] == 2
    for query in ("page=0", "page=x", "page=-1", "page_size=0",
                  "page_size=101", "publication_status=",
                  "publication_status=DRAFT", "publication_status=deleted"):
        with case(query):
            topify_error(api.get(f"{ARTICLES}?{query}"), 400,
                         "VALIDATION_ERROR")


def test_edit(topify, srv):
    (a,) = topify.of(topify.finished(WHOLE))
    srv.advance(1000)
    b = ok(topify.patch(a, {"title": "New", "keywords": [], "other": 1}))
    assert b["updated_at"] > a["updated_at"]
    want = {**a, "title": "New", "keywords": [],
            "updated_at": b["updated_at"]}
    assert b == want == ok(topify.api.get(f"{ARTICLES}/{a['id']}"))
    c = ok(topify.patch(a, {"content": "# again", "slug": "s",
                            "seo_title": "x", "seo_description": "y",
                            "featured_images": [1], "data_sources": [2]}))
    assert c["content"] == "# again" and c["title"] == "New"
    for body in ({}, UNSET, {"title": None}, {"unknown": 1},
                 {"publication_status": "draft"}):
        assert ok(topify.patch(a, body)) == c
    srv.restart()
    assert ok(topify.api.get(f"{ARTICLES}/{a['id']}")) == c


def test_publication_times(topify, srv):
    (a,) = topify.of(topify.finished(WHOLE))

    def to(status, **more):
        srv.advance(1000)
        return ok(topify.patch(a, {"publication_status": status, **more}))

    first = to("published", title="Out")
    assert first["published_at"] == first["updated_at"]
    assert first["title"] == "Out"
    assert to("published")["published_at"] == first["published_at"]
    assert to("archived")["published_at"] == first["published_at"]
    assert to("draft")["published_at"] == first["published_at"]
    again = to("published")
    assert again["published_at"] > first["published_at"]
    assert again["published_at"] == again["updated_at"]


def test_bad_edits_change_nothing(topify, srv, case):
    (a,) = topify.of(topify.finished(WHOLE))
    before = unchanged(srv)
    table = [(m, [1, [], {}, True]) for m in (
        "title", "content", "slug", "seo_title", "seo_description")]
    table += [("keywords", ["x", {}, 1, [1], ["a", None]]),
              ("featured_images", ["x", {}, 1]),
              ("data_sources", ["x", {}, 1]),
              ("publication_status", ["x", "", 1, [], "Draft", "deleted"])]
    for member, values in table:
        for value in values:
            with case(f"{member}={value}"):
                body = {"content": "changed", member: value}
                text = topify_error(topify.patch(a, body), 400,
                                    "VALIDATION_ERROR")
                assert member in text
    for body in (b"{", b"[]", b"null"):
        with case(repr(body)):
            topify_error(topify.patch(a, body), 400, "VALIDATION_ERROR")
    assert unchanged(srv) == before


def test_delete(topify):
    task = topify.finished({"title": "a"}, {"title": "b"})
    a, b = topify.of(task)
    r = topify.api.delete(f"{ARTICLES}/{a['id']}")
    assert r.status_code == 204 and r.content == b""
    r = topify.api.get(f"{ARTICLES}/{a['id']}")
    topify_error(r, 404, "ARTICLE_NOT_FOUND")
    topify_error(topify.api.delete(f"{ARTICLES}/{a['id']}"), 404,
                 "ARTICLE_NOT_FOUND")
    topify_error(topify.patch(a, {"title": "x"}), 404, "ARTICLE_NOT_FOUND")
    assert topify.of(task) == topify.articles() == [b]
    assert len(topify.worker(task).get()["result_data"]["articles"]) == 2


def test_articles_survive_a_crash(topify, srv):
    kept, gone = topify.of(topify.finished({"title": "a"}, {"title": "b"}))
    ok(topify.patch(kept, {"title": "A", "publication_status": "published"}))
    assert topify.api.delete(f"{ARTICLES}/{gone['id']}").status_code == 204
    now = topify.articles()
    srv.kill9()
    srv.start()
    assert topify.articles() == now
    topify.finished({"title": "c"})
    assert [a["title"] for a in topify.articles()] == ["c", "A"]


# ---- what all endpoints have in common ---------------------------------


def test_keys(topify, api, case):
    foreign = api.trigger("article_generation", project_id=2)
    foreign.finish({"article": WHOLE})
    (theirs,) = topify.articles()
    api.key = data(api.post("/api/keys", {"name": "a", "scope": "admin"}),
                   201)["key"]

    def client(scope, project=None):
        made = data(api.post("/api/keys", {
            "name": scope, "scope": scope, "project_id": project}), 201)
        return Topify(api.with_key(made["key"]))

    bound, reader = client("write", 1), client("read")
    with case("without a key"):
        for path in (TASKS, ARTICLES):
            topify_error(api.with_key(None).get(path), 401, "UNAUTHORIZED")
    with case("foreign things look missing"):
        topify_error(bound.api.get(f"{TASKS}/{foreign.id}"), 404,
                     "TASK_NOT_FOUND")
        topify_error(bound.api.get(f"{TASKS}/{foreign.id}/articles"), 404,
                     "TASK_NOT_FOUND")
        topify_error(bound.api.delete(f"{TASKS}/{foreign.id}"), 404,
                     "TASK_NOT_FOUND")
        topify_error(bound.patch(theirs, {"title": "x"}), 404,
                     "ARTICLE_NOT_FOUND")
        topify_error(bound.api.delete(f"{ARTICLES}/{theirs['id']}"), 404,
                     "ARTICLE_NOT_FOUND")
        assert bound.articles() == []
    with case("its own"):
        task = bound.create()
        assert ok(bound.api.get(TASKS))["total"] == 1
        api.execution(task["task_id"]).finish({"article": WHOLE})
        assert len(bound.articles("?publication_status=draft")) == 1
        assert len(topify.articles()) == 2
    with case("a reader"):
        topify_error(reader.send(), 403, "FORBIDDEN")
        topify_error(reader.patch(theirs, {"title": "x"}), 403, "FORBIDDEN")
        assert len(reader.articles()) == 2


def test_methods_and_paths(topify, case):
    for method, path, allow in [("PUT", TASKS, "GET, POST"),
                                ("POST", TASKS + "/x", "GET, DELETE"),
                                ("DELETE", TASKS + "/x/articles", "GET"),
                                ("POST", ARTICLES, "GET"),
                                ("PUT", ARTICLES + "/x",
                                 "GET, PATCH, DELETE")]:
        with case(f"{method} {path}"):
            r = topify.api.call(method, path)
            topify_error(r, 405, "METHOD_NOT_ALLOWED")
            assert r.headers["Allow"] == allow
    for path in (TASKS + "/x/y", ARTICLES + "/x/y", TASKS + "/"):
        with case(path):
            topify_error(topify.api.get(path), 404, "NOT_FOUND")


def test_limits_of_requests(start):
    srv = start("--requests-per-minute", "6", "--max-body-bytes", "2048")
    topify = Topify(srv.api)
    topify_error(topify.send(user_prompt="x" * 4096), 413, "VALIDATION_ERROR")
    for _ in range(20):
        r = srv.api.get(TASKS)
        if r.status_code == 429:
            break
    topify_error(r, 429, "RATE_LIMIT_ERROR")


def test_without_its_job(topify, api):
    task = topify.create()
    ok(api.delete("/api/jobs/article_generation"))
    topify_error(topify.send(), 500, "WORKFLOW_ERROR")
    assert ok(api.get(TASKS)) == {"tasks": [], "total": 0, "limit": 20,
                                  "offset": 0}
    assert topify.get(task)["status"] == "pending"
