"""Composing with a conditional generative adversarial network.

Modules, in the order in which music passes through them:

* :mod:`.material`: excerpts from the catalogue in a form to learn from,
* :mod:`.networks`: autoencoder, generator, discriminator,
* :mod:`.losses`: the formulae,
* :mod:`.training`: alternating steps, running average, checkpoint and resume,
* :mod:`.files`: the generator on disk, equal bytes for equal weights,
* :mod:`.sampling`: new pieces from a stored generator.

This is the one package of Ricercar that imports TensorFlow.
"""
