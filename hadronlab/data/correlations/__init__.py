"""Measured correlation functions C(k*): tables of experiments, read into one form."""
