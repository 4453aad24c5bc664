"""Macros, operators, accents and the leftovers of LaTeX, as tables of what must come out."""

import pytest

from digest.sources.text.latex import readable
from digest.sources.text.markup import plain_text


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"$O(n\log n)$, $2\sin x$, $a\max b$", "O(n log n), 2 sin x, a max b"),
        (r"$n^2\log n$, $(\log n)\log m$, $\log(n)$", "n² log n, (log n) log m, log(n)"),
        (r"$\log 2$, $x_\max$, $2\operatorname{lcm}a$", "log 2, x_max, 2 lcm a"),
        (r"$\sum_{n=1}^\infty\frac{1}{n^2}$", "∑ₙ₌₁^∞ 1/n²"),
        (r"$\arg\max_\theta f$, $\int_\Omega f$, $a \lll b$", "arg max_θ f, ∫_Ω f, a ⋘ b"),
        (r"$\sin\theta$, $\log\frac{a}{b}$, $\min\{a\}$", "sin θ, log(a/b), min{a}"),
        (r"$b^\top A^{T}$, $x^\star$", "bᵀAᵀ, x*"),
        (
            r"fog (\ie, haze), \eg Ho \etal{} in $ T $ by $ 0.4 $",
            "fog (i.e., haze), e.g. Ho et al. in T by 0.4",
        ),
        ("costs $ 5 and $ 6 or $ a", "costs $ 5 and $ 6 or $ a"),
        (r"$α= β$, $\alpha= \beta$", "α = β, α = β"),
        (r"$χ^(2)$, $\chi^(2)$, $x_(2)$", "χ^(2), χ^(2), x_(2)"),
        ("$p&lt;q$, $x&y$, the $R&D$", "p&lt;q, x&y, the R&D"),
        (r"$\begin{matrix}a&b\\c&d\end{matrix}$", "a   b\nc   d"),
        (r"$\sum_{i=1}^Tx$, $\int_0^1f$, $\max_{n}f$", "∑ᵢ₌₁ᵀ x, ∫₀¹ f, maxₙ f"),
    ],
)
def test_operators_stand_apart(source: str, shown: str) -> None:
    """A blank is between an operator and the names around it."""
    assert readable(source) == shown


