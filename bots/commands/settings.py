"""`/settings`, `/settings language es`, `zone Madrid`, `quiet 22:00-07:00`, `notices off`, `ranks off`, `workspace Acme`; and the form of all of them."""

from dataclasses import replace
from datetime import time

from bots import forms
from bots.chat import Audience, Manner, Pressed, Reply
from bots.recognition import NAME_MAX, WorkspaceNotYours
from bots.turn import Turn
from bots.turns import asked_locale
from cards.words import locale_names, words_for
from core.errors import Refusal
from core.leaderboards import service as leaderboards
from core.people import memberships, preferences
from core.people.preferences import Preferences

FORM = forms.Form("settings_form", {"zone_unknown": "zone", "quiet_invalid": "quiet"})
ON, OFF, AUTOMATIC, RANKS = "on", "off", "auto", "ranks"


class LanguageUnknown(Refusal):
    """A language without a locale file; `known` are those that have one."""

    code = "language_unknown"


class SwitchUnclear(Refusal):
    """Neither on nor off."""

    code = "switch_unclear"


class SettingUnknown(Refusal):
    code = "setting_unknown"


async def run(turn: Turn) -> Reply:
    if turn.command.is_bare:
        return form(turn)
    held = await preferences.get(turn.session, turn.member.member_id, workspace_id=turn.workspace.id)
    if turn.command.subverb == RANKS:
        await _rank(turn, turn.command.text)
    elif turn.command.subverb == "workspace":
        await _choose_workspace(turn, turn.command.text.strip())
    else:
        held = _changed(held, turn.command.subverb, turn.command.text)
    return await _keep(turn, held, Manner.POST)


def form(turn: Turn) -> Reply:
    return forms.opened(turn, FORM.kind)


async def send(turn: Turn) -> Reply:
    """The form is filled in: keep what it says; what it does not show stays."""
    act = turn.incoming.act
    assert isinstance(act, Pressed)
    held = await preferences.get(turn.session, turn.member.member_id, workspace_id=turn.workspace.id)
    for name in ("language", "zone", "quiet", "notices"):
        if name in act.inputs or name in ("zone", "quiet"):  # an emptied text is not sent by every platform
            held = _changed(held, name, act.inputs.get(name, ""))
    if RANKS in act.inputs:
        await _rank(turn, act.inputs[RANKS])
    return await _keep(turn, held, Manner.EDIT)


async def _keep(turn: Turn, chosen: Preferences, manner: Manner) -> Reply:
    await preferences.change(turn.session, turn.member.member_id, chosen, workspace_id=turn.workspace.id)
    locale = chosen.locale or asked_locale(turn.incoming) or turn.workspace.locale
    return Reply("settings_kept", {"reader": turn.member.member_id, "locale": locale}, Audience.PRIVATE, manner)


def _changed(held: Preferences, name: str, typed: str) -> Preferences:
    word = _word(typed)
    match name:
        case "language":
            return replace(held, locale=_language(word))
        case "zone":
            return replace(held, time_zone=None if word in ("", AUTOMATIC) else preferences.zone(word))
        case "quiet":
            begin, end = _quiet(word)
            return replace(held, quiet_from=begin, quiet_to=end)
        case "notices":
            return replace(held, wants_notices=_switched(word))
        case _:
            raise SettingUnknown(typed=typed[:40])


async def _rank(turn: Turn, typed: str) -> None:
    """Whether boards show the member."""
    change = leaderboards.show if _switched(_word(typed)) else leaderboards.hide
    await change(turn.session, turn.member.member_id, workspace_id=turn.workspace.id)


async def _choose_workspace(turn: Turn, typed: str) -> None:
    """The turn is in the workspace that was named, where there is a choice at all."""
    if typed.casefold() != turn.workspace.name.casefold():
        raise WorkspaceNotYours(typed=typed[:NAME_MAX], known=turn.workspace.name)
    place, sender = turn.incoming.place, turn.incoming.sender
    await memberships.choose(
        turn.session,
        workspace_id=turn.workspace.id,
        platform=place.platform,
        tenant=place.tenant,
        remote_id=sender.remote_id,
    )


def _word(typed: str) -> str:
    """What is meant by a word that any language may write in its own way."""
    return words_for("en").subverbs().get(typed.strip().casefold(), typed.strip())


def _language(typed: str) -> str | None:
    """A locale's tag, or the language's own name."""
    if typed in ("", AUTOMATIC):
        return None
    names = {words_for(locale)("settings.own_name").casefold(): locale for locale in locale_names()}
    names |= {locale.casefold(): locale for locale in locale_names()}
    if typed.casefold() not in names:
        known = ", ".join(f"{locale} ({words_for(locale)('settings.own_name')})" for locale in locale_names())
        raise LanguageUnknown(typed=typed[:40], known=known)
    return names[typed.casefold()]


def _quiet(typed: str) -> tuple[time | None, time | None]:
    return (None, None) if typed in ("", OFF) else preferences.quiet_hours(typed)


def _switched(typed: str) -> bool:
    if typed not in (ON, OFF):
        raise SwitchUnclear(typed=typed[:40])
    return typed == ON
