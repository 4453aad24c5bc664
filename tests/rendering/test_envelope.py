"""The header of a letter, line by line."""

import email
import email.policy
import hmac
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest

from digest.models import Pick, Section
from digest.rendering.headers import fold, mailbox, unstructured
from digest.rendering.identity import (
    UNSUBSCRIBE,
    find_email,
    keyed_hash,
    make_token,
    verify_token,
)
from digest.rendering.press import Press

from .conftest import SECRET, TEMPLATES, read, site
from .editions import CHINESE_ONLY, DAILY, FLASH


def head(message: bytes) -> str:
    """Return the raw header."""
    return message.partition(b"\r\n\r\n")[0].decode()


def test_every_header_of_the_checklist_stands_once(press: Press) -> None:
    """All headers that mail programs and relays look for, each of them once."""
    parsed, _, _ = read(press.compose(DAILY).message)
    expected = {
        "From": "Morning Papers <digest@example.org>",
        "To": "Ada <ada@example.org>",
        "Date": "Mon, 23 Nov 2026 07:30:00 +0100",
        "MIME-Version": "1.0",
        "List-Id": "Morning Papers <digest.example.org>",
        "List-Owner": "<mailto:ops@example.org>",
        "List-Post": "NO",
        "List-Help": "<mailto:ops@example.org?subject=help>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "Feedback-ID": "daily:20261123:digest:example-org",
    }
    for name, value in expected.items():
        assert [str(v) for v in parsed.get_all(name)] == [value], name
    for name in ("Subject", "Message-ID", "List-Unsubscribe", "List-Archive", "Archived-At"):
        assert len(parsed.get_all(name)) == 1, name
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]


def test_unsubscribe_links_name_a_page_and_an_address(press: Press) -> None:
    """One click over https, a mail for the others, no address in either."""
    raw = head(press.compose(DAILY).message)
    match = re.search(r"List-Unsubscribe: <(https:[^>]+)>,\r\n <(mailto:[^>]+)>\r\n", raw)
    assert match
    token = make_token(UNSUBSCRIBE, "ada@example.org", secret=SECRET)
    assert match[1] == f"https://papers.example.org/u/{token}/{DAILY.id}"
    assert match[2] == f"mailto:ops@example.org?subject=unsubscribe%20{token}"


def test_without_web_pages_there_is_a_mail_address_and_no_one_click() -> None:
    """RFC 8058 wants an https URI; without one the Post header would promise too much."""
    press = Press(site(base_url=""), folders=[TEMPLATES], secret=SECRET)
    message = press.compose(DAILY).message
    raw = head(message)
    assert re.search(r"\r\nList-Unsubscribe: <mailto:ops@[^<>]+%20[^<>]+>\r\n", raw)
    for name in ("List-Unsubscribe-Post", "List-Archive", "Archived-At"):
        assert f"\r\n{name}:" not in raw
    _, html, text = read(message)
    assert 'href="mailto:ops@example.org?subject=unsubscribe' in html
    assert "Read in the browser" not in html + text


def test_a_long_unsubscribe_link_is_neither_folded_nor_encoded() -> None:
    """300 characters of URI arrive as one, between its angle brackets."""
    long = "https://papers.example.org/" + "a" * 260
    press = Press(site(base_url=long), folders=[TEMPLATES], secret=SECRET)
    raw = head(press.compose(DAILY).message)
    token = make_token(UNSUBSCRIBE, "ada@example.org", secret=SECRET)
    assert f"List-Unsubscribe: <{long}/u/{token}/{DAILY.id}>,\r\n" in raw


def test_urls_and_addresses_of_the_list_are_ascii() -> None:
    """A domain with an umlaut is written as mail needs it, though people do not (RFC 5322 2.2)."""
    told = {
        "base_url": "https://bücher.example/straße%20a",
        "help_url": "https://BÜCHER.example/über?q=ä&b=1#c",
        "operator": "100%jörg@bücher.example",
    }
    press = Press(site(**told), folders=[TEMPLATES], secret=SECRET)
    message = press.compose(DAILY).message
    header = head(message)
    assert header.isascii()
    assert "List-Unsubscribe: <https://xn--bcher-kva.example/stra%C3%9Fe%20a/u/1." in header
    assert "<https://xn--bcher-kva.example/%C3%BCber?q=%C3%A4&b=1#c>" in header
    assert "List-Owner: <mailto:100%25j%C3%B6rg@xn--bcher-kva.example>" in header
    _, html, text = read(message)
    assert 'href="https://xn--bcher-kva.example/%C3%BCber?q=%C3%A4&amp;b=1#c"' in html
    assert "\nHelp:\nhttps://xn--bcher-kva.example/%C3%BCber?q=%C3%A4&b=1#c\n" in text


@pytest.mark.parametrize("reply_to", ["team@example.org", "The Team <team@example.org>"])
def test_answers_go_where_the_site_wants_them(press: Press, reply_to: str) -> None:
    """To an address with a name or without; elsewhere the sender gets them."""
    answered = Press(site(reply_to=reply_to), folders=[TEMPLATES], secret=SECRET)
    assert f"\r\nReply-To: {reply_to}\r\n" in head(answered.compose(DAILY).message)
    assert "Reply-To" not in head(press.compose(DAILY).message)


