# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps of the recordings that ours does not follow, why, and what is expected instead."""

import copy
import json
import pathlib

vectors = None  # their directory
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


NEWER = "version 1.1.0 of the specification is supported, with STATUS and GC"
NOTHING = {"links": [], "routes": [], "neighbours": []}
WORKLOADS = "/calico/resources/v3/projectcalico.org/workloadendpoints/"
OURS = f"{WORKLOADS}default/h1-cni-c0ffee0123456789-eth0"


def _recorded(scenario, number):
    """A step of another recording, in what it shows."""
    path = pathlib.Path(vectors, f"{scenario}.json")
    return json.loads(path.read_text())["steps"][number]


def _take(want, step):
    for member in ("exit", "stdout", "etcd_after", "host", "containers"):
        want[member] = step[member]


# ---- versions


@_ours(NEWER, "04-add-version-1.1.0", 0)
def _add_as_1_0_0(want):
    _take(want, _recorded("03-add-version-1.0.0", 0))
    want["stdout"]["cniVersion"] = "1.1.0"


@_ours(NEWER, "04-add-version-1.1.0", 1)
def _del_as_1_0_0(want):
    _take(want, _recorded("03-add-version-1.0.0", 1))


@_ours(NEWER, "08-add-version-9.9.9", 0, 1)
def _names_1_1_0(want):
    want["stdout"]["details"] = want["stdout"]["details"].replace('"1.0.0"', '"1.0.0" "1.1.0"')


@_ours(NEWER, "21-version-check-status", 0)
def _announces_1_1_0(want):
    want["stdout"]["supportedVersions"].append("1.1.0")


@_ours(NEWER, "21-version-check-status", 6)
def _is_ready(want):
    want.update(exit=0, stdout="")


@_ours(NEWER + "; GC asks for the list of what is in use", "21-version-check-status", 8)
def _asks_for_attachments(want):
    want["stdout"] = {"code": 7, "msg": "cni.dev/valid-attachments is missing: nothing says what "
                                        "is in use"}


@_ours("the usage is in our words", "20-bad-environment", 3)
def _own_usage(want):
    want["stdout"] = ("The CNI plugins of Calico. A container runtime calls them with the verb in\n"
                      "CNI_COMMAND and the network configuration on standard input.\n\nUsage:\n"
                      "  calico [-v | -t]              the plugin; -t tests the datastore\n"
                      "  calico-ipam [-v | -upgrade]   its address management\n"
                      "  calico ctl ARGUMENTS          calicoctl\n"
                      "  calico component NAME         a daemon, e.g. felix\n"
                      "  calico version                the version\n")


# ---- DEL

WHOLE_DEL = "DEL that frees the addresses takes their endpoint and link as well"


@_ours("DEL without a namespace deletes the link of the endpoint", "12-del-variants", 1)
def _link_is_gone(want):
    want.update(host=NOTHING, containers={})


@_ours(WHOLE_DEL, "12-del-variants", 4, 5)
@_ours(WHOLE_DEL, "32-second-interface", 2)
def _endpoint_is_gone_too(want):
    want["etcd_after"].pop(OURS, None)
    want.update(host=NOTHING, containers={})


@_ours("DEL finds an endpoint in the namespace that a label gave it", "22-labels", 3, 4)
def _endpoint_of_team1_is_gone(want):
    del want["etcd_after"][f"{WORKLOADS}team1/h1-cni-c0ffee0123456789-eth0"]


# ---- ADD

SHARED = "containers whose identifiers begin alike get links of their own"


def _rename(value, old, new):
    return json.loads(json.dumps(value).replace(old, new))


def _third_has_another_name(want):
    """The first container keeps its link; the third one's name is a hash."""
    third = f"{WORKLOADS}default/h1-cni-aaaaaaaaaaaa3-eth0"
    if third in want["etcd_after"]:
        want["etcd_after"][third] = _rename(want["etcd_after"][third], "caliaaaaaaaaaaa", THIRD)
    want["host"] = _rename(want["host"], "caliaaaaaaaaaaa", THIRD)


THIRD = "cali7d22a56aa2d"


@_ours(SHARED, "13-two-containers", 2)
def _three_links(want):
    before = _recorded("13-two-containers", 1)
    want["stdout"] = _rename(want["stdout"], "caliaaaaaaaaaaa", THIRD)
    _third_has_another_name(want)
    want["containers"]["wx-1"] = before["containers"]["wx-1"]
    want["host"]["links"] += [x for x in before["host"]["links"] if x["name"] == "caliaaaaaaaaaaa"]
    want["host"]["routes"].insert(0, before["host"]["routes"][0])


@_ours(SHARED, "13-two-containers", 3, 4)
def _two_links(want):
    _third_has_another_name(want)


@_ours("a second ADD makes a link anew that is gone", "31-endpoint-edited", 5)
def _wired_again(want):
    before = _recorded("31-endpoint-edited", 3)
    want.update(host=before["host"], containers=before["containers"])


@_ours("an ADD that fails behind address management gives the address back", "19-bad-config", 8)
def _address_is_free(want):
    want["etcd_after"] = _recorded("19-bad-config", 9)["etcd_after"]


@_ours("an ADD whose endpoint is refused removes the link: its route leads to a free address",
       "34-uppercase-and-short-ids", 2, 4)
def _no_link_left(want):
    want.update(host=NOTHING, containers={})
