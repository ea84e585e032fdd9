"""temporary"""

from __future__ import annotations

import io
from typing import Any


def load_workflow(text: str) -> dict[str, Any] | None:
    """A workflow file as a mapping, or `None` when it is none. YAML 1.2, so `on` stays a word."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 2)
    try:
        document = reader.load(io.StringIO(text))
    except YAMLError:
        return None
    return document if isinstance(document, dict) else None


def dispatch_inputs(workflow: dict[str, Any] | None) -> dict[str, bool] | None:
    return {} if workflow else None
