"""Nouns and rules of genmux: pure, without I/O, importable by everything."""
