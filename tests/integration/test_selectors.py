# SPDX-License-Identifier: GPL-2.0-or-later
"""Who a rule means: labels as they change, inheritance, namespaces, service accounts, sets."""
import pytest

from stage import ALLOW, gnp, np, profile, resource, rule

OPEN = profile("open", [ALLOW], [ALLOW])
PROFILES = [
    OPEN,
    profile("kns.default", labels={"pcns.projectcalico.org/name": "default", "pcns.land": "north"}),
    profile("kns.blue", labels={"pcns.projectcalico.org/name": "blue", "pcns.land": "south"}),
    profile("ksa.blue.robot", labels={"pcsa.projectcalico.org/name": "robot", "pcsa.made": "tin"}),
    profile("dyed", labels={"dye": "red"}),
]

CAST = {
    "server": (2, {"profiles": ["kns.default", "open"]}),
    "white": (1, {"profiles": ["kns.default", "open"]}),
    "blue": (1, {"profiles": ["kns.blue", "open"], "namespace": "blue"}),
    "robot": (1, {"profiles": ["kns.blue", "ksa.blue.robot", "open"], "namespace": "blue",
                  "spec": {"serviceAccountName": "robot"}}),
    "dyed": (1, {"profiles": ["dyed", "open"]}),
}
CLIENTS = ["white", "blue", "robot", "dyed"]

# the source of the only Allow into the server -> the clients that it means
SOURCES = {
    "selector": ({"selector": "app == 'blue'"}, {"blue"}),
    "selector with or": ({"selector": "app in {'blue', 'white'}"}, {"blue", "white"}),
    "selector on an inherited label": ({"selector": "dye == 'red'"}, {"dyed"}),
    "notSelector": ({"notSelector": "app == 'blue'"}, {"white", "robot", "dyed"}),
    "notSelector on an inherited label": ({"notSelector": "has(dye)"}, {"white", "blue", "robot"}),
    "selector and notSelector": ({"selector": "host == 'host1'", "notSelector": "app == 'blue'"},
                                 {"white", "robot", "dyed"}),
    "namespaceSelector": ({"namespaceSelector": "land == 'south'"}, {"blue", "robot"}),
    "namespaceSelector by name": ({"namespaceSelector": "projectcalico.org/name == 'default'"},
                                  {"white"}),
    "namespaceSelector all()": ({"namespaceSelector": "all()"}, set(CLIENTS)),
    "namespaceSelector global()": ({"namespaceSelector": "global()"}, set()),
    "namespaceSelector and selector": ({"namespaceSelector": "land == 'south'",
                                        "selector": "app == 'robot'"}, {"robot"}),
    "serviceAccounts names": ({"serviceAccounts": {"names": ["robot"]}}, {"robot"}),
    "serviceAccounts selector": ({"serviceAccounts": {"selector": "made == 'tin'"}}, {"robot"}),
    "serviceAccounts both": ({"serviceAccounts": {"names": ["other"], "selector": "made == 'tin'"}},
                             set()),
}


@pytest.fixture(scope="module")
def stage(make_stage):
    return make_stage(CAST, profiles=PROFILES)


def only_from(source):
    return gnp("only", "app == 'server'", ingress=[rule("Allow", source=source)])


def check_clients(stage, expected):
    stage.check({stage.probe(client, "server", family=family): client in expected
                 for client in CLIENTS for family in (4, 6)})


@pytest.mark.parametrize("name", SOURCES)
def test_source(stage, name):
    source, expected = SOURCES[name]
    stage.apply(only_from(source))
    check_clients(stage, expected)


@pytest.mark.parametrize("name", SOURCES)
def test_source_denied(stage, name):
    source, expected = SOURCES[name]
    stage.apply(gnp("only", "app == 'server'", ingress=[rule("Deny", source=source), ALLOW]))
    check_clients(stage, set(CLIENTS) - expected)


def test_selector_of_a_namespaced_policy_means_its_namespace(stage):
    stage.apply(np("only", "app == 'server'", ingress=[
        rule("Allow", source={"selector": "host == 'host1'"})]))
    check_clients(stage, {"white", "dyed"})


