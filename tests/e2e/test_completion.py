"""Completion: the scripts are run by the shells they are for."""
import re
import shutil
import subprocess

import pytest

from server import TIDEWIRE, run_tool
from test_cli import built  # noqa: F401

BASH = """
set -u
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMPREPLY=()
_tidewire
(( ${#COMPREPLY[@]} == 0 )) || printf '%s\\n' "${COMPREPLY[@]}"
"""
# The completion system's functions, as far as the script calls them.
ZSH = """
compdef() { :; }
_describe() { print -rl -- ${(@P)@[-1]%%:*} }
_files() { print -r -- FILES $* }
compadd() { print -rl -- $@ }
source $1
shift
words=("$@")
CURRENT=$#
_tidewire
"""


def script(shell):
    done = run_tool([TIDEWIRE, "completion", shell])
    assert done.returncode == 0, done.stderr
    return done.stdout


def complete(shell, tmp_path, *words):
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    path = tmp_path / "script"
    path.write_text(script(shell))
    flags = ["-f"] if shell == "zsh" else ["--norc"]
    done = subprocess.run(
        [shell, *flags, "-c", ZSH if shell == "zsh" else BASH, shell,
         str(path), "tidewire", *words],
        capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.split("\n")[:-1]


def commands():
    """{group: [name, ...]} as help lists them; [] where the group is one."""
    groups = {}
    text = run_tool([TIDEWIRE, "--help"]).stdout
    text = text.partition("Commands:\n")[2].partition("\n\n")[0]
    for line in text.splitlines():
        group, name, *_ = line.split() + [""]
        names = groups.setdefault(group, [])
        if re.fullmatch("[a-z]+", name) and line[2 + len(group)] == " " and (
                not re.match(r"  \S+ {2}", line)):
            names.append(name)
    return groups


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_syntax(shell, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    path = tmp_path / "script"
    path.write_text(script(shell))
    done = subprocess.run([shell, "-n", str(path)], capture_output=True)
    assert done.returncode == 0 and not done.stderr


def test_other_shells_are_refused():
    done = run_tool([TIDEWIRE, "completion", "fish"])
    assert done.returncode == 2 and "bash" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_groups_and_commands(shell, tmp_path):
    groups = commands()
    assert sorted(complete(shell, tmp_path, "")) == sorted(groups)
    for group in ("config", "execution", "storage", "lineage", "key"):
        assert complete(shell, tmp_path, group, "") == groups[group], group
    assert len(groups["lineage"]) == 7


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_options_are_the_commands_own(shell, tmp_path):
    for group, name in (("config", "create"), ("storage", "watch"),
                        ("job", "create"), ("execution", "wait")):
        text = run_tool([TIDEWIRE, group, name, "--help"]).stdout
        want = re.findall(r"^  (?:-\w, |    )(--[a-z-]+)", text, re.M)
        got = complete(shell, tmp_path, group, name, "--")
        assert sorted(g for g in got if g.startswith("--")) == sorted(want)
    assert "--file" not in complete(shell, tmp_path, "-")


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_values(shell, tmp_path):
    def got(*words):
        return complete(shell, tmp_path, *words)

    assert got("--output", "") == ["table", "json"]
    assert got("key", "create", "x", "--scope", "") == [
        "read", "worker", "write", "admin"]
    assert got("execution", "logs", "-l", "") == [
        "debug", "info", "warn", "error"]
    assert got("completion", "") == ["bash", "zsh"]
    assert got("--timeout", "5m", "server", "") == ["status"]
    assert got("execution", "get", "") == []


def test_bash_completes_what_begins_so(tmp_path):
    assert complete("bash", tmp_path, "con") == ["config"]
    assert complete("bash", tmp_path, "config", "v") == ["validate"]
    assert complete("bash", tmp_path, "config", "list", "--ina") == [
        "--inactive"]
    assert complete("bash", tmp_path, "article", "un") == ["unpublish"]
    assert complete("bash", tmp_path, "article", "list", "-s", "p") == [
        "published"]
    # An '=' is a word of its own to bash.
    assert complete("bash", tmp_path, "--output", "=", "j") == ["json"]
    assert complete("bash", tmp_path, "--output", "=") == ["table", "json"]
    assert complete("bash", tmp_path, "--output", "=", "json", "ser") == [
        "server"]


def test_files_and_folders(tmp_path):
    (tmp_path / "one file.yaml").write_text("")
    (tmp_path / "one folder").mkdir()
    for words in (["config", "create", "-f", "one"],
                  ["config", "validate", "one"]):
        assert sorted(complete("bash", tmp_path, *words)) == [
            "one file.yaml", "one folder"]
    assert complete("bash", tmp_path, "storage", "download", "x", "-d", "o"
                    ) == ["one folder"]
    if shutil.which("zsh"):
        assert complete("zsh", tmp_path, "config", "create", "-f", ""
                        ) == ["FILES"]
        assert complete("zsh", tmp_path, "storage", "download", "-d", ""
                        ) == ["FILES -/"]
