"""One file per wire format: document -> papers. Pure; the wire types stay in their file."""
