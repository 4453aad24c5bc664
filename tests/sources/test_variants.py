"""Feeds in the manner of many houses, written for this test: each has its own idea of a paper."""

import json
from datetime import UTC, datetime

import pytest

from digest.errors import SourceError
from digest.models import Paper
from digest.sources.document import Document, Origin
from digest.sources.recognition import parse_document

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
PRISM = 'xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"'
RDF = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    f'xmlns="http://purl.org/rss/1.0/" {DC} {PRISM}>'
)


def read(body: str | bytes, url: str = "https://feeds.example.org/feed") -> Document:
    """Return what a document holds."""
    raw = body.encode() if isinstance(body, str) else body
    return parse_document(raw, Origin("a source", url, NOW))


def only(body: str | bytes) -> Paper:
    """Return the document's one paper."""
    (paper,) = read(body).papers
    return paper


def test_arxiv_rdf_of_old_days() -> None:
    """Until 2024 arXiv wrote id, class and announce type into the title, authors as links."""
    body = f"""<?xml version="1.0" encoding="UTF-8"?>{RDF}
    <channel rdf:about="http://export.arxiv.org/rss/cs.CL"><title>cs.CL updates</title></channel>
    <item rdf:about="http://arxiv.org/abs/2301.00001">
    <title>On the shape of words. (arXiv:2301.00001v2 [cs.CL] UPDATED)</title>
    <link>http://arxiv.org/abs/2301.00001</link>
    <description rdf:parseType="Literal">&lt;p&gt;Words with $a&lt;b$ have shapes.&lt;/p&gt;
    </description>
    <dc:creator> &lt;a href="http://arxiv.org/find/cs/1/au:+A"&gt;Ada Byron&lt;/a&gt;, &lt;a
    href="http://arxiv.org/find/cs/1/au:+T"&gt;Alan T. Ring&lt;/a&gt;</dc:creator>
    </item></rdf:RDF>"""
    paper = only(body)
    assert (paper.ids, paper.version, paper.announced) == (("arxiv:2301.00001",), 2, "replace")
    assert paper.title == "On the shape of words"
    assert paper.authors == ("Ada Byron", "Alan T. Ring")
    assert paper.abstract.startswith("Words with a<b have shapes.") or "$a<b$" in paper.abstract
    assert paper.categories == ("cs.CL",)


def test_medrxiv_rdf() -> None:
    """medRxiv's RDF has the DOI in dc:identifier and authors as "Surname, I.,"."""
    body = f"""{RDF}<channel rdf:about="https://www.medrxiv.org"><title>medRxiv</title></channel>
    <item rdf:about="http://medrxiv.org/cgi/content/short/2026.11.01.12345v1?rss=1">
    <title><![CDATA[A trial of <i>trials</i>]]></title>
    <link>http://medrxiv.org/cgi/content/short/2026.11.01.12345v1?rss=1</link>
    <description><![CDATA[<p>Background. We tried it.</p>]]></description>
    <dc:creator><![CDATA[Curie, M., Noether, E., Franklin, R. E. ]]></dc:creator>
    <dc:date>2026-11-03</dc:date>
    <dc:identifier>doi:10.64898/2026.11.01.12345678</dc:identifier>
    <dc:publisher>Cold Spring Harbor</dc:publisher></item></rdf:RDF>"""
    paper = only(body)
    assert paper.id == "doi:10.64898/2026.11.01.12345678"
    assert paper.title == "A trial of trials"
    assert paper.authors == ("M. Curie", "E. Noether", "R. E. Franklin")
    assert paper.published == datetime(2026, 11, 3, tzinfo=UTC)


def test_ieee_rss() -> None:
    """IEEE Xplore writes one `authors` element with semicolons."""
    body = """<rss version="2.0"><channel><title>IEEE Transactions on Things</title><item>
    <title>Sensing Things</title><link>http://ieeexplore.ieee.org/document/9999999</link>
    <description>Things are sensed.</description><authors>Ada Byron;Alan T. Ring;</authors>
    <pubDate>MON, 02 NOV 2026 09:16:40 -0400</pubDate></item></channel></rss>"""
    paper = only(body)
    assert paper.authors == ("Ada Byron", "Alan T. Ring")
    assert paper.id == "link:http://ieeexplore.ieee.org/document/9999999"


