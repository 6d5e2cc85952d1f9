r"""The losses as formulae to read, made from the docstrings of the code that computes them.

Conventions
-----------
:math:`x` is what is real and :math:`G(z)` what is made; :math:`\ell` is the discriminator's
logit and :math:`D = 1 / (1 + e^{-\ell})`; the condition is left out, and every term is a mean
over a batch.
"""

from ricercar.gan.losses import LOSSES, Loss, by_name

#: penalty -> (formula, what it is)
PENALTIES = {
    "r1": (
        r"\frac{\gamma}{2} \left\| \nabla_x \ell(x) \right\|^2",
        "the slope of the logit at what is real (R1)",
    ),
    "r2": (
        r"\frac{\gamma}{2} \left\| \nabla \ell(G(z)) \right\|^2",
        "the slope of the logit at what is made (R2)",
    ),
    "gradient_penalty": (
        r"\gamma (\left\| \nabla \ell(\hat x) \right\| - 1)^2",
        r"a slope other than 1 at random places $\hat x$ between real and made",
    ),
}


def _pays(loss: Loss) -> str:
    """What the discriminator pays besides."""
    parts = [f"${PENALTIES[name][0]}$, {PENALTIES[name][1]}" for name in loss.penalties]
    if loss.spectral:
        parts.append("nothing, but its weights are divided by their largest singular values")
    return "; and ".join(parts)


def of(name: str) -> str:
    """A loss in Markdown: what is made small, what is paid, how steps alternate.

    Examples
    --------
    >>> print(of("hinge").splitlines()[-1])
    One step of the discriminator goes with each step of the generator.

    Raises
    ------
    ParameterError
        If there is no such loss.
    """
    loss = by_name(name)
    steps = "One step" if loss.critic_steps == 1 else f"{loss.critic_steps} steps"
    verb = "goes" if loss.critic_steps == 1 else "go"
    return (
        f"This run has the loss *{_words(loss)}*,\n\n$$ {loss.formula} . $$\n\n"
        f"The discriminator also pays {_pays(loss)}.\n"
        f"{steps} of the discriminator {verb} with each step of the generator."
    )


def table() -> str:
    """All losses as a table in Markdown.

    Examples
    --------
    >>> [line.split("|")[1].strip() for line in table().splitlines()[2:4]]
    ['non saturating', 'minimax']
    """
    rows = ["| loss | made small | the discriminator also pays |", "|---|---|---|"]
    for loss in LOSSES.values():
        both = ", ".join(f"${part.strip()}$" for part in loss.formula.split(r", \qquad"))
        rows.append(f"| {_words(loss)} | {both} | {_pays(loss)} |")
    return "\n".join(rows)


def _words(loss: Loss) -> str:
    return loss.name.replace("_", " ").replace("wgan gp", "WGAN-GP")
