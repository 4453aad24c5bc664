"""Characters, markup, LaTeX and names, as tables of what goes in and what must come out."""

import sys

import pytest

from digest.sources.text.characters import HARMFUL, clean_line, cut
from digest.sources.text.latex import readable
from digest.sources.text.markup import has_markup, plain_text
from digest.sources.text.names import clean_authors, read_names, split_arxiv, split_names


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("a\x00b\x1bc\x7f", "abc"),
        ("two\n lines\t and  blanks ", "two lines and blanks"),
        ("safe \u202egnp.exe\u202c \u2066x\u2069", "safe gnp.exe x"),
        ("\ufeffzero\u200b width\u200d", "zero width"),
        ("private \ue009CF\U000f0000-", "private CF-"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("line\u2028separator", "line separator"),
        ("héllo 你好 مرحبا 🎉", "héllo 你好 مرحبا 🎉"),
        ("می\u200cشود \u200cو", "می\u200cشود و"),
        (
            "क्\u200dष \U0001f468\u200d\U0001f469\u200d\U0001f467",
            "क्\u200dष \U0001f468\u200d\U0001f469\u200d\U0001f467",
        ),
        ("\u200dشود\u200c a\u200cb", "شود ab"),
    ],
)
def test_harmful_characters_go(written: str, clean: str) -> None:
    """Controls, bidi and zero-width characters vanish; every script stays, with its joiners."""
    assert clean_line(written) == clean


def test_no_harmful_character_is_printable() -> None:
    """Which spares most texts the search for one."""
    printable = filter(str.isprintable, map(chr, range(sys.maxunicode + 1)))
    assert HARMFUL.search("".join(printable)) is None


def test_cut_text_shows_that_it_was_cut() -> None:
    """A text at its bound is whole, a longer one ends with an ellipsis."""
    assert cut("abcde", 5) == "abcde"
    assert cut("abcdef", 5) == "abcd…"


