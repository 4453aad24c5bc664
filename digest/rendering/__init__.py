"""Turns an edition into the bytes of a letter. Touches no network and no clock."""
