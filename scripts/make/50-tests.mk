# SPDX-License-Identifier: BSD-2-Clause
# Test programs. tests/unit/collector_NAME.c (cmocka) may use the collector's
# internals, any other tests/unit/NAME.c the command's; tests/programs/NAME.c are
# targets for the privileged tier, users of the public headers alone;
# tests/tools/NAME.c are commands that tests run; tests/lib is shared by them.

UNIT     := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*.c))
PROGRAMS := $(patsubst tests/programs/%.c,$(BUILD)/tests/programs/%,$(wildcard tests/programs/*.c))
TOOLS    := $(patsubst tests/tools/%.c,$(BUILD)/tests/tools/%,$(wildcard tests/tools/*.c))
# For those that state a number of stores.
COUNTING := -DGCS_COUNT_STORES
TEST_LIB := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/lib/*.c))
USERSPACE_TESTED := $(filter-out $(BUILD)/obj/userspace/main.o,$(USERSPACE_OBJ))

$(BUILD)/tests/unit/collector_%: tests/unit/collector_%.c $(COLLECTOR_OBJ)
	$(say) TEST $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(COUNTING) -Icollector $(CFLAGS) $(LDFLAGS) $(DEPFLAGS) -o $@ $< $(COLLECTOR_OBJ) -lcmocka -lelf

# It hears what is emitted.
$(BUILD)/tests/unit/collector_sample: LDFLAGS += -Wl,--wrap=gcs_probe_allocation_sampled,--wrap=gcs_probe_store_sampled

$(BUILD)/obj/tests/lib/%.o: tests/lib/%.c
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Iuserspace -Itests/lib $(CFLAGS) $(DEPFLAGS) -c $< -o $@

$(BUILD)/tests/unit/%: tests/unit/%.c $(TEST_LIB) $(USERSPACE_TESTED)
	$(say) TEST $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Icollector -Iuserspace -Itests/lib $(CFLAGS) $(LDFLAGS) $(DEPFLAGS) -o $@ $< $(TEST_LIB) $(USERSPACE_TESTED) -lcmocka $(USERSPACE_LIBS)

$(BUILD)/tests/tools/%: tests/tools/%.c $(BUILD)/obj/tests/lib/exposition.o
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests/lib $(CFLAGS) $(LDFLAGS) $(DEPFLAGS) -o $@ $(filter %.c %.o,$^) -ljansson -lm

$(BUILD)/tests/programs/%: tests/programs/%.c $(BUILD)/lib/libgcscope.a
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(COUNTING) $(CFLAGS) $(LDFLAGS) $(DEPFLAGS) -o $@ $< $(BUILD)/lib/libgcscope.a -lm

.PHONY: test-programs
test-programs: $(UNIT) $(PROGRAMS) $(TOOLS)
-include $(UNIT:=.d) $(PROGRAMS:=.d) $(TOOLS:=.d) $(TEST_LIB:.o=.d)
