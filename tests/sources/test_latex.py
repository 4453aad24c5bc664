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
        (r"$\sum_{i=1}^Tx$, $\int_0^1f$, $\max_{n}f$", "∑ᵢ₌₁^T x, ∫₀¹ f, maxₙ f"),
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