def test_message_ids_differ_by_edition_and_subscriber_and_have_our_domain(press: Press) -> None:
    """Unique for each recipient, the same on a retry, on the sender's own domain."""
    editions = (DAILY, replace(DAILY, id="other"), replace(DAILY, email="bob@example.org"))
    ids = [read(press.compose(edition).message)[0]["Message-ID"] for edition in editions]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"<[0-9a-f]{40}@example\.org>", identity) for identity in ids)
    assert all("ada" not in identity for identity in ids)


def test_bounces_come_back_to_the_delivery() -> None:
    """With a bounce address the envelope sender names the delivery (VERP)."""
    folders = [TEMPLATES]
    bouncing = Press(site(), folders=folders, secret=SECRET, bounce_address="b@bounces.example.org")
    assert bouncing.compose(DAILY).mail_from == "b+k3v9x2m7q1@bounces.example.org"
    assert Press(site(), folders=folders, secret=SECRET).compose(DAILY).mail_from == (
        "digest@example.org"
    )


def test_bodies_travel_in_ascii_lines(press: Press) -> None:
    """No line over 76 characters in a body, no bare LF or CR, no line that begins with a dot."""
    dotted = replace(DAILY, name=".... and .")
    for edition in (DAILY, dotted, CHINESE_ONLY):
        message = press.compose(edition).message
        assert message.isascii()
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)", message)
        assert not re.search(rb"(^|\n)\.", message)
        body = message.partition(b"\r\n\r\n")[2]
        assert max(map(len, body.split(b"\r\n"))) <= 76


def test_a_mailbox_file_changes_nothing(press: Press) -> None:
    """A file of letters begins each with "From "; a title that does would be given a ">"."""
    paper = replace(FLASH, title="From words to music", abstract="From here to there.")
    titled = replace(DAILY, sections=(Section("From topics", (Pick(paper, "", 1.0),)),))
    message = press.compose(titled).message
    assert read(message)[2].count("\nFrom ") == 3
    assert not re.search(rb"^From ", message, re.MULTILINE)


def test_mostly_chinese_letters_travel_in_base64(press: Press) -> None:
    """Quoted-printable would triple them."""
    parsed, html, _ = read(press.compose(CHINESE_ONLY).message)
    encodings = [part["Content-Transfer-Encoding"] for part in parsed.iter_parts()]
    assert encodings[0] == "base64"
    assert "面向长文本的高效注意力机制综述" in html
    latin, _, _ = read(press.compose(DAILY).message)
    assert {p["Content-Transfer-Encoding"] for p in latin.iter_parts()} == {"quoted-printable"}


def test_text_has_crlf_line_ends_before_it_becomes_base64(press: Press) -> None:
    """Text travels with CRLF line ends whatever its encoding (RFC 2045 6.8)."""
    parsed, _, _ = read(press.compose(CHINESE_ONLY).message)
    text = next(iter(parsed.iter_parts())).get_payload(decode=True)
    assert b"\r\n" in text
    assert not re.search(rb"(?<!\r)\n", text)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Ada", "ada@example.org"),
        ("Lovelace, Ada (Countess)", "ada@example.org"),
        ('The "Enchantress" \\ of Numbers', "ada@example.org"),
        ("Ada =?utf-8?q?x?=", "ada@example.org"),
        ("Зоя Космодемьянская из далёкого города на широкой реке", "zoya@example.org"),
        ("n" * 120, "n@example.org"),
        ("Jörg", "j" * 30 + "@" + "d" * 30 + ".example.org"),
        ("", "plain@example.org"),
    ],
)
def test_names_survive_the_journey(name: str, address: str) -> None:
    """What stands in To is what the subscriber is called.

    Read in two steps: Python's newer parser puts a space between encoded-words of a name, which
    RFC 2047 6.2 forbids.
    """
    raw = mailbox("To", name, address)
    words, spec = parseaddr(raw.replace("\r\n", ""))
    assert (str(make_header(decode_header(words))), spec) == (name, address)
    assert max(map(len, f"To: {raw}".split("\r\n"))) <= 78


def test_an_address_stands_beside_the_name_where_there_is_room() -> None:
    """Else on a line of its own: none is longer than 76 characters, whatever the name."""
    assert mailbox("To", "n" * 57, "n@example.org") == "n" * 57 + "\r\n <n@example.org>"
    assert mailbox("To", "n" * 56, "n@example.org") == "n" * 56 + " <n@example.org>"
    for name in (piece * count for piece in ("n", "ü", "müde ") for count in range(1, 120)):
        lines = f"To: {mailbox('To', name.strip(), 'n@example.org')}".split("\r\n")
        assert max(map(len, lines)) <= 76


