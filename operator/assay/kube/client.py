"""A small client of the Kubernetes API: raw JSON in and out, typed errors, writes limited and counted."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Self

from assay import __version__, metrics

from . import exec as execution
from .connection import Answer, Connection, load_configuration
from .errors import ApiError, Conflict, NotFound, Unavailable, from_response
from .merge_patch import merge_patch
from .rate_limit import TokenBucket
from .resources import PODS, Resource, resource_of

FIELD_MANAGER = "assay-operator"
USER_AGENT = f"{FIELD_MANAGER}/{__version__}"
MERGE_PATCH = "application/merge-patch+json"
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


class Client:
    """The API server as the operator sees it.

    `urgent` writes do not wait for the rate limit: a Lease renewed behind a thousand creates would be lost.
    """

    def __init__(self, connection: Connection, limiter: TokenBucket) -> None:
        self._connection = connection
        self._limiter = limiter

    @classmethod
    async def connect(
        cls, kubeconfig: str | None = None, *, writes_per_second: float = 50.0, burst: int = 100
    ) -> Self:
        """Log in by a kubeconfig, the pod's service account, or the user's default kubeconfig."""
        configuration = await load_configuration(kubeconfig)
        return cls(Connection(configuration, kubeconfig, USER_AGENT), TokenBucket(writes_per_second, burst))

    async def close(self) -> None:
        """Close all connections."""
        await self._connection.close()

    async def get(self, res: Resource, namespace: str | None, name: str) -> dict[str, Any]:
        """Read one object."""
        return await self._json("get", res, "GET", res.path(namespace, name))

    async def list(
        self,
        res: Resource,
        namespace: str | None = None,
        label_selector: str | None = None,
        limit: int = 500,
        *,
        metadata_only: bool = False,
    ) -> AsyncIterator[dict[str, Any]]:
        """All objects, read in pages of `limit`, each complete with its apiVersion and kind.

        Raises Gone if the pages took so long that the server forgot the listing; start anew then.
        """
        params = {"limit": str(limit)}
        if label_selector:
            params["labelSelector"] = label_selector
        accept = METADATA_ONLY if metadata_only else "application/json"
        while True:
            page = await self._json("list", res, "GET", res.path(namespace), params, accept=accept)
            for item in page.get("items") or ():
                item["apiVersion"], item["kind"] = res.api_version, res.kind  # a typed list leaves them out
                yield item
            if not (token := (page.get("metadata") or {}).get("continue")):
                return
            params["continue"] = token

    async def create(self, obj: Mapping[str, Any], *, urgent: bool = False) -> dict[str, Any]:
        """Create an object; AlreadyExists if its name is taken."""
        res = resource_of(obj)
        path = res.path((obj.get("metadata") or {}).get("namespace"))
        return await self._write("create", res, "POST", path, obj, urgent=urgent)

    async def patch(
        self,
        res: Resource,
        namespace: str | None,
        name: str,
        body: Mapping[str, Any],
        resource_version: str | None = None,
        *,
        subresource: str | None = None,
        urgent: bool = False,
    ) -> dict[str, Any]:
        """Merge-patch an object; with a resource version only if it is still at that one, else Conflict."""
        if resource_version is not None:
            metadata = {**(body.get("metadata") or {}), "resourceVersion": resource_version}
            body = {**body, "metadata": metadata}
        path = res.path(namespace, name, subresource)
        return await self._write(
            "patch",
            res,
            "PATCH",
            path,
            body,
            content_type=MERGE_PATCH,
            subresource=subresource,
            urgent=urgent,
        )

    async def patch_status(self, obj: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, Any] | None:
        """Make the status of `obj` what is given, by the smallest merge patch; None if nothing was to send.

        `obj` is the object as observed (apiVersion, kind, metadata, status): Conflict if it has changed since.
        """
        change = merge_patch(obj.get("status") or {}, status)
        if not change:
            return None
        metadata = obj["metadata"]
        return await self.patch(
            resource_of(obj),
            metadata.get("namespace"),
            metadata["name"],
            {"status": change},
            metadata.get("resourceVersion"),
            subresource="status",
        )

    async def delete(
        self,
        res: Resource,
        namespace: str | None,
        name: str,
        uid: str | None = None,
        grace_seconds: int | None = None,
        propagation: str = "Background",
    ) -> dict[str, Any] | None:
        """Delete an object; success if it is gone already, or if the name now belongs to another uid.

        Returns the object if it takes its time to go (its deletionTimestamp is set), None if it is gone.
        """
        options: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": propagation,
        }
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        try:
            answer = await self._write("delete", res, "DELETE", res.path(namespace, name), options)
        except NotFound:
            return None
        except Conflict:
            if uid is None:
                raise
            return None
        leaving = answer.get("kind") != "Status" and (answer.get("metadata") or {}).get("deletionTimestamp")
        return answer if leaving else None

    async def pod_log(
        self,
        namespace: str,
        name: str,
        container: str | None = None,
        tail_lines: int | None = None,
        limit_bytes: int | None = None,
    ) -> str:
        """The last lines of a container's log; with `limit_bytes` only the first so many bytes of them."""
        params = {"container": container, "tailLines": tail_lines, "limitBytes": limit_bytes}
        answer = await self._request(
            "get",
            PODS,
            "GET",
            PODS.path(namespace, name, "log"),
            {key: str(value) for key, value in params.items() if value is not None},
            accept="*/*",
            subresource="log",
        )
        return answer.body.decode(errors="replace")

    async def exec(
        self, namespace: str, pod: str, container: str, command: Sequence[str], seconds: float
    ) -> str:
        """Run a command in a container, without input; returns what it printed.

        ApiError: it could not be started, ended with another exit code than 0, or took longer than so many
        seconds (it may then go on).
        """
        path, code = PODS.path(namespace, pod, "exec"), "101"
        parameters = execution.query(container, command)
        try:
            async with (
                asyncio.timeout(seconds),
                self._connection.messages(path, parameters, execution.PROTOCOLS) as messages,
            ):
                return await execution.outcome(messages)
        except TimeoutError as error:
            code = "none"
            raise Unavailable(0, "Timeout", f"{' '.join(command)}: not done in {seconds:.0f} s") from error
        except ApiError as error:
            code = str(error.status or "none")
            raise
        finally:
            metrics.api_requests_total.labels("create", "pods/exec", code).inc()

    async def _write(
        self,
        verb: str,
        res: Resource,
        method: str,
        path: str,
        body: Mapping[str, Any],
        *,
        content_type: str = "application/json",
        subresource: str | None = None,
        urgent: bool = False,
    ) -> dict[str, Any]:
        if not urgent:
            metrics.write_throttle_seconds.observe(await self._limiter.acquire())
        params = None if method == "DELETE" else {"fieldManager": FIELD_MANAGER}
        return await self._json(
            verb, res, method, path, params, body=body, content_type=content_type, subresource=subresource
        )

    async def _json(
        self,
        verb: str,
        res: Resource,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        answer = await self._request(verb, res, method, path, params, **more)
        try:
            parsed = json.loads(answer.body)
        except ValueError as error:
            raise Unavailable(
                answer.status, "BadAnswer", f"{method} {path}: the answer is no JSON"
            ) from error
        if not isinstance(parsed, dict):
            raise Unavailable(answer.status, "BadAnswer", f"{method} {path}: the answer is no object")
        return parsed

    async def _request(
        self,
        verb: str,
        res: Resource,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        subresource: str | None = None,
        **more: Any,
    ) -> Answer:
        resource = f"{res.plural}/{subresource}" if subresource else res.plural
        try:
            answer = await self._connection.request(method, path, params, **more)
        except Unavailable:
            metrics.api_requests_total.labels(verb, resource, "none").inc()
            raise
        metrics.api_requests_total.labels(verb, resource, str(answer.status)).inc()
        if answer.status >= 300:
            raise from_response(answer.status, answer.body, answer.headers)
        return answer
