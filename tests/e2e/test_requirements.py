"""A PythonScript's requirements, installed by uv from a package index inside the cluster."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

from tests.tools.kube import apply, get, wait

from .objects import finished, python_image, scenario, scenario_run
from .pytests import scores

WHEEL = "assaydemo-1.0-py3-none-any.whl"
SERVE = """
import base64, http.server, os, pathlib
root = pathlib.Path("/srv"); folder = root / "simple/assaydemo"; folder.mkdir(parents=True)
(folder / os.environ["WHEEL"]).write_bytes(base64.b64decode(os.environ["CONTENT"]))
(folder / "index.html").write_text(f'<a href="{os.environ["WHEEL"]}">{os.environ["WHEEL"]}</a>')
os.chdir(root)
http.server.ThreadingHTTPServer(("", 8000), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def wheel() -> str:
    """A package of one module, in base64."""
    info = "assaydemo-1.0.dist-info"
    files = {
        "assaydemo.py": "ANSWER = 0.625\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: assaydemo\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)
    return base64.b64encode(made.getvalue()).decode()


def index_pod() -> list[dict[str, Any]]:
    """A server of it, with a name; no devbox, since nobody may connect to those."""
    env = [{"name": "WHEEL", "value": WHEEL}, {"name": "CONTENT", "value": wheel()}]
    container = {
        "name": "index",
        "image": python_image(),
        "command": ["python3", "-c", SERVE],
        "env": env,
        "readinessProbe": {"tcpSocket": {"port": 8000}, "periodSeconds": 1},
    }
    metadata = {"name": "index", "labels": {"app": "index"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
    spec = {"selector": {"app": "index"}, "ports": [{"port": 8000}]}
    return [pod, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "index"}, "spec": spec}]


def function(name: str, address: str, **more: Any) -> dict[str, Any]:
    script = "import assaydemo, sys; assert '/venv/' in sys.prefix + '/'; print(assaydemo.ANSWER)"
    return {
        "name": name,
        "type": "PythonScript",
        "pythonScript": {"script": script, "requirements": "assaydemo==1.0\n"},
        "env": [{"name": "UV_DEFAULT_INDEX", "value": f"http://{address}:8000/simple"}],
        **more,
    }


def test_requirements_are_installed_for_the_function_alone(namespace: str) -> None:
    apply(namespace, *index_pod())
    wait(namespace, "Ready", "pod/index")
    address = get(namespace, "service", "index")["spec"]["clusterIP"]
    judged = scenario("judged", function("installed", address, network={"egress": "Any"}))
    offline = scenario("offline", function("offline", address))
    for one in (judged, offline):
        one["spec"]["environment"]["image"] = python_image()
    apply(namespace, judged, offline)
    apply(namespace, *(scenario_run(name, name, {"type": "Nop"}) for name in ("judged", "offline")))
    run = finished(namespace, "judged")
    assert scores(run) == {"installed": 0.625}, run["status"]
    refused = finished(namespace, "offline")["status"]
    assert "score" not in refused
    assert "package index" in refused["scores"][0]["message"]
