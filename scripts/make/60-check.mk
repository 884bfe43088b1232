# SPDX-License-Identifier: BSD-2-Clause
# The tiers of tests. Each can be run alone; `make check` runs all and adds up.

RESULTS ?= $(BUILD)/results
TIERS   := lint unit cli privileged system model stress asan-gcc asan-clang tsan-gcc tsan-clang

# $(call run_tests,TIER,FILES)
run_tests = $(Q)BUILD='$(abspath $(BUILD))' JAVA_HOME='$(JDK)' scripts/run-tests '$(RESULTS)' $(1) $(2)
bats = $(sort $(wildcard tests/$(1)/*.bats))

.PHONY: check $(TIERS) asan tsan sanitized programs
programs: lib command workloads test-programs

lint: programs ## check the style and the rules of the house
	$(call run_tests,lint,$(call bats,lint))
unit: $(UNIT) ## test the parts on their own
	$(call run_tests,unit,$(UNIT))
cli: programs ## test the command from outside
	$(call run_tests,cli,$(call bats,cli))
privileged: programs ## test with real probes in the real kernel; needs root
	$(call run_tests,privileged,$(call bats,privileged))
system: programs ## test the whole: an installation, large heaps, what probes cost; needs root
	$(call run_tests,system,$(call bats,system))
model: ## check the models of the protocols with Spin
	$(call run_tests,model,$(call bats,model))
stress: workloads ## run the workloads, collecting at every allocation and verifying
	$(call run_tests,stress,tests/workloads/stress.bats)

# Builds of their own of all that is C, with both compilers, and none may warn. Addresses are not
# randomised: the thread sanitizers of Debian 12 refuse a kernel that spreads them widely.
SANITIZE_asan := -fsanitize=address,undefined -fno-sanitize-recover=all
SANITIZE_tsan := -fsanitize=thread
asan-gcc asan-clang tsan-gcc tsan-clang:
	$(Q)$(MAKE) --no-print-directory WERROR=1 CC=$(lastword $(subst -, ,$@)) BUILD=$(BUILD)/$@ RESULTS=$(RESULTS) \
	  SANITIZE='$(SANITIZE_$(firstword $(subst -, ,$@)))' TIER=$@ sanitized
sanitized: lib command workloads $(UNIT) $(PROGRAMS) $(TOOLS)
	$(Q)BUILD='$(abspath $(BUILD))' setarch -R scripts/run-tests '$(RESULTS)' $(TIER) $(UNIT) tests/workloads/small.bats
asan: asan-gcc asan-clang ## unit tests and small workloads under AddressSanitizer and UBSan
tsan: tsan-gcc tsan-clang ## the same under ThreadSanitizer

check: ## install what the tests need and run them all
	+$(Q)scripts/install-packages check
	+$(Q)MAKE='$(MAKE)' scripts/check $(BUILD) $(TIERS)
