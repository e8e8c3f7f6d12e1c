"""Femtoscopy: correlation functions C(k) of hadron pairs from their sources, forces, charges and statistics."""