def test_not_selector_of_a_namespaced_policy_means_its_namespace(stage):
    stage.apply(np("only", "app == 'server'", ingress=[
        rule("Allow", source={"notSelector": "app == 'white'"})]))
    check_clients(stage, {"dyed"})


def relabel(stage, member, **labels):
    document, original = stage[member].endpoint(), stage[member].endpoint()
    document["metadata"]["labels"] = {**document["metadata"]["labels"], **labels}
    stage.change(document, original)


def test_a_label_changes(stage):
    stage.apply(only_from({"selector": "team == 'a'"}))
    check_clients(stage, set())
    relabel(stage, "white", team="a")
    check_clients(stage, {"white"})
    relabel(stage, "blue", team="a")
    check_clients(stage, {"white", "blue"})
    relabel(stage, "white", team="b")
    check_clients(stage, {"blue"})
    relabel(stage, "blue")
    check_clients(stage, set())


def test_labels_of_a_profile_change(stage):
    stage.apply(only_from({"selector": "dye == 'green'"}))
    check_clients(stage, set())
    stage.change(profile("dyed", labels={"dye": "green"}), original=PROFILES[-1])
    check_clients(stage, {"dyed"})
    stage.change(PROFILES[-1], original=PROFILES[-1])
    check_clients(stage, set())


def test_a_policy_selects_by_a_label_that_changes(stage):
    stage.apply(gnp("strict", "guarded == 'yes'", ingress=[rule("Deny")]))
    check_clients(stage, set(CLIENTS))
    relabel(stage, "server", guarded="yes")
    check_clients(stage, set())
    relabel(stage, "server")
    check_clients(stage, set(CLIENTS))


def network_set(name, *nets, kind="GlobalNetworkSet", namespace=None, **labels):
    document = resource(kind, name, {"nets": list(nets)}, namespace)
    document["metadata"]["labels"] = labels
    return document


def addresses(stage, member):
    return [f"{stage[member].addresses[4]}/32", f"{stage[member].addresses[6]}/128"]


def test_network_set_of_hosts(stage):
    stage.apply(network_set("list", *addresses(stage, "white"), list="good"),
                only_from({"selector": "list == 'good'"}))
    check_clients(stage, {"white"})
    stage.apply(network_set("list", *addresses(stage, "blue"), list="good"))
    check_clients(stage, {"blue"})


def test_network_set_of_prefixes_that_overlap(stage):
    """A wider and a narrower prefix; the narrower goes and the wider stands, and the reverse."""
    wide = ["10.65.1.0/24", "fd00:65::1:0/112"]
    narrow = addresses(stage, "white")
    stage.apply(network_set("list", *wide, *narrow, "10.65.0.0/16", list="good"),
                only_from({"selector": "list == 'good'"}))
    stage.check({stage.probe("white", "server", family=4): True})
    stage.apply(network_set("list", *wide, list="good"))
    check_clients(stage, set(CLIENTS))
    stage.apply(network_set("list", *narrow, list="good"))
    check_clients(stage, {"white"})


def test_network_set_everything_and_endpoint(stage):
    """A set whose prefix holds an endpoint that is a member by its own label as well."""
    stage.apply(network_set("list", "10.65.1.0/24", member="yes"),
                only_from({"selector": "member == 'yes' || app == 'white'"}))
    stage.check({stage.probe(client, "server", family=4): True for client in CLIENTS})
    stage.check({stage.probe("white", "server", family=6): True,
                 stage.probe("blue", "server", family=6): False})
    stage.delete(network_set("list", "10.65.1.0/24", member="yes"))
    check_clients(stage, {"white"})


def test_namespaced_network_set(stage):
    document = network_set("list", *addresses(stage, "blue"), kind="NetworkSet",
                           namespace="default", list="good")
    stage.apply(document, np("only", "app == 'server'", ingress=[
        rule("Allow", source={"selector": "list == 'good'"})]))
    check_clients(stage, {"blue"})
    stage.delete(document)
    check_clients(stage, set())
