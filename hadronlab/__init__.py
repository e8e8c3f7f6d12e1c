"""hadronlab: learn how hadrons interact and what quarks bind into."""

__version__ = "0.1.0"
