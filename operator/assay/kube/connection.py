"""Where the API server is and how to authenticate: `kubernetes.aio` does both, and the transport."""

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.client.rest import RESTClientObject, RESTResponse
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config
from kubernetes.aio.config.incluster_config import SERVICE_TOKEN_FILENAME

from assay.clock import monotonic

from .errors import AnswerTooLarge, ConfigError, Unavailable

log = logging.getLogger(__name__)

POOL_SIZE = 25
TIMEOUT = 30.0
RELOAD_INTERVAL = 10.0
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
_TIMEOUT = aiohttp.ClientTimeout(total=TIMEOUT)


@dataclass(frozen=True, slots=True)
class Request:
    """What to send; a PATCH is a JSON merge patch."""

    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: object = None
    accept: str = JSON
    max_bytes: int | None = None
    """Of the answer; any number when absent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def load_configuration(kubeconfig: str | None) -> Configuration:
    """From the given file, else the pod's service account, else $KUBECONFIG or ~/.kube/config."""
    configuration = Configuration()
    try:
        if kubeconfig:
            await _load_kubeconfig(kubeconfig, configuration)
        elif _in_cluster():
            load_incluster_config(configuration)  # type: ignore[no-untyped-call]
        else:
            await _load_kubeconfig(None, configuration)
    except (ConfigException, OSError, TypeError) as error:  # TypeError: the loader's answer to an empty file
        source = kubeconfig or "the service account, $KUBECONFIG and ~/.kube/config"
        raise ConfigError(f"no cluster configuration from {source}: {error}") from error
    configuration.connection_pool_maxsize = POOL_SIZE
    # Proxy variables and .netrc steer no traffic to the API server; a kubeconfig may name a proxy.
    configuration.client_session_kwargs = {"trust_env": False}
    return configuration


async def _load_kubeconfig(path: str | None, configuration: Configuration) -> None:
    await load_kube_config(path, client_configuration=configuration, persist_config=False)  # type: ignore[no-untyped-call]


def _in_cluster() -> bool:
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and os.path.exists(SERVICE_TOKEN_FILENAME)


class Connection:
    """Authenticated requests over one bounded connection pool; logs in again when a token has expired."""

    def __init__(self, configuration: Configuration, kubeconfig: str | None, user_agent: str) -> None:
        self._configuration = configuration
        self._kubeconfig = kubeconfig
        self._user_agent = user_agent
        self._rest = RESTClientObject(configuration)
        self._retired: list[RESTClientObject] = []
        self._reloading = asyncio.Lock()
        self._reloaded_at = -RELOAD_INTERVAL

    async def close(self) -> None:
        """Close the pool; the connection is unusable after it."""
        for rest in (self._rest, *self._retired):
            await rest.close()

    async def request(self, request: Request) -> Answer:
        """Send one request; returns the answer of any status. Raises Unavailable if there is none."""
        started = monotonic()
        answer = await self._send(request)
        if answer.status == 401 and await self._reload(started):
            answer = await self._send(request)
        return answer

    async def _send(self, request: Request) -> Answer:
        method, path = request.method, request.path
        url = f"{self._configuration.host}{path}"
        if request.query:
            url += "?" + urlencode(request.query)
        headers = {
            "User-Agent": self._user_agent,
            "Accept": request.accept,
            "Content-Type": MERGE_PATCH if method == "PATCH" else JSON,
        }
        try:
            if token := await self._configuration.get_api_key_with_prefix("BearerToken"):
                headers["Authorization"] = token
            response = await self._rest.request(  # type: ignore[no-untyped-call]
                method, url, headers=headers, body=request.body, _request_timeout=_TIMEOUT
            )
            return Answer(response.status, response.headers, await _read(response, request))
        except TimeoutError as error:
            raise Unavailable(0, "Timeout", f"{method} {path}: no answer within {TIMEOUT:.0f} s") from error
        except (aiohttp.ClientError, ConfigException, OSError) as error:
            raise Unavailable(0, type(error).__name__, f"{method} {path}: {error}") from error

    async def _reload(self, since: float) -> bool:
        """Read the credentials anew (an exec plugin or a rotated file); True if it is worth another try."""
        async with self._reloading:
            if self._reloaded_at >= since:
                return True  # someone else did it meanwhile
            if monotonic() - self._reloaded_at < RELOAD_INTERVAL:
                return False
            self._reloaded_at = monotonic()
            try:
                fresh = await load_configuration(self._kubeconfig)
            except ConfigError as error:
                log.warning("the API refused our credentials and they cannot be read again: %s", error)
                return False
            if _identity(fresh) == _identity(self._configuration):
                return False
            log.info("credentials were read again")
            self._retired.append(self._rest)  # its requests in flight end by themselves
            self._configuration, self._rest = fresh, RESTClientObject(fresh)
            return True


async def _read(response: RESTResponse, request: Request) -> bytes:
    """The body. AnswerTooLarge as soon as it is."""
    body = bytearray()
    async for chunk in response.response.content.iter_any():
        body += chunk
        if request.max_bytes is not None and len(body) > request.max_bytes:
            response.response.close()
            message = f"{request.method} {request.path}: more than {request.max_bytes} bytes"
            raise AnswerTooLarge(response.status, "AnswerTooLarge", message)
    return bytes(body)


def _identity(configuration: Configuration) -> str:
    keys = ("host", "api_key", "cert_file", "key_file", "ssl_ca_cert")
    return json.dumps([getattr(configuration, key) for key in keys], default=str)
