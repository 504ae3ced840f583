"""The compact names tagger (docs/names-model.md)."""

from proxy.detectors.names.engine import NamesEngine
from proxy.detectors.names.model import ModelFileInvalid

__all__ = ["ModelFileInvalid", "NamesEngine"]
