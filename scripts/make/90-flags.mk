# SPDX-License-Identifier: BSD-2-Clause
# What is built with other flags, or another compiler, is built again.

FLAGS := $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
BUILT := $(COLLECTOR_OBJ) $(USERSPACE_OBJ) $(WORKLOAD_COMMON) $(DEPGRAPH) $(TEST_LIB) \
         $(WORKLOADS:$(BUILD)/workloads/%=$(BUILD)/obj/workloads/%.o) $(UNIT) $(PROGRAMS) $(TOOLS) $(PEERS) $(BENCH_OBJ)

$(BUILT): $(BUILD)/flags
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(FLAGS))' | cmp -s - $@ || echo '$(subst ','\'',$(FLAGS))' > $@
.PHONY: FORCE
FORCE:
