"""What publishers' feeds hold that no document captured for these tests had."""

import json
from datetime import UTC, datetime

import pytest

from digest.identities import doi, dois
from digest.models import Paper
from digest.sources.document import Origin
from digest.sources.kinds.descriptions import read_description
from digest.sources.recognition import parse_document

ORIGIN = Origin("a source", "https://feeds.example.org/feed", datetime(2026, 11, 24, tzinfo=UTC))


def only(text: str) -> Paper:
    """Return a document's one paper."""
    (paper,) = parse_document(text.encode(), ORIGIN).papers
    return paper


def rdf(item: str, *, channel: str = "Frogs") -> str:
    """Return a journal's RSS 1.0 of one item."""
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>{channel}</title></channel><item>{item}</item></rdf:RDF>"
    )


@pytest.mark.parametrize("name", ["doi", "DOI"])
@pytest.mark.parametrize("space", ["", "<content:encoded>x</content:encoded>"])
def test_arxiv_writes_its_doi_in_capitals(name: str, space: str) -> None:
    """The daily feeds say `arxiv:DOI` where the API says `arxiv:doi`, for either reader."""
    text = (
        '<rss version="2.0" xmlns:arxiv="http://arxiv.org/schemas/atom" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>cs.NI updates on arXiv.org</title><item><title>Switches</title>{space}"
        "<link>https://arxiv.org/abs/2609.13795</link><description>arXiv:2609.13795v1 Announce "
        "Type: new \nAbstract: They switch.</description><guid>oai:arXiv.org:2609.13795v1</guid>"
        f"<arxiv:{name}>10.1145/3795866.3844758</arxiv:{name}></item></channel></rss>"
    )
    assert only(text).ids == ("arxiv:2609.13795", "doi:10.1145/3795866.3844758")


def test_highwire_has_two_identifiers_and_headings_of_its_own() -> None:
    """The DOI stands before HighWire's number; `<st>` is the title of a section."""
    paper = only(
        rdf(
            "<title>Frogs: a trial</title><link>http://gut.bmj.com/cgi/content/short/1/2/3?rss=1"
            "</link><description><![CDATA[<sec><st>Objective</st>\n<p>To count frogs.</p>\n</sec>"
            "<sec><st>Results</st>\n<p>They are many.</p></sec>]]></description>"
            "<dc:identifier>info:doi/10.1136/gutjnl-2026-330909</dc:identifier>"
            "<dc:identifier>hwp:master-id:gutjnl;gutjnl-2026-330909</dc:identifier>"
        )
    )
    assert paper.ids == ("doi:10.1136/gutjnl-2026-330909",)
    assert paper.abstract == "Objective To count frogs. Results They are many."


def test_biorxiv_has_its_marks_in_its_feeds_too() -> None:
    """The figure goes with its heading, and the journal's name is not that of the collection."""
    paper = only(
        rdf(
            "<title>Frogs</title><link>https://www.biorxiv.org/content/10.64898/2026.03.01.582901v1"
            "?rss=1</link><description><![CDATA[The FO_SCPLOWROGC_SCPLOW sings.\n\nGraphical "
            'Abstract\n\nO_FIG O_LINKSMALLFIG WIDTH=200 SRC="FIGDIR/small/1.gif" ALT="Figure 1">\n'
            "View larger version (22K):\norg.highwire.dtl.DTLVardef@1d_HPS_FORMAT_FIGEXP  M_FIG "
            "C_FIG ]]></description>",
            channel="bioRxiv Subject Collection: Bioinformatics",
        )
    )
    assert (paper.abstract, paper.venue) == ("The FROG sings.", "bioRxiv")


@pytest.mark.parametrize(
    ("channel", "venue"),
    [
        ("Latest Results for Machine Learning", "Machine Learning"),
        ("Frontiers in Frogs | New and Recent Articles", "Frontiers in Frogs"),
        ("Frogs\n  Latest Issue", "Frogs"),
        ("Journal of Frogs : Condensed Ponds", "Journal of Frogs : Condensed Ponds"),
        ("BMC Frogs - Latest Articles", "BMC Frogs"),
        ("Frogs Advance Access", "Frogs"),
        ("IEEE Transactions on Frogs - new TOC", "IEEE Transactions on Frogs"),
        ("SAGE: Frogs &amp;amp; Toads: Table of Contents", "SAGE: Frogs & Toads"),
        (f"Frogs{': Latest Issue' * 300}\nx", "Frogs"),  # was exponential
    ],
)
def test_a_channel_names_the_journal(channel: str, venue: str) -> None:
    """What a publisher writes around the journal's name goes."""
    assert only(rdf("<title>Frogs</title>", channel=channel)).venue == venue


