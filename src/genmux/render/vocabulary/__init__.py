"""Prompts as data: their words, in English and Chinese, and what each stands for."""

from genmux.render.vocabulary.reading import GROUPS, Reading, read, rows, shields, understood

__all__ = ["GROUPS", "Reading", "read", "rows", "shields", "understood"]