def test_plos_atom() -> None:
    """PLOS names the DOI as the entry's id and repeats the authors in the content."""
    body = """<feed xmlns="http://www.w3.org/2005/Atom"><title>PLOS ONE</title><entry>
    <title>Frogs in the rain</title><id>10.1371/journal.pone.0999999</id>
    <link rel="related" type="application/pdf" href="https://journals.plos.org/x.pdf"/>
    <link rel="alternate" href="https://journals.plos.org/a?id=10.1371/journal.pone.0999999"/>
    <author><name>Ada Byron</name></author><author><name>Alan T. Ring</name></author>
    <updated>2026-11-20T14:00:00Z</updated>
    <content type="html">&lt;p&gt;by Ada Byron, Alan T. Ring&lt;/p&gt;
    Frogs like rain &amp;amp; sing when p &amp;lt; 0.05.</content></entry></feed>"""
    paper = only(body)
    assert paper.id == "doi:10.1371/journal.pone.0999999"
    assert paper.authors == ("Ada Byron", "Alan T. Ring")
    assert paper.abstract == "Frogs like rain & sing when p < 0.05."
    assert paper.url.startswith("https://journals.plos.org/a?")


def test_atom_03() -> None:
    """Atom 0.3 calls its dates `issued` and `modified`."""
    body = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Old</title><entry>
    <title type="text/html" mode="escaped">An &lt;b&gt;old&lt;/b&gt; feed</title>
    <link rel="alternate" type="text/html" href="https://example.org/old"/>
    <id>tag:example.org,2004:1</id><issued>2026-11-01T00:00:00Z</issued>
    <modified>2026-11-02T00:00:00Z</modified><summary>Still read.</summary></entry></feed>"""
    paper = only(body)
    assert (paper.title, paper.url) == ("An old feed", "https://example.org/old")
    assert paper.id == "guid:tag:example.org,2004:1"
    assert paper.published is not None


def test_rss_091_with_html_entities() -> None:
    """RSS 0.91 leans on a DTD for its entities, which is not fetched and not needed."""
    body = """<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
    "http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel>
    <title>Caf&eacute;</title><item><title>Caf&eacute; &amp; caf&eacute;</title>
    <link>https://example.org/1</link></item></channel></rss>"""
    assert only(body).title == "Café & café"


def test_elsevier_description() -> None:
    """ScienceDirect has authors and date only in the description's HTML."""
    body = """<rss version="2.0"><channel><title>ScienceDirect Publication: Icarus</title><item>
    <title><![CDATA[Rings of <em>Saturn</em>]]></title>
    <link>https://www.sciencedirect.com/science/article/pii/S1?dgcid=rss_sd_all</link>
    <guid isPermaLink="false">https://www.sciencedirect.com/science/article/pii/S1</guid>
    <description><![CDATA[<p>Publication date: March 2026</p><p><b>Source:</b> Icarus, Volume 3</p>
    <p>Author(s): Ada Byron, Alan T. Ring</p>]]></description></item></channel></rss>"""
    paper = only(body)
    assert (paper.title, paper.abstract, paper.venue) == ("Rings of Saturn", "", "Icarus")
    assert paper.authors == ("Ada Byron", "Alan T. Ring")


def test_doi_of_a_cited_work_is_not_the_papers() -> None:
    """A DOI within an abstract is a citation."""
    body = """<rss version="2.0"><channel><title>J</title><item><title>Reusing data</title>
    <link>https://example.org/7</link><description>We reuse data, doi: 10.5281/zenodo.1, and more.
    </description></item></channel></rss>"""
    assert only(body).id == "link:https://example.org/7"


@pytest.mark.parametrize(
    "encoding",
    ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig"],
)
def test_unicode_in_all_its_widths(encoding: str) -> None:
    """UTF-16 and UTF-32 are read with and without a byte order mark."""
    item = "<item><title>Ünï 论文 𝜋</title></item>"
    body = f"<rss version='2.0'><channel><title>C</title>{item}</channel></rss>"
    assert only(body.encode(encoding)).title == "Ünï 论文 𝜋"
    marked = "\ufeff" + body
    assert only(marked.encode(encoding)).title == "Ünï 论文 𝜋"


