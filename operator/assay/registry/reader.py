"""Reads image configurations from OCI registries (distribution protocol, pull side only)."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp

from assay.clock import monotonic

from .credentials import basic_credentials, load_credentials
from .image import (
    DOCKER_HUB,
    INDEX_TYPES,
    MANIFEST_TYPES,
    ImageConfig,
    ImageNotFound,
    Reference,
    RegistryUnavailable,
    choose_manifest,
    own_architecture,
    platforms,
)

__all__ = ["ImageConfig", "ImageNotFound", "RegistryReader", "RegistryUnavailable"]

TIMEOUT = 30.0
MAX_DOCUMENT = 8 * 1024 * 1024
_ACCEPT = ", ".join((*INDEX_TYPES, *MANIFEST_TYPES))
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class RegistryReader:
    """Resolves image references.

    `endpoints` has the base URL of an image host where that is not `https://<host>` (a registry
    that the nodes know by another name). `docker_config` is a mounted dockerconfigjson, read anew each time
    since it may be rotated.
    """

    def __init__(
        self, endpoints: Mapping[str, str] | None = None, docker_config: str | Path | None = None
    ) -> None:
        self._endpoints = {host: url.rstrip("/") for host, url in (endpoints or {}).items()}
        self._docker_config = docker_config
        self._session: aiohttp.ClientSession | None = None
        self._tokens: dict[tuple[str, str], tuple[str, float]] = {}

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def resolve(self, reference: str) -> ImageConfig:
        """The configuration of an image for linux on this machine's architecture."""
        image = Reference.parse(reference)
        try:
            return await self._resolve(image)
        except TimeoutError as error:
            raise RegistryUnavailable(
                f"registry {image.host} did not answer within {TIMEOUT:.0f} s for {image}; "
                "check that it runs and that the operator may reach it (network policy, proxy)"
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise RegistryUnavailable(
                f"registry {image.host} cannot be reached for {image}: {error}; check the host name, its "
                "certificate, and whether the operator needs an endpoint for it"
            ) from error

    async def _resolve(self, image: Reference) -> ImageConfig:
        digest, document = await self._manifest(image, image.target)
        manifest = document
        if "manifests" in document:
            architecture, variant = own_architecture()
            chosen = choose_manifest(document, architecture, variant)
            if chosen is None:
                raise ImageNotFound(
                    f"{image} has no image for linux/{architecture} (it has: {platforms(document)}); "
                    "build it for this architecture or use another one"
                )
            _, manifest = await self._manifest(image, chosen)
        config = manifest.get("config")
        if not isinstance(config, dict) or "digest" not in config:
            raise ImageNotFound(
                f"{image} is not a container image this operator can read (no config); rebuild it"
            )
        _, blob = await self._fetch(image, f"blobs/{config['digest']}", "*/*", config["digest"])
        return ImageConfig.parse(digest, blob)

    async def _manifest(self, image: Reference, target: str) -> tuple[str, dict[str, Any]]:
        expected = target if ":" in target else None
        return await self._fetch(image, f"manifests/{target}", _ACCEPT, expected)

    async def _fetch(
        self, image: Reference, path: str, accept: str, expected: str | None
    ) -> tuple[str, dict[str, Any]]:
        """A JSON document and its digest; verified if one is expected."""
        url = f"{self._endpoint(image.host)}/v2/{image.repository}/{path}"
        data = await self._get(image, url, accept)
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if expected and expected.startswith("sha256:") and expected != digest:
            raise RegistryUnavailable(
                f"registry {image.host} answered {path} of {image} with other content, {digest}"
            )
        document = _object(data)
        if document is None:
            raise RegistryUnavailable(
                f"{url} did not answer with JSON; check that {image.host} is a registry, not some web page"
            )
        return digest, document

    async def _get(self, image: Reference, url: str, accept: str) -> bytes:
        headers = {"Accept": accept}
        if authorization := self._known_token(image):
            headers["Authorization"] = authorization
        for attempt in (1, 2):
            async with self._open().get(url, headers=headers) as response:
                if response.status == 401 and attempt == 1:
                    challenge = response.headers.get("WWW-Authenticate", "")
                elif response.status == 200:
                    return await _read(response)
                else:
                    raise _failure(image, response.status, bool(self._basic(image)))
            authorization = await self._authorize(image, challenge)
            if authorization is None:
                raise _failure(image, 401, False)
            headers["Authorization"] = authorization
        raise AssertionError("unreachable")

    async def _authorize(self, image: Reference, challenge: str) -> str | None:
        """Answer a challenge with the credentials, or with a token that the server gives for them or without any."""
        scheme, _, rest = challenge.partition(" ")
        basic = self._basic(image)
        if scheme.lower() != "bearer":
            return basic
        fields = dict(_CHALLENGE.findall(rest))
        if "realm" not in fields:
            return None
        query = {"scope": fields.get("scope") or f"repository:{image.repository}:pull"}
        if "service" in fields:
            query["service"] = fields["service"]
        headers = {"Authorization": basic} if basic else {}
        separator = "&" if "?" in fields["realm"] else "?"
        async with self._open().get(
            f"{fields['realm']}{separator}{urlencode(query)}", headers=headers
        ) as response:
            if response.status != 200:
                raise _failure(image, response.status, bool(basic))
            answer = _object(await _read(response))
        token = answer and (answer.get("token") or answer.get("access_token"))
        if not answer or not token:
            return None
        lifetime = float(answer.get("expires_in") or 60)
        self._tokens[image.host, image.repository] = (f"Bearer {token}", monotonic() + lifetime * 0.8)
        return f"Bearer {token}"

    def _known_token(self, image: Reference) -> str | None:
        token, expires = self._tokens.get((image.host, image.repository), ("", 0.0))
        return token if token and monotonic() < expires else None

    def _basic(self, image: Reference) -> str | None:
        return basic_credentials(load_credentials(self._docker_config), image)

    def _endpoint(self, host: str) -> str:
        if host in self._endpoints:
            return self._endpoints[host]
        if host == DOCKER_HUB:
            return "https://registry-1.docker.io"
        local = host.partition(":")[0] in ("localhost", "127.0.0.1")
        return f"{'http' if local else 'https'}://{host}"

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=TIMEOUT)
            # Registries may be outside, where a proxy leads; requests to the API server never take one.
            self._session = aiohttp.ClientSession(timeout=timeout, trust_env=True)
        return self._session


async def _read(response: aiohttp.ClientResponse) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(65536):
        size += len(chunk)
        if size > MAX_DOCUMENT:
            raise RegistryUnavailable(
                f"{response.url.host} sent a document of more than {MAX_DOCUMENT} bytes"
            )
        chunks.append(chunk)
    return b"".join(chunks)


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _failure(image: Reference, status: int, with_credentials: bool) -> Exception:
    if status == 404:
        return ImageNotFound(f"{image} does not exist; check its name and tag, and that it was pushed")
    if status in (401, 403):
        hint = (
            "the given credentials do not allow it" if with_credentials else "no credentials are given for it"
        )
        return ImageNotFound(
            f"registry {image.host} refuses {image}: {hint}; check the name and the registry secret"
        )
    if status == 429:
        return RegistryUnavailable(
            f"registry {image.host} limits our requests for {image}; put credentials in the registry secret"
        )
    return RegistryUnavailable(
        f"registry {image.host} answered {status} for {image}; see the registry's own log"
    )
