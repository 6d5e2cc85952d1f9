"""Recipes: what is trained, by name. Each is one file that can be read in a sitting.

* :mod:`.latent`: encoder and decoder, then adversaries on the codes,
* :mod:`.reference`: the decoder alone, without a code and without adversaries,
* :mod:`.grid`: adversaries on the grid itself, as in MuseGAN.

A recipe is a class with the attributes of :class:`.base.Recipe`.
"""

from ricercar.errors import ParameterError
from ricercar.gan.material import Material
from ricercar.gan.plan import Plan
from ricercar.gan.recipes.base import Recipe
from ricercar.gan.recipes.grid import Grid
from ricercar.gan.recipes.latent import Latent
from ricercar.gan.recipes.reference import Reference

RECIPES: dict[str, type[Recipe]] = {"latent": Latent, "grid": Grid, "reference": Reference}


def build(material: Material, plan: Plan) -> Recipe:
    """The networks of a plan, with their first weights.

    Raises
    ------
    ParameterError
        If there is no such recipe.
    """
    if plan.recipe not in RECIPES:
        raise ParameterError(f"recipe {plan.recipe!r} is none of {sorted(RECIPES)}")
    return RECIPES[plan.recipe](material, plan)