def test_links_shared_by_entries_are_no_identity() -> None:
    """Where every link leads to the front page, title and authors tell the papers apart."""
    item = "<item><title>{}</title><link>https://example.org/</link></item>"
    items = item.format("First paper") + item.format("Second paper")
    document = read(f"<rss version='2.0'><channel><title>C</title>{items}</channel></rss>")
    assert len({paper.id for paper in document.papers}) == 2
    assert all(paper.id.startswith("hash:") for paper in document.papers)


def test_numbers_of_other_houses_are_not_arxivs() -> None:
    """A guid such as article/1234567 belongs to its feed."""
    body = (
        '<rss version="2.0"><channel><title>J</title><item><title>A study of numbers</title>'
        '<guid isPermaLink="false">article/1234567</guid></item></channel></rss>'
    )
    (one,), (other,) = (read(body, f"https://{name}.example.org/feed").papers for name in "ab")
    assert one.ids == ("guid:a.example.org/article/1234567",)
    assert other.ids == ("guid:b.example.org/article/1234567",)


@pytest.mark.parametrize(
    "others",
    [
        "<dc:creator>Ann Doe, Bo Roe, Jo Poe</dc:creator>",
        "<dc:creator>A</dc:creator><dc:creator>B</dc:creator>",
        "<dc:creator>Doe, Ann Jo</dc:creator>",
    ],
)
@pytest.mark.parametrize(
    ("text", "names"),
    [("De Souza, Ana Clara", 1), ("Ann Souza, Clara Roe", 2), ("Ann Souza and Clara Roe", 2)],
)
def test_a_comma_divides_people_or_names(others: str, text: str, names: int) -> None:
    """What stands before a comma between four words tells what it divides, in every feed."""
    body = (
        f'<rss version="2.0" {DC}><channel><title>J</title><item><title>A</title>'
        f"<dc:creator>{text}</dc:creator></item><item><title>B</title>{others}</item></channel></rss>"
    )
    assert len(read(body).papers[0].authors) == names


def test_json_feed_names_have_the_forename_first() -> None:
    """JSON Feed has a name for each author."""
    body = (
        '{"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": [{"id": "1", '
        '"title": "A study", "authors": [{"name": "De Souza, Ana Clara"}, {"name": "Jo Roe"}]}]}'
    )
    assert only(body).authors == ("Ana Clara De Souza", "Jo Roe")


def test_a_text_without_a_title_is_parted_between_words() -> None:
    """Its first words serve as the title, the others as the abstract; no word is cut in two."""
    text = "Some frogs sing at night, and " * 10 + "toads sleep."
    body = f"""<rss version="2.0"><channel><title>F</title>
    <item><description>{text}</description><guid isPermaLink="false">1</guid></item>
    </channel></rss>"""
    paper = only(body)
    assert 180 < len(paper.title) <= 200
    assert f"{paper.title} {paper.abstract}" == text


def test_relative_links_start_from_the_feed() -> None:
    """A relative link is resolved against the feed's own address."""
    body = """<feed xmlns="http://www.w3.org/2005/Atom"><title>F</title>
    <link rel="self" href="http://example.net/blog/index.atom"/><link href="/blog/"/>
    <entry><title>T is long</title><id>urn:1</id><link href="post/1"/></entry></feed>"""
    assert only(body).url == "http://example.net/blog/post/1"


def test_namespaces_with_prefixes_and_upper_case() -> None:
    """Prefixed Atom is Atom."""
    body = """<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:title>F</a:title><a:entry>
    <a:title>Prefixed entries</a:title><a:id>urn:1</a:id></a:entry></a:feed>"""
    assert only(body).title == "Prefixed entries"


def test_journal_news_is_marked() -> None:
    """Half of nature.com's items are news; they are papers of the category "news"."""
    body = f"""{RDF}<channel rdf:about="x"><title>Nature</title></channel>
    <item rdf:about="https://www.nature.com/articles/d41586-026-02352-2">
    <title>Daily briefing</title><link>https://www.nature.com/articles/d41586-026-02352-2</link>
    <dc:identifier>doi:10.1038/d41586-026-02352-2</dc:identifier></item></rdf:RDF>"""
    assert only(body).categories[0] == "news"


