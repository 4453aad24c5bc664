"""YAML and environment to one frozen Config; the only room that knows YAML."""

from digest.config.finding import find_config
from digest.config.loading import load_config

__all__ = ["find_config", "load_config"]