@pytest.mark.parametrize(
    "fragment",
    [
        "J. Frogs, Volume 36, Issue 2, Page 600-630, June 2026. Abstract. {0}",  # SIAM
        "J. Frogs, Ahead of Print. {0}",
        "<p>Author(s): Ada Byron</p><p>{0}</p><img src='x'><br/>[Phys. Rev. Frogs <b>132</b>, 1068]"
        " Published Tue Mar 05, 2024",
        "{0} [Opt. Frogs  32, 8000-8010 (2024) ]",  # Optica
    ],
)
def test_the_place_in_the_journal_is_no_abstract(fragment: str) -> None:
    """It goes from before and behind the abstract, which stays where both share a line."""
    text = "We count the frogs of all ponds [1, 2], which are many."
    assert read_description(fragment.format(text)).abstract == text


def test_a_sentence_that_names_a_stage_of_print_is_no_place() -> None:
    """Who writes about publishing says so within a sentence."""
    told = "We study papers that appear online, ahead of print, in journals. They are many."
    assert read_description(told).abstract == told


@pytest.mark.parametrize(
    "line",
    [
        "J. Frogs, Vol. 3, No. 2 (2024) pp. 3-4",
        "Frogs, Volume 3, Issue 2, Page 1-9. ",
        "Frogs, EarlyView.",
    ],
)
def test_a_place_alone_is_no_abstract(line: str) -> None:
    """Nothing is told by a line that says where the article stands."""
    assert read_description(line).abstract == ""


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (
            "BackgroundFrogs sing.MethodsWe count them (all). ResultsA pond has ten.",
            "Background: Frogs sing. Methods: We count them (all). Results: A pond has ten.",
        ),
        ("SignificanceMany frogs sing.", "Significance: Many frogs sing."),
        (
            "SignificanceCRISPR edits frogs.\nAbstractFrogs sing.",
            "Significance: CRISPR edits frogs. Abstract: Frogs sing.",
        ),
        ("AbstractWe sing.", "We sing."),
        ("ContextBench sings. It is new.", "ContextBench sings. It is new."),
        ("ResultsDB is new. MethodsX printed it.", "ResultsDB is new. MethodsX printed it."),
        ("Introductions are long.", "Introductions are long."),
    ],
)
def test_a_heading_is_set_apart_from_its_text(told: str, shown: str) -> None:
    """Headings that lost the line they stood on are told from the words they are glued to."""
    assert only(rdf(f"<title>Frogs</title><description>{told}</description>")).abstract == shown


@pytest.mark.parametrize(
    ("told", "names"),
    [
        (
            "Bård HarstadKatinka McHoltsmarkStanford University, Bureau of Frogs, and UKOslo",
            ("Bård Harstad", "Katinka McHoltsmark"),
        ),
        (
            "Ada ByronTom O’DonnellXi Li1School of Ponds, UK2Institute of Frogs",
            ("Ada Byron", "Tom O’Donnell", "Xi Li"),
        ),
        ("Ada Byron1School of Ponds, UK", ("Ada Byron",)),
        ("Ada ByronAlan M. DeRing", ("Ada Byron", "Alan M. DeRing")),
        ("Ada Byron", ("Ada Byron",)),
        ("Ada LaTeX, Alan Ring", ("Ada LaTeX", "Alan Ring")),
        ("The OpenFrog Team", ("The OpenFrog Team",)),
    ],
)
def test_names_without_anything_between(told: str, names: tuple[str, ...]) -> None:
    """Journals on the platform Atypon write authors and their universities as one word."""
    link = "https://journals.example.org/doi/abs/10.1086/740172?af=R"
    item = f"<title>Gas traps</title><link>{link}</link><dc:creator>{told}</dc:creator>"
    assert only(rdf(item)).authors == names


