"""The ASGI application: sockets in, dialects asked, answers out."""
