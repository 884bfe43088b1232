# SPDX-License-Identifier: BSD-2-Clause
# Instrumented programs: one per file of workloads/; what they share is in workloads/common/,
# what one alone needs in a directory of its name.

WORKLOADS := $(patsubst workloads/%.c,$(BUILD)/workloads/%,$(wildcard workloads/*.c))
WORKLOAD_COMMON := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard workloads/common/*.c))
DEPGRAPH := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard workloads/depgraph/*.c))

$(BUILD)/obj/workloads/%.o: workloads/%.c
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Iworkloads $(CFLAGS) $(DEPFLAGS) -c $< -o $@

$(BUILD)/workloads/depgraph: $(DEPGRAPH)
$(BUILD)/workloads/%: $(BUILD)/obj/workloads/%.o $(WORKLOAD_COMMON) $(BUILD)/lib/libgcscope.a
	$(say) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lm

.PHONY: workloads
workloads: $(WORKLOADS) ## build the workloads
-include $(WORKLOADS:$(BUILD)/workloads/%=$(BUILD)/obj/workloads/%.d) $(WORKLOAD_COMMON:.o=.d) $(DEPGRAPH:.o=.d)
