# SPDX-License-Identifier: GPL-2.0-or-later
# Thin: what a person types. The build is meson's, the lab is ./calico-lab, tests start in tests/run.
HOSTS ?= 2
RELEASE = build/release

help:
	@echo 'make lab        hosts with Calico on this machine, a policy, and what it did (HOSTS=2)'
	@echo 'make lab-down   end it'
	@echo 'make check      all tests'
	@echo 'make soak       the long simulations (SEED=... repeats one, STEPS=... says how long)'
	@echo 'make bench      every benchmark, a table, build/bench/results.json (QUICK=1: under two minutes)'
	@echo 'make build      the programs, in $(RELEASE)'

lab:
	@scripts/install lab
	@$(MAKE) --no-print-directory build
	@./calico-lab demo --hosts $(HOSTS)

lab-down:
	@./calico-lab down

build: $(RELEASE)/build.ninja
	@echo '... building in $(RELEASE)'
	@ninja -C $(RELEASE) --quiet

$(RELEASE)/build.ninja:
	@CC=gcc meson setup --buildtype=release -Dwerror=true $(RELEASE) >/dev/null

check:
	@scripts/install check
	@tests/run

soak: $(RELEASE)/build.ninja
	@scripts/install check
	@ninja -C $(RELEASE) --quiet src/ipam/ipam_sim_test src/ipam/ipam_path_test
	@STEPS=$(if $(STEPS),$(STEPS),1000000) $(RELEASE)/src/ipam/ipam_sim_test
	@PREEMPTIONS=3 $(RELEASE)/src/ipam/ipam_path_test

bench:
	@scripts/install lab
	@$(MAKE) --no-print-directory build
	@ninja -C $(RELEASE) --quiet bench-programs
	@tests/bench/run --build $(RELEASE) $(if $(QUICK),--quick)

.PHONY: help lab lab-down build check soak bench
