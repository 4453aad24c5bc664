"""What repositories, preprint servers and blogs hold beside papers and how they write them."""

import json
from datetime import UTC, datetime

import pytest

from digest.errors import SourceError
from digest.models import Paper
from digest.sources.document import Origin
from digest.sources.recognition import parse_document
from digest.sources.text.names import split_glued, split_names

ORIGIN = Origin("a source", "https://feeds.example.org/feed", datetime(2026, 11, 24, tzinfo=UTC))


def only(text: str) -> Paper:
    """Return a document's one paper."""
    (paper,) = parse_document(text.encode(), ORIGIN).papers
    return paper


def rss(item: str, *, channel: str = "Frogs") -> str:
    """Return an RSS 2.0 of one item."""
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{channel}</title><item>{item}</item></channel></rss>"
    )


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ("Byron, A., Ring, A. M., The FROG Consortium, van Dyk, J.", 4),
        ("Byron, A., Frog Study Group", 2),
        ("Byron, A., Plato, Ring, B.", 3),
        ("A. Byron, A. Ring, J. R. van Dyk", 3),
    ],
)
def test_a_group_among_initials_divides_no_name(told: str, names: int) -> None:
    """bioRxiv's feeds name a consortium, which has no initials, among people who have."""
    found = split_names(told)
    assert len(found) == names
    assert found[0] == "A. Byron"


@pytest.mark.parametrize(
    ("behind", "last"),
    [
        ("aDepartment of Ponds, UK 94305bInstitute of Frogs, Berlin", "Alan Ring"),
        ("aDepartment of Ponds, Pond CitybInstitute of Frogs", "Alan Ring"),
        ("Department of Ponds, UK", "Alan Ring"),
    ],
)
def test_letters_of_affiliations_are_no_part_of_a_name(behind: str, last: str) -> None:
    """PNAS letters its affiliations, the first of which stands right behind the last author."""
    assert split_glued(f"Ada ByronAlan Ring{behind}") == ["Ada Byron", last]
    group = "Institute of PondsAlan Ring"
    assert split_glued(group) == [group]
    unlettered = "Ada ByronMaria SilvaDepartment of Ponds, UK"
    assert split_glued(unlettered) == ["Ada Byron", "Maria Silva"]


def test_springer_has_tags_of_its_own() -> None:
    """They reach titles and abstracts from its feeds and from its deposits at Crossref."""
    title = (
        'Frogs of &lt;Emphasis Type="Italic"&gt;Rana&lt;/Emphasis&gt; and CO&lt;Subscript&gt;2'
        "&lt;/Subscript&gt; at 10&lt;Superscript&gt;-3&lt;/Superscript&gt;"
    )
    assert only(rss(f"<title>{title}</title>")).title == "Frogs of Rana and CO₂ at 10⁻³"


def test_open_journal_systems_tells_roles() -> None:
    """The role behind the names is none of them, and a title of type text may have tags."""
    names = "<title>Frogs</title><dc:creator>Ada Byron, Wei Li (Author)</dc:creator>"
    assert only(rss(names)).authors == ("Ada Byron", "Wei Li")
    assert split_names("Ana López (Autor/a), Bo Ek (FROG Collaboration)")[0] == "Ana López"
    entry = "<entry><title>Frogs of &lt;i&gt;Rana&lt;/i&gt;</title></entry>"
    feed = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>F</title>{entry}</feed>"
    assert only(feed).title == "Frogs of Rana"
    assert only(feed.replace("&lt;/i&gt;", "")).title == "Frogs of <i>Rana"


def test_wordpress_shows_formulas_as_images() -> None:
    """What such an image says is a formula of the text; other images stay unseen."""
    formula = '<img src="https://s0.wp.com/latex.php" alt="p_n &lt; f\'(q)" class="latex" />'
    photo = '<img src="https://frogs.example.org/7" alt="A frog" class="wp-image-7" />'
    item = f"<description><![CDATA[Let {formula} and {photo}be prime.]]></description>"
    assert only(rss(f"<title>Frogs</title>{item}")).abstract == "Let pₙ < f'(q) and be prime."


