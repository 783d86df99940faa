"""Configuration: read once from `genmux.toml`, the environment and the command line, then frozen."""

from __future__ import annotations

from genmux.settings.channels import ChannelSettings, parse_channel
from genmux.settings.errors import SettingsError
from genmux.settings.fields import RATES, Settings
from genmux.settings.load import load_settings

__all__ = ["RATES", "ChannelSettings", "Settings", "SettingsError", "load_settings", "parse_channel"]
