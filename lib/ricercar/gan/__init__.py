"""Composing with a conditional generative adversarial network.

Modules, in the order in which music passes through them:

* :mod:`.forms` and :mod:`.material`: excerpts from the catalogue to learn from,
* :mod:`.networks`: autoencoder, generator, discriminator,
* :mod:`.losses`: the formulae,
* :mod:`.recipe`: the numbers of a training,
* :mod:`.adversaries`: one step of each stage,
* :mod:`.training` and :mod:`.checkpoint`: the whole course, stopped and resumed,
* :mod:`.files`: the generator on disk, equal bytes for equal weights,
* :mod:`.sampling`: new pieces from a stored generator.

This is the one package of Ricercar that imports TensorFlow.
"""
