# SPDX-License-Identifier: BSD-2-Clause
# The gcscope command.

USERSPACE_SRC := $(wildcard userspace/*.c userspace/*/*.c)
USERSPACE_OBJ := $(USERSPACE_SRC:%.c=$(BUILD)/obj/%.o)
USERSPACE_LIBS := -lbpf -ldw -lelf -ljansson -lcap -lm

$(BUILD)/obj/userspace/%.o: userspace/%.c | $(BUILD)/gen/gcscope.skel.h
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Iuserspace -I$(BUILD)/gen $(CFLAGS) $(DEPFLAGS) -c $< -o $@

$(BUILD)/bin/gcscope: $(USERSPACE_OBJ)
	$(say) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(USERSPACE_LIBS)

.PHONY: command
command: $(BUILD)/bin/gcscope ## build the gcscope command
-include $(USERSPACE_OBJ:.o=.d)