@pytest.mark.parametrize(
    "title",
    [
        "Author Correction: Frogs in ice",
        "Correction to: Frogs heal slowly.",
        "Correction to “Frog Chemistry”",
        "[ASAP] Correction to “Frog Chemistry”",
        "Correction for Byron et al., Frogs lead",
        "Erratum: Frogs [Phys. Rev. Frogs 1, 1 (2025)]",
        "Corrigendum to “Frogs in cold water” [Frog Res. 299 (2026) 100]",
        "Publisher's Note: Frogs [Phys. Rev. Frogs 1, 1 (2025)]",
        "Erratum",
        "Publisher Correction to Frogs in ice",
        "Proceedings of the IEEE Publication Information",
        "Issue Information",
        "Editorial Board",
        "IEEE Feedback filler",
        "Table of Contents",
        "Correction",
        "Issue Editorial Masthead",
        "OFC: Outside Front Cover",
        "Editorial Board/Copyright page",
        "IEEE Frog & Pond Society Information",
        "[Blank page]",
        "In This Issue",
        "Front Cover: Frogs in Ice (Frog Chem. 3/2026)",
        "Inside Back Cover: Frogs in Ice",
        "Cover Feature: Frogs in Ice",
        "[Department of Error] Department of Error",
        "IEEE Transactions on Frogs Publication Information",
        "FRG volume 12 issue 4 Cover and Front matter",
    ],
)
def test_what_journals_list_beside_papers_is_marked(title: str) -> None:
    """Covers, corrections and lists of names are of the category that no letter chooses."""
    assert only(rss(f"<title>{title}</title>")).categories == ("news",)


@pytest.mark.parametrize(
    "title",
    [
        "Corrections to the mass of frogs",
        "Correction for multiple testing of frogs",
        "Correction of vision: a trial",
        "Front cover effects in ponds",
        "Cover: a theory of frogs",
        "Cover crops: their frogs",
        "Editorial boards of frog journals",
        "Editorial board and author gender",
        "In this issue of song: frogs",
        "OBC: Optimal Brains of frogs",
        "Contents of ponds",
        "Author corrections in the age of preprints",
        "Correction for batch effects: a reply to Ring et al.",
        "Erratum and retraction rates of frog journals",
        "Automatic extraction of publication information",
        "A new bone filler",
        "Retraction: Frogs heal at noon",
    ],
)
def test_a_paper_that_begins_like_a_notice_is_a_paper(title: str) -> None:
    """Nothing is left out for a word that research uses, too; a retraction is told."""
    assert only(rss(f"<title>{title}</title>")).categories == ()


def test_crossref_and_openalex_say_what_is_no_paper() -> None:
    """A journal's own record and the review of a paper are none."""
    work = {"DOI": "10.5555/frog", "title": ["Review for frogs"], "type": "peer-review"}
    body = {"status": "ok", "message-type": "work", "message": work}
    assert only(json.dumps(body)).categories == ("news",)
    work |= {"title": ["Frogs"], "type": "journal-article", "update-to": [{"type": "correction"}]}
    assert only(json.dumps(body | {"message": work})).categories == ("news",)
    work["update-to"] = [{"type": "retraction"}, {"type": "correction", "DOI": "10.5555/FROG"}]
    assert only(json.dumps(body | {"message": work})).categories == ()
    kinds = {"pubType": ["published-erratum", "Published Erratum"]}
    result = {"id": "7", "source": "MED", "title": "Frogs", "pubTypeList": kinds}
    assert only(json.dumps({"resultList": {"result": [result]}})).categories == ("news",)
    row = {"id": "https://openalex.org/W7", "title": "Cover", "type": "paratext"}
    assert only(json.dumps({"meta": {"count": 1}, "results": [row]})).categories == ("news",)


def article(inner: str, *, behind: str = "") -> str:
    """Return PubMed's answer of one article."""
    citation = f"<PMID>7</PMID><Article>{inner}</Article>{behind}"
    return (
        f"<PubmedArticleSet><PubmedArticle><MedlineCitation>{citation}</MedlineCitation>"
        "</PubmedArticle></PubmedArticleSet>"
    )


def test_pubmed_marks_errata() -> None:
    """The kind of publication counts, whatever the title says."""
    kind = "<PublicationTypeList><PublicationType>Published Erratum</PublicationType>"
    told = article(f"<ArticleTitle>Frogs.</ArticleTitle>{kind}</PublicationTypeList>")
    assert only(told).categories == ("news",)