@pytest.mark.parametrize(
    ("fragment", "plain"),
    [
        ("if $a<b$ and c>d", "if $a<b$ and c>d"),
        ("Vec<String> and <think> tokens", "Vec<String> and <think> tokens"),
        ("S<sub>N</sub>2 <em>E. coli</em>", "SN2 E. coli"),
        ("<p>one</p><p>two</p>", "\none\n\ntwo\n"),
        ("a<br/>b<br />c", "a\nb\nc"),
        ("R&amp;D &lt;b&gt; &amp;lt;", "R&D <b> &lt;"),
        ('<img src="x" alt="a > b">after', "after"),
        ("<script>alert(1)</script>left<style>x{}</style>", "left"),
        ("<script>never closed", "never closed"),
        ("<!-- hidden -->shown", "shown"),
        ("<jats:p>JATS</jats:p><mml:mi>x</mml:mi>", "\nJATS\nx"),
        ("<![CDATA[inside]]>", "inside"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ("<scp>FROG</scp>‐1 in <jats:scp>UK</jats:scp> ponds", "FROG‐1 in UK ponds"),
        ('<styled-content style="x">a</styled-content><break/>b', "a\nb"),
        ("<roman>d</roman><jats:named-content>x</jats:named-content><fn/>", "dx"),
        ("<disp-formula>E</disp-formula><uri>u</uri><email>e</email>", "\nE\nue"),
        ("<inline-graphic/><chem-struct/><related-article/><disp-quote/>", "\n"),
    ],
)
def test_tags_go_and_mathematics_stays(fragment: str, plain: str) -> None:
    """Known tags become breaks or nothing; what is no tag is text."""
    assert plain_text(fragment) == plain


@pytest.mark.parametrize(
    ("fragment", "plain"),
    [
        ("<b>Background</b> Frogs<b>Methods</b> Ponds", "\nBackground: Frogs\nMethods: Ponds"),
        ("Frogs. <strong>Results:</strong> ten", "Frogs. \nResults: ten"),
        ("Frogs.<bold>CONCLUSION</bold>: ten", "Frogs.\nCONCLUSION: ten"),
        ("The <b>results</b> of <b>m</b>RNA", "The results of mRNA"),
    ],
)
def test_bold_headings_are_set_apart(fragment: str, plain: str) -> None:
    """A structured abstract's headings end with a colon; other bold words stay in their line."""
    assert plain_text(fragment) == plain


@pytest.mark.parametrize(
    ("fragment", "plain"),
    [
        ("10<sup>6</sup> cells, 10<jats:sup>−3</jats:sup> M", "10⁶ cells, 10⁻³ M"),
        ("CO<sub>2</sub>, Ca<sup>2+</sup>, x<sub><i>i</i></sub>", "CO₂, Ca²⁺, xᵢ"),
        ("Cu<sub>3</sub>O<sub>7−x</sub>", "Cu₃O₇₋ₓ"),
        ("O<sub>2</sub><sup>•-</sup>, T<sub>2</sub><sup>∗</sup>", "O₂•⁻, T₂*"),
        ("1<sup>st</sup>, name<sup>®</sup>, VO<sub>2max</sub>", "1st, name®, VO2max"),
        ("as shown<sup>1, 2</sup> in Abc<sup>-/-</sup> mice", "as shown¹,² in Abc⁻/⁻ mice"),
        ("e<sup>x</sup> and x<sup>2k</sup>, a<sup>&lt;3</sup>", "e^x and x^(2k), a^(<3)"),
    ],
)
def test_powers_and_indices_keep_their_sense(fragment: str, plain: str) -> None:
    """Numbers are raised and lowered in Unicode; words stand on the line where they do no harm."""
    assert plain_text(fragment) == plain


@pytest.mark.parametrize(
    ("fragment", "plain"),
    [
        ("<mml:msup><mml:mn>10</mml:mn><mml:mn>5</mml:mn></mml:msup> m", "10⁵ m"),
        ("<math><msub><mi>x</mi><mi>i</mi></msub><mo>&lt;</mo><mi>b</mi></math>", "xᵢ<b"),
        ("<math><mi>x</mi><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "x(1/2)"),
        (
            "<math>\n<semantics><msqrt><mi>s</mi></msqrt><annotation>!</annotation></semantics></math>",
            "√(s)",
        ),
        (
            "<math><mover><mi>x</mi><mo>¯</mo></mover><mspace/><mtext>of </mtext><mi/></math>",
            "x̄ of ",
        ),
        (
            "<math><mtable><mtr><mtd>1</mtd><mtd>2</mtd></mtr><mtr><mtd>3</mtd></mtr></mtable></math>",
            "1 2; 3",
        ),
        (
            "<math><mmultiscripts><mi>X</mi><mn>1</mn><none/><mprescripts/></mmultiscripts></math>",
            "X₁",
        ),
        (
            "<math><mmultiscripts><mi>C</mi><mprescripts/><none/><mn>13</mn></mmultiscripts></math>",
            "¹³C",
        ),
        (
            "a <math><munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><mi>y</math> b",
            "a ∑ᵢⁿ y b",
        ),
        ("<math><mi>n</mi><mi>log</mi><mo>&#x2061;</mo><mi>n</mi></math>", "n log n"),
        ("<math><msub><mi>log</mi><mn>2</mn></msub><mi>n</mi></math>", "log₂ n"),
        ("a <math><mi>never</mi> closed", "a never closed"),
    ],
)
def test_mathml_is_read(fragment: str, plain: str) -> None:
    """Formulas of MathML stand on one line, with their powers, indices and fractions."""
    assert plain_text(fragment) == plain


def test_of_two_forms_of_a_formula_one_is_read() -> None:
    """TeX beside MathML is silent; alone it is what stands in its document."""
    tex = r"\documentclass{minimal}\begin{document}$$\alpha_1$$\end{document}"
    tex = f"<jats:tex-math>{tex}</jats:tex-math>"
    mathml = "<mml:math><mml:msub><mml:mi>α</mml:mi><mml:mn>1</mml:mn></mml:msub></mml:math>"
    assert plain_text(f"<jats:alternatives>{tex}{mathml}</jats:alternatives>") == "α₁"
    assert readable(plain_text(f"<jats:alternatives>{tex}</jats:alternatives>")) == "α₁"


@pytest.mark.parametrize(
    ("text", "answer"),
    [("a<b", False), ("<i>x</i>", True), ("AT&T", False), ("AT&amp;T", True), ("<think>", False)],
)
def test_markup_is_told_from_text(text: str, answer: bool) -> None:
    """A title is HTML only when it has a known tag or an entity."""
    assert has_markup(text) is answer


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"Bounds for $O(n^2)$ and $x_i<3$", "Bounds for O(n²) and xᵢ<3"),
        (r"a $\sigma $-ideal with 5% of 3\% tokens", "a σ-ideal with 5% of 3% tokens"),
        ("costs $5 and $10, then $x$", "costs $5 and $10, then x"),
        ("half an abstract % and the rest", "half an abstract % and the rest"),
        (r"Andr\'e, M\"uller, Erd\H{o}s", "André, Müller, Erdős"),
        (r"{\AA}ngstr{\"o}m, \O stergaard, Fran\c{c}ois", "Ångström, Østergaard, François"),
        (r"$\mathcal{O}(n)$ in \emph{E. coli}", "𝒪(n) in E. coli"),
        ("{B}ayesian {GPT}-4 over {1,2,3}", "Bayesian GPT-4 over {1,2,3}"),
        (r"$^{99m}$Tc, H$_2$O, $10^{-3}$", "⁹⁹ᵐTc, H₂O, 10⁻³"),
        (r"$\ce{H2SO4}$ on \ce{Ca(OH)2}, \ce{^{13}CO2}", "H₂SO₄ on Ca(OH)₂, ¹³CO₂"),
        (r"$\ce{2H2 + O2 -> 2H2O}$", "2H₂ + O₂ → 2H₂O"),
        (r"$\ell_1$-norm, \(a\to b\)", "ℓ₁-norm, a→b"),
        (r"an author's \mymacro here", r"an author's \mymacro here"),
        (r"\mycommand{kept words} here", "kept words here"),
        (r"as in \cite{knuth} and \ref{sec:1}", "as in  and "),
        ("one $ alone", "one $ alone"),
        ("a backslash \\", "a backslash \\"),
        (r"$\frac{a}{b}$ and $\sqrt{s}=13$", "a/b and √(s)=13"),
    ],
)
def test_latex_becomes_readable(source: str, shown: str) -> None:
    """LaTeX is shown in Unicode; money, percent signs and unknown macros stay as they are."""
    assert readable(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"$\sum_{i=1}^{n} x_i$", "∑ᵢ₌₁ⁿ xᵢ"),
        (r"$\lambda_{i}$ and $\nabla_{i} f$", "λᵢ and ∇ᵢ f"),
        (r"$\log_{n} m$, $\arg\min_{k} a$", "logₙ m, arg minₖ a"),
        (r"$\theta_{k}+\beta_{j}$, $\|x\|_{2}$", "θₖ+βⱼ, ‖x‖₂"),
        (r"$T_{\mathrm{max}}$, $T_\mathrm{max}$, $x_{t+1}$", "T_max, T_max, x_(t+1)"),
        (r"$x^{(k)}$ of 3--5 years --- or so; a -- b", "x^(k) of 3–5 years — or so; a -- b"),
        (
            r"Navier--Stokes, R\'enyi--$L_2$--\'etale, (i)--(iv)",
            "Navier–Stokes, Rényi–L₂–étale, (i)–(iv)",
        ),
        (
            "`yes'-instances, ``don't\", `isn't', Bell`s, `a`",
            "‘yes’-instances, “don't”, ‘isn't’, Bell`s, `a`",
        ),
        (r"caf\`e, `caf\'e', $f'$ and `$f'$'", "cafè, ‘café’, f' and ‘f'’"),
        (
            r"""``Schr\"odinger's cat'', ``so "it" is'', ``a \"o" and ``b''""",
            """“Schrödinger's cat”, “so "it" is”, “a ö” and “b”""",
        ),
        (
            r"`Poincar\'{e}' or `caf\'es', `torch.compile()` of users' models, ``a `so' b''",
            "‘Poincaré’ or ‘cafés’, `torch.compile()` of users' models, “a ‘so’ b”",
        ),
        ("a--b of https://a--b.example/3--5, --help", "a–b of https://a--b.example/3--5, --help"),
        ("a--b: www.a--b.org, doi:10.1234/a--b", "a–b: www.a--b.org, doi:10.1234/a--b"),
        ("a@xn--bcher-kva.example, xn--p1ai", "a@xn--bcher-kva.example, xn--p1ai"),
        (r"$e^{-x/2}$, $n^{th}$, $90^\circ$", "e^(-x/2), nth, 90°"),
        (r"$\frac{1}{n+1}$, $\frac{a+b}{c+d}$", "1/(n+1), (a+b)/(c+d)"),
        (r"$x\frac{1}{2\pi}$, $\frac{\partial f}{\partial x}$", "x(1/(2π)), ∂f/∂x"),
        (r"H~{\sc i} at 1\farcs5, 20\arcsec; 5~\micron, M$_\sun$", "H i at 1″.5, 20″; 5 μm, M_⊙"),
        (r"O(n\sqrt S), 1/\sqrt{2}, \sqrt2, \frac12", r"O(n√ S), 1/√(2), √2, \frac12"),
        (r"\frac{1}2 and $\frac{1}2$", r"\frac12 and 1/2"),
        (r"$2^{\frac{1}{2}}$, $\sqrt[3]{x}$, $\binom{n}{k}$", "2^(1/2), ³√(x), C(n,k)"),
        (r"$x\in\R^n$, $a\bmod b$, $a<\c$", r"x∈Rⁿ, a mod b, $a<\c$"),
        (r"$n \times m \leq k$", "n × m ≤ k"),
    ],
)
def test_formulas_keep_their_sense(source: str, shown: str) -> None:
    """Scripts stay with what they belong to, fractions have brackets where they need them."""
    assert readable(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"\texttt{R}, \texttt{my\_tool}, \texttt{C++}", "R, my_tool, C++"),
        (r"\mbox{$p<0.05$} \textsf{a} \textup{b} \textmd{c} \textsc{d}", "p<0.05 a b c d"),
        (r"\emph{e} \underline{f} \textcolor{red}{g}", "e f g"),
        (r"\href{https://example.org/a}{the code}", "the code (https://example.org/a)"),
        (r"\method{} is good, \LaTeX{} too", r"\method is good, LaTeX too"),
        (r"\SI{5}{\kilo\meter}", "5 kilometer"),
        (r"\textbf{all {of \emph{it}}}, 100\%", "all of it, 100%"),
        (r"$\Set{a}$ and \unknown{$x$}{y}", r"$\Set{a}$ and x y"),
        (r"$D_{a_0}$ \emph{open", r"D_(a₀) \emph{open"),
    ],
)
def test_no_command_swallows_words(source: str, shown: str) -> None:
    """The words of a command's arguments are shown, or the source stands as it is."""
    assert readable(source) == shown


