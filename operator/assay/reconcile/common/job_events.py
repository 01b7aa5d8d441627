"""Why a Job has no pod: its controller says so in Events alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from assay.kube.errors import ApiError
from assay.kube.resources import EVENTS
from assay.kube_object import KubeObject
from assay.reconcile.common import pod_view
from assay.reconcile.common.apply import RETRY_SECONDS, refusal_of
from assay.reconcile.common.context import Context
from assay.reconcile.common.pod_view import Cause

LOOK_SECONDS = 3.0  # a Job gets its pod within a fraction of that
_FAILED = "FailedCreate"


class Refusal(NamedTuple):
    """Why a Job has no pod, and when to look again."""

    cause: Cause | None = None
    look_again: float | None = None


async def refusal(ctx: Context, jobs: Sequence[KubeObject]) -> Refusal:
    """Why the API server rejects the pod of one of these Jobs, which have none."""
    if not jobs:
        return Refusal()
    due = min(_age(job, ctx.now()) for job in jobs)
    if due < LOOK_SECONDS:
        return Refusal(None, LOOK_SECONDS - due)
    causes = [cause for job in jobs if (cause := await _cause(ctx, job))]
    return Refusal(causes[0] if causes else None, RETRY_SECONDS)


def _age(job: KubeObject, now: datetime) -> float:
    created = pod_view.timestamp(job["metadata"].get("creationTimestamp"))
    return max(0.0, (now - created).total_seconds()) if created else LOOK_SECONDS


async def _cause(ctx: Context, job: KubeObject) -> Cause | None:
    """The newest refusal of the Job's pod."""
    metadata, newest = job["metadata"], ("", "")
    try:
        async for event in ctx.client.list(
            EVENTS, metadata["namespace"], field_selector=f"regarding.uid={metadata['uid']},reason={_FAILED}"
        ):
            newest = max(newest, (_time(event), str(event.get("note") or "")))
    except ApiError as error:
        return Cause(
            refusal_of("Event", error.message).reason, f"cannot read why the Job has no pod: {error.message}"
        )
    if not newest[1]:
        return None
    rejected = refusal_of("pod", newest[1])
    return Cause(rejected.reason, rejected.message)


def _time(event: KubeObject) -> str:
    seen = (event.get("series") or {}).get("lastObservedTime") or event.get("eventTime")
    return str(seen or event.get("deprecatedLastTimestamp") or "")
