"""Editions to set letters from: real papers by title, authors and id, abstracts in our words."""

from dataclasses import replace
from datetime import UTC, date, datetime

from digest.models import (
    Edition,
    Paper,
    Pick,
    Reason,
    Section,
    Signals,
    SourceReport,
    SourceState,
)


def paper(identity: str, title: str, authors: str, abstract: str, **more: object) -> Paper:
    """Make a paper as it comes from a source."""
    number = identity.partition(":")[2]
    fields: dict[str, object] = {
        "url": f"https://arxiv.org/abs/{number}",
        "published": datetime(2026, 11, 20, 18, 0, tzinfo=UTC),
        "venue": "arXiv",
        "sources": ("arXiv",),
        **more,
    }
    return Paper((identity,), title, tuple(authors.split(", ")), abstract, **fields)  # type: ignore[arg-type]


FLASH = paper(
    "arxiv:2205.14135",
    "FlashAttention: Fast and Memory-Efficient Exact Attention with IO-Awareness",
    "Tri Dao, Daniel Y. Fu, Stefano Ermon, Atri Rudra, Christopher Ré",
    "Attention is slow on long sequences mostly because of the traffic between a GPU's large "
    "memory and its small fast one. This work computes exact attention in tiles that stay in the "
    "fast memory, so the full score matrix is never written out. The result is the same to the "
    "last bit of rounding, memory grows linearly with the sequence, and training runs several "
    "times faster. Models can then read contexts that were out of reach, and do better for it.",
    categories=("cs.LG",),
    signals=Signals(
        upvotes=124, code_url="https://github.com/Dao-AILab/flash-attention", github_stars=14210
    ),
)
LONGFORMER = paper(
    "arxiv:2004.05150",
    "Longformer: The Long-Document Transformer",
    "Iz Beltagy, Matthew E. Peters, Arman Cohan",
    "Full self-attention costs the square of a document's length. Here each token attends to a "
    "window around it, and a few chosen tokens attend to everything. The cost becomes linear, and "
    "documents of thousands of words can be read in one piece.",
    categories=("cs.CL",),
)
RAG = paper(
    "arxiv:2005.11401",
    "Retrieval-Augmented Generation for Knowledge-Intensive NLP Tasks",
    "Patrick Lewis, Ethan Perez, Aleksandra Piktus, Fabio Petroni, Vladimir Karpukhin, "
    "Naman Goyal, Heinrich Küttler, Mike Lewis, Wen-tau Yih, Tim Rocktäschel, Sebastian Riedel, "
    "Douwe Kiela",
    "A language model keeps what it knows in its weights, where it is hard to inspect and to "
    "renew. This work gives the model a second memory: an index of passages that a trained "
    "retriever searches while the answer is written. Two variants are compared, one that keeps "
    "the same passages for the whole answer and one that may change them at every token. Both "
    "answer open questions better than larger models without the index, and the index can be "
    "replaced without training again.",
    categories=("cs.CL", "cs.LG"),
    signals=Signals(upvotes=61),
)
ALPHAFOLD = paper(
    "doi:10.1038/s41586-021-03819-2",
    "Highly accurate protein structure prediction with AlphaFold",
    "John Jumper, Richard Evans, Alexander Pritzel, Tim Green, Michael Figurnov, Olaf Ronneberger",
    "Given nothing but a protein's sequence and its relatives, a network predicts where each atom "
    "lies, often as exactly as an experiment would. The network reasons about pairs of residues "
    "and about the evolutionary record together, then places the residues in space and refines "
    "them. Each prediction comes with an estimate of its own error.",
    url="https://doi.org/10.1038/s41586-021-03819-2",
    venue="Nature",
    signals=Signals(citations=20318, code_url="https://github.com/google-deepmind/alphafold"),
)
SURFACE = paper(
    "arxiv:1208.0928",
    "Surface codes: Towards practical large-scale quantum computation",
    "Austin G. Fowler, Matteo Mariantoni, John M. Martinis, Andrew N. Cleland",
    "An introduction to the surface code, which protects a quantum bit by spreading it over a flat "
    "grid of imperfect ones. Errors up to about one in a hundred operations are tolerated.",
    categories=("quant-ph",),
)
HEBREW = paper(
    "guid:he-1",
    "למידה עמוקה של ייצוגים בשפות עשירות מורפולוגית",
    "נועה לוי, דוד כהן",
    "בעבודה זו נבחנים ייצוגים של מילים בשפות שבהן לכל שורש צורות רבות. מוצעת שיטה שמפרידה בין "
    "השורש לתבנית, והיא משפרת תיוג ותרגום.",
    url="https://example.org/he/1",
    venue="כתב עת לבלשנות חישובית",
)
CHINESE = paper(
    "guid:zh-1",
    "面向长文本的高效注意力机制综述",
    "王小明, 李华",
    "本文回顾了近年来处理长文本的注意力方法。我们将其分为稀疏、低秩与递归三类,并比较其内存与速度。"
    "结果表明,没有一种方法在所有任务上都最好;选择取决于文本的长度和所需的精度。",
    url="https://example.org/zh/1",
    venue="计算机学报",
)
LONG_WORDS = paper(
    "guid:long-1",
    "Pneumonoultramicroscopicsilicovolcanoconiosis-associated-immunohistochemicalbiomarkerprofiles "
    "for $x_{<t}$ & p(y|x) < 0.05",
    "A. Verylongfamilynamewithoutanyplacetobreakitatallbecauseitneverends",
    "Sequences such as "
    "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVVHSLAKW "
    "are kept whole, and so is "
    "https://example.org/a/very/long/address/that/nobody/would/type?in=full&more=1. "
    "Formulas like ∑_{i<n} α_i ≤ ‖x‖² come through once.",
    url="https://example.org/long?a=1&b=2",
    venue="Journal of Long Words",
)
HUNDRED_AUTHORS = replace(
    SURFACE,
    ids=("arxiv:0000.00001",),
    title="A collaboration of many",
    authors=tuple(f"Author Number{n}" for n in range(2900)),
)


