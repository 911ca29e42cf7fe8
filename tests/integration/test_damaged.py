# SPDX-License-Identifier: GPL-2.0-or-later
"""Objects in etcd that can be read in part only: they never open what the whole would have closed,
and they are named in `calicoctl node problems`. Real packets, and the evaluator's word on each."""
import pytest

from lab import wait
from oracle import ask_oracle
from stage import ALLOW, DENY, gnp, np, profile, resource, rule

OPEN = profile("open", [ALLOW], [ALLOW])
CAST = {"client": (1, {"profiles": ["open"]}),
        "bystander": (1, {"profiles": ["open"]}),
        "server": (2, {"profiles": ["open"], "labels": {"app": "server"}}),
        "other": (2, {"profiles": ["open"], "namespace": "blue"})}

SERVER = "app == 'server'"
BROKEN = "app = "


@pytest.fixture(scope="module")
def stage(make_stage):
    return make_stage(CAST, profiles=[OPEN])


def damaged_set(nets, labels, namespace=None):
    kind = "NetworkSet" if namespace else "GlobalNetworkSet"
    document = resource(kind, "damaged", {"nets": nets}, namespace)
    document["metadata"]["labels"] = labels
    return document


def open_to(stage, target, *sources):
    """Everyone asks the target, and the evaluator is asked about everyone."""
    probes = {stage.probe(source, target, family=family): source in sources
              for source in stage.cast if source != target for family in (4, 6)}
    answers = ask_oracle(stage.lab.room.process, list(probes))
    assert [a.startswith("allow") for a in answers] == list(probes.values()), answers
    stage.check(probes)


def named(stage, *texts):
    """Problems are told by each host's Felix; the server's knows of all that matters here."""
    def told():
        said = stage["server"].host.calicoctl("node", "problems").stdout
        return all(text in said for text in texts)

    wait.until(f"{texts} in node problems", told, seconds=5)


@pytest.mark.parametrize("namespace", [None, "default"])
def test_a_set_under_a_deny(stage, namespace):
    stage.apply(gnp("deny", SERVER, types=["Ingress"],
                    ingress=[rule("Deny", source={"selector": "has(bad)"}), ALLOW]))
    open_to(stage, "server", "client", "bystander", "other")
    nets = [7, stage["client"].addresses[4], "nonsense", stage["client"].addresses[6], ["a"]]
    stage.apply_foreign(damaged_set(nets, {"bad": "yes"}, namespace))
    open_to(stage, "server", "bystander", "other")
    named(stage, "Set(", "spec.nets[0]", "the rest of it is used")


def test_a_set_under_an_allow(stage):
    stage.apply(gnp("allow", SERVER, types=["Ingress"],
                    ingress=[rule("Allow", source={"selector": "has(bad)"})]))
    stage.apply_foreign(damaged_set([stage["client"].addresses[4] + "/32", 7,
                                     stage["client"].addresses[6]], {"bad": "yes"}))
    open_to(stage, "server", "client")
    stage.apply_foreign(damaged_set([stage["client"].addresses[4] + "/32"], {"bad": 1}))
    open_to(stage, "server")
    named(stage, "metadata.labels", "it is in no set")


def test_a_set_that_an_allow_negates(stage):
    stage.apply(gnp("allow", SERVER, types=["Ingress"], ingress=[
        rule("Allow", source={"selector": "all()", "notSelector": "has(bad)"})]))
    stage.apply_foreign(damaged_set([0, stage["client"].addresses[4],
                                     stage["client"].addresses[6]], {"bad": "yes"}))
    stage.check({stage.probe("bystander", "server"): True})


@pytest.mark.parametrize("selector", [BROKEN, 7])
def test_an_unreadable_selector_denies_the_namespace(stage, selector):
    stage.apply_foreign(np("damaged", selector, types=["Ingress"], ingress=[ALLOW]))
    open_to(stage, "server")
    open_to(stage, "other", "client", "bystander", "server")
    named(stage, "NetworkPolicy(default/damaged)", "it denies: ")


@pytest.mark.parametrize("value", ["no object", []])
def test_an_unreadable_policy_denies_the_namespace(stage, value):
    key = np("damaged")
    stage.apply_foreign({**key, "spec": value})
    open_to(stage, "server")
    named(stage, "NetworkPolicy(default/damaged)", "it denies: ")


def test_an_unreadable_global_selector_denies_what_bounds_it(stage):
    stage.apply_foreign(gnp("damaged", BROKEN, types=["Ingress"], ingress=[DENY]))
    open_to(stage, "server", "client", "bystander", "other")
    named(stage, "GlobalNetworkPolicy(damaged)", "it applies to nothing: ")
    stage.apply_foreign(gnp("damaged", BROKEN, types=["Ingress"], ingress=[ALLOW],
                            namespaceSelector="all()"))
    open_to(stage, "server")
    named(stage, "GlobalNetworkPolicy(damaged)", "it denies: ")
