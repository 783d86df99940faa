"""The loops that move tasks, the service façade, and the ports they need."""
