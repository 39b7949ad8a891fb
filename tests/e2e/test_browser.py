"""A real browser's EventSource: receives, resumes after a crash, and stops
after the end.  And the page of the documentation.

Neighbours: browser.py drives it; test_streams.py has what streams promise.
"""
import http.server
import threading

import pytest

from browser import BROWSER, DRIVER, Browser
from server import wait_until

pytestmark = pytest.mark.skipif(
    BROWSER is None or DRIVER is None,
    reason="chromium and chromium-driver are not installed")

# What a page would do; it keeps all it sees in `seen`.
PAGE = """<!DOCTYPE html>
<meta charset="utf-8">
<title>watch</title>
<script>
const names = ["snapshot", "status", "step", "progress", "log", "gap", "end"];
var source, seen = [], opens = 0, errors = 0;
function watch(url) {
  seen = []; opens = 0; errors = 0;
  source = new EventSource(url);
  source.onopen = () => opens++;
  source.onerror = () => errors++;
  for (const name of names)
    source.addEventListener(name, (e) => {
      seen.push([e.type, e.lastEventId, JSON.parse(e.data)]);
    });
}
</script>
"""
CLOSED = 2  # EventSource.readyState


class Site(http.server.BaseHTTPRequestHandler):
    """Serves the page, from an origin of its own on this machine."""

    def do_GET(self):
        body = PAGE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def page(tmp_path):
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    browser = Browser(tmp_path / "profile")
    try:
        browser.open(f"http://127.0.0.1:{site.server_port}/")
        yield browser
    finally:
        browser.close()
        site.shutdown()
        site.server_close()


def watch(page, srv, path):
    page.run("watch(arguments[0])", f"http://127.0.0.1:{srv.port}{path}")
    until(page, lambda seen: seen[0][0] == "snapshot")


def until(page, wanted):
    """What the page has seen, once that is true of it."""
    def look():
        seen = page.run("return seen")
        return seen if seen and wanted(seen) else None
    return wait_until(look, "the page sees it")


def until_status(page, status):
    return until(page, lambda seen: seen[-1][2].get("status") == status)


def facts(seen):
    """(seq, type) of all but the snapshot."""
    return [(e[2]["seq"], e[0]) for e in seen if e[0] != "snapshot"]


def test_browser_resumes_after_a_crash(srv, api, page):
    """Nothing twice and nothing missing over kill -9, without a line of
    JavaScript for it: the browser reconnects with the last id."""
    api.job("a", name="j")
    watch(page, srv, "/events?types=all")
    first = api.trigger("j")
    first.data("progress", progress_percent=10)
    before = until(page, lambda seen: seen[-1][0] == "progress")
    assert before[-1][1].endswith(f"-{srv.seq()}"), "ids reach the page"
    port = srv.port
    srv.kill9()
    wait_until(lambda: page.run("return errors") > 0, "it noticed")
    assert page.run("return source.readyState") != CLOSED
    srv.start(port=port)
    second = srv.api.trigger("j")
    second.finish()
    seen = until_status(page, "completed")
    assert page.run("return opens") == 2
    kinds = [e[0] for e in seen]
    assert kinds.count("snapshot") == 1 and "gap" not in kinds
    seqs = [seq for seq, _ in facts(seen)]
    assert seqs == sorted(set(seqs)), "nothing twice, in order"
    statuses = [(e[2]["execution_id"], e[2]["status"]) for e in seen
                if e[0] == "status"]
    assert statuses == [
        (first.id, "queued"), (first.id, "running"),
        (first.id, "interrupted"), (second.id, "queued"),
        (second.id, "running"), (second.id, "completed")]


def test_browser_stops_after_the_end(srv, api, page):
    """It reconnects once with the id of `end`, is answered 204, and gives
    up, as the standard asks."""
    api.job("a", name="j")
    ex = api.trigger("j")
    watch(page, srv, f"/api/v1/executions/{ex.id}/events")
    ex.finish()
    seen = until(page, lambda seen: seen[-1][0] == "end")
    assert seen[-1][2]["status"] == "completed"
    wait_until(lambda: page.run("return source.readyState") == CLOSED,
               "it gives up")
    assert page.run("return opens") == 1, "the answer was no stream"
    assert page.run("return seen.length") == len(seen)
    wait_until(lambda: srv.info()["subscribers"] == 0, "nobody is left")


def test_the_documentation_draws_itself(srv, tmp_path):
    browser = Browser(tmp_path / "docs")
    try:
        browser.open(f"http://127.0.0.1:{srv.port}/api/docs#Storage")
        wait_until(lambda: browser.run(
            "return document.querySelectorAll('details').length > 70"),
            "every endpoint is there")
        wait_until(lambda: browser.run("""
            return Math.abs(document.getElementById("Storage")
                .getBoundingClientRect().top) < innerHeight"""),
            "the part that the address names is shown")
        for name, texts in (
                ("post /api/v1/tasks",
                 ("curl -X POST", "user_prompt", "202", "task_id")),
                ("put /api/v1/executions/{id}/storage",
                 ("--data-binary @a-file", "application/octet-stream",
                  "200 or 201 application/json", "content_length"))):
            shown = browser.run("""
                const one = document.querySelector(
                    `details[data-text^='${arguments[0]}']`);
                one.open = true;
                one.dispatchEvent(new Event("toggle"));
                return one.innerText;""", name)
            for text in texts:
                assert text in shown, shown
            assert "X-Attempt: a-key" not in shown
    finally:
        browser.close()
