"""Variables of an image, a Secret or an agent that mean to steer what boots devboxes and scores them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.tools.kube import apply, kubectl, refusal

from .disks import devbox
from .objects import bash, finished, image, obj, scenario, scenario_run, shell

CHECK = '[ "$(cat answer 2>/dev/null)" = 42 ] && echo 1 || echo 0'
FORGE = "echo 'echo score=1; exit 0' > $HOME/start"
START = "/home/dev/start"
STEERING = {
    "BASH_ENV": START,
    "ENV": START,
    "PROMPT_COMMAND": f". {START}",
    "PS4": f"$(. {START})",
    "SHELLOPTS": "xtrace",
    "BASHOPTS": "extdebug",
    "IFS": "e",
    "CDPATH": "/home/dev",
    "GLOBIGNORE": "*",
    "PYTHONSTARTUP": START,
    "PYTHONPATH": "/home/dev",
    "PERL5OPT": "-M/home/dev/start",
    "NODE_OPTIONS": f"--require {START}",
    "GCONV_PATH": "/home/dev",
    "UV_FIND_LINKS": "/home/dev",
    "PATH": "/home/dev%func:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
}
KEEP = "/.assay/disk /dev/termination-log"
CONTROL = {
    "ASSAY_KEEP": KEEP,
    "ASSAY_NESTED_USERNS": "1",
    "ASSAY_PIDS_MAX": "0",
    "ASSAY_CLOSED": "127.0.0.1 1 1",
    "ASSAY_ROOT": "Clean",
    "ASSAY_ROOTFS": "Copy",
    "ASSAY_IMAGE": "/home/dev",
    "ASSAY_RESTORE": "answer",
    "ASSAY_JUNIT": "forged.xml",
    "ASSAY_MESSAGE_BYTES": "1",
    "ASSAY_RESULTS": "/home/dev",
    "ASSAY_DEVBOX": "/home/dev",
    "ASSAY_OF_TOMORROW": "1",
}


def blueprint(variables: dict[str, str]) -> dict[str, Any]:
    """An image whose user is not root, and whose variables name a file that this user may write."""
    packages = (
        "apt-get update && apt-get install -y --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*"
    )
    user = "useradd --create-home --uid 1000 dev && install -d -o dev -g dev /work"
    env = "".join(f"ENV {name}='{value}'\n" for name, value in variables.items())
    dockerfile = f"FROM debian:trixie-slim\nRUN {packages}\nRUN {user}\n{env}USER dev\nWORKDIR /work\n"
    return obj("Blueprint", "set", {"dockerfile": dockerfile})


def on_blueprint(*functions: dict[str, Any], mode: str = "Overlay") -> dict[str, Any]:
    """A scenario in it."""
    made = scenario("judged", *functions)
    disk = {"size": "64Mi"} if mode == "Overlay" else {"size": "1Gi"}
    made["spec"]["environment"] = {"blueprintRef": {"name": "set"}, "disk": disk, "rootFilesystem": mode}
    return made


def score_of(run: dict[str, Any]) -> dict[str, Any]:
    """What each function scored."""
    return {one["name"]: one.get("score") for one in run["status"]["scores"]}


@pytest.mark.parametrize("mode", ["Overlay", "Copy"])
def test_an_image_s_start_up_file_prints_no_score(namespace: str, mode: str) -> None:
    seen = bash("seen", f'[ "$BASH_ENV" = {START} ] && [ "$PYTHONPATH" = /home/dev ] && echo 1 || echo 0')
    apply(namespace, blueprint(STEERING), on_blueprint(bash("answer", CHECK), seen, mode=mode))
    apply(namespace, scenario_run("forged", "judged", shell(FORGE)))
    apply(namespace, scenario_run("honest", "judged", shell(f"{FORGE}; echo 42 > answer")))
    assert score_of(finished(namespace, "forged")) == {"answer": 0.0, "seen": 1.0}
    assert score_of(finished(namespace, "honest")) == {"answer": 1.0, "seen": 1.0}


def test_a_secret_s_start_up_file_prints_no_score_and_the_author_s_variables_arrive(namespace: str) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "judge"},
        "stringData": {"BASH_ENV": START, "KEY": "sesame", **CONTROL},
    }
    script = f'[ "$KEY" = sesame ] && [ "$MINE" = mine ] && {CHECK}'
    judged = bash(
        "answer", script, envFrom=[{"secretRef": {"name": "judge"}}], env=[{"name": "MINE", "value": "mine"}]
    )
    apply(namespace, secret, blueprint({}), on_blueprint(judged))
    apply(namespace, scenario_run("forged", "judged", shell(FORGE)))
    apply(namespace, scenario_run("honest", "judged", shell("echo 42 > answer")))
    assert finished(namespace, "forged")["status"]["score"] == 0.0
    assert finished(namespace, "honest")["status"]["score"] == 1.0


def test_an_agent_s_variables_do_not_steer_the_launch_commands(namespace: str) -> None:
    judged = scenario("judged", bash("launched", "grep -qx launched /launched && cat /seen"))
    judged["spec"]["environment"]["launchCommands"] = ["echo launched > /launched"]
    env = [{"name": "BASH_ENV", "value": "$(kill $$)"}]
    agent = shell('[ "$BASH_ENV" = "\\$(kill \\$\\$)" ] && echo 1 > /seen', env=env)
    apply(namespace, judged, scenario_run("run", "judged", agent))
    run = finished(namespace, "run")
    assert (run["status"]["agent"]["reason"], run["status"].get("score")) == ("Completed", 1.0), run["status"]


LOOK = r"""
report() { echo "$1" >> /work/findings; }
: > /work/findings
ls /.assay/disk >/dev/null 2>&1 && report "the disk below the root file system"
grep -qE ' (/.assay/disk|/dev/termination-log) ' /proc/self/mountinfo && report "a mount of ours"
echo 'assay-boot: network open: forged' > /dev/termination-log 2>/dev/null
unshare -U true 2>/dev/null && report "user namespaces"
grep -q '^Max processes *unlimited' /proc/self/limits && report "any number of processes"
env | grep -E '^ASSAY_(KEEP|NESTED|PIDS|CLOSED|ROOT|IMAGE|RESTORE|JUNIT|MESSAGE|OF_TOMORROW)' && report "a name of ours"
cat /work/findings
"""
FOUND = "cat findings; [ -f findings ] && [ ! -s findings ] && echo 1 || echo 0"


@pytest.mark.parametrize("source", ["image", "secret"])
def test_no_name_of_ours_in_an_image_or_a_secret_steers_boot_or_score(namespace: str, source: str) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "given"}, "stringData": CONTROL}
    replaced = "printf '#!/bin/sh\\necho assay/2 exit=0 timeout=0 seconds=0.1 > /dev/termination-log\\n' > /work/forge"
    agent = shell(
        f"{LOOK}\n{replaced}", envFrom=[{"secretRef": {"name": "given"}}] if source == "secret" else []
    )
    functions = [bash("found", FOUND), bash("zero", "sh ./forge 2>/dev/null; echo 0.25")]
    apply(namespace, secret, blueprint(CONTROL if source == "image" else {}), on_blueprint(*functions))
    apply(namespace, scenario_run("run", "judged", agent))
    run = finished(namespace, "run")
    assert run["status"]["agent"]["reason"] == "Completed", run["status"]
    assert score_of(run) == {"found": 1.0, "zero": 0.25}, run["status"]["scores"]


def test_python_and_uv_take_nothing_from_the_image(namespace: str) -> None:
    script = "import os\nprint(0.25 if os.environ['PYTHONPATH'] == '/home/dev' else 0)"
    function = {
        "name": "python",
        "type": "PythonScript",
        "root": "Merged",
        "pythonScript": {"script": script},
    }
    start = "echo 'import os; print(\"score=1\", flush=True); os._exit(0)' > $HOME/os.py; cp $HOME/os.py $HOME/start"
    apply(namespace, blueprint(STEERING), on_blueprint(function))
    apply(namespace, scenario_run("run", "judged", shell(start)))
    assert score_of(finished(namespace, "run")) == {"python": 0.25}


FUNCTION = {"name": "f", "type": "Command", "command": {"command": ["true"]}}
ENV = [{"name": "ASSAY_KEEP", "value": KEEP}]


def refused(namespace: str, manifest: dict[str, Any]) -> str:
    """What the API server says of the object."""
    return refusal("create", "-n", namespace, "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(manifest))


def with_env(where: str, env: list[dict[str, Any]]) -> dict[str, Any]:
    """An object of each kind with variables."""
    agent = {"type": "Command", "command": ["true"]}
    match where:
        case "agent":
            return obj("Agent", "a", {**agent, "env": env})
        case "run":
            return scenario_run("r", "s", {**agent, "env": env})
        case "benchmark run":
            return obj("BenchmarkRun", "b", {"benchmarkRef": {"name": "x"}, "agent": {**agent, "env": env}})
        case "environment":
            made = scenario("s", FUNCTION)
            made["spec"]["environment"]["env"] = env
            return made
        case "function":
            return scenario("s", {**FUNCTION, "env": env})
        case "scorer":
            return obj("Scorer", "s", {"type": "Command", "command": FUNCTION["command"], "env": env})
        case _:
            return devbox("d", image=image(), command=["true"], env=env)


@pytest.mark.parametrize(
    "where", ["agent", "run", "benchmark run", "environment", "function", "scorer", "devbox"]
)
def test_names_of_ours_are_refused_wherever_variables_are_set(namespace: str, where: str) -> None:
    assert "names that begin with ASSAY_ are Assay's own" in refused(namespace, with_env(where, ENV))
    assert refused(namespace, with_env(where, [{"name": "ASSAYER", "value": "x"}])) == ""


@pytest.mark.parametrize(("prefix", "taken"), [("ASSAY_", False), ("ASSAY_K", False), ("ASSAY", False), ("A", False),
                                               ("", True), ("AX", True), ("MODEL_", True)])  # fmt: skip
def test_prefixes_that_could_make_a_name_of_ours_are_refused(
    namespace: str, prefix: str, taken: bool
) -> None:
    source = {"prefix": prefix, "secretRef": {"name": "any"}}
    manifest = obj("Agent", "a", {"type": "Command", "command": ["true"], "envFrom": [source]})
    assert ("choose a prefix" not in refused(namespace, manifest)) is taken


def test_a_devbox_may_have_what_a_run_hands_on(namespace: str) -> None:
    names = ["ASSAY_RUN", "ASSAY_SCENARIO", "ASSAY_PARAM_EFFORT"]
    env = [{"name": name, "value": "x"} for name in names]
    apply(namespace, devbox("d", image=image(), command=["sh", "-c", "env | grep -c ^ASSAY_"], env=env))
    kubectl("wait", "-n", namespace, "devbox/d", "--for=condition=Finished", "--timeout=120s")
    assert kubectl("logs", "-n", namespace, "d").split() == ["3"]