def test_a_name_adds_no_header(press: Press) -> None:
    """Line ends in what somebody is called are spaces: behind them stood another recipient."""
    letter = press.compose(replace(DAILY, name="Ada\r\nBcc: eve@example.org"))
    parsed, _, _ = read(letter.message)
    assert parsed["Bcc"] is None
    assert str(parsed["To"]) == '"Ada Bcc: eve@example.org" <ada@example.org>'


@pytest.mark.parametrize(
    "text",
    [
        "A plain subject",
        "word " * 40 + "end",
        "w" * 300,
        "a " + "w" * 1000,
        "Größe · 面向长文本的高效注意力机制综述 · " + "long " * 20,
        "=?utf-8?q?not_an_encoded_word?=",
        "🙂" * 60,
    ],
)
def test_subjects_survive_the_journey(text: str) -> None:
    """Folded or encoded, a subject reads as it was written, in lines of at most 78 characters."""
    raw = unstructured("Subject", text)
    parsed = email.message_from_bytes(
        f"Subject: {raw}\r\n\r\n".encode(), policy=email.policy.default
    )
    assert parsed["Subject"] == text
    if " " in text or not text.isascii():
        assert max(map(len, f"Subject: {raw}".split("\r\n"))) <= 78


def test_folding_keeps_single_words_whole() -> None:
    """A word longer than a line is not cut; others stand on a line as long as there is room."""
    assert fold("a" * 90, 9) == "a" * 90
    for room in (67, 75):  # on the first line, and on those behind it
        whole = "a" * (room - 2) + " b"
        before = "x" * 67 + " " if room == 75 else ""
        folded = "x" * 67 + "\r\n " if room == 75 else ""
        assert unstructured("Subject", before + whole) == folded + whole
        assert unstructured("Subject", f"{before}a{whole}") == f"{folded}a{whole[:-2]}\r\n b"


@pytest.mark.parametrize(
    ("piece", "way"),
    [
        ("tired müde words ", "q"),
        ("verylongwordsü", "q"),
        ("aЖ им ", "b"),
        ("ü", "b"),
        ("🙂a", "b"),
    ],
)
def test_encoded_words_are_short_and_each_can_be_read_alone(piece: str, way: str) -> None:
    """At most 75 characters, in lines of 76; none ends within a letter (RFC 2047 2 and 5), and
    but for the last none is half empty."""
    for count in range(1, 50):
        text = piece * count + "end"
        for name in ("To", "Subject"):
            words = unstructured(name, text).split("\r\n ")
            assert all(re.fullmatch(rf"=\?utf-8\?{way}\?[^ ?]+\?=", word) for word in words)
            assert max(map(len, (f"{name}: {words[0]}", *words[1:]))) <= 76
            assert max(map(len, words)) <= 75
            assert min(map(len, words[:-1]), default=75) > 37
            assert "".join(str(make_header(decode_header(word))) for word in words) == text


def test_tokens_open_one_door_for_one_person() -> None:
    """A token holds no address, works for its purpose only, and survives a change of secrets."""
    old, new = b"o" * 32, b"n" * 32
    token = make_token("unsubscribe", "ada@example.org", secret=old, version=1)
    secrets = {1: old, 2: new}
    assert "ada" not in token
    assert re.fullmatch(r"1\.[A-Za-z0-9_-]{32}", token)
    assert verify_token(token, "unsubscribe", "ada@example.org", secrets)
    assert verify_token(token, "unsubscribe", "Ada@Example.org", secrets)
    assert not verify_token(token, "settings", "ada@example.org", secrets)
    assert not verify_token(token, "unsubscribe", "bob@example.org", secrets)
    assert not verify_token(token, "unsubscribe", "ada@example.org", {2: new})
    forged_ones = ("", "1", "1.", "x." + token, "9" * 20 + ".a", "9" * 5_000 + ".a", token[:-1],
                   "²." + token, "1.ü", "1.\udcff", token.replace("1.", "\u0661.", 1))  # fmt: skip
    for forged in forged_ones:
        assert not verify_token(forged, "unsubscribe", "ada@example.org", secrets)
    people = [f"p{n}@example.org" for n in range(50)] + ["ada@example.org"]
    assert find_email(token, "unsubscribe", people, secrets) == "ada@example.org"
    assert find_email("1.unknown", "unsubscribe", people, secrets) is None


@pytest.mark.parametrize("secret", [b"s" * 16, b"s" * 32, b"s" * 200])
def test_the_keyed_hash_is_hmac(secret: bytes) -> None:
    """RFC 2104 over purpose and parts, the same at every call."""
    expected = hmac.digest(secret, b"letter\0ada@example.org", "sha256")
    assert keyed_hash(secret, "letter", "ada@example.org") == expected
    assert keyed_hash(secret, "letter", "ada@example.org") == expected


def test_an_unknown_time_zone_is_utc(press: Press) -> None:
    """A letter is sent even where the machine's time zones lack one."""
    edition = replace(DAILY, timezone="Mars/Olympus", made_at=datetime(2026, 11, 23, 6, tzinfo=UTC))
    assert read(press.compose(edition).message)[0]["Date"] == "Mon, 23 Nov 2026 06:00:00 +0000"
