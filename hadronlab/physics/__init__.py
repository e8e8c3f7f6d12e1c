"""Formulas: tensors in, tensors out; no learning, no files. One subpackage a subject."""
