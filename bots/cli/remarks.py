"""One line of `plaudit doctor`'s report, and the lines about events."""

from dataclasses import dataclass
from typing import Literal

from bots import hooks
from bots.consumer import require_client
from bots.settings import Misconfigured, Settings

State = Literal["good", "missing", "broken"]


@dataclass(frozen=True, slots=True)
class Remark:
    """`remedy` may be empty when all is well."""

    subject: str
    state: State
    about: str
    remedy: str = ""


def switches(configured: Settings) -> list[Remark]:
    """What this process is told to leave alone."""
    off = [name for name in ("events", "notifications") if getattr(configured, name) == "off"]
    return [
        Remark(name.capitalize(), "missing", "switched off for this process", f"set PLAUDIT_{name.upper()}=on")
        for name in off
    ]


def hook_names(configured: Settings) -> list[Remark]:
    found = hooks.read(configured.hooks.get_secret_value())
    faults = [fault.partition(": ") for fault in found.faults]
    if faults or not found.hooks:
        return [Remark("Hooks", "broken", setting, remedy) for setting, _, remedy in faults]
    names = ", ".join(f"/hooks/{each.name}" for each in found.hooks)
    return [Remark("Hooks", "good", names)]


async def rabbitmq(configured: Settings) -> list[Remark]:
    """Whether the broker can be used; making what is missing there is what `plaudit run` does too."""
    if not configured.amqp_url.get_secret_value().strip():
        return [Remark("RabbitMQ", "missing", "not configured", "to use it: set PLAUDIT_AMQP_URL")]
    try:
        require_client()
    except Misconfigured as misconfigured:
        about, _, remedy = misconfigured.faults[0].partition(": ")
        return [Remark("RabbitMQ", "broken", about, remedy)]
    from bots import broker

    about, _, remedy = (await broker.probe(broker.route(configured))).partition(": ")
    if about:
        return [Remark("RabbitMQ", "broken", about, f"{remedy}; the rest runs without it")]
    return [Remark("RabbitMQ", "good", f"queue {configured.amqp_queue} of exchange {configured.amqp_exchange}")]
