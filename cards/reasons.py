"""Why rules awarded a badge, or do not: each rule in a few words with its figures, as an award keeps them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cards.model import Line
from cards.words import Words

LOGIN = "login"
GENERIC = "activities."
_ATTENDANCE = "attendance"
_LENGTH_MAX = 60


def reasons(words: Words, why: Mapping[str, Any]) -> tuple[str, ...]:
    """What an award tells of its origin; empty if no rule and no event gave it."""
    told = tuple(reason(words, {**rule, **_chosen(why, rule)}, is_won=True) for rule in why.get("rules", ()))
    if told or "event" not in why:
        return told
    return (
        words("badges.rules.login")
        if why["event"] == LOGIN
        else words("badges.rules.event", of=_of(words, why["event"])),
    )


def told(words: Words, why: Mapping[str, Any]) -> Line:
    """All reasons as one line, empty if there are none."""
    found = reasons(words, why)
    return words.line("badges.told", reasons=" · ".join(found)) if found else ()


def _chosen(why: Mapping[str, Any], rule: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"rank": why["rank"]} if rule.get("rule") == "BestSeller" and "rank" in why else {}


def reason(words: Words, rule: Mapping[str, Any], *, is_won: bool = False) -> str:
    """One rule; `is_won` when it led to an award, so that a draw was won and not only taken part in."""
    match rule.get("rule"):
        case "AchievementRule":
            return _compared(words, rule)
        case "AttendanceRule":
            return _attended(words, rule)
        case "Birthday":
            return words("badges.rules.birthday")
        case "EmploymentDuration" | "WorkAnniversary":
            years = rule.get("years") or rule.get("value")
            return words("badges.rules.years", count=int(years)) if years else words("badges.rules.anniversary")
        case "RandomUsers":
            return words("badges.rules.drawn" if is_won else "badges.rules.takes_part")
        case "BestSeller":
            return _sold(words, rule)
    key = f"badges.rules.{rule.get('rule')}"
    return words(key) if key in words else _short(str(rule.get("rule", "?")))


def _compared(words: Words, rule: Mapping[str, Any]) -> str:
    metric, value = metric_name(words, rule), rule.get("value")
    if isinstance(value, bool):
        return words("badges.rules.yes" if value else "badges.rules.no", metric=metric)
    threshold = _number(words, rule["threshold"])
    return words(
        f"badges.rules.{rule['operator']}", metric=metric, value=_number(words, value or 0), threshold=threshold
    )


def metric_name(words: Words, rule: Mapping[str, Any]) -> str:
    """A metric in words; one of the company's own by the last part of its name."""
    last = str(rule["metric"]).rpartition(".")[2]
    key = f"badges.metrics.{last}"
    if key not in words:
        return _short(last.replace("_", " "))
    return words(key, of=_of(words, rule.get("params", {}).get("type", LOGIN)))


def _attended(words: Words, rule: Mapping[str, Any]) -> str:
    first, last = (
        words.date(datetime.fromisoformat(rule[end]).replace(tzinfo=UTC), "Etc/UTC") for end in ("from", "to")
    )
    of = _of(words, rule["type"])
    if not rule["required"]:
        return words("badges.rules.no_days", of=of, first=first, last=last)
    missed = rule["required"] if rule.get("value") is None else rule["value"]
    return words(
        "badges.rules.attendance",
        of=of,
        first=first,
        last=last,
        missed=missed,
        required=rule["required"],
        allowed=rule["allowed"],
    )


def _sold(words: Words, rule: Mapping[str, Any]) -> str:
    of, value = _of(words, rule["type"]), _number(words, rule.get("value") or 0)
    if "rank" in rule:
        return words("badges.rules.ranked", of=of, value=value, rank=rule["rank"], period=rule["period"])
    return words("badges.rules.sold", of=of, value=value, period=rule["period"])


def _of(words: Words, kind: str) -> str:
    """A type of activity, which is a word of the company's own."""
    return words("badges.rules.attending") if kind == _ATTENDANCE else _short(str(kind).replace("_", " "))


def _number(words: Words, value: float | str) -> str:
    number = float(value)
    return words.number(int(number)) if number.is_integer() else f"{number:g}"


def _short(text: str) -> str:
    return text if len(text) <= _LENGTH_MAX else text[: _LENGTH_MAX - 1] + "…"


def bullets(words: Words, verdicts: Sequence[tuple[bool, Mapping[str, Any]]]) -> tuple[str, ...]:
    """Each rule with a mark of whether it holds."""
    return tuple(words("why.holds" if holds else "why.fails", reason=reason(words, rule)) for holds, rule in verdicts)
