r"""A critic of what was written: which cells are likelier in real music than in composed.

Goal: to mend what a decoder that decides voice by voice gets wrong between the voices,
without a rule made by hand. Once the decoder has learnt, it composes under the conditions
of the real pieces. A logistic regression then tells real cells from composed ones by what
happens in the cell :math:`c` and between it and what went before, :math:`b`
(:mod:`.critic_features`): steps and turns, rhythm, degrees, harmony, and what stood there some
bars ago. Its logit

.. math:: r(b, c) = \log p_\mathrm{real}(b, c) - \log p_\mathrm{composed}(b, c)
   = \sum_f w_f[\,f(b, c)\,]

is a sum of table entries, one for each feature :math:`f`. :class:`.writing.Writer` draws
several candidates for each cell and keeps one
with probability proportional to :math:`e^r`.

Conventions
-----------
* ``tokens`` and ``sounding`` are those of :mod:`.material`.
* Candidates are compared after the same music, so whatever :math:`r` says of that alone
  cancels, and the ratio for both serves as the ratio given what went before.
* Rounds add up: what is learnt from music composed with a critic is added to its tables.

Sources
-------
S. Azadi et al., "Discriminator rejection sampling" (ICLR 2019); Y. Deng et al., "Residual
energy-based models for text generation" (ICLR 2020); density ratios from a classifier:
M. Gutmann and A. Hyvärinen, "Noise-contrastive estimation" (AISTATS 2010).
"""

from collections.abc import Mapping

import numpy as np

from ricercar.gan.conditions import Vocabulary
from ricercar.gan.critic_features import Before, features, tables


class Critic:
    """What has been learnt, as the logit of a cell.

    Parameters
    ----------
    weights : mapping of str to numpy.ndarray
        A table for each name in :func:`.critic_features.tables`, from
        :func:`.critic_training.learn`.
    vocabulary : Vocabulary
    """

    def __init__(self, weights: Mapping[str, np.ndarray], vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        shapes = tables(vocabulary)
        every = [np.reshape(np.asarray(weights[name], float), shapes[name]) for name in shapes]
        self.weights = np.concatenate([table.ravel() for table in every])

    def rate(self, before: Before, token: np.ndarray, sound: np.ndarray, slot: int) -> np.ndarray:
        """The logit r of cells.

        Parameters
        ----------
        before : Before
        token, sound : numpy.ndarray of int, shape (n, voices)
            Tokens and sounding of the cells.
        slot : int
            Place of the cells in their beat.

        Returns
        -------
        numpy.ndarray of float64, shape (n,)
        """
        slots = np.full(len(sound), slot)
        entries = features(before, token, sound, slots, self.vocabulary)
        return self.weights[entries].sum(axis=1)
