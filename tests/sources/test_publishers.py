"""What publishers and their indexes write into and around titles and abstracts."""

import json
from datetime import UTC, datetime
from html import escape
from typing import Any

import pytest

from digest.models import Paper
from digest.sources.document import Origin
from digest.sources.kinds.descriptions import read_description
from digest.sources.recognition import parse_document
from digest.sources.text.latex import readable
from digest.sources.text.markup import plain_text

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def only(body: str | dict[str, Any]) -> Paper:
    """Return a document's one paper."""
    text = body if isinstance(body, str) else json.dumps(body)
    origin = Origin("a source", "https://feeds.example.org/feed", NOW)
    (paper,) = parse_document(text.encode(), origin).papers
    return paper


def test_pubmed_keeps_powers() -> None:
    """The tags in PubMed's titles and abstracts keep their sense, and its text its signs."""
    paper = only(
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article>"
        "<ArticleTitle>Frogs at 10<sup>6</sup> per pond &lt;b&gt; in CO<sub>2</sub></ArticleTitle>"
        "<Abstract><AbstractText Label='AIM'>We count p&lt;0.05 &amp; 10<sup>-3</sup> M."
        "</AbstractText></Abstract><AuthorList><Author><LastName>King</LastName><ForeName>Martin"
        "</ForeName><Suffix>Jr</Suffix></Author></AuthorList></Article></MedlineCitation>"
        "</PubmedArticle></PubmedArticleSet>"
    )
    assert paper.authors == ("Martin King Jr",)
    assert paper.title == "Frogs at 10⁶ per pond <b> in CO₂"
    assert paper.abstract == "AIM: We count p<0.05 & 10⁻³ M."


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Frogs in ponds.", "Frogs in ponds"),
        ("Frogs and vitamin D.", "Frogs and vitamin D"),
        ("Do frogs sing? They do.", "Do frogs sing? They do"),
        ("Frogs, version 2.0.", "Frogs, version 2.0"),
        ("Rana cantans sp. nov.", "Rana cantans sp. nov."),
        ("Frogs in the U.S.", "Frogs in the U.S."),
        ("And the frogs sang...", "And the frogs sang..."),
    ],
)
def test_titles_end_without_full_stop(written: str, shown: str) -> None:
    """PubMed's full stop behind each title goes; that of an abbreviation stays."""
    work = {"title": [written], "DOI": "10.1234/frogs"}
    assert only({"status": "ok", "message-type": "work", "message": work}).title == shown


@pytest.mark.parametrize(
    ("abstract", "shown"),
    [
        ("<jats:p>Abstractive summaries of frogs.</jats:p>", "Abstractive summaries of frogs."),
        ("<jats:title>Abstract</jats:title><jats:p>Frogs sing.</jats:p>", "Frogs sing."),
        ("<jats:p>Abstract: Frogs sing.</jats:p>", "Frogs sing."),
        ("<jats:p>Abstract</jats:p>", ""),
        ("<jats:p>Abstract We show.</jats:p>", "We show."),
        ("Abstract The Amazon has frogs.", "The Amazon has frogs."),
        ("Abstract Motivation Frogs sing.", "Motivation Frogs sing."),
        ("Abstract Frogs sing.", "Frogs sing."),
        ("Abstract interpretation of frogs", "Abstract interpretation of frogs"),
        ("Abstract Pond Machines sing.", "Abstract Pond Machines sing."),
        ("Abstract Wiener spaces sing.", "Abstract Wiener spaces sing."),
    ],
)
def test_crossref_loses_its_heading_alone(abstract: str, shown: str) -> None:
    """The word Abstract goes where it is a heading, and nowhere else; in feeds, too."""
    work = {"title": ["On frogs"], "DOI": "10.1234/frogs", "abstract": abstract}
    paper = only({"status": "ok", "message-type": "work", "message": work})
    assert paper.abstract == shown
    assert " ".join(read_description(f"<p>{abstract}</p>").abstract.split()) == shown