@pytest.mark.parametrize(
    ("creators", "names"),
    [
        ("Anamta Khan, Ratna Kandala,  Deepti", ["Anamta Khan", "Ratna Kandala", "Deepti"]),
        ("A. Gould (1), S. Dorsher (2 and 3) ((1) Ohio, USA)", ["A. Gould", "S. Dorsher"]),
        ("John Smith, Jr., Ada Lovelace", ["John Smith Jr.", "Ada Lovelace"]),
        ("Ada Lovelace and Alan Turing", ["Ada Lovelace", "Alan Turing"]),
        ("M. Ablik, et al. (FROG Collaboration)", ["M. Ablik"]),
        ("Ada Lovelace), Alan Turing", ["Ada Lovelace)", "Alan Turing"]),
        ("Ada Lovelace, Alan Turing, et\n al.", ["Ada Lovelace", "Alan Turing"]),
        ("John Smith, (1), Jr., M. Ablik, et\xa0al.", ["John Smith Jr.", "M. Ablik"]),
    ],
)
def test_arxiv_creators_are_split(creators: str, names: list[str]) -> None:
    """One comma-separated text becomes names, without affiliations."""
    assert split_arxiv(creators) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "Loconsole, M.; Xue, C.; Garcia-Pelegrin, E.",
            ["M. Loconsole", "C. Xue", "E. Garcia-Pelegrin"],
        ),
        ("Inoda, Toshio", ["Toshio Inoda"]),
        ("García Márquez, Gabriel", ["Gabriel García Márquez"]),
        ("Doe, J., Roe, R. A.", ["J. Doe", "R. A. Roe"]),
        ("Tammy Iwasa-Arai, Carla Barbosa", ["Tammy Iwasa-Arai", "Carla Barbosa"]),
        ("García-Castaño J, Balao F, et al. ", ["J García-Castaño", "F Balao"]),
        ("Alice Smith, Bob Jones and Carol White", ["Alice Smith", "Bob Jones", "Carol White"]),
        ("Vivek Jayaraman, H. Li", ["Vivek Jayaraman", "H. Li"]),
        (
            "De Souza, Maria Clara; Van den Berg, Jan Willem",
            ["Maria Clara De Souza", "Jan Willem Van den Berg"],
        ),
        ("De Souza, Ana Clara and Roe, Richard", ["Ana Clara De Souza", "Richard Roe"]),
        ("Doe, John, Jr.; Roe, Jane", ["John Doe Jr.", "Jane Roe"]),
        (
            "King, M. L., Jr.; Smith, J., III; da Silva, J. P. Jr.",
            ["M. L. King Jr.", "J. Smith III", "J. P. da Silva Jr."],
        ),
        ("King, M. L., Jr., Smith, J.", ["M. L. King Jr.", "J. Smith"]),
        ("García Márquez, José Luis", ["José Luis García Márquez"]),
        ("de la Cruz Frog, Ana Maria", ["Ana Maria de la Cruz Frog"]),
        ("Da Xu, Nozomi Ando", ["Da Xu", "Nozomi Ando"]),
        ("De la Cruz, Ana Maria", ["Ana Maria De la Cruz"]),
        ("Lloyd Jones, Ann M.", ["Ann M. Lloyd Jones"]),
        ("Lloyd Jones, Ann Mary and Doe, Jo", ["Ann Mary Lloyd Jones", "Jo Doe"]),
        ("Ann Doe, Frog Research", ["Ann Doe", "Frog Research"]),
        ("张伟, 李明", ["张伟", "李明"]),
        ("张伟，李明、王芳", ["张伟", "李明", "王芳"]),
        ("김철수, 이영희", ["김철수", "이영희"]),
        ("张, 伟", ["伟 张"]),
        ("欧阳, 锋", ["锋 欧阳"]),
        ("Byron, Ada King", ["Ada King Byron"]),
        ("King Byron, Ada", ["Ada King Byron"]),
        ("J. R., Ann Doe", ["J. R.", "Ann Doe"]),
        ("WANG LI, ZHANG WEI", ["WANG LI", "ZHANG WEI"]),
        ("Doe AB, Apple Study Group", ["AB Doe", "Apple Study Group"]),
        ("Smith JA, Doe AB, Suharto", ["JA Smith", "AB Doe", "Suharto"]),
        ("Smith JB, Suharto", ["JB Smith", "Suharto"]),
        ("Smith JA, Doe AB, Roe CD Jr", ["JA Smith", "AB Doe", "CD Roe Jr"]),
        ("Smith JA, Doe AB, GTEx", ["JA Smith", "AB Doe", "GTEx"]),
        ("Smith JA, Doe AB, UK Biobank", ["JA Smith", "AB Doe", "UK Biobank"]),
        ("Smith JA, Doe AB; FROG-Skin", ["JA Smith", "AB Doe", "FROG-Skin"]),
        ("Institute for Apples and Pears", ["Institute for Apples and Pears"]),
        ("Food and Fruit Organization", ["Food and Fruit Organization"]),
        ("Ministry of Pears, Geneva", ["Ministry of Pears, Geneva"]),
        ("Ann Doe and the Apple Study Group", ["Ann Doe", "the Apple Study Group"]),
        (
            "Ann Doe, Bo Roe, on behalf of the APPLE and PEAR investigators",
            ["Ann Doe", "Bo Roe", "APPLE and PEAR investigators"],
        ),
        ("Taro ITO", ["Taro ITO"]),
        ("Jian LI, Ann NG, Min-ho KIM", ["Jian LI", "Ann NG", "Min-ho KIM"]),
        ("Ann Doe MD", ["Ann Doe MD"]),
        ("Example AI", ["Example AI"]),
        ("Doe J", ["J Doe"]),
        ("Doe LI, Roe K-J, Poe M.", ["LI Doe", "K-J Roe", "M Poe"]),
        ("Doe, J, Roe, KL", ["J Doe", "KL Roe"]),
        ("Cherney", ["Cherney"]),
        ("", []),
    ],
)
def test_author_lists_of_any_making_are_split(text: str, names: list[str]) -> None:
    """Surnames come last, whatever order a journal writes."""
    assert split_names(text) == names


