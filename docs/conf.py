"""How Sphinx builds the site: `make docs`."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
os.environ.setdefault("OMP_NUM_THREADS", "1")
DATA = Path(os.environ.setdefault("HADRONLAB_DATA", str(HERE.parents[1] / "shared" / "data")))

from generators import api, docstrings, extension, first_run, floor_plan, groups, help_texts, mathml  # noqa: E402

project = "hadronlab"
copyright = "the hadronlab authors, Apache-2.0"
version = release = version_of("hadronlab")

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_design", "sphinx_copybutton"]
exclude_patterns = ["generators", "generated/*.md"]
highlight_language = "none"
html_theme = "furo"
html_title = "hadronlab"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_math_renderer = "mathml"

myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
nb_execution_mode = "auto"  # notebooks are committed without outputs
if not (
    DATA / "xixi_raw"
).is_dir():  # its data are public, and not shipped: without them it is shown without outputs
    nb_execution_excludepatterns = ["tutorials/06_*"]
nb_execution_timeout = 600
nb_execution_raise_on_error = True

autodoc_default_options = {"members": True}
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 100
suppress_warnings = ["ref.python"]  # a name that several modules have, in an annotation
copybutton_prompt_text = "$ "


def setup(app: Sphinx) -> None:
    """Pages that are made from the code are made before Sphinx looks for pages."""
    generated = HERE / "generated"
    generated.mkdir(exist_ok=True)
    for maker in (api, extension, first_run, floor_plan, groups, help_texts):
        maker.write(generated)
    mathml.add_to(app)
    app.connect("autodoc-process-docstring", docstrings.plain_text)