@pytest.mark.parametrize(
    "formula",
    [
        "<?CDATA $(8\\pm 2)$?> <?MML ( 8 ± 2 ) ?>",
        "<jats:tex-math><?CDATA $(8\\pm 2)$?></jats:tex-math><?MML <mml:math/>?>",
        "<jats:tex-math>\n<?CDATA $8\\pm 2$?>\n</jats:tex-math>\n<mml:math><mml:mo>(</mml:mo>"
        "<mml:mn>8</mml:mn><mml:mo>±</mml:mo><mml:mn>2</mml:mn><mml:mo>)</mml:mo></mml:math>",
    ],
)
def test_iop_tells_a_formula_twice(formula: str) -> None:
    """It is shown once, in Crossref's, OpenAlex's and IOP's own words, without its wrapping."""
    abstract = f"Frogs jump <jats:inline-formula>{formula}</jats:inline-formula> far."
    work = {"title": ["On frogs"], "DOI": "10.1234/frogs", "abstract": abstract}
    paper = only({"status": "ok", "message-type": "work", "message": work})
    assert paper.abstract == "Frogs jump (8±2) far."


def test_words_between_a_formula_and_one_that_is_told_twice_stay() -> None:
    """What only the second formula's MathML repeats is the second formula's TeX."""
    one, two = (f"<jats:tex-math>${name}$</jats:tex-math>" for name in "ab")
    fragment = f"In {one} ponds {two}<mml:math><mml:mi>b</mml:mi></mml:math> frogs sing."
    assert readable(plain_text(fragment)) == "In a ponds b frogs sing."


@pytest.mark.parametrize(
    ("fragment", "abstract"),
    [
        (
            "<p>We parse.</p><p>Abstract Meaning Representation helps.</p>",
            "We parse.\nAbstract Meaning Representation helps.",
        ),
        ("<p>Vol 3</p><h2>Abstract</h2><p>Frogs sing.</p>", "\nFrogs sing."),
        ("<p>ABSTRACT Frogs sing.</p>", "Frogs sing."),
        (
            "<p>They sing.</p><p><span>Subscribe now</span></p><p>And jump.</p><p>Thanks for "
            "reading Frogs! Subscribe for free to receive new posts.</p><p>Share</p>",
            "They sing.\nAnd jump.",
        ),
        ("Thanks for reading us! Today they jump.", "Thanks for reading us! Today they jump."),
        ("They sing […] <a>Continue reading <span>&rarr;</span></a>", "They sing […]"),
        ("<p>They sing</p><p><a>Continue reading on Frogs »</a></p>", "They sing"),
        ("<p>Share of frogs</p><p>We read more.</p>", "Share of frogs\nWe read more."),
        ("Ahead of Print. <br/>", ""),
        ("J. Frogs, Just Accepted. <br/>", ""),
        ("J. Frogs, OnlineFirst. <br/>They sing.", "They sing."),
        (
            "By combining cryo-EM, Molecular Dynamics, and Monte Carlo Methods, we show it.",
            "By combining cryo-EM, Molecular Dynamics, and Monte Carlo Methods, we show it.",
        ),
        ("By combining A and B, we show", "By combining A and B, we show"),
        ("By Tuesday", "By Tuesday"),
        (
            "<p>Source: Gaia DR3 data were used; we find frogs.</p>",
            "Source: Gaia DR3 data were used; we find frogs.",
        ),
        ("<p>Source: Journal of the Frogs, Volume 3, Part A</p><p>They sing.</p>", "They sing."),
    ],
)
def test_an_abstract_is_no_label(fragment: str, abstract: str) -> None:
    """A sentence that begins like a heading, a source or an author list stays a sentence."""
    found = read_description(fragment)
    assert (found.abstract, found.authors) == (abstract, [])


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("No abstract available.", ""),
        ("[Abstract not available]", ""),
        ("<jats:title>Abstract</jats:title><jats:p>No abstract is available.</jats:p>", ""),
        ("NO ABSTRACT", ""),
        ("No abstract notion of frogs is available.", "No abstract notion of frogs is available."),
        ("<正>青蛙在夜间唱歌。", "青蛙在夜间唱歌。"),
        ("〈正〉青蛙在夜间唱歌。", "青蛙在夜间唱歌。"),
    ],
)
def test_what_says_that_there_is_no_abstract_is_none(told: str, shown: str) -> None:
    """The words of databases for a missing abstract go, and CNKI's mark of a text's beginning."""
    work = {"title": ["On frogs"], "DOI": "10.1234/frogs", "abstract": told}
    assert only({"status": "ok", "message-type": "work", "message": work}).abstract == shown


