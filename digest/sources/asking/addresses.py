"""Keeps redirects away from addresses that only this machine's own network can reach."""

import ipaddress
import socket
from urllib.parse import urlsplit


def same_place(one: str, other: str) -> bool:
    """Tell whether two URLs lead to the same host and port."""
    return urlsplit(one).netloc.lower() == urlsplit(other).netloc.lower()


def may_have_key(one: str, other: str) -> bool:
    """Tell whether the key for one URL may go to another: the same host, no less secretly."""
    return same_place(one, other) and urlsplit(other).scheme in {"https", urlsplit(one).scheme}


def is_private(url: str) -> bool:
    """Tell whether a URL's host is, or resolves to, an address that is not public.

    A host that does not resolve is not private: asking it will say so.
    """
    host = urlsplit(url).hostname or ""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return not all(is_public(str(info[4][0])) for info in found)


def is_public(address: str) -> bool:
    """Tell whether an IP address, which may name its interface, is one of the whole internet."""
    return ipaddress.ip_address(address.partition("%")[0]).is_global
