"""When to look at a task again: pure functions, and what they learn of how long generations take."""