def test_a_line_of_names_is_the_authors() -> None:
    """Behind By stand names alone, some of them with a small word."""
    found = read_description("<p>By Ada Byron, Ludwig van Beethoven, and M. Curie</p><p>Text</p>")
    assert found.authors == ["Ada Byron", "Ludwig van Beethoven", "M. Curie"]
    assert found.abstract == "Text"


def test_a_list_of_names_may_break_off() -> None:
    """Names that end with et al. are the authors beside a DOI, too, and no abstract."""
    found = read_description("Ada Byron, Max van Riel, Jo Li, et al.<br/>DOI: 10.1234/frogs")
    assert (found.authors, found.abstract) == (["Ada Byron", "Max van Riel", "Jo Li"], "")


def test_a_label_without_names_is_no_abstract() -> None:
    """Elsevier labels the authors also where there are none, as of an editorial board."""
    found = read_description("<p>Publication date: May 2026</p><p>Author(s): </p>")
    assert (found.authors, found.abstract) == ([], "")


@pytest.mark.parametrize(
    "name",
    [
        "Suharto",
        "Tiago do Vale",
        "Jan van ’t Hoff",
        "Hans zu Solms",
        "José Ortega y Gasset",
        "Erik af Klint",
        "the FROG Consortium",
        "the Centre for Frogs in Ponds",
    ],
)
def test_an_unusual_name_costs_no_authors(name: str) -> None:
    """Single names, particles of all languages and groups may stand among the authors."""
    found = read_description(f"<p>by Ann Smith, Bob Doe, and {name}</p><p>Text</p>")
    assert (found.authors, found.abstract) == (["Ann Smith", "Bob Doe", name], "Text")
    found = read_description(f"<p>by Ann Smith, Bob Doe, on behalf of {name}</p><p>Text</p>")
    assert (found.authors[-1], found.abstract) == (name.removeprefix("the "), "Text")


def rss(channel: str, item: str) -> str:
    """Return a feed of one item."""
    spaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    )
    return (
        f'<rss version="2.0" {spaces}><channel><title>{channel}</title><link>https://a.example/'
        f"</link><item>{item}</item></channel></rss>"
    )


def test_a_title_that_is_escaped_twice_has_no_tags() -> None:
    """SciELO's titles show none; one about a tag keeps its name."""
    title = escape(escape("Frogs & toads: <i>Rana</i> at 10<sup>6</sup>"))
    assert only(rss("C", f"<title>{title}</title>")).title == "Frogs & toads: Rana at 10⁶"
    title = escape("R&eacute;sum&eacute; of frogs &amp; toads&#8217; songs")
    assert (
        only(rss("C", f"<title>{escape(title)}</title>")).title == "Résumé of frogs & toads’ songs"
    )
    about = escape(escape("The tag <b> in ponds"))
    assert only(rss("C", f"<title>{about}</title>")).title == "The tag <b> in ponds"


def test_acs_tells_no_abstract() -> None:
    """ACS writes the journal's name where others have the abstract, and [ASAP] before the title."""
    item = (
        "<title>[ASAP] Frogs in Light</title><link>https://a.example/1</link><description>"
        "<![CDATA[<p><img src='x'/></p><div><cite>Journal of Frogs</cite></div>"
        "<div>DOI: 10.1021/frogs.6c00001</div>]]></description>"
    )
    paper = only(rss("Journal of Frogs: Latest Articles (ACS Publications)", item))
    assert (paper.title, paper.abstract) == ("Frogs in Light", "")
    assert paper.ids == ("doi:10.1021/frogs.6c00001",)