def test_oai_knows_deleted_records_and_its_errors() -> None:
    """Deleted records are no papers, "nothing matches" is an empty answer, other errors fail."""
    record = (
        "<record><header status='deleted'><identifier>oai:arXiv.org:2604.1</identifier></header>"
        "</record><resumptionToken completeListSize='9'>next|1</resumptionToken>"
    )
    document = read(f"<OAI-PMH><ListRecords>{record}</ListRecords></OAI-PMH>")
    assert (document.entries, document.papers, document.cursor) == (1, (), "next|1")
    assert read("<OAI-PMH><error code='noRecordsMatch'>none</error></OAI-PMH>").papers == ()
    with pytest.raises(SourceError, match="badResumptionToken"):
        read("<OAI-PMH><error code='badResumptionToken'>old</error></OAI-PMH>")


def test_truncated_oai_keeps_whole_records() -> None:
    """A harvest that breaks off gives its whole records and is partial."""
    record = (
        "<record><header><identifier>oai:arXiv.org:2604.0000{0}</identifier></header><metadata>"
        "<arXiv><id>2604.0000{0}</id><title>Paper {0}</title></arXiv></metadata></record>"
    )
    body = "<OAI-PMH><ListRecords>" + record.format(1) + record.format(2)[:150]
    document = read(body)
    assert ([paper.id for paper in document.papers], document.whole) == (
        ["arxiv:2604.00001"],
        False,
    )


def test_pubmed_without_abstract_has_none() -> None:
    """A PubMed item without abstract gives no citation line in its place."""
    body = """<rss version="2.0"><channel><title>search</title><item><title>[Translated].</title>
    <guid isPermaLink="false">pubmed:42</guid><description>NO ABSTRACT</description>
    <content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/"><![CDATA[<div>
    <p>J Test. 2026 Nov 5. doi: 10.1000/182.</p><p style="x">PMID:<a href="u">42</a> |
    DOI:<a href=u>10.1000/182</a></p></div>]]></content:encoded></item></channel></rss>"""
    paper = only(body)
    assert paper.ids == ("doi:10.1000/182", "pmid:42")
    assert "doi" not in paper.abstract.lower()


def test_biorxiv_names_its_journal_version() -> None:
    """The journal's DOI in `published` is one more identity; a version above 1 replaces."""
    body = """{"messages": [{"status": "ok", "total": "1"}], "collection": [{"title": "T of cells",
    "authors": "Byron, A.; Ring, A. T.", "doi": "10.64898/2026.01.01.123456", "version": "3",
    "date": "2026-11-01", "category": "cell biology", "abstract": "x", "server": "bioRxiv",
    "published": "10.1038/s41586-026-00001-1"}]}"""
    paper = only(body)
    assert set(paper.ids) == {"doi:10.64898/2026.01.01.123456", "doi:10.1038/s41586-026-00001-1"}
    assert (paper.version, paper.announced, paper.venue) == (3, "replace", "bioRxiv")


@pytest.mark.parametrize("unknown", [[None], [1], [True], ["2025"], [], [None, 3, 1]])
def test_crossref_date_that_says_nothing(unknown: list[object]) -> None:
    """A date without a year is passed over for the next one."""
    dates = {"published": {"date-parts": [unknown]}, "issued": {"date-parts": [[2026, 6, None]]}}
    work = {"DOI": "10.1/a", "title": ["Frogs in ponds"], **dates}
    body = {"status": "ok", "message-type": "work", "message": work}
    assert only(json.dumps(body)).published == datetime(2026, 6, 1, tzinfo=UTC)