def test_pubmed_has_titles_in_their_own_language() -> None:
    """It says that a translation is not available, and that a part of an abstract has no label."""
    paper = only(
        article(
            "<ArticleTitle>[Not Available].</ArticleTitle><Abstract>"
            '<AbstractText Label="UNASSIGNED">They sing.</AbstractText></Abstract>'
            "<VernacularTitle>Les grenouilles.</VernacularTitle>"
        )
    )
    assert (paper.title, paper.abstract) == ("Les grenouilles", "They sing.")


def test_the_editors_of_a_book_are_not_its_chapters_authors() -> None:
    """PubMed lists both in elements of one name."""
    people = '<AuthorList Type="{}"><Author><LastName>{}</LastName></Author></AuthorList>'
    book = f"<Book><BookTitle>Ponds</BookTitle>{people.format('editors', 'Ring')}</Book>"
    paper = only(
        f"<PubmedArticleSet><PubmedBookArticle><BookDocument><PMID>7</PMID>{book}<ArticleTitle>"
        f"Frogs</ArticleTitle>{people.format('authors', 'Byron')}</BookDocument>"
        "</PubmedBookArticle></PubmedArticleSet>"
    )
    assert paper.authors == ("Byron",)


def oai(metadata: str) -> str:
    """Return a repository's answer of one record."""
    return (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header>'
        f"<identifier>oai:HAL:hal-7v1</identifier></header><metadata>{metadata}</metadata>"
        "</record></ListRecords></OAI-PMH>"
    )


def test_any_repository_is_read_in_dublin_core() -> None:
    """HAL names the arXiv id and the DOI beside its own address, and Zenodo what a record cites;
    the longest text is the abstract."""
    same = "info:eu-repo/semantics/altIdentifier"
    paper = only(
        oai(
            '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Frogs</dc:title>'
            "<dc:creator>Byron, Ada</dc:creator><dc:description>Other audience</dc:description>"
            "<dc:description>&lt;p&gt;They &lt;em&gt;sing&lt;/em&gt; aloud.&lt;/p&gt;"
            "</dc:description><dc:date>2026-11-20</dc:date><dc:identifier>hal-7</dc:identifier>"
            "<dc:identifier>https://hal.science/hal-7</dc:identifier>"
            "<dc:date/><dc:relation>https://arxiv.org/abs/2501.04321</dc:relation>"
            f"<dc:relation>{same}/doi/10.5555/frog.7</dc:relation>"
            f"<dc:relation>{same}/arxiv/2611.01234</dc:relation></oai_dc:dc>"
        )
    )
    assert paper.ids == ("arxiv:2611.01234", "doi:10.5555/frog.7")
    assert (paper.authors, paper.abstract) == (("Ada Byron",), "They sing aloud.")
    assert (paper.url, str(paper.published)[:10]) == ("https://hal.science/hal-7", "2026-11-20")


def test_records_in_a_foreign_format_are_no_empty_list() -> None:
    """A source that never gives a paper is told from one that has none today."""
    with pytest.raises(SourceError, match="ask for oai_dc"):
        parse_document(oai("<resource><titles/></resource>").encode(), ORIGIN)


@pytest.mark.parametrize("mark", ["[hal-05300002] ", "[hal-05300002] [Research Report] "])
def test_hal_writes_its_number_and_the_kind_before_the_title(mark: str) -> None:
    """The letter shows the title alone."""
    assert only(rss(f"<title>{mark}Frog songs</title>")).title == "Frog songs"


@pytest.mark.parametrize(
    ("channel", "guid", "venue"),
    [
        ("Google Alert - frogs", "", ""),
        ("frogs[Title] AND song", "pubmed:41200003", ""),
        ("AAAS: Science: Table of Contents", "", "Science"),
        ("SAGE Publications Inc: Frogs: Table of Contents", "", "Frogs"),
        ("Recent Articles in Phys. Rev. Frogs", "", "Phys. Rev. Frogs"),
    ],
)
def test_a_search_is_no_journal(channel: str, guid: str, venue: str) -> None:
    """What a reader searched for is not where the paper appeared."""
    item = f"<title>Frog songs</title><guid>{guid}</guid>"
    assert only(rss(item, channel=channel)).venue == venue
