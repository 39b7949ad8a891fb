"""Articles at the command line.

Neighbours: test_topify.py has the endpoints, test_cli.py has Cli.
"""
import json

import pytest

from test_cli import built, cli  # noqa: F401
from test_topify import WHOLE, topify  # noqa: F401


@pytest.fixture
def task(topify):
    return topify.finished(WHOLE, {"title": "second"}, {"content": "third"})


@pytest.fixture
def article(topify, task):
    return topify.of(task)[0]


def ids(answer):
    return [a["id"] for a in answer["articles"]]


def test_list(cli, topify, task):
    made = [a["id"] for a in topify.of(task)]
    other = topify.of(topify.finished(WHOLE))[0]["id"]
    newest = [other, *made[::-1]]
    assert ids(cli.json("article", "list")) == newest
    assert ids(cli.json("article", "list", "--task", task["id"])) == made
    for words, want in ((["--limit", "2"], newest[:2]),
                        (["--limit", "2", "--page", "2"], newest[2:]),
                        (["--limit", "100", "--page", "1"], newest),
                        (["--page", "2"], [])):
        assert ids(cli.json("article", "list", *words)) == want, words
    done = cli.run("article", "list", "--limit", "2")
    assert [row.split()[:2] for row in done.stdout.splitlines()] == [
        ["ID", "STATUS"], [other, "draft"], [made[2], "draft"]]
    assert "--page 2" in done.stderr
    for words in (["--limit", "4"], ["--limit", "2", "--page", "2"]):
        assert not cli.run("article", "list", *words).stderr, words


def test_list_by_status(cli, topify, task, article):
    cli.ok("article", "publish", article["id"])
    got = cli.json("article", "list", "-s", "published")
    assert ids(got) == [article["id"]]
    assert len(ids(cli.json("article", "list", "--status", "draft"))) == 2
    assert ids(cli.json("article", "list", "--status", "archived")) == []
    done = cli.run("article", "list", "--status", "new")
    assert done.returncode == 1 and "draft, published" in done.stderr


def test_get(cli, topify, article):
    assert cli.json("article", "get", article["id"]) == topify.articles()[-1]
    out = cli.ok("article", "get", article["id"])
    fields, text = out.split("\n\n", 1)
    assert text == WHOLE["content"] + "\n"
    rows = dict(line.split(None, 1) for line in fields.splitlines())
    assert rows["title"] == "T" and rows["publication_status"] == "draft"
    assert json.loads(rows["keywords"]) == ["a", "b"]
    assert "content" not in rows and "published_at" not in rows


def test_get_without_a_text(cli, topify):
    (one,) = topify.of(topify.finished({"title": "bare"}))
    out = cli.ok("article", "get", one["id"])
    assert "bare" in out and "\n\n" not in out


def test_get_prints_nothing_that_steers(cli, topify):
    (one,) = topify.of(topify.finished(
        {"title": "a\x1b[2Jb", "content": "c\x1b]0;x\x07\nd\x9b"}))
    out = cli.ok("article", "get", one["id"])
    assert "a?[2Jb" in out and out.endswith("\n\nc?]0;x?\nd?\n")


def test_publish_and_unpublish(cli, topify, article):
    assert cli.ok("article", "publish", article["id"]) == (
        f"article {article['id']} published\n")
    (now,) = topify.articles("?publication_status=published")
    assert now["published_at"]
    got = cli.json("article", "unpublish", article["id"])
    assert got["publication_status"] == "draft"
    assert got["published_at"] == now["published_at"]
    assert topify.articles("?publication_status=published") == []


def test_edit(cli, topify, article, tmp_path):
    path = tmp_path / "edit.json"
    path.write_text('{"title":"new","keywords":["\u20ac"]}')
    got = cli.json("article", "edit", article["id"], "-f", str(path))
    assert got["title"] == "new" and got["keywords"] == ["\u20ac"]
    assert got["content"] == WHOLE["content"]
    path.write_text('{"publication_status":"archived"}')
    with open(path) as stdin:
        cli.ok("article", "edit", article["id"], "-f", "-", stdin=stdin)
    assert topify.articles("?publication_status=archived")[0]["title"] == "new"
    path.write_text('{"title":')
    done = cli.run("article", "edit", article["id"], "-f", str(path))
    assert done.returncode == 2 and "line 1, column" in done.stderr
    path.write_text('{"keywords":"x"}')
    done = cli.run("article", "edit", article["id"], "-f", str(path))
    assert done.returncode == 1 and done.stderr.startswith(
        "tidewire: keywords must be an array"), done.stderr


def test_delete(cli, topify, task, article):
    assert "deleted" in cli.ok("article", "delete", article["id"])
    assert article["id"] not in [a["id"] for a in topify.of(task)]
    assert cli.run("article", "delete", article["id"]).returncode == 5


NOBODY = "0193a1c2-7b7e-7000-8000-000000000001"


@pytest.mark.parametrize("name", [NOBODY, "nobody", "a/b", ".."])
def test_what_is_not_there(cli, api, tmp_path, name):
    (tmp_path / "edit").write_text("{}")
    for words in (["get", name], ["publish", name], ["unpublish", name],
                  ["edit", name, "-f", str(tmp_path / "edit")],
                  ["delete", name], ["list", "--task", name]):
        done = cli.run("article", *words)
        assert done.returncode == 5 and not done.stdout, words
        assert "not found" in done.stderr
        assert ("article list" in done.stderr) == (words[0] != "list")


def test_keys(cli, srv, article):
    boss = cli.json("key", "create", "boss", "--scope", "admin")["key"]
    srv.api.key = boss
    assert cli.run("article", "list").returncode == 6
    cli.env["TIDEWIRE_API_KEY"] = boss
    reader = cli.json("key", "create", "eye", "--scope", "read")["key"]
    other = cli.json("key", "create", "other", "--scope", "admin",
                     "--project", "3")["key"]
    cli.env["TIDEWIRE_API_KEY"] = reader
    assert len(ids(cli.json("article", "list"))) == 3
    for command in ("publish", "unpublish", "delete"):
        done = cli.run("article", command, article["id"])
        assert done.returncode == 6 and not done.stdout
    cli.env["TIDEWIRE_API_KEY"] = other
    assert cli.run("article", "get", article["id"]).returncode == 5
    assert ids(cli.json("article", "list")) == []


@pytest.mark.parametrize("words", [
    ["get"], ["get", "a", "b"], ["publish"], ["delete"], ["edit", "a"],
    ["edit", "a", "-f", "/nowhere"], ["list", "a"], ["list", "--limit", "0"],
    ["list", "--limit", "101"], ["list", "--page", "0"],
    ["list", "--page", "x"], ["list", "--task", "a", "--status", "draft"],
    ["list", "--task", "a", "--page", "1"],
    ["list", "--task", "a", "--limit", "1"], ["write"]])
def test_wrong_use(cli, words):
    done = cli.run("article", *words)
    assert done.returncode == 2 and done.stderr and not done.stdout
