"""Recommenders: who would want to hear what.

Goal: one narrow interface, :class:`~ricercar.recommend.base.Recommender`, behind which
every method can take the place of every other.

Conventions
-----------
* A model learns from a sparse matrix, listeners x pieces, of weights (plays,
  favourites, ratings, see :mod:`ricercar.listening.matrix`); a weight below 0 is a
  dislike. Listeners and pieces are rows and columns, counted from 0.
* ``fit(matrix)`` forgets everything learnt before; ``scores(rows)`` and
  ``recommend(rows, n, exclude)`` take row numbers, -1 for a listener never seen.
* ``similar_items(items, n)`` takes column numbers; what likeness is, is a method's own.
* A listener without any liked piece gets the most popular pieces, from every model.
* Same matrix, same parameters, same seed: same scores, on any number of cores.
"""

from types import MappingProxyType
from typing import Any

from ricercar.errors import ParameterError
from ricercar.recommend.augmented import AugmentedLinear
from ricercar.recommend.autoencoder import VariationalAutoencoder
from ricercar.recommend.base import Recommender
from ricercar.recommend.cold import ColdItems
from ricercar.recommend.content import ContentBased
from ricercar.recommend.factorisation import BayesianRanking, LeastSquares
from ricercar.recommend.graph import GraphFilter
from ricercar.recommend.graph_ease import GraphEase
from ricercar.recommend.hybrid import Hybrid, LearntHybrid
from ricercar.recommend.linear import Ease, Slim
from ricercar.recommend.neighbours import ItemNeighbours, UserNeighbours
from ricercar.recommend.popularity import MostPopular

_MODELS: dict[str, type[Recommender]] = {
    "most_popular": MostPopular,
    "user_knn": UserNeighbours,
    "item_knn": ItemNeighbours,
    "als": LeastSquares,
    "bpr": BayesianRanking,
    "ease": Ease,
    "slim": Slim,
    "gf_cf": GraphFilter,
    "graph_ease": GraphEase,
    "mult_vae": VariationalAutoencoder,
    "content": ContentBased,
    "augmented_linear": AugmentedLinear,
    "hybrid": Hybrid,
    "learnt_hybrid": LearntHybrid,
    "cold_items": ColdItems,
}


def models() -> MappingProxyType[str, type[Recommender]]:
    """The recommenders by name, in the order in which the field invented simpler ones first.

    Examples
    --------
    >>> list(models())[:3]
    ['most_popular', 'user_knn', 'item_knn']
    """
    return MappingProxyType(_MODELS)


def create(name: str, **parameters: Any) -> Recommender:
    """Make an untrained recommender.

    Parameters
    ----------
    name : str
        A key of :func:`models`.
    **parameters
        What its class takes, for example ``neighbours=50``.

    Raises
    ------
    ParameterError
        If the name or a parameter is unknown, or a value lies outside its range.

    Examples
    --------
    >>> create("gf_cf", factors=64)
    GraphFilter(factors=64, alpha=0.3)
    >>> create("user_nn")
    Traceback (most recent call last):
    ricercar.errors.ParameterError: there is no recommender 'user_nn'; known: most_popular, \
user_knn, item_knn, als, bpr, ease, slim, gf_cf, graph_ease, mult_vae, content, \
augmented_linear, hybrid, learnt_hybrid, cold_items
    """
    if name not in _MODELS:
        raise ParameterError(f"there is no recommender {name!r}; known: {', '.join(_MODELS)}")
    known = _MODELS[name].parameters()
    if unknown := sorted(set(parameters) - set(known)):
        raise ParameterError(
            f"recommender {name!r} takes no {', '.join(unknown)}; "
            f"it takes {', '.join(known) or 'no parameters'}"
        )
    if missing := sorted(p for p, needed in known.items() if needed and p not in parameters):
        raise ParameterError(f"recommender {name!r} also needs {', '.join(missing)}")
    return _MODELS[name](**parameters)


__all__ = ["Recommender", "create", "models"]
