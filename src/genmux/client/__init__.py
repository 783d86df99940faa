"""The client: one sans-I/O core over the wires, with a synchronous and an asynchronous shell."""
