"""Names of LaTeX's mathematical symbols, for :mod:`ricercar.show.mathematics`.

Conventions
-----------
Each table maps a command without its backslash to the character that it stands for.
"""


def _words(text: str) -> list[str]:
    return text.split()


def _pairs(text: str) -> dict[str, str]:
    words = _words(text)
    return dict(zip(words[::2], words[1::2], strict=True))


#: letters and other things that stand for themselves
ORDINARY = _pairs(
    """alpha α beta β gamma γ delta δ epsilon ϵ varepsilon ε zeta ζ eta η theta θ vartheta ϑ
    iota ι kappa κ lambda λ mu μ nu ν xi ξ pi π rho ρ varrho ϱ sigma σ varsigma ς tau τ
    upsilon υ phi ϕ varphi φ chi χ psi ψ omega ω
    Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π Sigma Σ Upsilon Υ Phi Φ Psi Ψ Omega Ω
    infty ∞ partial ∂ nabla ∇ ell ℓ hbar ℏ emptyset ∅ varnothing ∅ forall ∀ exists ∃ neg ¬
    top ⊤ bot ⊥ angle ∠ prime ′ Re ℜ Im ℑ aleph ℵ sharp ♯ flat ♭ natural ♮ degree °
    dots … ldots … cdots ⋯ vdots ⋮ ddots ⋱ dotsc … dotsb ⋯ checkmark ✓
    # # % % $ $ & & _ _"""
)

#: signs between two operands
BINARY = _pairs(
    """times × cdot ⋅ div ÷ pm ± mp ∓ ast ∗ star ⋆ circ ∘ bullet ∙ oplus ⊕ otimes ⊗ odot ⊙
    ominus ⊖ cup ∪ cap ∩ setminus ∖ wedge ∧ land ∧ vee ∨ lor ∨ uplus ⊎ sqcup ⊔"""
)

#: signs of comparison, and arrows
RELATIONS = _pairs(
    """le ≤ leq ≤ ge ≥ geq ≥ lt < gt > ne ≠ neq ≠ equiv ≡ approx ≈ sim ∼ simeq ≃ cong ≅
    propto ∝ in ∈ notin ∉ ni ∋ subset ⊂ subseteq ⊆ supset ⊃ supseteq ⊇ ll ≪ gg ≫ prec ≺ succ ≻
    preceq ⪯ succeq ⪰ mid | parallel ∥ perp ⊥ models ⊨ vdash ⊢ colon : coloneqq ≔
    to → rightarrow → leftarrow ← gets ← leftrightarrow ↔ Rightarrow ⇒ implies ⇒ Leftarrow ⇐
    Leftrightarrow ⇔ iff ⇔ mapsto ↦ longrightarrow ⟶ longmapsto ⟼ uparrow ↑ downarrow ↓"""
)

#: large operators that carry their limits above and below
SUMS = _pairs(
    """sum ∑ prod ∏ coprod ∐ bigcup ⋃ bigcap ⋂ bigoplus ⨁ bigotimes ⨂ bigvee ⋁ bigwedge ⋀"""
)

#: large operators that carry their limits beside them
INTEGRALS = _pairs("int ∫ iint ∬ oint ∮")

#: brackets
OPENING = _pairs("lbrace { { { lbrack [ langle ⟨ lfloor ⌊ lceil ⌈ lvert | lVert ‖")
CLOSING = _pairs("rbrace } } } rbrack ] rangle ⟩ rfloor ⌋ rceil ⌉ rvert | rVert ‖")
BARS = _pairs("vert | Vert ‖ | ‖")

#: functions whose name is set upright
FUNCTIONS = set(
    _words(
        """log ln lg exp sin cos tan cot sec csc sinh cosh tanh arcsin arccos arctan arg deg dim
        ker hom"""
    )
)

#: functions that carry a limit below
LIMITS = {name: name for name in _words("max min sup inf lim det gcd Pr argmax argmin")} | {
    "limsup": "lim sup",
    "liminf": "lim inf",
}

#: marks above a letter
ACCENTS = _pairs("hat ^ widehat ^ bar ¯ tilde ~ widetilde ~ vec → dot ˙ ddot ¨ check ˇ breve ˘")

#: spaces, in em
SPACES = {
    ",": 0.167,
    "thinspace": 0.167,
    ":": 0.222,
    ">": 0.222,
    ";": 0.278,
    "!": -0.167,
    " ": 0.25,
    "enspace": 0.5,
    "quad": 1.0,
    "qquad": 2.0,
}

#: sizes of \\big and its like, in em
SIZES = {"big": 1.2, "Big": 1.8, "bigg": 2.4, "Bigg": 3.0}

#: environments whose columns are set to the right and left in turn
ALIGNED = frozenset({"aligned", "align", "align*", "split", "gathered"})

#: environment -> brackets around it
ENVIRONMENTS = {
    "matrix": ("", ""),
    "pmatrix": ("(", ")"),
    "bmatrix": ("[", "]"),
    "vmatrix": ("|", "|"),
    "array": ("", ""),
    "cases": ("{", ""),
} | dict.fromkeys(ALIGNED, ("", ""))

_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SMALL = _CAPITALS.lower()


def _alphabet(capitals: int, small: int, digits: int = 0, **irregular: str) -> dict[int, str]:
    letters = {ord(c): chr(capitals + i) for i, c in enumerate(_CAPITALS)}
    letters |= {ord(c): chr(small + i) for i, c in enumerate(_SMALL)}
    if digits:
        letters |= {ord("0") + i: chr(digits + i) for i in range(10)}
    return letters | {ord(letter): sign for letter, sign in irregular.items()}


#: font command -> letters as Unicode's mathematical alphabets have them
ALPHABETS: dict[str, dict[int, str]] = {
    "mathrm": {},
    "mathit": {},
    "mathbf": _alphabet(0x1D400, 0x1D41A, 0x1D7CE),
    "boldsymbol": _alphabet(0x1D468, 0x1D482, 0x1D7CE, h="𝒉"),
    "mathsf": _alphabet(0x1D5A0, 0x1D5BA, 0x1D7E2),
    "mathtt": _alphabet(0x1D670, 0x1D68A, 0x1D7F6),
    "mathcal": _alphabet(
        *(0x1D49C, 0x1D4B6),
        B="ℬ",
        E="ℰ",
        F="ℱ",
        H="ℋ",
        I="ℐ",
        L="ℒ",
        M="ℳ",
        R="ℛ",
        e="ℯ",
        g="ℊ",
        o="ℴ",
    ),
    "mathbb": _alphabet(
        *(0x1D538, 0x1D552, 0x1D7D8), C="ℂ", H="ℍ", N="ℕ", P="ℙ", Q="ℚ", R="ℝ", Z="ℤ"
    ),
    "mathfrak": _alphabet(0x1D504, 0x1D51E, C="ℭ", H="ℌ", I="ℑ", R="ℜ", Z="ℨ"),
}
ALPHABETS["mathscr"] = ALPHABETS["mathcal"]
ALPHABETS["bm"] = ALPHABETS["boldsymbol"]
