"""The Jinja2 environment of all templates, and what they can call."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from html import escape
from typing import Any, cast

from django.template import defaultfilters, engines
from django.template.backends.jinja2 import Jinja2
from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, StrictUndefined, TemplateRuntimeError, nodes, select_autoescape
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context

from catalog.core.locales import say_stored
from catalog.templating import drawings, formats, labels

_BREAK = re.compile(r"\s*\n\s*")
# Tags without output.
_SILENT = {"block", "extends", "from", "import", "macro", "endmacro", "set", "endset"}


class LineBreaks(Extension):
    """Replaces each line break of a template and its indentation with one space.

    Browsers show both the same way, so templates can be indented and pages stay small. Breaks after
    tags without output, such as ``set``, and at both ends of a macro are removed.
    """

    def filter_stream(self, stream: TokenStream) -> TokenStream | Iterator[Token]:
        """Shorten the text between tags during compilation, except in templates of emails."""
        return stream if str(stream.name).endswith(".txt") else _shorten_breaks(stream)


def _shorten_breaks(stream: TokenStream) -> Iterator[Token]:
    tokens, tag = list(stream), ""
    for place, token in enumerate(tokens):
        following = [each.value for each in tokens[place + 1 : place + 3]]
        if token.type == "block_begin":
            tag = following[0]
        if token.type != "data":
            yield token
            continue
        text = _BREAK.sub(" ", token.value)
        if tag in _SILENT:
            text = text.lstrip()
        if following[:1] == ["{%"] and following[1] in {"endmacro", "endset"}:
            text = text.rstrip()
        tag = ""
        yield Token(token.lineno, "data", text)


def escape_output(value: Any) -> str:
    """Return the escaped output of an expression, unless ``__html__`` marks it as HTML."""
    text: str = value
    if value.__class__ is not str:
        if hasattr(value, "__html__"):
            html: str = value.__html__()
            return html
        text = str(value)
        if callable(value):
            raise TemplateRuntimeError(f"{text} was not called.")
    # Most text needs no escaping, which is quick to check, even for the long path of a waveform.
    if "&" in text or "<" in text or ">" in text or '"' in text or "'" in text:
        return escape(text)
    return text


class LeanGenerator(CodeGenerator):
    """Makes templates escape with ``escape_output``; Jinja2 would create an object per value.

    A list of voices has 2,000 outputs. Escaping them took more than half of its rendering time.
    """

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write(f"environment.escape_output({finalize.src or ''}")


class LeanContext(Context):
    """Calls functions and macros directly, because none of ours needs the caller's context.

    Jinja2 checks for that in each of the hundreds of calls in a list of voices.
    """

    def call(
        self,
        function: Callable[..., Any],
        /,
        *values: Any,
        _loop_vars: object = None,
        _block_vars: object = None,
        **named: Any,
    ) -> Any:
        """Call a function or macro for a template."""
        return function(*values, **named)


class LeanEnvironment(Environment):
    """An environment that renders in a quarter of the usual time."""

    code_generator_class = LeanGenerator
    context_class = LeanContext
    escape_output = staticmethod(escape_output)


def make_environment(**options: Any) -> Environment:
    """Return the environment: all output is escaped, and unknown names are errors."""
    environment = LeanEnvironment(
        **{
            **options,
            "autoescape": select_autoescape(disabled_extensions=("txt",), default=True),
            "undefined": StrictUndefined,
            "extensions": [LineBreaks],
        }
    )
    environment.globals |= {
        "static": asset,
        "url": url,
        **{
            function.__name__: function
            for function in (
                *(formats.time_zone, drawings.qr_path, drawings.qr_size, drawings.wave),
                *(labels.card_labels, labels.lacks_key, labels.lacks_source, labels.origin_of),
                *(labels.other_languages, labels.preview_cost, labels.shown_badges),
            )
        },
    }
    environment.filters |= {
        "kept": kept,
        "capfirst": defaultfilters.capfirst,
        "filesizeformat": defaultfilters.filesizeformat,
        "pluralize": defaultfilters.pluralize,
        "say_stored": say_stored,
        "timesince": defaultfilters.timesince_filter,
        "timeuntil": defaultfilters.timeuntil_filter,
        **{
            function.__name__: function
            for function in (
                *(formats.ago, formats.ahead, formats.as_title, formats.clock, formats.date),
                *(formats.floatformat, formats.format_words, formats.with_article),
                *(formats.grouped, formats.in_words, formats.round_mean, formats.shorten),
                formats.shown_facts,
            )
        },
    }
    return environment


def find_macro(file: str, name: str) -> Callable[..., str]:
    """Return a macro of a template, for rendering a part of a page from Python."""
    environment = cast(Jinja2, engines["jinja2"]).env
    macro: Callable[..., str] = getattr(environment.get_template(file).module, name)
    return macro


@lru_cache(maxsize=64)
def asset(path: str) -> str:
    """Return the URL of a static file."""
    return static(path)


def url(name: str, *ids: object) -> str:
    """Return the path of a named URL, like ``{% url %}`` in Django's templates."""
    if len(ids) == 1 and isinstance(ids[0], int):
        # A list of voices has hundreds of these, and reverse() is slow.
        before, after = _split_address(name)
        return f"{before}{ids[0]}{after}"
    return reverse(name, args=ids) if ids else _fixed_address(name)


@lru_cache(maxsize=256)
def _split_address(name: str) -> tuple[str, str]:
    before, _, after = reverse(name, args=[0]).rpartition("0")
    return before, after


@lru_cache(maxsize=256)
def _fixed_address(name: str) -> str:
    return reverse(name)


def kept(macro: Callable[..., str]) -> Callable[..., str]:
    """Return the macro with a cache of its results, for icons, labels, and facet choices."""
    return lru_cache(maxsize=8192)(macro)
