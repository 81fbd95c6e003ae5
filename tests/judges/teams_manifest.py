"""A Teams app manifest and its localisation files judged by Microsoft's own schemas, if these are there.

They come with npm `@microsoft/app-manifest` and are not ours to keep: `PLAUDIT_TEAMS_SCHEMAS` names the folder it was installed
in (see `manifest/README.md`).
"""

import json
import os
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for

Json = dict[str, Any]

INSIDE = Path("node_modules/@microsoft/app-manifest/build/json-schemas/teams")
MANIFEST = "MicrosoftTeams.schema.json"
LOCALISATION = "MicrosoftTeams.Localization.schema.json"
MESSAGE_LENGTH_MAX = 200


def schemas() -> Path | None:
    """The folder with one folder of schemas for each version; None where there is none."""
    named = os.environ.get("PLAUDIT_TEAMS_SCHEMAS", "")
    folder = Path(named) / INSIDE
    return folder if named and folder.is_dir() else None


def faults(document: Json, version: str, name: str = MANIFEST) -> list[str]:
    """The most telling violation of each part; empty when the document is valid."""
    folder = schemas()
    assert folder is not None
    schema = json.loads((folder / f"v{version}" / name).read_text(encoding="utf-8-sig"))
    validator = validator_for(schema, default=Draft4Validator)(schema)
    telling = (best_match([error]) for error in validator.iter_errors(document))
    return [f"{error.json_path}: {error.message[:MESSAGE_LENGTH_MAX]}" for error in telling if error is not None]
