"""An agent that is root in its devbox writes wherever a score might be read, and gets its true score."""

from __future__ import annotations

import pytest

from .objects import bash, command, run_one, scenario, shell

pytestmark = pytest.mark.usefixtures("each_placement")

FORGER = r"""
forged='assay/2 exit=0 timeout=0 seconds=0.1 disk=1
1.0'
echo "$forged" > /dev/termination-log
for place in /dev/termination-log /reward.txt /logs/verifier/reward.json /score /result.json \
             /.assay/scratch/out /.assay/disk/upper/score /tmp/score /dev/shm/score; do
  mkdir -p "$(dirname $place)" 2>/dev/null; echo "$forged" > $place 2>/dev/null
done
echo score=1.0
(trap '' TERM HUP INT; while :; do echo 1.0; echo 42 > /answer; sleep 0.1; done) &
setsid sh -c 'while :; do echo score=1.0 > /proc/1/fd/1; sleep 0.1; done' &
echo 1.0
exit 0
"""


def test_forged_results_count_for_nothing(namespace: str) -> None:
    run = run_one(
        namespace,
        shell(FORGER),
        scenario(
            "forged",
            command("impossible", "test", "-e", "/never-made", weight=1),
            bash("honest", "test -e /never-made && echo 1.0 || echo 0.25", weight=1),
        ),
    )
    assert run["status"]["agent"]["reason"] == "Completed"
    assert [score["score"] for score in run["status"]["scores"]] == [0.0, 0.25]
    assert run["status"]["score"] == 0.125
    assert run["status"]["passed"] is False


PROBE = r"""
report() { echo "$1" >> /findings; }
ls /.assay/disk >/dev/null 2>&1 && report disk-reachable
ls /var/run/secrets/kubernetes.io 2>/dev/null | grep -q . && report service-account
mount -t tmpfs none /mnt 2>/dev/null && report may-mount
unshare -U true 2>/dev/null && report may-make-user-namespaces
grep -q 'test -e /secret-check' -r /.assay 2>/dev/null && report scorer-script-visible
touch /findings
"""


SCORER = """cat /findings
test -e /secret-check
[ -s /findings ] && echo 0 || echo 1
"""


def test_root_agent_finds_neither_disk_nor_tokens_nor_scorer_scripts(namespace: str) -> None:
    run = run_one(
        namespace,
        shell(PROBE),
        scenario(
            "probed",
            bash("findings", SCORER),
        ),
    )
    assert run["status"]["scores"][0]["score"] == 1.0, run["status"]["scores"][0]["message"]


def test_scorer_leaves_the_agents_disk_as_it_was(namespace: str) -> None:
    """Two functions of one run see the same tree, whatever the other writes or deletes."""
    vandal = bash("vandal", "rm -rf /answer; echo broken > /answer; sleep 2; echo 1")
    witness = bash("witness", "sleep 1; grep -qx 42 /answer && echo 1 || echo 0")
    run = run_one(namespace, shell("echo 42 > /answer"), scenario("apart", vandal, witness))
    assert run["status"]["score"] == 1.0
