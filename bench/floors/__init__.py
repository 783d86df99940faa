"""Floors: the least a Starlette route on the same ASGI server could do for the same request."""
