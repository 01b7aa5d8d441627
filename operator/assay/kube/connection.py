"""Where the API server is and how to authenticate: `kubernetes.aio` does both, and the transport."""

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.client.rest import RESTClientObject, RESTResponse
from kubernetes.aio.config import (
    ConfigException,
    list_kube_config_contexts,
    load_incluster_config,
    load_kube_config,
)
from kubernetes.aio.config.incluster_config import SERVICE_TOKEN_FILENAME

from assay.clock import monotonic

from .errors import AnswerTooLarge, ConfigError, Unavailable, from_response

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


@dataclass(frozen=True, slots=True)
class Login:
    """By which configuration to log in: a kubeconfig and one of its contexts, or the defaults of both."""

    kubeconfig: str | None = None
    context: str | None = None

    @property
    def is_in_cluster(self) -> bool:
        """Whether the pod's service account is used."""
        is_pod = bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and os.path.exists(SERVICE_TOKEN_FILENAME)
        return is_pod and not self.kubeconfig and not self.context


async def load_configuration(login: Login) -> Configuration:
    """From the given file or context, else the pod's service account, else $KUBECONFIG or ~/.kube/config."""
    configuration = Configuration()
    with _readable(login):
        if login.is_in_cluster:
            load_incluster_config(configuration)  # type: ignore[no-untyped-call]
        else:
            await load_kube_config(  # type: ignore[no-untyped-call]
                login.kubeconfig, login.context, client_configuration=configuration, persist_config=False
            )
    configuration.connection_pool_maxsize = POOL_SIZE
    # Proxy variables and .netrc steer no traffic to the API server; a kubeconfig may name a proxy.
    configuration.client_session_kwargs = {"trust_env": False}
    return configuration


def default_namespace(login: Login) -> str:
    """The namespace of the context, or of the pod; `default` where neither names one. ConfigError."""
    with _readable(login):
        if login.is_in_cluster:
            return Path(SERVICE_TOKEN_FILENAME).with_name("namespace").read_text().strip()
        contexts, active = list_kube_config_contexts(login.kubeconfig)  # type: ignore[no-untyped-call]
    named = [one for one in contexts if one["name"] == login.context] if login.context else [active]
    if not named:
        raise ConfigError(f"the kubeconfig has no context {login.context}")
    return str(named[0]["context"].get("namespace") or "default")


@contextlib.contextmanager
def _readable(login: Login) -> Iterator[None]:
    """ConfigError for whatever the loaders raise."""
    try:
        yield
    except (ConfigException, OSError, TypeError) as error:  # TypeError: the loader's answer to an empty file
        source = login.kubeconfig or "the service account, $KUBECONFIG and ~/.kube/config"
        raise ConfigError(f"no cluster configuration from {source}: {error}") from error


class Connection:
    """Authenticated requests over one bounded connection pool; logs in again when a token has expired."""

    def __init__(self, configuration: Configuration, login: Login, user_agent: str) -> None:
        self._configuration = configuration
        self._login = login
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

    async def stream(self, request: Request, silence: float) -> AsyncIterator[bytes]:
        """The chunks of an answer as they come, of a watch or a log that goes on.

        Raises the typed error of an answer that is not success, and Unavailable if the connection breaks or brings
        nothing for `silence` seconds.
        """
        limits = aiohttp.ClientTimeout(total=None, sock_connect=TIMEOUT, sock_read=silence)
        started = monotonic()
        response = await self._open(request, limits)
        if response.status == 401 and await self._reload(started):
            response.response.close()
            response = await self._open(request, limits)
        try:
            if response.status >= 300:
                raise from_response(response.status, await _read(response, request), response.headers)
            async for chunk in response.response.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, OSError) as error:  # a TimeoutError is an OSError
            raise Unavailable(0, type(error).__name__, f"{request.method} {request.path}: {error}") from error
        finally:
            response.response.close()

    async def _send(self, request: Request) -> Answer:
        method, path = request.method, request.path
        try:
            response = await self._open(request, _TIMEOUT)
            return Answer(response.status, response.headers, await _read(response, request))
        except TimeoutError as error:
            raise Unavailable(0, "Timeout", f"{method} {path}: no answer within {TIMEOUT:.0f} s") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(0, type(error).__name__, f"{method} {path}: {error}") from error

    async def _open(self, request: Request, limits: aiohttp.ClientTimeout) -> RESTResponse:
        """The answer, of which only the headers are there yet."""
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
            response: RESTResponse = await self._rest.request(  # type: ignore[no-untyped-call]
                method, url, headers=headers, body=request.body, _request_timeout=limits
            )
            return response
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
                fresh = await load_configuration(self._login)
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
