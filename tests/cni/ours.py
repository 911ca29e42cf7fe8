# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps of the recordings that ours does not follow, why, and what is expected instead."""

import copy

_steps = {}
_used = set()


def _ours(reason, scenario, *numbers):
    def take(change):
        for number in numbers:
            _steps[scenario, number] = (reason, change)
        return change
    return take


def expected(scenario, number, want):
    """What a step should give, in the form of the recording."""
    want = copy.deepcopy(want)
    if (scenario, number) in _steps:
        _used.add((scenario, number))
        _steps[scenario, number][1](want)
    return want


def reason(scenario, number):
    return _steps.get((scenario, number), (None,))[0]


def unused():
    return [f"{scenario} step {number}" for scenario, number in set(_steps) - _used]


def count():
    return len(_used)


def by_reason():
    found = {}
    for scenario, number in sorted(_used):
        found.setdefault(_steps[scenario, number][0], []).append(f"{scenario[:2]}/{number}")
    return found
