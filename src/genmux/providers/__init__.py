"""How to talk to an upstream: one file per vendor, flows over a closed set of effects."""
