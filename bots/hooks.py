"""Which signed webhooks there are: the setting `name:secret` or `name@workspace:secret`, separated by commas."""

import re
from dataclasses import dataclass
from typing import NamedTuple

SECRET_LENGTH_MIN = 32
SETTING = "PLAUDIT_HOOKS"

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")


@dataclass(frozen=True, slots=True)
class Hook:
    """`workspace` is an id or a name, empty where there is only one."""

    name: str
    secret: bytes
    workspace: str = ""


class Hooks(NamedTuple):
    """What the setting says; `faults` are sentences that show no secret."""

    hooks: tuple[Hook, ...]
    faults: tuple[str, ...]


def read(setting: str) -> Hooks:
    hooks: dict[str, Hook] = {}
    faults = []
    for place, entry in enumerate(filter(None, (part.strip() for part in setting.split(","))), start=1):
        about, _, secret = entry.partition(":")
        name, _, workspace = (part.strip() for part in about.partition("@"))
        if not secret or not _NAME.fullmatch(name):
            # Never quoted: who forgot the name wrote the secret first.
            faults.append(
                f"{SETTING}: entry {place} is no hook: write name:secret or name@workspace:secret, the name in a–z, 0–9 and -"
            )
        elif len(secret.strip()) < SECRET_LENGTH_MIN:
            faults.append(
                f"{SETTING}: the secret of {name} is shorter than {SECRET_LENGTH_MIN} characters: make one with `openssl rand -hex 32`"
            )
        elif name in hooks:
            faults.append(f"{SETTING}: {name} is there twice: give each hook a name of its own")
        else:
            hooks[name] = Hook(name, secret.strip().encode(), workspace)
    return Hooks(tuple(hooks.values()), tuple(faults))
