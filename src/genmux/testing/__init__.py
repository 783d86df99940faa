"""Conformance suites and stand-ins that ship with genmux, for its own tests and for plugin authors."""
