"""genmux: one self-hosted API for every image and video model."""

__version__ = "0.1.0"
