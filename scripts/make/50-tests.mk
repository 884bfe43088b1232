# SPDX-License-Identifier: BSD-2-Clause
# Test programs: tests/unit/NAME.c (cmocka) may use collector/ and userspace/
# internals; tests/programs/NAME.c are targets for the privileged tier, users
# of the public headers alone.

UNIT     := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/*.c))
PROGRAMS := $(patsubst tests/programs/%.c,$(BUILD)/tests/programs/%,$(wildcard tests/programs/*.c))
USERSPACE_TESTED := $(filter-out $(BUILD)/obj/userspace/main.o,$(USERSPACE_OBJ))

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/lib/libgcscope.a $(USERSPACE_TESTED)
	$(say) TEST $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Icollector -Iuserspace -Itests/lib $(CFLAGS) $(LDFLAGS) $(DEPFLAGS) -o $@ $< $(USERSPACE_TESTED) $(BUILD)/lib/libgcscope.a -lcmocka $(USERSPACE_LIBS)

$(BUILD)/tests/programs/%: tests/programs/%.c $(BUILD)/lib/libgcscope.a
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(DEPFLAGS) -o $@ $< $(BUILD)/lib/libgcscope.a -lm

.PHONY: test-programs unit
test-programs: $(UNIT) $(PROGRAMS)
unit: $(UNIT) ## run the unit tests
	$(Q)set -e; for test in $(UNIT); do echo "== $$test"; $$test; done
-include $(UNIT:=.d) $(PROGRAMS:=.d)
