r"""The methods in formulae, for those who take part in a comparison.

Conventions
-----------
* Text is Markdown; formulae stand between dollar signs. :math:`R` has a row for each listener
  :math:`u` and a column for each piece :math:`i`; :math:`r_{ui}` is its entry.
* What a formula needs (a symbol, a loss) is told once, and only if a method of the list uses it.
"""

from collections.abc import Sequence

#: method -> the score of piece i for listener u
SCORES: dict[str, str] = {
    "most_popular": "number of listeners who like $i$; the same for everybody",
    "user_knn": r"$\sum_{v \in N_k(u)} r_{vi}\,\mathrm{sim}(u, v)$: neighbours' ratings times "
    "similarity",
    "item_knn": r"$\sum_{j \in N_k(i)} r_{uj}\,\mathrm{sim}(i, j)$: what you heard that is "
    "like $i$",
    "als": r"$x_u^\top y_i$, vectors found by weighted alternating least squares",
    "bpr": r"$x_u^\top y_i$, vectors that put heard pieces before unheard ones",
    "ease": r"$\sum_j x_{uj} B_{ji}$ with $B_{ij} = -P_{ij} / P_{jj}$ and "
    r"$P = (X^\top X + \lambda I)^{-1}$",
    "slim": r"$\sum_j x_{uj} W_{ji}$, with few $W_{ji} \ge 0$, by an elastic net among neighbours",
    "gf_cf": r"$x_u (\tilde X^\top \tilde X + \alpha D^{-1/2} V V^\top D^{1/2})$, a low-pass "
    "filter",
    "graph_ease": r"EASE of $\tilde X$ plus the same filter as `gf_cf`: ours",
    "mult_vae": "$f_i(z_u)$, a neural decoder of a code $z_u$ that a neural encoder makes of $x_u$",
    "content": r"$\cos(p_u, f_i)$ with the profile "
    r"$p_u = \sum_i r_{ui} f_i / \sum_i \lvert r_{ui}\rvert$",
    "augmented_linear": r"EASE that also rebuilds the features, $\lambda$ and $\alpha$ being "
    "penalties",
    "hybrid": r"$\sum_m a_m z^m_{ui}$: the best of the above and a second, $a$ from the tries",
    "learnt_hybrid": "the same sum as `hybrid`, $a$ learnt from pieces held out of train",
    "cold_items": "the best of the above; a piece that nobody has heard gets its neighbours' mean",
}

_BINARY = ("ease", "slim", "gf_cf", "graph_ease", "mult_vae", "augmented_linear")

#: what is told -> the methods that need it
TERMS: dict[str, tuple[str, ...]] = {
    r"$\mathrm{sim}$ is the similarity of two rows (listeners) or columns (pieces) of $R$, and "
    "$N_k$ are the $k$ nearest.": ("user_knn", "item_knn"),
    "$X$ is 1 where $r_{ui} > 0$, and $x_u$ its row.": _BINARY,
    r"$\tilde X$ is $X$ with each 1 divided by the root of what listener and piece have in all; "
    r"$V$ are the first singular vectors of $\tilde X$ and $D$ the pieces' likes.": (
        "gf_cf",
        "graph_ease",
    ),
    "In `mult_vae`, training maximises\n\n"
    r"$$\sum_i x_{ui} \log \frac{e^{f_i(z_u)}}{\sum_j e^{f_j(z_u)}} - "
    r"\beta\,\mathrm{KL}(q(z_u)\,\|\,N(0, I)),$$"
    "\n\nthe likelihood of what was heard less the distance of the code from a normal one.": (
        "mult_vae",
    ),
    r"`augmented_linear` minimises $\|X - XB\|^2 + \alpha\,\|F^\top - F^\top B\|^2 + "
    r"\lambda\,\|B\|^2$ with $B_{jj} = 0$.": ("augmented_linear",),
    "$z^m_{ui}$ is the score of method $m$ in standard deviations, over the pieces; `hybrid` joins "
    "the best method and `content`, or the two best where features are unknown.": (
        "hybrid",
        "learnt_hybrid",
    ),
    "$f_i$ are a piece's standardised features of melody, rhythm and harmony. Only `content` and "
    "what is made with it look at the music; the others know pieces by who listens to them.": (
        "content",
        "augmented_linear",
        "cold_items",
    ),
}


def table(names: Sequence[str]) -> str:
    """The scores of some methods, as a table in Markdown.

    Parameters
    ----------
    names : sequence of str
        Of :func:`ricercar.recommend.models`.

    Examples
    --------
    >>> print(table(["most_popular"]))
    | method | the score of piece $i$ for listener $u$ |
    |---|---|
    | `most_popular` | number of listeners who like $i$; the same for everybody |
    """
    head = ["| method | the score of piece $i$ for listener $u$ |", "|---|---|"]
    return "\n".join([*head, *(f"| `{name}` | {SCORES[name]} |" for name in names)])


def terms(names: Sequence[str]) -> str:
    """What the formulae of some methods need, in sentences.

    Examples
    --------
    >>> terms(["most_popular", "ease"])
    '$X$ is 1 where $r_{ui} > 0$, and $x_u$ its row.'
    """
    return " ".join(text for text, needing in TERMS.items() if {*needing} & {*names})
