"""Single values are checked as their standards say."""

from email.utils import parseaddr
from zoneinfo import available_timezones

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from digest.config.addresses import (
    PLAIN_ADDRESS,
    RESERVED_DOMAIN,
    check_address,
    check_mailbox,
)
from digest.config.arxiv import ALL, check_class, doubt_about
from digest.config.fields import (
    check_host,
    check_timezone,
    check_web_url,
    is_loopback,
)
from digest.config.preprints import subject_doubt

ATOMS = st.text("abcXYZ019._+-@", max_size=12)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Ada@Example.ORG", "Ada@example.org"),
        ("ada@exämple.de", "ada@xn--exmple-cua.de"),
        ("zoë@example.org", "zoë@example.org"),
        ("ada@localhost", "ada@localhost"),
        ("ada@mail.lab.local", "ada@mail.lab.local"),
    ],
)
def test_addresses_are_normalised(written: str, expected: str) -> None:
    """Domain in lower case and ASCII, local part as written; names inside a house pass."""
    assert check_address(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "ada",
        "ada@",
        "@example.org",
        "ada@example",
        "a@b@example.org",
        "a b@example.org",
        "ada@example.org\n",
        "ada@example.org\x00",
        "ada\r\n@example.org",
        "ada@[127.0.0.1]",
        "a@x.org,b@x.org",
        "Ada <ada@example.org>",
        "a..b@example.org",
        "a" * 65 + "@example.org",
        "ada@example.org.",
        "ada@example.invalid",
        "-@local",
        "a@.local",
        "\x00@localhost",
    ],
)
def test_what_is_not_one_address_is_refused(written: str) -> None:
    """Above all anything that could begin another header or another recipient."""
    with pytest.raises(ValueError, match="is not an e-mail address"):
        check_address(written)


@given(local=ATOMS, domain=st.text("abcXYZ019.-", max_size=30), end=st.sampled_from(["org", "de"]))
def test_the_short_cut_for_plain_addresses_agrees_with_the_library(
    local: str, domain: str, end: str
) -> None:
    """What passes without the library is what the library lets pass, in the same form."""
    text = f"{local}@{domain}.{end}"
    if not PLAIN_ADDRESS.fullmatch(text) or RESERVED_DOMAIN.search(text):
        return
    result = validate_email(text, check_deliverability=False, strict=True)
    assert check_address(text) == f"{result.local_part}@{result.ascii_domain}"


@given(text=st.text(max_size=30))
def test_no_text_passes_that_the_library_refuses(text: str) -> None:
    """Apart from the names inside a house."""
    try:
        address = check_address(f"{text}@example.org")
    except ValueError:
        return
    try:
        validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        pytest.fail(f"{address!r} passed")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("digest@example.org", "digest@example.org"),
        ("Papers <digest@Example.org>", "Papers <digest@example.org>"),
        ("Papers, daily <digest@example.org>", '"Papers, daily" <digest@example.org>'),
        ('"Papers, daily" <digest@example.org>', '"Papers, daily" <digest@example.org>'),
        ('A "b" c <digest@example.org>', '"A \\"b\\" c" <digest@example.org>'),
        ("<digest@example.org>", "digest@example.org"),
    ],
)
def test_a_sender_is_quoted_where_its_name_needs_it(written: str, expected: str) -> None:
    """A comma in a name does not make two senders (RFC 5322 3.4)."""
    assert check_mailbox(written) == expected


@pytest.mark.parametrize("written", ["bücher@example.org", "Bücher <bücher@example.org>"])
def test_a_sender_that_needs_smtputf8_is_refused(written: str) -> None:
    """Its header would be 8-bit in letters to everybody (RFC 6532 3.2)."""
    with pytest.raises(ValueError, match="beyond ASCII before the @"):
        check_mailbox(written)


@given(name=st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="<>")))
def test_a_sender_s_name_survives_parsing(name: str) -> None:
    """The standard library reads back what was written."""
    if name[:1] == '"' and name[-1:] == '"':
        return
    assert parseaddr(check_mailbox(f"{name} <a@example.org>")) == (
        name,
        "a@example.org",
    )


