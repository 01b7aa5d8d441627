"""The objects of the chart."""

import json
from typing import Any

import pytest

from tests.unit.chart.chart import CHART, NAMESPACE, Manifest, of_kind, pod, refusal, render, settings

BUNDLED = "registry.bundled.enabled=true"


def _is_restricted(template: Manifest) -> None:
    """Pod Security Standards, restricted."""
    spec = template["spec"]
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 65532
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert all(
        len(v.keys() & {"configMap", "emptyDir", "secret", "persistentVolumeClaim"}) for v in spec["volumes"]
    )
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_operator() -> None:
    deployment = of_kind(render(), "Deployment")["assay-operator"]
    assert (deployment["spec"]["replicas"], deployment["spec"]["strategy"]) == (1, {"type": "Recreate"})
    template = pod(render(), "assay-operator")
    _is_restricted(template)
    selector = deployment["spec"]["selector"]["matchLabels"]
    assert selector.items() <= template["metadata"]["labels"].items()
    (container,) = template["spec"]["containers"]
    assert container["resources"]["limits"]["memory"] == "256Mi"
    assert {one["name"]: one.get("value") for one in container["env"]} == {
        "ASSAY_CONFIG": "/etc/assay/config.yaml",
        "POD_NAME": None,
        "POD_NAMESPACE": None,
    }
    (port,) = container["ports"]
    assert port["containerPort"] == settings(render()).port
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": port["name"]}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": port["name"]}
    assert {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"]


def test_operator_restarts_with_its_settings_only() -> None:
    def checksum(*sets: str) -> str:
        found: str = pod(render(*sets), "assay-operator")["metadata"]["annotations"]["checksum/config"]
        return found

    assert checksum() != checksum("settings.workers=4")
    assert checksum() == checksum("metrics.service.enabled=false")


def test_toolbox_is_the_operators_image() -> None:
    for sets, image in {
        (): "assay/operator:0.1.0",
        ("image.repository=a.example/op", "image.tag=v9"): "a.example/op:v9",
        (f"image.digest=sha256:{'0' * 64}",): f"assay/operator@sha256:{'0' * 64}",
    }.items():
        assert pod(render(*sets), "assay-operator")["spec"]["containers"][0]["image"] == image
        assert settings(render(*sets)).toolbox_image == image
    assert settings(render("settings.toolboxImage=tools:1")).toolbox_image == "tools:1"


def test_settings_reach_the_file() -> None:
    found = settings(
        render(
            "settings.registry.push=images.example/team",
            "settings.registry.mirrors.docker\\.io=mirror.example:5000",
            "settings.registry.insecure=false",
            "settings.keepSeconds=600",
            "settings.writesPerSecond=5",
            "settings.storageClass=fast",
            "registry.dockerConfigSecret=login",
        )
    )
    assert found.registry.push == "images.example/team"
    assert found.registry.pull == "images.example/team", "as push"
    assert found.registry.mirrors == {"docker.io": "mirror.example:5000"}
    assert found.registry.docker_config == "/etc/assay-registry/config.json"
    assert (found.keep_seconds, found.writes_per_second, found.storage_class) == (600, 5.0, "fast")
    spec = pod(render("registry.dockerConfigSecret=login"), "assay-operator")["spec"]
    assert spec["volumes"][-1]["secret"]["items"] == [{"key": ".dockerconfigjson", "path": "config.json"}]
    assert spec["containers"][0]["volumeMounts"][-1]["mountPath"] == "/etc/assay-registry"


def test_bundled_registry() -> None:
    manifests = render(BUNDLED)
    found = settings(manifests).registry
    service = of_kind(manifests, "Service")["assay-registry"]
    assert (found.push, found.pull, found.insecure) == (
        f"assay-registry.{NAMESPACE}.svc:5000",
        "localhost:5001",
        True,
    )
    template = pod(manifests, "assay-registry")
    _is_restricted(template)
    assert service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
    (container,) = template["spec"]["containers"]
    assert container["image"] == "docker.io/library/registry:3"
    (port,) = container["ports"]
    assert (port["containerPort"], port["hostPort"], port["hostIP"]) == (5000, 5001, "127.0.0.1")
    assert of_kind(manifests, "PersistentVolumeClaim").keys() == {"assay-registry"}
    assert "assay-registry" not in of_kind(render(), "Deployment")


def test_bundled_registry_by_values() -> None:
    def volume(kind: str) -> Any:
        manifests = render(BUNDLED, f"registry.bundled.storage.type={kind}")
        assert not of_kind(manifests, "PersistentVolumeClaim")
        return pod(manifests, "assay-registry")["spec"]["volumes"][-1]

    assert volume("EmptyDir") == {"name": "data", "emptyDir": {}}
    assert volume("HostPath")["hostPath"]["path"] == "/var/lib/assay-registry"
    other = settings(render(BUNDLED, "registry.bundled.hostPort=5009")).registry
    assert other.pull == "localhost:5009"
    own = settings(render(BUNDLED, "settings.registry.push=images.example")).registry
    assert (own.push, own.pull, own.insecure) == ("images.example", "images.example", False)


def test_metrics() -> None:
    manifests = render("metrics.serviceMonitor.enabled=true", "metrics.serviceMonitor.labels.team=a")
    service = of_kind(manifests, "Service")["assay-operator-metrics"]
    monitor = of_kind(manifests, "ServiceMonitor")["assay-operator"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["endpoints"][0]["port"] == service["spec"]["ports"][0]["name"]
    assert monitor["metadata"]["labels"]["team"] == "a"
    assert not of_kind(render(), "ServiceMonitor")


def test_pod_by_values() -> None:
    template = pod(
        render(
            "podLabels.team=a",
            "podAnnotations.note=b",
            "nodeSelector.disk=ssd",
            "tolerations[0].operator=Exists",
            "affinity.nodeAffinity.x=y",
            "priorityClassName=high",
            "imagePullSecrets[0].name=pull",
            "resources.limits.memory=1Gi",
        ),
        "assay-operator",
    )
    spec = template["spec"]
    assert template["metadata"]["labels"]["team"] == "a"
    assert template["metadata"]["annotations"]["note"] == "b"
    assert spec["nodeSelector"] == {"disk": "ssd"}
    assert spec["tolerations"] == [{"operator": "Exists"}]
    assert spec["affinity"] == {"nodeAffinity": {"x": "y"}}
    assert spec["priorityClassName"] == "high"
    assert spec["imagePullSecrets"] == [{"name": "pull"}]
    assert spec["containers"][0]["resources"]["limits"]["memory"] == "1Gi"


def test_extra_objects() -> None:
    found = render(
        "extraObjects[0].kind=Extra", "extraObjects[0].apiVersion=v1", "extraObjects[0].metadata.name=x"
    )
    assert of_kind(found, "Extra")["x"]["apiVersion"] == "v1"
    text = "extraObjects[0]=kind: Extra\nmetadata:\n  name: {{ .Release.Name }}"
    assert "assay" in of_kind(render(text), "Extra")


@pytest.mark.parametrize(
    "wrong",
    [
        "setings.workers=1",
        "settings.worker=1",
        "settings.registry.pushTo=x",
        "registry.bundled.port=1",
        "metrics.serviceMonitor.scrape=1",
        "resources.limit.memory=1Gi",
        "settings.workers=0",
        "settings.logLevel=chatty",
        "settings.registry.push=https://images.example",
        "registry.bundled.storage.type=S3",
        "image.digest=latest",
    ],
)
def test_schema_refuses(wrong: str) -> None:
    assert "schema" in refusal(wrong)


def test_schema_is_closed() -> None:
    def check(node: Any, path: str) -> None:
        if isinstance(node, dict):
            if "properties" in node and node.get("type") == "object":
                assert node.get("additionalProperties") is False, path
            for key, child in node.items():
                check(child, f"{path}.{key}")

    check(json.loads((CHART / "values.schema.json").read_text()), "")


def test_replicas_need_an_election() -> None:
    assert "leaderElection" in refusal("replicas=2")
    two = render("replicas=2", "settings.leaderElection=true")
    assert of_kind(two, "Deployment")["assay-operator"]["spec"]["replicas"] == 2
    assert settings(two).leader_election
