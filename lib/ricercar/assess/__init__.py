"""Measuring: recommenders, music, and how sure we are of either.

Goal: a module for each question. Nothing is imported here; import the module that answers
yours: ``from ricercar.assess import ranking, comparison``.

Recommenders (from a weight matrix to a verdict: ``docs/python.md``)

==================================  ================================  =========================
question                            module                            start with
==================================  ================================  =========================
how good are a model's lists?       :mod:`.ranking`                   ``evaluate``
what does each metric mean?         :mod:`.accuracy`, :mod:`.beyond`  their docstrings
which is better, and is it real?    :mod:`.comparison`                ``compare``, ``best``
how large is the difference?        :mod:`.effects`                   ``table``
which of many are not told apart?   :mod:`.model_ranks`               ``standing``
what do the tests say in words?     :mod:`.verdicts`                  ``of_comparison``
for whom, for which pieces?         :mod:`.listener_groups`           ``by_activity``, ``gaps``
do lists keep a mix of styles?      :mod:`.calibration`               ``shares``
who is listed how often?            :mod:`.exposure`                  ``by_collection``
how far off are predicted ratings?  :mod:`.ratings`                   ``summary``
what do rounds of feedback do?      :mod:`.rounds`                    ``history``
==================================  ================================  =========================

Music

===================================  =================================  ==========================
question                             module                             start with
===================================  =================================  ==========================
how does a set of pieces score?      :mod:`.music`                      ``scorecard``
does it look like real music?        :mod:`.distance`, :mod:`.frechet`  ``distance``, ``evaluate``
can a test tell it from real music?  :mod:`.two_sample`                 ``evaluate``
is it as varied?                     :mod:`.diversity`                  ``evaluate``
is it copied?                        :mod:`.originality`                ``evaluate``
is it of the style asked for?        :mod:`.recognition`                ``evaluate``
could it be taken for Bach?          :mod:`.grading`                    ``evaluate``
what do the field's measures say?    :mod:`.musegan`, :mod:`.mgeval`    ``evaluate``
and MusPy's?                         :mod:`.muspy_measures`             ``evaluate``
===================================  =================================  ==========================

Any figures: :mod:`.bootstrap` has intervals, paired differences, the sign-flip test and
Holm's correction.
"""
