"""Composing with conditional generative adversarial networks.

Modules, in the order in which music passes through them:

* :mod:`.beats`, :mod:`.conditions` and :mod:`.material`: the catalogue on beats, in one key,
  with what is known about every piece,
* :mod:`.plan` and :mod:`.recipes`: the numbers of a training, and what is trained,
* :mod:`.decoder` and :mod:`.adversaries`: the networks that learn,
* :mod:`.losses`, :mod:`.penalties`, :mod:`.augment` and :mod:`.schedules`: by what they learn,
* :mod:`.training`, :mod:`.checkpoint` and :mod:`.judging`: the whole course, stopped and
  resumed, watched and judged,
* :mod:`.writing`, :mod:`.generating` and :mod:`.composer`: the same networks as they compose,
  in NumPy,
* :mod:`.scores` and :mod:`.sampling`: new pieces, and the generator on disk.

Those that learn are the one part of Ricercar that imports TensorFlow; composing needs none.
"""
