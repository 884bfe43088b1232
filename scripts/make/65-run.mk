# SPDX-License-Identifier: BSD-2-Clause
# The whole pipe, on real data.

.PHONY: run
run: ## install what is missing, build, profile a real program, print the report
	+$(Q)scripts/install-packages run
	+$(Q)$(MAKE) --no-print-directory all
	$(Q)scripts/profile-depgraph $(BUILD)
	@echo "metrics of the run: $(BUILD)/textfile/gcscope.prom"
