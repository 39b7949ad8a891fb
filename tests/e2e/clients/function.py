"""A serverless function in Python, written to the Restep document: it runs
one execution and reports as it goes, with nothing but requests.

	python3 function.py URL EXECUTION
"""
import json
import os
import sys
import traceback

import requests


class Restep:
    """The calls of the document, as its Python example makes them."""

    def __init__(self, url, execution):
        self.base = f"{url}/api/executions/{execution}"
        self.session = requests.Session()
        self.session.headers.update({
            "Authorization": f"Bearer {os.environ.get('RESTEP_API_KEY', '')}",
            "Content-Type": "application/json"})

    def post(self, action, body=None):
        r = self.session.post(f"{self.base}/{action}", json=body, timeout=30)
        r.raise_for_status()
        return r.json()

    def get(self):
        r = self.session.get(self.base, timeout=30)
        r.raise_for_status()
        return r.json()["data"]


def extract(given):
    return {"rows": given["numbers"], "count": len(given["numbers"])}


def transform(given):
    return {"doubled": [n * 2 for n in given["data"]]}


def load(given):
    return {"sum": sum(given["doubled"])}


WORK = {"extract": extract, "transform": transform, "load": load}


def run(restep):
    """Every step in order; the steps' inputs come from the server."""
    restep.post("heartbeat")
    names = [s["name"] for s in restep.get()["steps"]]
    out = None
    for number, name in enumerate(names):
        given = {s["name"]: s for s in restep.get()["steps"]}[name]
        restep.post(f"steps/{given['id']}/running")
        out = WORK[name](given["input_params"])
        restep.post(f"steps/{given['id']}/completed",
                    {"result_data": {"ok": True}, "artifacts": out})
        restep.post("progress", {
            "progress_percent": 100 * (number + 1) // len(names),
            "current_step_name": name, "current_step_index": number,
            "metadata": {}})
    restep.post("log", {"level": "info", "message": "done",
                        "log_data": None})
    return restep.post("complete", {"result_data": out})["data"]


def main():
    restep = Restep(*sys.argv[1:])
    try:
        print(json.dumps({"status": run(restep)["status"]}))
    except Exception as error:
        restep.post("fail", {
            "error_message": str(error), "error_type": type(error).__name__,
            "error_stack": traceback.format_exc()})
        raise


if __name__ == "__main__":
    main()
