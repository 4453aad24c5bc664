"""YAML and environment to one frozen Config; the only room that knows YAML."""