def test_every_zone_of_the_database_passes() -> None:
    """None is refused, none is changed."""
    zones = available_timezones()
    assert {check_timezone(zone) for zone in zones} == zones


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("Europe/Berln", "did you mean 'Europe/Berlin'"),
        ("europe/berlin", "did you mean 'Europe/Berlin'"),
        ("new york", "did you mean 'America/New_York'"),
        ("CET+1:30 or so", "write one like Europe/Berlin"),
        ("Europe", "is not a time zone"),
        ("CEST", "is not a time zone; write one like Europe/Berlin"),
        ("../etc/passwd", "is not a time zone"),
        ("right/Europe/Berlin", "is not a time zone"),
    ],
)
def test_other_zones_are_refused_with_a_hint(written: str, hint: str) -> None:
    """Cities are found by their name alone."""
    with pytest.raises(ValueError, match=hint):
        check_timezone(written)


def test_every_arxiv_class_passes() -> None:
    """The list agrees with the syntax."""
    assert tuple(map(check_class, ALL)) == ALL


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("cs.cl", "cs.CL"),
        ("CS.CL", "cs.CL"),
        ("cs-CL", "cs.CL"),
        ("hep-th.AA", "hep-th"),
        ("quant.ph", "quant-ph"),
        ("q-bio.bm", "q-bio.BM"),
        ("cond-mat.MTRL-SCI", "cond-mat.mtrl"),
    ],
)
def test_slips_in_arxiv_classes_are_recognised(written: str, meant: str) -> None:
    """Case, dot and hyphen are what people mix up."""
    with pytest.raises(ValueError, match=f"did you mean '{meant}"):
        check_class(written)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.9.8.7", "::1", "[::1]", "LOCALHOST"]
)
def test_this_machine_is_recognised(host: str) -> None:
    """Only here may letters travel in clear."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["127.999.1.1", "127.example.org", "localhost.example.org", "0.0.0.0", "", "::"]
)
def test_other_machines_are_not_this_one(host: str) -> None:
    """A name that only looks like loopback is not."""
    assert not is_loopback(host)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "ftp://example.org",
        "file:///etc/passwd",
        "http://",
        "https://a b",
        "http://[::1",
        "javascript:alert(1)",
        "http://x:99999/",
        "http://x\r\ny/",
    ],
)
def test_only_web_addresses_are_fetched(url: str) -> None:
    """http and https with a host, nothing else."""
    with pytest.raises(ValueError, match=r"web address|single line"):
        check_web_url(url)


@pytest.mark.parametrize("name", ["cs.LG", "cs.lg", "cs", "hep-th", "genetics", "Cell Biology"])
def test_no_class_that_letters_can_name_is_doubted(name: str) -> None:
    """Nor a subject of another server."""
    assert doubt_about(name) == ""


def test_a_class_that_arxiv_lacks_is_doubted() -> None:
    """In any case of letters, with the class that was probably meant."""
    assert "did you mean 'cs." in doubt_about("cs.QL")
    assert "none of the arXiv classes" in doubt_about("q-bio.xx")
    assert not doubt_about("q-bio.*")


@pytest.mark.parametrize("name", ["neuroscience", "Cell_Biology", "Plant Biology", "all"])
def test_no_subject_of_a_preprint_server_is_doubted(name: str) -> None:
    """However it is written."""
    assert subject_doubt("biorxiv", name) == ""
    assert subject_doubt("medrxiv", "Infectious Diseases (except HIV/AIDS)") == ""


def test_a_subject_that_a_preprint_server_lacks_is_doubted() -> None:
    """Nothing ever comes of one, which looks like a quiet source."""
    assert "did you mean 'neuroscience'?" in subject_doubt("biorxiv", "neurosciences")
    assert "none of the subjects" in subject_doubt("medrxiv", "plant biology")


def test_a_host_has_no_port_in_its_name() -> None:
    """No relay answers by such a name; what is written for IPv6 stays."""
    for host in ("smtp.example.org", "127.0.0.1", "::1", "[::1]", "2001:db8::25"):
        assert check_host(host) == host
    for host in ("smtp.example.org:587", "[::1]:25", "smtp://example.org", "example.org:"):
        with pytest.raises(ValueError, match="stands in `port:`"):
            check_host(host)


@pytest.mark.parametrize("host", ["mail..example.org", ".example.org", "a" * 64, "ü..org"])
def test_a_host_that_is_no_name(host: str) -> None:
    """It ended a run by LMTP, and a daemon with pages, as a mistake of this program."""
    with pytest.raises(ValueError, match="not the name of a host"):
        check_host(host)
    for other in ("example.org.", "münchen.example", "_x.example.org", ""):
        assert check_host(other) == other
