"""Every version and image name the test cluster uses, in one place.

The Go modules under ``modules/`` carry the same versions in their ``go.mod``; a unit test keeps the two in step.
"""

from __future__ import annotations

from typing import Final

KUBERNETES: Final = "v1.36.3"
KIND: Final = "v0.33.0"
HELM: Final = "v3.22.0"
BUILDKIT: Final = "v0.34.2"
REGISTRY: Final = "3.1.2"
ETCD: Final = "3.6.8"
COREDNS: Final = "v1.14.2"
PAUSE: Final = "3.10"
CSI_PROVISIONER: Final = "v6.4.0"
EXTERNAL_SNAPSHOTTER: Final = "v8.7.0"
CSI_REGISTRAR: Final = "v2.17.0"
# v1.7.2 is the newest that is to be had as a Go module; its upstream image has a tar without extended attributes.
CSI_HOSTPATH: Final = "v1.7.2"
CSI_HOSTPATH_UPSTREAM: Final = "v1.17.0"
# Of the policy engines to be had as Go modules the one that needs no nfqueue, which not every kernel has.
KUBE_ROUTER: Final = "v2.1.0"
DEBIAN: Final = "trixie"
PYTHON: Final = "3.13"

NODE_IMAGE: Final = f"docker.io/kindest/node:{KUBERNETES}"
DEBIAN_IMAGE: Final = f"docker.io/library/debian:{DEBIAN}-slim"
PYTHON_IMAGE: Final = f"docker.io/library/python:{PYTHON}-slim"
BUILDKIT_IMAGE: Final = f"docker.io/moby/buildkit:{BUILDKIT}"
REGISTRY_IMAGE: Final = f"docker.io/library/registry:{REGISTRY}"
KUBE_ROUTER_IMAGE: Final = f"docker.io/cloudnativelabs/kube-router:{KUBE_ROUTER}"

_K8S: Final = "registry.k8s.io"
PAUSE_IMAGE: Final = f"{_K8S}/pause:{PAUSE}"
ETCD_IMAGE: Final = f"{_K8S}/etcd:{ETCD}-0"
COREDNS_IMAGE: Final = f"{_K8S}/coredns/coredns:{COREDNS}"
KUBE_PROXY_IMAGE: Final = f"{_K8S}/kube-proxy:{KUBERNETES}"
CSI_PROVISIONER_IMAGE: Final = f"{_K8S}/sig-storage/csi-provisioner:{CSI_PROVISIONER}"
CSI_SNAPSHOTTER_IMAGE: Final = f"{_K8S}/sig-storage/csi-snapshotter:{EXTERNAL_SNAPSHOTTER}"
SNAPSHOT_CONTROLLER_IMAGE: Final = f"{_K8S}/sig-storage/snapshot-controller:{EXTERNAL_SNAPSHOTTER}"
CSI_REGISTRAR_IMAGE: Final = f"{_K8S}/sig-storage/csi-node-driver-registrar:{CSI_REGISTRAR}"
CSI_HOSTPATH_IMAGE: Final = f"{_K8S}/sig-storage/hostpathplugin:{CSI_HOSTPATH}"

CSI_HOSTPATH_UPSTREAM_IMAGE: Final = f"{_K8S}/sig-storage/hostpathplugin:{CSI_HOSTPATH_UPSTREAM}"


def control_plane_image(component: str) -> str:
    """The image of a control plane component such as ``kube-apiserver``."""
    return f"{_K8S}/{component}:{KUBERNETES}"


CLUSTER_NAME: Final = "assay"
"""Name of the kind cluster unless ``ASSAY_CLUSTER_NAME`` says otherwise."""

NODE_REGISTRY: Final = "localhost:5001"
"""The in-cluster registry as the node's container runtime reaches it."""

OLDEST_KUBECTL: Final = "v1.35.0"
OLDEST_KIND: Final = KIND
OLDEST_HELM: Final = "v3.14.0"
