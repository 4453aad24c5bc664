"""Names the LaTeX macros that pylatexenc lacks or shows badly, as tables. Pure."""

# macros that show nothing themselves: what follows them is shown
SWITCH_NAMES = (
    "rm bf it em tt sl sc sf cal mathrm mathbf mathit mathnormal mathds mathbbm "
    "boldsymbol bm pmb mathop mathbin mathrel mathord mathopen mathclose mathinner mathpunct "
    "ensuremath left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr "
    "bigm Bigm displaystyle textstyle scriptstyle scriptscriptstyle limits nolimits nonumber "
    "noindent par newline linebreak small large Large footnotesize normalsize centering "
    "textnormal uline hbox fbox boxed cancel smash mathstrut strut allowbreak "
    "boldmath unboldmath protect xspace hfill quad qquad"
)
SWITCHES = frozenset(SWITCH_NAMES.split())

# operators, which LaTeX sets apart from the names around them
OPERATOR_NAMES = (
    "arg min max sup inf lim log ln lg exp sin cos tan cot sec csc sinh cosh tanh arcsin arccos "
    "arctan det dim ker deg Pr gcd lcm Re Im tr Tr rank diag sgn argmin argmax"
)
OPERATORS = tuple(OPERATOR_NAMES.split())

SIGN_PAIRS = (
    "ne ≠ land ∧ lor ∨ models ⊨ vDash ⊨ bot ⊥ implies ⟹ impliedby ⟸ iff ⟺ leadsto ⇝ gets ← owns ∋ "
    "coloneqq ≔ coloneq ≔ colonequals ≔ defeq ≔ eqqcolon ≕ eqdef ≝ eqsim ≂ nsim ≁ ncong ≇ Doteq ≑ "
    "lll ⋘ ggg ⋙ varpropto ∝ thickapprox ≈ thicksim ∼ lhd ⊲ rhd ⊳ unlhd ⊴ unrhd ⊵ Join ⋈ "
    "dashrightarrow ⇢ dashleftarrow ⇠ restriction ↾ bigsqcup ⨆ biguplus ⨄ "
    "varGamma Γ varDelta Δ varTheta Θ varLambda Λ varSigma Σ varPhi Φ varPsi Ψ varOmega Ω "
    "imath ı jmath ȷ Finv Ⅎ Game ⅁ Bbbk 𝕜 degree ° micro µ ohm Ω "
    "triangle △ Box □ Diamond ◇ bigstar ★ checkmark ✓ qed ∎ ddagger ‡ ddag ‡ "
    "clubsuit ♣ heartsuit ♥ spadesuit ♠ diamondsuit ♦ lbrack [ rbrack ] prime ′ neg ¬ | ‖ "
    "arcsec ″ arcmin ′ degr ° farcs ″. farcm ′. fdg °. micron μm sun ⊙ earth ⊕ "  # AASTeX's
    "copyright © pounds £ euro € textgreater > textless < textbar | LaTeX LaTeX TeX TeX"
)
SIGNS = dict(zip(SIGN_PAIRS.split()[::2], SIGN_PAIRS.split()[1::2], strict=True))
# not LaTeX's own, but in every other paper on computer vision
SIGNS |= {"ie": "i.e.", "eg": "e.g.", "etal": "et al.", "wrt": "w.r.t.", "iid": "i.i.d."}

MACRON = "\u0304"
ACCENTS = dict.fromkeys(("bar", "Bar", "overline"), MACRON)
ACCENTS |= dict.fromkeys(("tilde", "Tilde", "widetilde"), "\u0303")
ACCENTS |= dict.fromkeys(("hat", "Hat", "widehat"), "\u0302")
ACCENTS |= dict.fromkeys(("vec", "Vec", "overrightarrow"), "\u20d7")
ACCENTS |= {"Dot": "\u0307", "mathring": "\u030a", "slashed": "\u0338"}

# macros of older packages: like which one they are shown
ALIKE = {"Bbb": "mathbb", "scr": "mathscr", "frak": "mathfrak"}
