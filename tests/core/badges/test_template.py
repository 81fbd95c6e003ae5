"""Messages as templates: what they may say, what they may not, and that nothing of them ever runs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.badges import registry
from core.badges.definition.findings import Findings
from core.badges.definition.template import RENDERED_MAX, check, render
from core.badges.registry import NameTaken

VALUES: dict[str, dict[str, Any]] = {
    "user": {"display_name": "Ana {{ giver.name }}", "manager": {"name": "Eva"}},
    "args": {"sales_count": 12, "rank": 1, "average": 3.14159},
    "badge": {"name": "Top Seller"},
}

SAID = [
    ("plain words", "plain words"),
    ("Congratulations {{user.display_name}}!", "Congratulations Ana {{ giver.name }}!"),
    ("{{args.sales_count}} sales, #{{args.rank}}", "12 sales, #1"),
    ("{{ user.manager.name | upper }}", "EVA"),
    ("{{ user.nobody.at.all }}.", "."),
    ("{{ giver.name | default('a colleague') }}", "a colleague"),
    ("{{ args.average | round(2) }} {{ args.average | int }}", "3.14 3"),
    ("{{ badge.name | lower | title | trim | length }}", "10"),
    ("{{ user }}", "{'display_name'"),
    ("{{ 'a' }}{# hidden #}", "a"),
    ("{{ args.sales_count.real }}", ""),
]


@pytest.mark.parametrize(("source", "said"), SAID)
def test_message_is_said(source: str, said: str) -> None:
    rendered = render(source, VALUES)
    assert rendered.startswith(said)
    assert said or not rendered


def test_message_is_cut() -> None:
    assert len(render("{{ user.x }}" * 10, {"user": {"x": "y" * 1000}})) == RENDERED_MAX


REFUSED = [
    "{% if user %}x{% endif %}", "{{ user.x() }}", "{{ user['x'] }}", "{{ 1 + 1 }}", "{{ user.x ~ user.y }}", "{{ user == badge }}",
    "{{ 'x' * 9 }}", "{{ user.__init__ }}", "{{ cycler }}", "{{ user | map('upper') }}", "{{ [1] }}", "{{ {} }}", "{{ -user.x }}",
    "{% macro m() %}{% endmacro %}", "{{ user is defined }}", "{{ user.x | default(value='x') }}", "{% block b %}{% endblock %}",
]  # fmt: skip


@pytest.mark.parametrize("source", REFUSED)
def test_everything_else_is_refused_and_never_rendered(source: str) -> None:
    findings = Findings()
    check(source, "$", findings)
    assert findings.faults
    with pytest.raises(ValueError, match="not a template of ours"):
        render(source, VALUES)


@given(st.text(alphabet="{}%# |.'\"_()[]abuser\n", max_size=60))
def test_whatever_is_let_pass_can_be_rendered(source: str) -> None:
    findings = Findings()
    check(source, "$", findings)
    if not findings.faults:
        assert isinstance(render(source, VALUES), str)


def test_names_are_registered_by_decorators() -> None:
    @registry.metric("tests.metric_of_ours")
    def ours() -> None: ...

    found = registry.find("metric", "tests.metric_of_ours")
    assert found is not None
    assert found.function is ours
    assert found.is_implemented
    with pytest.raises(NameTaken):
        registry.metric("tests.metric_of_ours")(ours)
    reserved = registry.Named("rewards.functions.engagement.get_login_streak", "metric")
    assert not reserved.is_implemented
    assert registry.find("metric", reserved.name) is not None
    assert registry.find("callback", "rewards.functions.engagement.get_login_streak") is None
    assert {"rewards.callbacks.send_completion_email", "rewards.callbacks.training.send_certificate"} <= set(
        registry.names("callback")
    )
    assert len(registry.RESERVED_METRICS) == 9