def test_a_collaboration_in_parentheses_is_an_author() -> None:
    """The last author's name does not hold the group for which all have written."""
    creator = (
        "<dc:creator>Ada Byron, Alan M. Ring, and Jan van Dyk (FROG Collaboration)</dc:creator>"
    )
    paper = only(rdf(f"<title>Frogs</title>{creator}"))
    assert paper.authors == ("Ada Byron", "Alan M. Ring", "Jan van Dyk", "FROG Collaboration")


def test_nber_tells_the_authors_in_the_title() -> None:
    """They are taken from there where they are names, and the title ends before them."""
    paper = only(rdf("<title>The Price of Frogs -- by Ada Byron, Jan van Dyk</title>"))
    assert (paper.title, paper.authors) == ("The Price of Frogs", ("Ada Byron", "Jan van Dyk"))
    assert only(rdf("<title>Frogs -- by the pond</title>")).title == "Frogs -- by the pond"


def test_arxiv_has_several_dois_in_one_field() -> None:
    """They are divided by spaces, commas or semicolons; an old DOI may hold a semicolon."""
    assert dois("10.1103/PhysRevD.93.0, 10.1103/PhysRevD.98.1;10.1103/PhysRevD.98.2 x") == (
        "10.1103/physrevd.93.0",
        "10.1103/physrevd.98.1",
        "10.1103/physrevd.98.2",
    )
    sici = "10.1002/(sici)1097-0177(199912)216:4<1::aid-dvdy1>3.0.co;2-x"
    assert dois(sici) == (sici,)


def test_europepmc_has_preprints_and_bare_initials() -> None:
    """A preprint's server is its venue, and an author without forename keeps the initials."""
    row = {
        "id": "PPR800001",
        "source": "PPR",
        "title": "Frogs",
        "bookOrReportDetails": {"publisher": "bioRxiv", "yearOfPublication": 2026},
        "authorList": {"author": [{"fullName": "Roe R", "lastName": "Roe", "initials": "R"}]},
    }
    paper = only(json.dumps({"hitCount": 1, "resultList": {"result": [row]}}))
    assert (paper.venue, paper.authors) == ("bioRxiv", ("R Roe",))


@pytest.mark.parametrize("name", ["data", "recommendedPapers"])
def test_semantic_scholar_recommends_and_matches(name: str) -> None:
    """Recommendations and the match of a title are lists of papers without a total."""
    assert only(json.dumps({name: [{"paperId": "7", "title": "Frogs"}]})).id == "guid:s2:7"


def test_chemrxiv_divides_the_version_by_a_slash() -> None:
    """All versions of a preprint are one work, in the DOIs of its new platform too."""
    assert doi("doi:10.26434/chemrxiv-2026-hssg2/v3") == "10.26434/chemrxiv-2026-hssg2"
    link = "https://chemrxiv.org/doi/full/10.26434/chemrxiv-2026-hssg2/v3?af=R"
    assert only(rdf(f"<title>Frogs</title><link>{link}</link>")).doi == doi(link)


def test_google_alerts_lead_past_google() -> None:
    """The link and the identity are those of the page found, not of Google's redirection."""
    paper = only(
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>Google Alert - frogs</title><entry>'
        '<id>tag:google.com,2013:googlealerts/feed:111</id><title type="html">Best &lt;b&gt;frogs'
        '&lt;/b&gt;</title><link href="https://www.google.com/url?rct=j&amp;sa=t&amp;'
        'url=https://arxiv.org/abs/2609.13795&amp;ct=ga&amp;cd=x"/></entry></feed>'
    )
    assert (paper.id, paper.url) == ("arxiv:2609.13795", "https://arxiv.org/abs/2609.13795")


@pytest.mark.parametrize("told", ["frogs", "https://arxiv.org/abs/2611.01234"])
def test_a_feed_that_speaks_of_arxiv_is_read_as_any_other(told: str) -> None:
    """Its authors, contents and DOIs are kept, so that an item has one identity every day."""
    channel = (
        f"<title>A Pond's Blog</title><description>On {told}</description><item>"
        "<guid>https://example.org/7</guid><title>Frogs</title><author>Ada Byron</author>"
        "<description>A teaser.</description><prism:doi>10.5555/frog.7</prism:doi>"
        f"<content:encoded>{'Frogs sing in tune. ' * 9}</content:encoded></item>"
    )
    body = (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/">'
        f"<channel>{channel}</channel></rss>"
    )
    paper = only(body)
    assert (paper.id, paper.authors) == ("doi:10.5555/frog.7", ("Ada Byron",))
    assert paper.abstract.startswith("Frogs sing")


