"""A headless Chromium, driven over the WebDriver protocol (W3C), which is
plain HTTP and JSON.  Neighbours: test_browser.py has the pages.
"""
import re
import shutil
import subprocess
import threading

import requests

from server import DEADLINE, wait_until

BROWSER = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
STARTED = re.compile(rb"started successfully on port (\d+)")
# Nothing but the page: no sandbox for root, no calls home.
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking",
             "--disable-component-update", "--disable-sync",
             "--disable-extensions", "--no-proxy-server"]


class Browser:
    """One driver process, one window."""

    def __init__(self, folder):
        self.proc = subprocess.Popen(
            [DRIVER, "--port=0"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.said = b""
        self.reader = threading.Thread(target=self._listen, daemon=True)
        self.reader.start()
        self.http = requests.Session()
        self.http.trust_env = False
        self.session = None
        try:
            found = wait_until(lambda: STARTED.search(self.said),
                               "the driver listens")
            self.url = f"http://127.0.0.1:{int(found.group(1))}/session"
            self.session = self._begin(folder)["sessionId"]
        except BaseException:
            self.close()
            raise

    def _listen(self):
        for line in self.proc.stdout:
            self.said += line

    def _begin(self, folder):
        options = {"binary": BROWSER,
                   "args": ARGUMENTS + [f"--user-data-dir={folder}"]}
        return self._call("POST", "", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": options}}})

    def _call(self, method, path, body=None):
        r = self.http.request(method, self.url + path, json=body,
                              timeout=2 * DEADLINE)
        assert r.status_code == 200, r.text
        return r.json()["value"]

    def open(self, url):
        self._call("POST", f"/{self.session}/url", {"url": url})

    def run(self, script, *args):
        """Run the body of a JavaScript function in the page."""
        return self._call("POST", f"/{self.session}/execute/sync",
                          {"script": script, "args": list(args)})

    def close(self):
        try:
            if self.session is not None:
                self._call("DELETE", f"/{self.session}")
        finally:
            self.proc.terminate()
            self.proc.wait(DEADLINE)
            self.reader.join(DEADLINE)
            self.proc.stdout.close()
