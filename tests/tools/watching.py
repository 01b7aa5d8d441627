"""Watches in background threads, kept up until they are closed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import urllib3
from kubernetes import client, config, watch

Changed = Callable[[dict[str, Any]], None]
PAUSE_SECONDS = 0.2


class Watches:
    """Calls functions with objects as the API server shows them, deleted ones as they were last."""

    def __init__(self) -> None:
        """Connect to the current cluster."""
        config.load_kube_config()
        configuration = client.Configuration.get_default_copy()
        configuration.connection_pool_maxsize = 32
        api = client.ApiClient(configuration)
        self.core: Any = client.CoreV1Api(api)
        self.batch: Any = client.BatchV1Api(api)
        self.custom: Any = client.CustomObjectsApi(api)
        self._closed = threading.Event()
        self._open: list[watch.Watch] = []

    def follow(self, changed: Changed, listing: Any, *args: str, **selection: str) -> None:
        """Watch what a `list_…` method of an API lists with these arguments."""
        watched = watch.Watch()
        self._open.append(watched)

        def loop() -> None:
            while not self._closed.is_set():
                try:
                    for event in watched.stream(listing, *args, **selection):
                        changed(event["raw_object"])
                except (client.ApiException, urllib3.exceptions.HTTPError) as error:
                    # It begins anew, with all objects that are there.
                    watched.resource_version = None
                    if not self._closed.wait(PAUSE_SECONDS):
                        print(f"a watch broke off and begins anew: {error}", flush=True)

        threading.Thread(target=loop, daemon=True).start()

    def close(self) -> None:
        """End all watches."""
        self._closed.set()
        for watched in self._open:
            watched.stop()