def test_mdpi_repeats_its_head() -> None:
    """MDPI's content is the description behind a head; its titles begin with the volume."""
    text = "We count the frogs of a pond with sensors, twice a day, and find that there are many."
    item = (
        "<title>Frogs, Vol. 26, Pages 7123: Deep Ponds</title><link>https://a.example/1</link>"
        f"<description>{text}</description><content:encoded><![CDATA[<p><b>Deep Ponds</b></p>"
        "<p>Frogs <a href='https://a.example/1'>doi: 10.3390/f26007123</a></p>"
        f"<p>Authors:\n Ada Byron\n Alan Ring</p><p>{text}</p>]]></content:encoded>"
    )
    paper = only(rss("Frogs", item))
    assert (paper.title, paper.abstract) == ("Deep Ponds", text)


def test_pubmed_repeats_its_end() -> None:
    """PubMed's description may be the last paragraph of its content, which is the abstract."""
    end = "CONCLUSIONS: The frogs of the pond are many, and a sensor counts them without harm."
    item = (
        "<title>Deep Ponds</title><link>https://a.example/1</link>"
        f"<description>{end}</description><content:encoded><![CDATA[<div><p>J Frogs. 2026. doi: "
        f"10.1234/f.</p><p>AIM: To count frogs.</p><p>{end}</p></div>]]></content:encoded>"
    )
    assert only(rss("Frogs", item)).abstract.endswith(f"AIM: To count frogs. {end}")


def test_a_title_with_powers_is_repeated() -> None:
    """The line under the title's repetition is the authors, however the title's signs are set."""
    text = "<p>m<sup>6</sup>A RNA of Frogs</p><p>Ada Byron, Alan Ring</p><p>It is there.</p>"
    item = f"<title>m6A RNA of frogs.</title><description><![CDATA[{text}]]></description>"
    paper = only(rss("Frogs", item))
    assert (paper.authors, paper.abstract) == (("Ada Byron", "Alan Ring"), "It is there.")


def test_rsc_says_how_to_cite() -> None:
    """The Royal Society of Chemistry's head names the DOI, its foot is the same everywhere."""
    item = (
        "<title>Green frogs</title><link>https://a.example/1</link><description><![CDATA[<div><i>"
        "J. Frogs</i>, 2026, Advance Article<br/><b>DOI</b>: 10.1039/D6JF00001A, Edge Article</div>"
        "<div>Ada Byron, Alan Ring</div><div>They are green.</div><div>To cite this article before "
        "page numbers are assigned, wait.<br/>The content of this RSS Feed (c) Frogs</div>]]>"
        "</description>"
    )
    paper = only(rss("J. Frogs", item))
    assert paper.ids == ("doi:10.1039/d6jf00001a",)
    assert (paper.abstract, paper.authors) == ("They are green.", ("Ada Byron", "Alan Ring"))


def test_rsc_on_one_line() -> None:
    """Head and foot without breaks are no abstract."""
    line = "J. Frogs, 2026, Advance Article DOI: 10.1039/D6JF00001A To cite this article before."
    assert read_description(line).abstract == ""
    assert read_description(line).doi == "10.1039/d6jf00001a"


def test_biorxiv_has_marks_of_its_typesetter() -> None:
    """Headings become labels, list items lines; the other marks go."""
    row = {
        "doi": "10.1101/2026.11.01.123456",
        "title": "On frogs",
        "abstract": "O_ST_ABSBackgroundC_ST_ABSFrogs sing.O_LIThe FO_SCPLOWROGC_SCPLOW one"
        "C_LIO_LItwoC_LI HIGHLIGHTSO_LIthreeC_LI DOC_LIST O_FIG O_LINKSMALLFIG WIDTH=2 C_FIG",
        "authors": "Byron, A.",
    }
    paper = only({"messages": [{"status": "ok"}], "collection": [row]})
    assert paper.abstract == "Background: Frogs sing. The FROG one two HIGHLIGHTS three DOC_LIST"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Frogs sing.We count them.", "Frogs sing. We count them."),
        ("Do frogs (all of them)?They do.", "Do frogs (all of them)? They do."),
        ("PurposeWe count. ResultsThe frogs sing.", "Purpose: We count. Results: The frogs sing."),
        ("See frogs.example.The code sings.", "See frogs.example. The code sings."),
        ("We call torch.Tensor and Frogs.In", "We call torch.Tensor and Frogs.In"),
        ("MethodsX prints frogs.", "MethodsX prints frogs."),
        ("ContextBench is. DesignBench is.", "ContextBench is. DesignBench is."),
    ],
)
def test_sentences_that_lost_their_line_break_are_set_apart(written: str, shown: str) -> None:
    """A space comes back where one sentence ends and a word that opens the next follows."""
    work = {"title": ["On frogs"], "DOI": "10.1234/frogs", "abstract": written}
    paper = only({"status": "ok", "message-type": "work", "message": work})
    assert paper.abstract == shown