@pytest.mark.parametrize(
    ("declared", "encoding", "title"),
    [
        ("ISO-8859-1", "cp1252", "Glasfaser – gefördert"),
        ("windows-1251", "cp1251", "Новая статья"),
        ("Shift_JIS", "cp932", "髙橋の新しい論文①"),
        ("Windows-31J", "cp932", "新しい論文"),
        ("ISO-2022-JP", "iso2022_jp", "新しい論文"),
        ("EUC-KR", "cp949", "뷁의 새 논문"),
        ("GB2312", "gb18030", "新论文"),
        ("ISO-8859-1", "utf-8", "said Latin-1, sent UTF-8 – gefördert"),
        ("no-such-encoding", "utf-8", "Ünï"),
        ("undefined", "ascii", "Frogs"),  # by a server whose template has nothing to fill in
        ("idna", "cp1252", "Glasfaser – gefördert"),  # Python knows it, and it suits no text
        ("unicode_escape", "cp1252", r"Für \u0041"),
        ("raw_unicode_escape", "cp1252", r"Für \u0041"),
        ("punycode", "cp1252", "gefördert"),
        ("UTF-16", "utf-8", "said UTF-16, sent UTF-8"),
    ],
)
def test_declared_encodings(declared: str, encoding: str, title: str) -> None:
    """The XML declaration is believed unless it is UTF-8, and means what it means to browsers."""
    body = (
        f"<?xml version='1.0' encoding='{declared}'?><rss version='2.0'><channel><title>C</title>"
        f"<item><title>{title}</title></item></channel></rss>"
    )
    (paper,) = parse_document(body.encode(encoding), ORIGIN).papers
    assert paper.title == title


@pytest.mark.parametrize(
    "place",
    [
        "J. Frogs Data, 18, 1234&#8211;1256, https://doi.org/10.5194/jfd-18-1-2026, 2026",
        "J. Frogs Discuss., https//doi.org/10.5194/jfd-18-1-2026,2026<br><b>Preprint under review"
        " for JFD</b> (discussion: open, 0 comments)",
    ],
)
def test_copernicus_has_title_authors_and_place_before_the_summary(place: str) -> None:
    """The summary alone is the abstract; the place has the DOI."""
    head = f"<b>Frogs</b><br>Ada Byron and Alan Ring<br>{place}<br>"
    paper = only(
        rdf(f"<title>Frogs</title><description><![CDATA[{head}They are many.]]></description>")
    )
    assert (paper.abstract, paper.id) == ("They are many.", "doi:10.5194/jfd-18-1-2026")
    assert paper.authors == ("Ada Byron", "Alan Ring")


def test_the_lancet_writes_the_section_before_the_title() -> None:
    """What stands on every article goes; what says that it is none stays."""
    assert only(rdf("<title>[Articles] Frogs: a trial</title>")).title == "Frogs: a trial"
    assert only(rdf("<title>[Comment] Frogs: a trial</title>")).title == "[Comment] Frogs: a trial"


def test_deposits_at_crossref_are_escaped_once_too_often() -> None:
    """Neither the tags nor the entities that are left after a first reading are shown."""
    row = {
        "DOI": "10.5555/frog",
        "title": ["Frogs &amp;amp; toads"],
        "abstract": "<jats:p>&lt;p&gt;They &lt;em&gt;sing&lt;/em&gt; (p &amp;lt; 0.05).&lt;/p&gt;"
        "</jats:p>",
    }
    body = {"status": "ok", "message-type": "work", "message": row}
    paper = only(json.dumps(body))
    assert (paper.title, paper.abstract) == ("Frogs & toads", "They sing (p < 0.05).")


def test_jstage_has_all_authors_in_one_element() -> None:
    """Each of them is an author once, in the language that comes first."""
    names = (
        "<en><name>Hanako Suzuki</name>\n<name>Taro Yamada</name></en><ja><name>鈴木</name></ja>"
    )
    entry = f"<title>Frogs</title><id>urn:frog:7</id><author>{names}</author>"
    paper = only(f'<feed xmlns="http://www.w3.org/2005/Atom"><entry>{entry}</entry></feed>')
    assert paper.authors == ("Hanako Suzuki", "Taro Yamada")
