"""Durable state: tables, statements and the embedded SQLite store behind the `Store` port."""
