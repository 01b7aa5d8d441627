"""Registry credentials from a dockerconfigjson, found by host and path as the kubelet does."""

import base64
import fnmatch
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .image import DOCKER_HUB, Reference, RegistryUnavailable


def load_credentials(path: str | Path | None) -> Mapping[str, Any]:
    """The `auths` of a file, or of a directory with `.dockerconfigjson` or `config.json`; absent = none."""
    if path is None:
        return {}
    file = Path(path)
    if file.is_dir():
        file = next(
            (file / name for name in (".dockerconfigjson", "config.json") if (file / name).exists()), file
        )
    try:
        document = json.loads(file.read_text())
    except (FileNotFoundError, IsADirectoryError):
        return {}
    except ValueError as error:
        raise RegistryUnavailable(
            f"the registry secret {file} is not JSON: {error}; write it anew"
        ) from error
    auths = document.get("auths") if isinstance(document, dict) else None
    return auths if isinstance(auths, dict) else {}


def basic_credentials(auths: Mapping[str, Any], reference: Reference) -> str | None:
    """The value of a basic Authorization header for an image; the most specific entry wins."""
    best: tuple[int, Mapping[str, Any]] | None = None
    for key, entry in auths.items():
        length = _match(key, reference)
        if isinstance(entry, dict) and length >= 0 and (best is None or length > best[0]):
            best = (length, entry)
    if best is None:
        return None
    entry = best[1]
    if entry.get("auth"):
        return f"Basic {entry['auth']}"
    if entry.get("username"):
        pair = f"{entry['username']}:{entry.get('password', '')}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"
    return None


def _match(key: str, reference: Reference) -> int:
    """Length of the matching key, or -1. Keys look like `host`, `*.host`, `host/path`, `https://host/v1/`."""
    key = key.partition("://")[2] or key
    host, _, path = key.strip("/").partition("/")
    if path in ("v1", "v2"):
        path = ""
    if host in ("index.docker.io", "registry-1.docker.io"):
        host = DOCKER_HUB
    if not fnmatch.fnmatchcase(reference.host, host):
        return -1
    if path and reference.repository != path and not reference.repository.startswith(f"{path}/"):
        return -1
    return len(host) + len(path)
