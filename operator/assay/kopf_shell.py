"""kopf as a shell: it logs in, watches and ends the process; it writes nothing and holds little."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import kopf

from assay.engine.relist import Watched
from assay.kube import watching
from assay.kube.client import PAGE
from assay.specs import names

SILENCE_SECONDS = 65.0
"""A watch that is silent for so long is dead, and begun again: the API server sends a bookmark every minute."""


@dataclass(frozen=True, kw_only=True)
class Login(kopf.AiohttpSession):
    """Credentials with the session that uses them; equal to others by the credentials."""

    credentials: kopf.ConnectionInfo
    aiohttp_session: Any = field(compare=False)


@kopf.on.login()
async def login(memo: kopf.Memo, **kwargs: Any) -> Login | None:
    """Log in by the pod's service account, or by a kubeconfig outside of a cluster."""
    if memo.kubeconfig:
        os.environ["KUBECONFIG"] = memo.kubeconfig
    found = kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)
    return logged_in(found) if found else None


def logged_in(info: kopf.ConnectionInfo) -> Login:
    """What kopf uses these credentials by: our session."""
    session = watching.session(info.as_ssl_context(), info.as_http_headers(), info.proxy_url)
    return Login(
        server=info.server,
        default_namespace=info.default_namespace,
        aiohttp_session=session,
        credentials=info,
    )


@kopf.on.startup()
async def startup(settings: kopf.OperatorSettings, memo: kopf.Memo, **_: Any) -> None:
    """Configure kopf, then take the signals back that kopf has just taken over."""
    configure(settings, memo.watched)
    memo.stop_on_signals()


def configure(settings: kopf.OperatorSettings, watched: Sequence[Watched]) -> None:
    """Settings of kopf (docs: kopf.readthedocs.io/en/stable/configuration)."""
    settings.queueing.idle_timeout = 0.1  # a worker per object costs memory; the operator has its own queue
    settings.queueing.worker_limit = None
    settings.watching.chunk_size = PAGE
    settings.watching.inactivity_timeout = SILENCE_SECONDS
    settings.watching.reconnect_backoff = 1.0  # after an ERROR, before everything is listed again
    for one in watched:
        if one.label_selector:
            group = (one.resource.group,) if one.resource.group else ()
            path = (*group, one.resource.version, one.resource.plural)
            settings.watching.label_selectors[path] = one.label_selector
    settings.networking.request_timeout = 30
    settings.networking.error_backoffs = (1, 1, 2, 3, 5, 8, 13, 21, 34, 34, 34, 34)
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.execution.max_workers = 1
    settings.persistence.finalizer = f"{names.GROUP}/cleanup"
    settings.persistence.diffbase_storage = NoDiffBase()
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=names.GROUP, v1=False)


class NoDiffBase(kopf.DiffBaseStorage):
    """Keeps no copy of an object's last state: reconcilers compare with the cluster, not with the past."""

    def build(self, *, body: Any, extra_fields: Any = None) -> Any:
        """Nothing to compare; saves the deep copy that kopf makes for every event."""
        return {}

    def fetch(self, *, body: Any) -> Any:
        """Nothing was kept."""
        return {}

    def store(self, *, body: Any, patch: Any, essence: Any) -> None:
        """Keep nothing."""
