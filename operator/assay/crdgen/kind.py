"""What a kind is called, what its objects hold, and which columns `kubectl get` shows."""

from dataclasses import dataclass

from pydantic import BaseModel

from .markers import Cel

GROUP = "assay.dev"
VERSION = "v1alpha1"


@dataclass(frozen=True)
class Column:
    """A column of `kubectl get`; priority 1 is shown with `-o wide` only."""

    name: str
    type: str
    json_path: str
    description: str = ""
    priority: int = 0


@dataclass(frozen=True)
class Kind:
    """One of our kinds. `rules` apply to the whole object, where metadata.name is visible."""

    name: str
    plural: str
    spec: type[BaseModel]
    status: type[BaseModel]
    short_names: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    selectable_fields: tuple[str, ...] = ()
    rules: tuple[Cel, ...] = ()
    description: str = ""

    @property
    def singular(self) -> str:
        """The name `kubectl get` takes for one object."""
        return self.name.lower()

    @property
    def api_version(self) -> str:
        """The apiVersion of the kind's objects."""
        return f"{GROUP}/{VERSION}"
