r"""The step of the adversaries, which recipes share.

Generator :math:`G` and discriminator :math:`D` play for whatever is real in a recipe: codes
in *latent*, music on the grid in *grid*. In each step the discriminator moves first, by its
loss and its penalty, then the generator by its own, then the generator's running average.

Conventions
-----------
* What plays is real, shape (batch, beats, …), or a draw of the same shape; a recipe says
  how it is drawn and how the discriminator is shown it.
* With a loss of several critic steps the generator moves in every so-many-th step only.
* The first weights depend on the order in which networks are made.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from ricercar.gan import losses, penalties
from ricercar.gan.adversaries import Discriminator, Generator
from ricercar.gan.backend import tf
from ricercar.gan.material import WINDOW
from ricercar.gan.recipes.base import Recipe, adam, average, generator_weights

#: names of what a step returns
REPORTS = ("loss_d", "loss_g", "penalty", "told_real", "told_made", "spread")


class Playing(Recipe):
    """A recipe with adversaries: its subclass says what they play for."""

    def _adversaries(self, out: int) -> None:
        """Make generator, its running average, discriminator, and an optimiser for each player.

        Parameters
        ----------
        out : int
            Numbers that the generator makes for each beat.
        """
        p, features = self.plan, self.vocabulary.features
        self.generator = Generator(p.channels, p.latent, out)
        self.averaged = Generator(p.channels, p.latent, out)
        self.loss = losses.by_name(p.loss)
        self.discriminator = Discriminator(p.channels, features, self.loss.spectral, p.seed)
        z, noise = tf.zeros((1, p.latent)), tf.zeros((1, WINDOW, p.latent // 4))
        places = tf.zeros((1, WINDOW, features))
        for network in (self.generator, self.averaged):
            self.discriminator(network(z, noise, places), places)
        self.averaged.set_weights(self.generator.get_weights())
        made, judge = self.generator.trainable_variables, self.discriminator.trainable_variables
        self.make_adam = adam(made, p.rate, p.play_steps, self.loss.betas)
        self.judge_adam = adam(judge, p.rate, p.play_steps, self.loss.betas)

    def _generate(self, seeds: list[Any], places: Any) -> Any:
        """What the generator makes of noise from two seeds, shape (batch, beats, out)."""
        n, latent = tf.shape(places)[0], self.plan.latent
        z = tf.random.stateless_normal((n, latent), seeds[0])
        noise = tf.random.stateless_normal((n, WINDOW, latent // 4), seeds[1])
        return self.generator(z, noise, places)

    def _step(
        self,
        real: Any,
        made: Callable[[int], Any],
        judge: Callable[[Any], Any],
        seed: Any,
        number: Any,
    ) -> Any:
        """One step.

        Parameters
        ----------
        real : tf.Tensor
        made : callable
            A draw of the generator: the discriminator's with 0, the generator's own with 1.
        judge : callable
            What is real or made to logits.
        seed : tf.Tensor, shape (2,)
            Of the penalty.
        number : tf.Tensor
            Of the step.

        Returns
        -------
        tf.Tensor, shape (6,)
            See :data:`REPORTS`.
        """
        drawn = made(0)
        weights = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            told, told_made, penalty = penalties.logits_and_penalty(
                self.loss.penalties, judge, real, drawn, self.plan.penalty, seed
            )
            loss_d = self.loss.discriminator(told, told_made)
            total = loss_d + penalty
        self.judge_adam.apply(tape.gradient(total, weights), weights)

        weights = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            drawn = made(1)
            loss_g = self.loss.generator(tf.stop_gradient(told), judge(drawn))
        gradient = tape.gradient(loss_g, weights)
        if self.loss.critic_steps > 1:
            turn = tf.cast(number % self.loss.critic_steps == 0, tf.float32)
            gradient = [turn * g for g in gradient]
        self.make_adam.apply(gradient, weights)
        average(self.averaged.variables, self.generator.variables, self.plan.ema, number)
        right, right_made = self.loss.told_apart(told, told_made)
        spread = tf.reduce_mean(tf.math.reduce_std(drawn, axis=0))
        return tf.stack([loss_d, loss_g, penalty, right, right_made, spread])

    def composing(self) -> list[np.ndarray]:
        """A copy of the averaged generator's weights."""
        return [np.array(weight) for weight in self.averaged.weights]

    def _generator_arrays(self, weights: list[np.ndarray]) -> dict[str, np.ndarray]:
        """The averaged generator with these weights as arrays of a composer."""
        now = self.averaged.get_weights()
        self.averaged.set_weights(weights)
        found = {f"generator.{k}": array for k, array in generator_weights(self.averaged).items()}
        self.averaged.set_weights(now)
        return found
