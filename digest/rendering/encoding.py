"""Bytes that a mail body is made of: quoted-printable and base64 (RFC 2045). Touches no header.

Quoted-printable pieces made here may be joined in any order: each begins in the first column and
ends in a line break, which is a soft one unless the text itself ended there. No line begins with a
full stop, so that SMTP's dot-stuffing (RFC 5321 4.5.2) finds nothing to do, nor with "From ", which
would get a ">" in a file of letters (RFC 4155).
"""

import binascii
import re

LEADING = re.compile(rb"(^|\r\n)(\.+(?:F(?=rom ))?|F(?=rom ))")
# b2a_qp spells a blank before a line end and does not look whether there is room for it.
SPELLED_BLANK = re.compile(rb"(?<![^\n])([^\n]{74,})(=20|=09)(?=\r\n)")
QP_LINE = 76  # RFC 2045 6.7, the soft break included
# As numbers: `bytes in bytes` tries its left side as one first, which takes longer than the search.
CR, LF, DOT = b"\r\n."
FROM = b"From "
BASE64_LINE = 76  # RFC 2045 6.8
BASE64_GROWTH = 4 / 3 * 78 / 76  # four characters for three bytes, and the line ends


def quote(data: bytes) -> bytes:
    """Encode a piece of text as quoted-printable lines of at most 76 characters.

    Args:
        data: UTF-8 with LF or CRLF at the line ends.
    """
    if not data:
        return b""
    # b2a_qp writes the line end it meets first, and a bare LF where it meets none.
    lines = binascii.b2a_qp(data.replace(b"\r\n", b"\n") if CR in data else data)
    spelled = lines[0] == DOT or lines[:5] == FROM
    if len(lines) < QP_LINE and LF not in lines and not spelled:  # as most sentences are
        return lines + b"=\r\n"
    lines = lines.replace(b"\n", b"\r\n")
    if lines.find(b"=20\r\n") >= 0 or lines.find(b"=09\r\n") >= 0:
        lines = SPELLED_BLANK.sub(rb"\1=\r\n\2", lines)
    if spelled or lines.find(b"\n.") >= 0 or lines.find(b"\nFrom ") >= 0:
        lines = LEADING.sub(hide_leading, lines)
    if lines[-1] == LF:
        return lines
    if len(lines) - lines.rfind(b"\n") > QP_LINE:
        lines = break_before_last(lines)
    return lines + b"=\r\n"


def break_before_last(lines: bytes) -> bytes:
    """Make room for a soft break on a last line that is full; b2a_qp ends none by =C3."""
    last = lines[-1:]
    return lines[:-1] + b"=\r\n" + (b"=2E" if last == b"." else last)


def hide_leading(match: re.Match[bytes]) -> bytes:
    """Spell what may not begin a line on lines of its own, where three characters have room."""
    return match[1] + b"".join([b"=%02X=\r\n" % byte for byte in match[2]])


def base64_lines(data: bytes) -> bytes:
    """Encode as base64 lines of 76 characters."""
    text = binascii.b2a_base64(data, newline=False)
    lines = [text[at : at + BASE64_LINE] for at in range(0, len(text), BASE64_LINE)]
    return b"\r\n".join([*lines, b""])