@pytest.mark.parametrize(
    ("elements", "names"),
    [
        (["De Souza, Ana Clara", "Roe, Jo"], ["Ana Clara De Souza", "Jo Roe"]),
        (["Apples and Pears", "Ann Doe"], ["Apples and Pears", "Ann Doe"]),
        (["Doe AB", "Roe C"], ["AB Doe", "C Roe"]),
        (["Doe, Ann; Roe, Jo"], ["Ann Doe", "Jo Roe"]),
        (["Ann Doe, Jo Roe and Bo Poe"], ["Ann Doe", "Jo Roe", "Bo Poe"]),
        (["John Smith, Jane Doe"], ["John Smith", "Jane Doe"]),
        (["John Smith and Jane Doe"], ["John Smith", "Jane Doe"]),
        (["Food and Fruit Organization"], ["Food and Fruit Organization"]),
        (["Centre for Apples, Pear Island"], ["Centre for Apples, Pear Island"]),
        (["García Márquez, José Luis"], ["José Luis García Márquez"]),
        (["张伟；李明"], ["张伟", "李明"]),
        (
            ["Lloyd Jones, Ann Mary", "Das Gupta, Jo Ann"],
            ["Ann Mary Lloyd Jones", "Jo Ann Das Gupta"],
        ),
    ],
)
def test_an_element_holds_one_person(elements: list[str], names: list[str]) -> None:
    """Each element is one name, unless it tells of several."""
    assert read_names(elements) == names


def test_authors_are_clean_and_counted() -> None:
    """Accents are letters, repetitions go, and the list says how many it leaves out."""
    assert clean_authors([r"Andr\'e <b>Weil</b>", "André Weil", "", "..."]) == ("André Weil",)
    assert clean_authors([f"N{n} X" for n in range(203)])[-1] == "and 3 more"
