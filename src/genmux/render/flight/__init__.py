"""The fly-over: maps of land from above, and the camera that flies over them."""