def test_operators_of_publishers_stand_apart() -> None:
    """TeX in JATS is read alike."""
    assert readable(plain_text(r"<tex-math>$O(n\log n)$</tex-math>")) == "O(n log n)"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"$a \equiv 1 \pmod{8}$, $\boxed{x}$, $\cancel{x}$", "a ≡ 1 (mod 8), x, x"),
        (r"$\Bbb{R}$, $\Bbb R$, $\scr{H}$", "ℝ, ℝ, ℋ"),
        (r"$\sum_{\substack{a\\b}} x$", "∑_(a,b) x"),
        (r"$\Ket{0}$, $\ket{1}$, $\bra{a}$, $\expval{H}$", "|0⟩, |1⟩, ⟨a|, ⟨H⟩"),
        (r"$\braket{a|b}$, $\braket{a}{b}$, $\mel{a}{H}{b}$", "⟨a|b⟩, ⟨a|b⟩, ⟨a|H|b⟩"),
        (r"$1\unicode{x2013}2$, $3\unicode{8211}4$", "1–2, 3–4"),
        (r"$1\unicode{xffffffff}2$", r"$1\unicode{xffffffff}2$"),
        (r"$f\colon X\to Y$, $a\ne b$, $A \land B$", "f: X→Y, a≠b, A ∧ B"),
        (r"$a\models b$, $a\not\models b$, $A \implies B$", "a⊨b, a⊭b, A ⟹ B"),
        (r"$90\degree$, $90^\degree$, $30\deg$", "90°, 90°, 30 deg"),
        (r"$\varOmega$, \copyright 2026, \TeX, \checkmark", "Ω, © 2026, TeX, ✓"),
        (r"$10^-3\,\mu$, $10^-3$", "10⁻³ μ, 10⁻³"),
        ("$10^−3$, $Fe^+3$", "10⁻³, Fe⁺³"),
        (r"$e^+2\gamma$", "e⁺2γ"),
    ],
)
def test_macros_are_known(source: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No formula is shown as its source, none with a sign's name, and nothing is complained of."""
    assert readable(source) == shown
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"$\widetilde{O}(n^2)$ vs $O(n^2)$, $\Tilde{O}$", "Õ(n²) vs O(n²), Õ"),
        (r"$\overline{\nu}_e$, $\overline{D}^0$", "ν\u0304_e, D\u0304⁰"),
        (r"$\overline{\mathbb{Q}}$, $\widehat{\theta}$", "ℚ\u0304, θ\u0302"),
        (r"$\overline{x_1}$, $\hat{\hat{x}}$", "x\u0304₁, x\u0302\u0302"),
        (r"$\overline{BC}$, $\overline{a+b}$, $\widehat{abc}$", "B\u0304C\u0304, a+b, abc"),
        (r"$\Vec{x}$, $\slashed{E}$, $\mathring{a}$", "x\u20d7, E\u0338, å"),
    ],
)
def test_accents_stand_on_their_letter(source: str, shown: str) -> None:
    """A wide accent over one letter keeps its sense; over many it goes without harm."""
    assert readable(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"$<$1\% and $>$90\% at a cost of $5", "<1% and >90% at a cost of $5"),
        (r"$+$3.2, $=$5, $-$2.1, $\sim$5, $ > $ 9", "+3.2, =5, -2.1, ∼5, > 9"),
        (r"$\$$5M cost, \$5, $p<$0.05, $n =$5", "$5M cost, $5, p<0.05, n =5"),
        ("US$-$6, costs $5 <$6", "US$-$6, costs $5 <$6"),
        (r"$e^+e^-$, K$^+$, CD4$^+$, Cl$^-$", "e⁺e⁻, K⁺, CD4⁺, Cl⁻"),
        ("closed under $ [A, B] = AB-BA $. At rate $ ω$", "closed under [A, B] = AB-BA. At rate ω"),
        ("they paid $ 5 = 4 € $ and $ 6", "they paid $ 5 = 4 € $ and $ 6"),
    ],
)
def test_short_formulas_are_told_from_money(source: str, shown: str) -> None:
    """One sign between dollars is a formula, even before a digit."""
    assert readable(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"5~GHz, Fig.~1, 5~$\mu$m, Ann~Doe", "5 GHz, Fig. 1, 5 μm, Ann Doe"),
        ("~5, y~x, 5~10, http://example.org/~ada", "~5, y~x, 5~10, http://example.org/~ada"),
        (r"See~\cite{abc}, Fig.~\ref{x} here", "See, Fig. here"),
        ("``quoted'' and 8{,}660 of {1,2}", "“quoted” and 8,660 of {1,2}"),
        (r"Erd\H os, Ho\v rava, \v Cech, \c and", r"Erdős, Hořava, Čech, \c and"),
        (r"T_{\rm max}, x^{\mathrm{a},\mathrm{b}}", "T_max, x^(a,b)"),
        (r"\S 3 of $\S^n$", "§ 3 of Sⁿ"),
        ("Letr{é}my, {Ö}zg{ü}r", "Letrémy, Özgür"),
        (r"{{\large {\textbf{F}}}}aster {\em a {b} c}", "Faster a b c"),
    ],
)
def test_leftovers_outside_formulas_are_read(source: str, shown: str) -> None:
    """Ties, quotes and braces are LaTeX only where they can be nothing else."""
    assert readable(source) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (r"\begin{equation} E=mc^2 \end{equation}", "E=mc²"),
        (r"\begin{align*}x_1&=\alpha\\ y&=2\end{align*}", "x₁=α; y=2"),
        (r"\begin{itemize}\item one \item two\end{itemize}", " • one  • two"),
        (r"\begin{tabular}{ll}a\end{tabular}", "a"),
        (r"{\color{blue} words}, \color{red} more", " words,  more"),
    ],
)
def test_environments_show_what_they_hold(source: str, shown: str) -> None:
    """No environment's or colour's name stands among the words."""
    assert readable(source) == shown
