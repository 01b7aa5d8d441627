"""``python3 -m tests.cluster up|delete|status|load IMAGE...|kubeconfig|env|source``, from the repository's root."""

from __future__ import annotations

import argparse
import shlex
import sys

from . import cluster, load, tools
from .console import ClusterError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status is 1 if it failed."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.cluster", description="The test cluster.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("up", help="have the cluster ready: reuse, start or create it")
    commands.add_parser("delete", help="delete it (what was compiled stays in the cache)")
    commands.add_parser("status", help="say how it is; exit status 1 unless ready")
    commands.add_parser("load", help="put images of the engine onto the node").add_argument(
        "image", nargs="+"
    )
    commands.add_parser("kubeconfig", help="print the kubeconfig's path")
    env = commands.add_parser("env", help="print shell lines that set PATH and KUBECONFIG")
    env.add_argument(
        "--path-only", action="store_true", help="print the folder with the programs, nothing else"
    )
    commands.add_parser("source", help="say where its images come from: upstream or registries")
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except ClusterError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(options: argparse.Namespace) -> int:
    match options.command:
        case "up":
            cluster.ensure()
        case "delete":
            cluster.delete()
        case "status":
            state = cluster.status()
            print(state)
            return 0 if state == "ready" else 1
        case "load":
            load.load(options.image)
        case "kubeconfig":
            print(cluster.kubeconfig_path())
        case "source":
            print(cluster.source())
        case "env" if options.path_only:
            print(tools.bin_folder())
        case "env":
            print(f"export PATH={shlex.quote(tools.bin_folder())}:$PATH")
            print(f"export KUBECONFIG={shlex.quote(str(cluster.kubeconfig_path()))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