def test_pubmed_chapter_has_its_date() -> None:
    """A chapter's history stands in PubmedBookData, an article's in PubmedData."""
    body = """<PubmedArticleSet><PubmedBookArticle><BookDocument><PMID>7</PMID>
    <ArticleTitle>Ponds</ArticleTitle></BookDocument><PubmedBookData><History>
    <PubMedPubDate PubStatus="pubmed"><Year>2026</Year><Month>6</Month><Day>9</Day></PubMedPubDate>
    </History></PubmedBookData></PubmedBookArticle></PubmedArticleSet>"""
    assert only(body).published == datetime(2026, 6, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("Tue, 09 Jun 2026 00:00:00 +0800", 9),
        ("2026-06-09T00:00:00+09:00", 9),
        ("2026-06-09T00:30:00+09:00", 8),
        ("2026-06-09T00:00:00-04:00", 9),
        ("2026-06-09T00:00:00+00:00", 9),
    ],
)
def test_midnight_is_a_day(told: str, day: int) -> None:
    """A journal in China writes its day as midnight there, when it is still yesterday in UTC."""
    item = f"<item><title>T</title><pubDate>{told}</pubDate></item>"
    rss = f"<rss version='2.0'><channel>{item}</channel></rss>"
    row = {"id": "1", "title": "T", "date_published": told}
    feed = {"version": "https://jsonfeed.org/version/1", "title": "F", "items": [row]}
    for body in (rss, json.dumps(feed)):
        assert (moment := only(body).published)
        assert moment.day == day


def test_crossref_relation_and_error() -> None:
    """A preprint has its journal version's DOI and its own version's link; failures are errors."""
    body = """{"status": "ok", "message-type": "work", "message": {"DOI": "10.21203/rs.3.rs-1/v2",
    "title": ["Two lives of a paper"], "author": [{"given": "Ada", "family": "Byron"}],
    "posted": {"date-parts": [[2026, 11]]}, "relation": {"is-preprint-of":
    [{"id-type": "doi", "id": "10.1038/S1"}]}}}"""
    assert set(only(body).ids) == {"doi:10.21203/rs.3.rs-1/v1", "doi:10.1038/s1"}
    assert only(body).url == "https://doi.org/10.21203/rs.3.rs-1/v2"
    failed = """{"status": "failed", "message-type": "validation-failure",
    "message": [{"message": "rows is too large"}]}"""
    with pytest.raises(SourceError, match="rows is too large"):
        read(failed)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "empty"),
        ("   \n", "empty"),
        ("<!DOCTYPE html><html><body>Not found</body></html>", "HTML page"),
        ("<opml version='2.0'><body/></opml>", "no known kind"),
        ("plain words", "no feed"),
        ('{"hello": 1}', "no known kind"),
        ("{broken", "no valid JSON"),
        ("<feed><title>Feed error for query: cs.XX</title></feed>", "check the classes"),
    ],
)
def test_what_is_no_source_is_named(body: str, reason: str) -> None:
    """The error says what came instead of a feed."""
    with pytest.raises(SourceError, match=reason):
        read(body)


def test_warnings_before_a_feed_are_read_over() -> None:
    """What a broken server prints before its feed does not hide the feed."""
    item = "<item><title>A paper</title><link>https://example.org/1</link></item>"
    body = (
        "<br />\n<b>Warning</b>: mysql_connect() in /var/www on line 3<br />\n"
        f"<?xml version='1.0'?><rss version='2.0'><channel>{item}</channel></rss>"
    )
    assert only(body).title == "A paper"


def test_volume_and_issue_are_no_abstract() -> None:
    """What stands where an abstract should be, and is none, is left out."""
    body = """<rss version="2.0"><channel><title>Science</title><item><title>On some matter</title>
    <link>https://www.science.org/doi/abs/10.1126/science.a1?af=R</link>
    <description>Science, Volume 390, Issue 6770, November 2026. &lt;br/&gt;</description></item>
    </channel></rss>"""
    paper = only(body)
    assert (paper.id, paper.abstract) == ("doi:10.1126/science.a1", "")


@pytest.mark.parametrize("version", ["0.90", "0.92", "0.93", "0.94", "2.0", ""])
def test_every_rss_is_read(version: str) -> None:
    """The version number changes nothing."""
    item = "<item><title>A paper</title><link>https://example.org/1</link></item>"
    body = f"<rss version='{version}'><channel><title>C</title>{item}</channel></rss>"
    assert only(body).title == "A paper"