def test_a_journal_is_called_by_its_title_alone() -> None:
    """NLM's subtitles may be three times as long."""
    written = (
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article>"
        "<Journal><Title>European frog journal : official publication of the European Pond Society"
        "</Title></Journal><ArticleTitle>Frogs</ArticleTitle>"
        "</Article></MedlineCitation></PubmedArticle></PubmedArticleSet>"
    )
    assert only(written).venue == "European frog journal"


def test_europepmc_encodes_twice() -> None:
    """The tags in Europe PMC's titles go, whose brackets are entities."""
    row = {"id": "7", "source": "MED", "pmid": "7", "title": "&lt;i&gt;Rana&lt;/i&gt; at p &lt; 2"}
    row["abstractText"] = "Its mean &lt;p&gt; is high."
    paper = only({"hitCount": 1, "resultList": {"result": [row]}})
    assert (paper.title, paper.abstract) == ("Rana at p < 2", "Its mean <p> is high.")


def test_semantic_scholar_has_tags() -> None:
    """Titles and abstracts of Semantic Scholar are HTML."""
    row = {"paperId": "7", "title": "<i>Rana</i> &amp; toads", "abstract": "10<sup>6</sup> frogs"}
    paper = only({"total": 1, "data": [row]})
    assert (paper.title, paper.abstract) == ("Rana & toads", "10⁶ frogs")


def test_feeds_of_others_that_lead_to_arxiv() -> None:
    """Their entries are in HTML, and have names, as any other feed's; the link says which paper."""
    item = (
        "<item><title>Graphs &amp;amp; cores</title><link>https://arxiv.org/abs/2611.10001</link>"
        "<description>&lt;p&gt;At 10&lt;sup&gt;6&lt;/sup&gt; cycles, as is shown.&lt;/p&gt;"
        "</description>"
        "<dc:creator>M\u00fcller, J\u00f6rg; \u00d6berg, \u00c5sa</dc:creator></item>"
    )
    head = (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>C</title>'
    )
    paper = only(f"{head}{item}</channel></rss>")
    assert (paper.id, paper.url) == ("arxiv:2611.10001", "https://arxiv.org/abs/2611.10001")
    assert (paper.title, paper.abstract) == ("Graphs & cores", "At 10\u2076 cycles, as is shown.")
    assert paper.authors == ("J\u00f6rg M\u00fcller", "\u00c5sa \u00d6berg")


def test_links_in_letters_have_no_tracking() -> None:
    """A reader's link says where it leads, not through which feed; the rest of it stays."""
    link = "https://a.example/p?id=7&amp;q=a%20%E4&amp;utm_source=rss&amp;dgcid=rss_sd_all#top"
    item = f"<title>Frogs</title><link>{link}</link>"
    assert only(rss("Frogs", item)).url == "https://a.example/p?id=7&q=a%20%E4#top"
    item = "<title>Frogs</title><link>https://medium.com/@ada/frogs-1a?source=rss-7--2</link>"
    assert only(rss("Frogs", item)).url == "https://medium.com/@ada/frogs-1a"
    pubmed = "https://pubmed.ncbi.nlm.nih.gov/40123456/"
    item = f"<title>Frogs</title><link>{pubmed}?utm_source=Other&amp;fc=2026&amp;v=2.18.0</link>"
    assert only(rss("Frogs", item)).url == pubmed
