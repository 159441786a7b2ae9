"""What our template environment adds to Jinja2: escaping, line breaks, and cached macros."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Model, QuerySet, TextChoices
from django.forms import BaseForm, BoundField
from django.template import engines
from django.utils.safestring import SafeString
from jinja2 import TemplateRuntimeError, UndefinedError, nodes

import catalog
from catalog.templating.environment import escape_output, kept, url


class Kind(TextChoices):
    SHARP = "<kind>"


class Sharp(str):
    """A subclass of str, which is escaped like any other text."""


ENVIRONMENT = engines["jinja2"].env


def draw(source: str, **context: Any) -> str:
    return ENVIRONMENT.from_string(source).render(context)


@pytest.mark.parametrize(
    ("value", "drawn"),
    [
        ("plain", "plain"),
        ("<b>", "&lt;b&gt;"),
        ("a & b", "a &amp; b"),
        ('"quoted"', "&quot;quoted&quot;"),
        ("'quoted'", "&#x27;quoted&#x27;"),
        (Sharp("<b>"), "&lt;b&gt;"),
        (Kind.SHARP, "&lt;kind&gt;"),
        (SafeString("<b>ours</b>"), "<b>ours</b>"),
        (ValueError("<b>"), "&lt;b&gt;"),
        (12, "12"),
        (None, "None"),
        (["<"], "[&#x27;&lt;&#x27;]"),
    ],
)
def test_all_output_is_escaped_unless_it_is_safe_html(value, drawn):
    assert escape_output(value) == drawn
    assert draw("{{ value }}", value=value) == drawn


def test_a_macro_escapes_its_arguments_and_its_output_is_not_escaped_again():
    source = (
        "{% macro bold(text) %}<b title='{{ text }}'>{{ text }}</b>{% endmacro %}{{ bold(it) }}"
    )

    assert draw(source, it="<i>") == "<b title='&lt;i&gt;'>&lt;i&gt;</b>"


def test_a_set_block_is_not_escaped_again_but_concatenated_text_is():
    assert draw("{% set foot %}<p>{{ it }}</p>{% endset %}{{ foot }}", it="<") == "<p>&lt;</p>"
    assert draw('{{ "<" ~ it }}', it=SafeString("<br>")) == "&lt;<br>"
    assert draw('{{ it|join(", ") }}', it=["<", ">"]) == "&lt;, &gt;"


def test_an_undefined_name_or_an_uncalled_method_is_an_error():
    with pytest.raises(UndefinedError):
        draw("{{ missing }}")
    with pytest.raises(UndefinedError):
        draw("{% if it.missing %}{% endif %}", it=object())
    with pytest.raises(TemplateRuntimeError, match="was not called"):
        draw("{{ it.upper }}", it="word")
    assert draw("{{ it.upper() }}", it="word") == "WORD"


def test_a_line_break_becomes_one_space_and_tags_without_output_add_none():
    source = """
      {% set name = "Ada" %}
      <p>
        One {{ name }}
        {% if name %}
          two
        {% endif %}
      </p>
    """

    assert draw(source).strip() == "<p> One Ada  two  </p>"
    assert draw("{% macro x() %}\n  <b></b>\n{% endmacro %}\n{{ x() }}") == "<b></b>"


def test_email_templates_keep_line_breaks_and_are_not_escaped():
    context = {"password_reset_url": "https://x.example/?a=1&b=2", "current_site": {"domain": "x"}}

    mail = ENVIRONMENT.get_template("account/email/password_reset_key_message.txt").render(context)

    assert "\n\nhttps://x.example/?a=1&b=2\n\n" in mail


def test_a_cached_macro_renders_the_same_values_once():
    seen = []

    def bold(text: str) -> SafeString:
        seen.append(text)
        return SafeString(f"<b>{text}</b>")

    drawn = kept(bold)

    assert [drawn("a"), drawn("a"), drawn("b")] == ["<b>a</b>", "<b>a</b>", "<b>b</b>"]
    assert seen == ["a", "b"]


def test_urls_match_the_url_configuration():
    assert url("catalog:voice-detail", 12) == "/voices/12/"
    assert url("catalog:voice-list") == "/voices/"
    assert url("catalog:entry-move", 3, 4) == "/collections/3/entries/4/move/"
    assert url("account_login") == "/account/login/"


def find_classes() -> Iterator[type]:
    for found in pkgutil.walk_packages(catalog.__path__, "catalog."):
        if found.name.split(".")[1] in {"models", "queries", "forms", "providers", "services"}:
            module = importlib.import_module(found.name)
            yield from (each for _, each in inspect.getmembers(module, inspect.isclass))
    yield from (Model, QuerySet, BaseForm, BoundField)


def find_methods() -> set[str]:
    """Return names that are only ever methods without arguments."""
    methods: set[str] = set()
    others: set[str] = set()
    for owner in set(find_classes()):
        others |= set(getattr(owner, "__annotations__", {}))
        for name, value in vars(owner).items():
            if not inspect.isfunction(value):
                others.add(name)
            elif not name.startswith("_") and _takes_nothing(value):
                methods.add(name)
    return methods - others


def _takes_nothing(function: Any) -> bool:
    _, *values = inspect.signature(function).parameters.values()
    return all(each.default is not each.empty or each.kind in {2, 4} for each in values)


@pytest.mark.parametrize("name", ENVIRONMENT.list_templates(extensions=["html"]))
def test_templates_call_methods_with_parentheses(name):
    source, _, _ = ENVIRONMENT.loader.get_source(ENVIRONMENT, name)
    tree = ENVIRONMENT.parse(source)

    called = {id(call.node) for call in tree.find_all(nodes.Call)}
    named = [
        node.attr
        for node in tree.find_all(nodes.Getattr)
        if id(node) not in called
        and (
            node.attr in METHODS
            or (node.attr.startswith("get_") and node.attr.endswith("_display"))
        )
    ]

    assert named == []


METHODS = find_methods()


def test_methods_without_arguments_are_found():
    assert {"non_field_errors", "visible_fields", "as_hidden", "exists"} <= METHODS