def reasons(*texts: str) -> tuple[Reason, ...]:
    """Make reasons of their words."""
    return tuple(Reason("phrase", text) for text in texts)


LONG_CONTEXT = Section(
    "Long context",
    (
        Pick(
            FLASH,
            "Long context",
            4.1,
            reasons("by Tri Dao, whom you follow", "matches “long sequences”"),
        ),
        Pick(LONGFORMER, "Long context", 3.2, reasons("close to “FlashAttention”, your example")),
        Pick(RAG, "Long context", 2.4, reasons("matches “language model” and “retriever”")),
    ),
)
PROTEINS = Section(
    "Protein structure",
    (
        Pick(
            ALPHAFOLD,
            "Protein structure",
            5.0,
            reasons("matches “protein structure prediction” in the title"),
        ),
    ),
)
TRENDING = (Pick(SURFACE, "", 0.4, reasons("read by many today")),)

DAILY = Edition(
    id="k3v9x2m7q1",
    date=date(2026, 11, 23),
    slot="daily",
    email="ada@example.org",
    made_at=datetime(2026, 11, 23, 6, 30, tzinfo=UTC),
    name="Ada",
    timezone="Europe/Berlin",
    sections=(LONG_CONTEXT, PROTEINS),
    trending=TRENDING,
    reports=(SourceReport("bioRxiv", SourceState.FAILED, reason="HTTP 503"),),
    considered=512,
)
EMPTY = replace(DAILY, id="empty1", sections=(), trending=(), reports=())
WELCOME = replace(DAILY, id="welcome1", slot="welcome", reports=())
CATCH_UP = replace(DAILY, id="catchup1", since=date(2026, 11, 20))
ONE = replace(DAILY, id="one1", sections=(PROTEINS,), trending=(), reports=())
SCRIPTS = replace(
    DAILY,
    id="scripts1",
    name="עדה",
    sections=(
        Section("שפה", (Pick(HEBREW, "שפה", 2.0, reasons("matches “ייצוגים”")),)),
        Section("长文本", (Pick(CHINESE, "长文本", 2.0, reasons("matches “注意力”")),)),
        Section(
            "Long words", (Pick(LONG_WORDS, "Long words", 2.0), Pick(HUNDRED_AUTHORS, "", 1.0))
        ),
    ),
)
CHINESE_ONLY = replace(
    SCRIPTS,
    id="zh1",
    sections=(
        Section(
            "长文本",
            tuple(
                Pick(
                    replace(CHINESE, ids=(f"guid:zh-{n}",), abstract=CHINESE.abstract * 4), "", 1.0
                )
                for n in range(30)
            ),
        ),
    ),
)


def long_edition(papers: int) -> Edition:
    """Make an edition of many papers with long abstracts."""
    pool = (FLASH, LONGFORMER, RAG, ALPHAFOLD)
    picks = tuple(
        Pick(
            replace(
                pool[n % 4],
                ids=(f"arxiv:2611.{n:05}",),
                title=f"{pool[n % 4].title} ({n + 1})",
                abstract=f"Number {n + 1}. " + pool[n % 4].abstract * 2,
            ),
            "Long context",
            3.0,
            reasons("matches “attention” in the title", "close to “FlashAttention”, your example"),
        )
        for n in range(papers)
    )
    half = papers * 2 // 3
    sections = (Section("Long context", picks[:half]), Section("Proteins", picks[half:]))
    return replace(DAILY, id=f"long{papers}", sections=sections, trending=(), reports=())


EDITIONS = {
    "daily": DAILY,
    "empty": EMPTY,
    "welcome": WELCOME,
    "catch-up": CATCH_UP,
    "one": ONE,
    "scripts": SCRIPTS,
    "fifty": long_edition(50),
}
