# SPDX-License-Identifier: BSD-2-Clause
# Pages that are made, and the form of the code.

.PHONY: docs fmt
docs: command workloads ## write the reference pages, and the report in README.md from a real run
	$(Q)scripts/reference docs
	$(Q)scripts/readme-report $(BUILD)
fmt: ## format the lines of C that differ from the last commit
	$(Q)git clang-format-14 --extensions c,h --quiet --force
