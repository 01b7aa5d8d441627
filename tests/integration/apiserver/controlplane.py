"""A control plane on loopback, made of the test cluster's own programs: etcd, API server and four controllers.

The controllers are garbage collection, deletion of namespaces, service accounts (without one no pod is admitted), and
aggregation of roles. There is no scheduler and no kubelet.
"""

from __future__ import annotations

import ctypes
import http.client
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self
from urllib.request import urlopen

from tests.cluster import control_plane

TOKEN = "of-the-test"
START_SECONDS = 60
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_CONTROLLERS = ("clusterrole-aggregation", "garbage-collector", "namespace", "serviceaccount")
_KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: real
clusters: [{{name: real, cluster: {{server: "{url}", certificate-authority: "{ca}"}}}}]
users: [{{name: real, user: {{token: "{token}"}}}}]
contexts: [{{name: real, context: {{cluster: real, user: real}}}}]
"""
_libc = ctypes.CDLL(None)


class ControlPlane:
    """A context manager: the server answers when it is entered; processes and data are gone when it is left.

    `more` are controllers beside the four, by name without `-controller`.
    """

    def __init__(self, programs: dict[str, Path], *more: str) -> None:
        self._programs = programs
        self._controllers = ",".join(f"{name}-controller" for name in (*_CONTROLLERS, *more))
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        # Not the test's own folder: the path of a socket is a hundred characters at most.
        self.folder = Path(tempfile.mkdtemp(prefix="assay-api-"))
        self.ca = self.folder / "apiserver.crt"
        self.url = ""

    def __enter__(self) -> Self:
        try:
            self._start_server()
            self.wait(lambda: self.ca.exists() and self._ready())
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes.values()):
            process.kill()  # its data is deleted next
            process.wait()
        shutil.rmtree(self.folder)

    def kubeconfig(self, path: Path, token: str = TOKEN) -> str:
        """Write a kubeconfig; returns its path."""
        path.write_text(_KUBECONFIG.format(url=self.url, ca=self.ca, token=token))
        return str(path)

    def start_controllers(self) -> None:
        """Start them after the custom resources are served: garbage collection looks for new ones every 30 s only."""
        kubeconfig = self.kubeconfig(self.folder / "controllers")
        flags = ("--leader-elect=false", "--secure-port=0", f"--controllers={self._controllers}")
        self._run(control_plane.CONTROLLER_MANAGER, f"--kubeconfig={kubeconfig}", *flags)

    def compact(self, revision: int) -> None:
        """Delete all history before a revision from etcd."""
        etcd = _UnixConnection(self.folder / "etcd.sock")
        etcd.request("POST", "/v3/kv/compaction", f'{{"revision": "{revision}", "physical": true}}')
        answer = etcd.getresponse()
        assert answer.status == 200, answer.read()
        etcd.close()

    def wait(self, condition: Callable[[], object]) -> None:
        """Poll a condition. RuntimeError with all logs if a program has ended or it takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            ended = [name for name, process in self._processes.items() if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                logs = [log.read_text()[-2000:] for log in sorted(self.folder.glob("*.log"))]
                raise RuntimeError("\n".join([f"ended: {ended or 'none'}", *logs]))
            time.sleep(0.05)

    def _ready(self) -> bool:
        try:
            with urlopen(f"{self.url}/readyz", context=ssl.create_default_context(cafile=self.ca)) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _start_server(self) -> None:
        port = _free_port()
        self.url = f"https://127.0.0.1:{port}"
        tokens = self.folder / "tokens.csv"
        tokens.write_text(f"{TOKEN},test,test,system:masters\n")
        key = self.folder / "apiserver.key"  # the server creates it with a self-signed certificate
        self._run(
            control_plane.ETCD,
            f"--data-dir={self.folder / 'data'}",
            f"--listen-client-urls=unix://{self.folder}/etcd.sock",
            f"--listen-peer-urls=unix://{self.folder}/peer.sock",
            "--advertise-client-urls=http://127.0.0.1:1",  # required, but not used
            "--unsafe-no-fsync",
            "--log-level=warn",
        )
        self._run(
            control_plane.API_SERVER,
            f"--etcd-servers=unix://{self.folder}/etcd.sock",
            f"--secure-port={port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",  # no Service points at loopback
            f"--cert-dir={self.folder}",
            f"--token-auth-file={tokens}",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            # As kubeadm has them:
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            # Otherwise pages of a listing come from memory even after a compaction, and no test could see a 410.
            "--feature-gates=ListFromCacheSnapshot=false",
        )

    def _run(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            command = [str(self._programs[name]), *arguments]
            process = subprocess.Popen(command, stdout=log, stderr=log, preexec_fn=_die_with_parent)
        self._processes[name] = process


def _die_with_parent() -> None:
    _libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._path))
