# SPDX-License-Identifier: GPL-2.0-or-later
"""Tiers, order, Pass, default actions and profiles: the rows of felix.md 2.8."""
import pytest

from stage import ALLOW, DENY, PASS, gnp, np, profile, resource, rule, tier

OPEN = profile("open", [ALLOW], [ALLOW])
PROFILES = [OPEN, profile("refusing", [DENY], [ALLOW]), profile("passing", [PASS], [PASS])]


def member(host, *profiles):
    return host, {"profiles": list(profiles)}


CAST = {
    "client": member(1, "open"),
    "server": member(2, "open"),
    "near": member(2, "open"),             # beside the server
    "bare": member(2),                     # no profile at all
    "lost": member(2, "nowhere"),          # a profile that does not exist
    "refused": member(2, "refusing", "open"),
    "passed": member(2, "passing", "open"),
}


def into(name, target, *rules, **spec):
    return gnp(name, f"app == '{target}'", types=["Ingress"], ingress=list(rules), **spec)


def out_of(name, source, *rules, **spec):
    return gnp(name, f"app == '{source}'", types=["Egress"], egress=list(rules), **spec)


NO_MATCH = rule("Allow", protocol="UDP", destination={"ports": [9]})

# what is written; then "source target" -> whether TCP passes, in both families
ROWS = {
    "no policy applies, profile allows": ([], {"client server": True, "near server": True}),
    "no policy, no profile": ([], {"client bare": False, "bare client": False}),
    "no policy, the profile does not exist": ([], {"client lost": False, "lost client": False}),
    "profiles in their order, the first denies": ([], {"client refused": False,
                                                       "refused client": True}),
    "Pass inside a profile: the next is tried": ([], {"client passed": True,
                                                      "passed client": True}),
    "a policy applies, none matches, default Deny": (
        [into("p", "server", NO_MATCH)], {"client server": False, "near server": False}),
    "a policy applies, none matches, default Pass, then profiles": (
        [tier("low", 500, defaultAction="Pass"), into("low.p", "server", NO_MATCH, tier="low")],
        {"client server": True}),
    "a policy applies, none matches, default Pass, no profile": (
        [tier("low", 500, defaultAction="Pass"), into("low.p", "bare", NO_MATCH, tier="low")],
        {"client bare": False}),
    "a policy applies, none matches, default Pass, then the next tier": (
        [tier("low", 500, defaultAction="Pass"), into("low.p", "server", NO_MATCH, tier="low"),
         into("p", "server", DENY)],
        {"client server": False}),
    "a policy applies, none matches, default Deny in a tier of its own": (
        [tier("low", 500, defaultAction="Deny"), into("low.p", "server", NO_MATCH, tier="low"),
         into("p", "server", ALLOW)],
        {"client server": False}),
    "Pass in the last tier, profiles decide": (
        [into("p", "server", PASS), into("b", "bare", PASS), into("r", "refused", PASS)],
        {"client server": True, "client bare": False, "client refused": False}),
    "Pass skips the rest of the tier": (
        [into("first", "server", PASS, order=1), into("second", "server", DENY, order=2)],
        {"client server": True}),
    "Pass goes to the next tier": (
        [tier("low", 500), into("low.p", "server", PASS, tier="low"), into("p", "server", DENY)],
        {"client server": False}),
    "Pass in the default tier goes to a later tier": (
        [tier("last", 2000000), into("p", "server", PASS),
         into("last.p", "server", DENY, tier="last")],
        {"client server": False}),
    "a tier with only staged policies": (
        [tier("low", 500), resource("StagedGlobalNetworkPolicy", "low.staged", {
            "tier": "low", "selector": "app == 'server'", "types": ["Ingress"]})],
        {"client server": True}),
    "a policy without rules applies": ([into("p", "server")], {"client server": False,
                                                               "server client": True}),
    "ingress only: egress is not touched": ([into("p", "server", DENY)],
                                            {"client server": False, "server client": True}),
    "egress only: ingress is not touched": ([out_of("p", "server", DENY)],
                                            {"client server": True, "server client": False,
                                             "server near": False}),
    "both directions decide, each at its own endpoint": (
        [out_of("e", "client", ALLOW), into("i", "server", DENY)],
        {"client server": False, "client near": True}),
    "Allow ends it for the direction": (
        [tier("low", 500), into("low.p", "server", ALLOW, tier="low"), into("p", "server", DENY)],
        {"client server": True}),
    "Deny ends it at once": (
        [tier("low", 500), into("low.p", "server", DENY, tier="low"), into("p", "server", ALLOW)],
        {"client server": False}),
    "rules in their order": ([into("p", "server", rule("Deny", protocol="TCP"), ALLOW)],
                             {"client server": False}),
    "Log goes on with the next rule": ([into("p", "server", rule("Log"), ALLOW)],
                                       {"client server": True}),
    "the lower order first": ([into("b", "server", ALLOW, order=10),
                               into("a", "server", DENY, order=20)], {"client server": True}),
    "the lower order first, the other way": ([into("b", "server", DENY, order=10),
                                              into("a", "server", ALLOW, order=20)],
                                             {"client server": False}),
    "equal order: by name": ([into("b", "server", ALLOW, order=10),
                              into("a", "server", DENY, order=10)], {"client server": False}),
    "no order is last": ([into("a", "server", DENY), into("b", "server", ALLOW, order=9999)],
                         {"client server": True}),
    "tiers in their order, not by name": (
        [tier("alpha", 700), tier("beta", 600), into("alpha.p", "server", DENY, tier="alpha"),
         into("beta.p", "server", ALLOW, tier="beta")],
        {"client server": True}),
    "a NetworkPolicy of the namespace": ([np("p", "app == 'server'", ingress=[DENY])],
                                         {"client server": False, "client near": True}),
    "a NetworkPolicy of another namespace": (
        [np("p", "app == 'server'", namespace="elsewhere", ingress=[DENY])],
        {"client server": True}),
}


@pytest.fixture(scope="module")
def stage(make_stage):
    return make_stage(CAST, profiles=PROFILES)


@pytest.mark.parametrize("name", ROWS)
def test_row(stage, name):
    documents, passes = ROWS[name]
    stage.apply(*documents)
    stage.check({stage.probe(*pair.split(), family=family): passes[pair]
                 for pair in passes for family in (4, 6)})


def test_tier_moves(stage):
    """Orders of two tiers change places: what decided before does not any more."""
    low, high = tier("low", 500), tier("high", 600)
    probes = [stage.probe("client", "server", family=family) for family in (4, 6)]
    stage.apply(low, high, into("low.p", "server", DENY, tier="low"),
                into("high.p", "server", ALLOW, tier="high"))
    stage.check(dict.fromkeys(probes, False))
    stage.apply(tier("low", 700))
    stage.check(dict.fromkeys(probes, True))


def test_default_action_changes(stage):
    probes = [stage.probe("client", "server", family=family) for family in (4, 6)]
    stage.apply(tier("low", 500), into("low.p", "server", NO_MATCH, tier="low"))
    stage.check(dict.fromkeys(probes, False))
    stage.apply(tier("low", 500, defaultAction="Pass"))
    stage.check(dict.fromkeys(probes, True))


def test_profile_changes(stage):
    probes = [stage.probe("client", "refused", family=family) for family in (4, 6)]
    stage.check(dict.fromkeys(probes, False))
    stage.change(profile("refusing", [ALLOW], [ALLOW]), original=PROFILES[1])
    stage.check(dict.fromkeys(probes, True))
    stage.clear()
    stage.check(dict.fromkeys(probes, False))
