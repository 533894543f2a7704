"""The JSON schema of model.json, format 1, and the caps that keep a hostile one small."""

from __future__ import annotations

from typing import Any

FORMAT = 1
MAX_JSON_BYTES = 1_000_000
MAX_MODEL_BYTES = 500_000_000
MAX_LABELS = 1000

_PROBABILITY = {"type": "number", "minimum": 0, "maximum": 1}

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": [
        "format", "name", "labels", "activation", "sample_rate", "window_seconds", "min_seconds", "temperature",
        "thresholds", "system", "sha256", "self_test", "metrics", "data", "made_with",
    ],
    "properties": {
        "format": {"const": FORMAT},
        "name": {"type": "string", "minLength": 1, "maxLength": 100},
        "labels": {
            "type": "array", "minItems": 2, "maxItems": MAX_LABELS, "uniqueItems": True,
            "items": {"type": "string", "minLength": 1, "maxLength": 100},
        },
        "activation": {"enum": ["softmax", "sigmoid"]},
        "sample_rate": {"type": "integer", "minimum": 4000, "maximum": 192000},
        "window_seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": 600},
        "min_seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": 600},
        "temperature": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000},
        "thresholds": {
            "type": "object",
            "required": ["unsure", "not_music", "silence_dbfs"],
            "properties": {
                "unsure": _PROBABILITY,
                "not_music": _PROBABILITY,
                "silence_dbfs": {"type": "number", "minimum": -200, "maximum": 0},
            },
        },
        "system": {"type": "string", "minLength": 1, "maxLength": 100},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "self_test": {
            "type": "object",
            "required": ["seconds", "seed", "logits", "tolerance"],
            "properties": {
                "seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": 60},
                "seed": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1},
                "logits": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": MAX_LABELS},
                "tolerance": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            },
        },
        "metrics": {"type": "object"},
        "data": {"type": "object"},
        "made_with": {"type": "object"},
    },
}  # fmt: skip
