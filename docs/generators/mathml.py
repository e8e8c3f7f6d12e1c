"""Formulas as MathML, which browsers draw by themselves: the site needs no network."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils.nodes import SkipNode
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging


def add_to(app: Sphinx) -> None:
    """Register the renderer as html_math_renderer = "mathml"."""
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(block, None))


def inline(writer: Any, node: Any) -> None:
    """A formula in a line."""
    writer.body.append(_mathml(node, as_block=False))
    raise SkipNode


def block(writer: Any, node: Any) -> None:
    """A formula of its own."""
    writer.body.append(f'<div class="math">{_mathml(node, as_block=True)}</div>')
    raise SkipNode


def _mathml(node: Any, as_block: bool) -> str:
    try:
        return tex2mathml(node.astext(), as_block=as_block)
    except MathError as error:
        logging.getLogger(__name__).warning("%s in the formula %s", error, node.astext(), location=node)
        return f"<code>{escape(node.astext())}</code>"
