"""Scenes: a module for each family of places that a prompt can name, and for what they share."""
