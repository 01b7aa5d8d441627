"""Resources of the Kubernetes API as values: where they live and what they are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of one API version; the core group is the empty string."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """As in an object's `apiVersion`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(
        self, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> str:
        """The URL path of the collection (everywhere or in a namespace), an object or its subresource."""
        parts = ["apis" if self.group else "api", self.api_version]
        if namespace and self.namespaced:
            parts += ["namespaces", quote(namespace, safe="")]
        elif name and self.namespaced:
            raise ValueError(f"{self.plural}/{name} needs a namespace")
        parts.append(self.plural)
        if name:
            parts.append(quote(name, safe=""))
            if subresource:
                parts.append(subresource)
        return "/" + "/".join(parts)


_known: dict[tuple[str, str], Resource] = {}


def register(resource: Resource) -> Resource:
    """Make a resource known to `resource_of`; returns it."""
    _known[resource.api_version, resource.kind] = resource
    return resource


def resource_of(obj: Mapping[str, Any]) -> Resource:
    """The resource of an object, by its apiVersion and kind."""
    key = (str(obj.get("apiVersion")), str(obj.get("kind")))
    try:
        return _known[key]
    except KeyError:
        raise LookupError(f"no resource is registered for apiVersion {key[0]}, kind {key[1]}") from None


def known() -> tuple[Resource, ...]:
    """Every registered resource."""
    return tuple(_known.values())


PODS = register(Resource("", "v1", "pods", "Pod"))
PERSISTENT_VOLUME_CLAIMS = register(Resource("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim"))
CONFIG_MAPS = register(Resource("", "v1", "configmaps", "ConfigMap"))
JOBS = register(Resource("batch", "v1", "jobs", "Job"))
EVENTS = register(Resource("events.k8s.io", "v1", "events", "Event"))
LEASES = register(Resource("coordination.k8s.io", "v1", "leases", "Lease"))
NETWORK_POLICIES = register(Resource("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy"))
NODES = register(Resource("", "v1", "nodes", "Node", namespaced=False))
VOLUME_SNAPSHOTS = register(Resource("snapshot.storage.k8s.io", "v1", "volumesnapshots", "VolumeSnapshot"))
