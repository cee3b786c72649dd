"""The published schema of the document that `recommend --json` prints."""

from __future__ import annotations

from typing import Any

from archgen.advisor.recommendation import Recommendation


def recommendation_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Recommendation.model_json_schema(mode="serialization"),
    }
