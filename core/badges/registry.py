"""Names that definitions may call, filled by decorators when modules are imported. Nothing is ever imported from data.

A name is known as soon as it is registered here; whether something stands behind it is `is_implemented`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, iscoroutinefunction, signature
from typing import Any, Literal, TypeVar

from core.badges.definition.findings import nearest as nearest_name

Kind = Literal["metric", "callback", "query"]
Function = TypeVar("Function", bound=Callable[..., Any])


PER_MEMBER_ARGUMENTS = 3
"""`user, env, conn`, before the parameters of a definition."""
_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True, slots=True)
class Named:
    """`function` is None while the name is only reserved for one that comes with a later feature. `types` are the activities
    that a metric depends on; empty: nobody knows, so it is asked after each."""

    name: str
    kind: Kind
    function: Callable[..., Any] | None = None
    types: tuple[str, ...] = ()

    @property
    def is_implemented(self) -> bool:
        return self.function is not None

    @property
    def is_per_member(self) -> bool:
        """A metric that is no query but asks for one member: `async (user, env, conn, **params)`."""
        return iscoroutinefunction(self.function)

    @property
    def takes_question(self) -> bool:
        """Whether a metric's function wants what is asked: its first parameter has no default, so no definition has to give it."""
        first = next(iter(signature(self.function).parameters.values()), None) if self.function else None
        return first is not None and first.default is first.empty and first.kind in _POSITIONAL

    @property
    def parameters(self) -> Mapping[str, Parameter] | None:
        """What `function_params` may set; None if anything, or if nobody knows yet."""
        if self.function is None:
            return None
        known = list(signature(self.function).parameters.values())
        own = known[PER_MEMBER_ARGUMENTS:] if self.is_per_member else known[self.takes_question :]
        if any(each.kind is Parameter.VAR_KEYWORD for each in own):
            return None
        return {each.name: each for each in own}


RESERVED_METRICS = (
    "rewards.functions.custom.check_sales_target",
    "rewards.functions.engagement.get_badges_earned_count",
    "rewards.functions.engagement.get_login_streak",
    "rewards.functions.engagement.get_points_earned",
    "rewards.functions.engagement.get_total_logins",
    "rewards.functions.sales.check_first_sale",
    "rewards.functions.sales.get_sales_count",
    "rewards.functions.training.check_product_knowledge",
    "rewards.functions.training.check_sales_training",
)
RESERVED_CALLBACKS = ("rewards.callbacks.send_completion_email", "rewards.callbacks.training.send_certificate")

_named: dict[tuple[Kind, str], Named] = {
    **{("metric", name): Named(name, "metric") for name in RESERVED_METRICS},
    **{("callback", name): Named(name, "callback") for name in RESERVED_CALLBACKS},
}


_NAME = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_NAME_LENGTH_MAX = 200


class NameTaken(Exception):
    """Two functions were registered under one name."""

    def __init__(self, kind: Kind, name: str) -> None:
        super().__init__(f"{kind} {name}")
        self.kind = kind
        self.name = name


class NameInvalid(Exception):
    """Something that no definition could call."""

    def __init__(self, name: object) -> None:
        super().__init__(repr(name))
        self.name = name


def metric(name: str, *, types: Sequence[str] = ()) -> Callable[[Function], Function]:
    """Register a metric: a function of (asked, **params) returning a `select` of (member_id, value), or one of the per-member
    form, `async (user, env, conn, **params)`, which is slow and asked for touched members alone. `types` are the types of
    activities that it looks at; a metric that names none is looked at whatever happens."""
    return _registering("metric", name, tuple(types))


def callback(name: str) -> Callable[[Function], Function]:
    """Register a callback of awards, steps or completions."""
    return _registering("callback", name)


def query(name: str) -> Callable[[Function], Function]:
    """Register a query under an event's routing key: a function of the event returning a `select` of members' ids, whom the event
    is about when it names nobody itself, see core.events.asking and docs/how-to/send-events.md."""
    return _registering("query", name)


def _registering(kind: Kind, name: str, types: tuple[str, ...] = ()) -> Callable[[Function], Function]:
    # Also what is no string at all: a decorator without its brackets gets the function.
    if not _NAME.fullmatch(str(name)) or len(name) > _NAME_LENGTH_MAX:
        raise NameInvalid(name)

    def register(function: Function) -> Function:
        known = _named.get((kind, name))
        if known is not None and known.is_implemented:
            raise NameTaken(kind, name)
        _named[kind, name] = Named(name, kind, function, types)
        return function

    return register


def listed() -> list[Named]:
    """Everything that is registered or reserved, by kind and name."""
    return [_named[key] for key in sorted(_named)]


def snapshot() -> Mapping[tuple[Kind, str], Named]:
    """What is registered now, to come back to if a file of functions fails half way."""
    return dict(_named)


def restore(before: Mapping[tuple[Kind, str], Named]) -> None:
    _named.clear()
    _named.update(before)


def find(kind: Kind, name: str) -> Named | None:
    return _named.get((kind, name))


def names(kind: Kind) -> list[str]:
    return sorted(name for of, name in _named if of == kind)


def nearest(kind: Kind, name: str) -> str:
    """The known name that looks most like this one; its last word counts if it is one's, or if the whole is like none."""
    known = names(kind)
    by_last_word = {each.rpartition(".")[2]: each for each in known}
    last_word = name.rpartition(".")[2]
    if last_word in by_last_word:
        return by_last_word[last_word]
    return nearest_name(name, known) or by_last_word.get(nearest_name(last_word, by_last_word), "")
