"""The resources of our kinds, as the API client knows them."""

from __future__ import annotations

from collections.abc import Mapping

from assay.api import KINDS
from assay.crdgen.kind import GROUP, VERSION
from assay.kube.resources import Resource, register

OURS: Mapping[str, Resource] = {
    kind.name: register(Resource(GROUP, VERSION, kind.plural, kind.name)) for kind in KINDS
}
"""By kind."""
