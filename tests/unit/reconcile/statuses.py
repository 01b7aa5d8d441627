"""Statuses of pods as real clusters report them (1.36, containerd), shortened to the fields that we read."""

from __future__ import annotations

from typing import Any

import yaml

Obj = dict[str, Any]

STARTED, FINISHED = "2026-01-02T10:00:00Z", "2026-01-02T10:00:42Z"

_SCHEDULED = "- {type: PodScheduled, status: 'True', lastTransitionTime: '2026-01-02T09:59:58Z'}"
_DISRUPTED = """
- {type: DisruptionTarget, status: 'True', reason: EvictionByEvictionAPI, message: 'Eviction API: evicting'}
"""

STATUSES = {
    "unseen": "{phase: Pending}",
    "unschedulable": """
        phase: Pending
        conditions:
        - type: PodScheduled
          status: 'False'
          reason: Unschedulable
          message: '0/1 nodes are available: 1 Insufficient memory.'
        """,
    "creating": f"""
        phase: Pending
        conditions: [{_SCHEDULED[2:]}]
        containerStatuses:
        - {{name: devbox, ready: false, started: false, state: {{waiting: {{reason: ContainerCreating}}}}}}
        """,
    "pull-back-off": f"""
        phase: Pending
        conditions: [{_SCHEDULED[2:]}]
        containerStatuses:
        - name: devbox
          ready: false
          state:
            waiting:
              reason: ImagePullBackOff
              message: 'Back-off pulling image "x": ErrImagePull: not found'
        """,
    "no-secret": f"""
        phase: Pending
        conditions: [{_SCHEDULED[2:]}]
        containerStatuses:
        - name: devbox
          state: {{waiting: {{reason: CreateContainerConfigError, message: secret "model" not found}}}}
        """,
    "running": f"""
        phase: Running
        conditions: [{_SCHEDULED[2:]}]
        containerStatuses:
        - {{name: devbox, ready: true, started: true, state: {{running: {{startedAt: '{STARTED}'}}}}}}
        """,
    "completed": f"""
        phase: Succeeded
        conditions: [{_SCHEDULED[2:]}]
        containerStatuses:
        - name: devbox
          state:
            terminated: {{exitCode: 0, reason: Completed, startedAt: '{STARTED}', finishedAt: '{FINISHED}'}}
        """,
    "error": f"""
        phase: Failed
        conditions: [{_SCHEDULED[2:]}]
        containerStatuses:
        - name: devbox
          state:
            terminated:
              {{exitCode: 3, reason: Error, message: no key, startedAt: '{STARTED}', finishedAt: '{FINISHED}'}}
        """,
    "boot-failed": f"""
        phase: Failed
        containerStatuses:
        - name: devbox
          state:
            terminated:
              exitCode: 125
              reason: Error
              message: 'assay-boot: cannot mount the overlay: invalid argument'
              startedAt: '{STARTED}'
              finishedAt: '{FINISHED}'
        """,
    "disk-full": f"""
        phase: Failed
        containerStatuses:
        - name: devbox
          state:
            terminated:
              exitCode: 125
              reason: Error
              message: 'assay-boot: disk full: raise the size of the disk'
              startedAt: '{STARTED}'
              finishedAt: '{FINISHED}'
        """,
    "launch-failed": f"""
        phase: Failed
        containerStatuses:
        - name: devbox
          state:
            terminated:
              exitCode: 125
              reason: Error
              message: 'assay-launch: the launch commands failed with exit code 1, see the log'
              startedAt: '{STARTED}'
              finishedAt: '{FINISHED}'
        """,
    "prepared": f"""
        phase: Succeeded
        containerStatuses:
        - name: devbox
          state:
            terminated:
              exitCode: 0
              reason: Completed
              message: "assay-prepare: bin etc lib-1 ../up usr\\n"
              startedAt: '{STARTED}'
              finishedAt: '{FINISHED}'
        """,
    "network-open": f"""
        phase: Failed
        containerStatuses:
        - name: devbox
          state:
            terminated:
              exitCode: 125
              reason: Error
              message: 'assay-boot: network open: 10.96.0.1 port 443 still answers after 30 s'
              startedAt: '{STARTED}'
              finishedAt: '{FINISHED}'
        """,
    "init-network-open": """
        phase: Failed
        initContainerStatuses:
        - name: toolbox
          state:
            terminated: {exitCode: 125, reason: Error, message: 'assay-boot: network open: it still answers'}
        containerStatuses:
        - {name: devbox, state: {waiting: {reason: PodInitializing}}}
        """,
    "init-failed": """
        phase: Failed
        initContainerStatuses:
        - {name: toolbox, state: {terminated: {exitCode: 1, reason: Error}}}
        containerStatuses:
        - {name: devbox, state: {waiting: {reason: PodInitializing}}}
        """,
    "oom-killed": f"""
        phase: Failed
        containerStatuses:
        - name: devbox
          state:
            terminated: {{exitCode: 137, reason: OOMKilled, startedAt: '{STARTED}', finishedAt: '{FINISHED}'}}
        """,
    "cannot-run": """
        phase: Failed
        containerStatuses:
        - name: devbox
          state:
            terminated:
              exitCode: 128
              reason: StartError
              message: 'failed to create containerd task: exec: "/.assay/toolbox/busybox": no such file'
              startedAt: '1970-01-01T00:00:00Z'
              finishedAt: '2026-01-02T10:00:42Z'
        """,
    "node-rebooted": f"""
        phase: Failed
        containerStatuses:
        - name: devbox
          state:
            terminated:
              exitCode: 137
              reason: ContainerStatusUnknown
              message: The container could not be located when the pod was terminated
              startedAt: null
              finishedAt: null
        conditions: [{_SCHEDULED[2:]}]
        """,
    "evicted-by-kubelet": f"""
        phase: Failed
        reason: Evicted
        message: 'The node was low on resource: ephemeral-storage.'
        conditions:
        - type: DisruptionTarget
          status: 'True'
          reason: TerminationByKubelet
          message: 'The node was low on resource: ephemeral-storage.'
        containerStatuses:
        - name: devbox
          state:
            terminated: {{exitCode: 137, reason: Error, startedAt: '{STARTED}', finishedAt: '{FINISHED}'}}
        """,
    "evicted-before-it-started": """
        phase: Failed
        reason: Evicted
        message: 'The node had condition: [DiskPressure].'
        """,
    "not-admitted": """
        phase: Failed
        reason: UnexpectedAdmissionError
        message: Allocate failed
        """,
    "past-its-own-deadline": f"""
        phase: Failed
        reason: DeadlineExceeded
        message: Pod was active on the node longer than the specified deadline
        containerStatuses:
        - name: devbox
          state:
            terminated: {{exitCode: 137, reason: Error, startedAt: '{STARTED}', finishedAt: '{FINISHED}'}}
        """,
    "drained": f"""
        phase: Running
        conditions: [{_SCHEDULED[2:]}, {_DISRUPTED.strip()[2:]}]
        containerStatuses:
        - {{name: devbox, ready: true, state: {{running: {{startedAt: '{STARTED}'}}}}}}
        """,
}

DELETING = {"drained"}
"""Pods whose deletion has begun."""


def pod(
    which: str,
    *,
    deleting: bool | None = None,
    node: str | None = "node-1",
    name: str = "box",
    role: str = "run",
) -> Obj:
    """A pod in one of those states."""
    metadata: Obj = {"name": name, "namespace": "team", "uid": f"uid-of-pod-{name}"}
    metadata["labels"] = {"assay.dev/pod-role": role}
    if which in DELETING if deleting is None else deleting:
        metadata["deletionTimestamp"] = FINISHED
    unassigned = which in ("unseen", "unschedulable")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {} if unassigned or not node else {"nodeName": node},
        "status": yaml.safe_load(STATUSES[which]),
    }
