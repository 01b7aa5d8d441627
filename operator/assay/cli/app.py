"""The command `assay`, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from assay import __version__

from . import doctor, lint, logs, new, report, rescore, results, run, serve, steer, top, validate, watch
from . import open as open_run

app = typer.Typer(
    name="assay",
    help="Benchmark AI coding agents on Kubernetes.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(is_asked: bool) -> None:
    if is_asked:
        print(f"assay {__version__}")
        raise typer.Exit


@app.callback()
def assay(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Benchmark AI coding agents on Kubernetes."""


app.command(epilog=run.EXAMPLE)(run.run)
app.command(epilog=watch.EXAMPLE)(watch.watch)
app.command(epilog=results.EXAMPLE)(results.results)
app.command(epilog=report.EXAMPLE)(report.report)
app.command(epilog=serve.EXAMPLE)(serve.serve)
app.command(epilog=logs.EXAMPLE)(logs.logs)
app.command("open", epilog=open_run.EXAMPLE)(open_run.open_)
app.command(epilog=rescore.EXAMPLE)(rescore.rescore)
app.command(epilog=steer.CANCEL_EXAMPLE)(steer.cancel)
app.command(epilog=steer.SUSPEND_EXAMPLE)(steer.suspend)
app.command(epilog=steer.SUSPEND_EXAMPLE)(steer.resume)
app.command(epilog=validate.EXAMPLE)(validate.validate)
app.command(epilog=new.EXAMPLE)(new.new)
app.command(epilog=lint.EXAMPLE)(lint.lint)
app.command(epilog=top.EXAMPLE)(top.top)
app.command(epilog=doctor.EXAMPLE)(doctor.doctor)


def main() -> None:
    """Run the command line."""
    app()
