"""Programs that are no Python packages: a test that needs one is skipped where it is not there."""

import os

import pytest


def missing(reason: str) -> None:
    """Skip, or fail where DIGEST_REQUIRE_SYSTEM=1 asks for everything."""
    if os.environ.get("DIGEST_REQUIRE_SYSTEM") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
