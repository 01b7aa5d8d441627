"""Options that commands share, and how a dataclass of options becomes the parameters of a command."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from .exits import guarded
from .output import Format

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclasses.dataclass(frozen=True, slots=True)
class ClusterOptions:
    """Which cluster and namespace."""

    namespace: Annotated[
        str | None, typer.Option("--namespace", "-n", help="Namespace; that of the context when absent.")
    ] = None
    context: Annotated[str | None, typer.Option(help="Context of the kubeconfig.")] = None
    kubeconfig: Annotated[
        str | None, typer.Option(help="Path of a kubeconfig; $KUBECONFIG or ~/.kube/config when absent.")
    ] = None


@dataclasses.dataclass(frozen=True, slots=True)
class OutputOptions:
    """How to print."""

    output: Annotated[Format, typer.Option("--output", "-o", help="Format.")] = Format.TABLE


def command(function: Function) -> Function:
    """A command: the fields of its dataclass parameters are options, the Exit that it returns is the exit code."""
    hints = get_type_hints(function, include_extras=True)
    plain: list[inspect.Parameter] = []
    groups: dict[str, type] = {}
    for parameter in inspect.signature(function).parameters.values():
        hint = hints[parameter.name]
        if dataclasses.is_dataclass(hint) and isinstance(hint, type):
            groups[parameter.name] = hint
            plain += _parameters(hint)
        else:
            plain.append(parameter.replace(annotation=hint, kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(function)
    def called(**values: Any) -> None:
        for name, group in groups.items():
            values[name] = group(**{one.name: values.pop(one.name) for one in dataclasses.fields(group)})
        raise typer.Exit(guarded(lambda: function(**values)))

    del called.__wrapped__
    called.__annotations__ = {one.name: one.annotation for one in plain}
    called.__signature__ = inspect.Signature(plain)  # type: ignore[attr-defined]
    return called  # type: ignore[return-value]


def _parameters(group: type) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            one.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=_default(one),
            annotation=hints[one.name],
        )
        for one in dataclasses.fields(group)
    ]


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default
