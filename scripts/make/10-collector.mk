# SPDX-License-Identifier: BSD-2-Clause
# libgcscope.{a,so}

COLLECTOR_SRC := $(wildcard collector/*/*.c)
COLLECTOR_OBJ := $(COLLECTOR_SRC:%.c=$(BUILD)/obj/%.o)

$(BUILD)/obj/collector/%.o: collector/%.c
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Icollector $(CFLAGS) -fPIC -fvisibility=hidden $(DEPFLAGS) -c $< -o $@

$(BUILD)/lib/libgcscope.a: $(COLLECTOR_OBJ)
	$(say) AR $@
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/lib/libgcscope.so: $(COLLECTOR_OBJ)
	$(say) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,-soname,libgcscope.so.0 -o $@ $^
	$(Q)ln -sf libgcscope.so $(@D)/libgcscope.so.0

.PHONY: lib
lib: $(BUILD)/lib/libgcscope.a $(BUILD)/lib/libgcscope.so ## build the collector
-include $(COLLECTOR_OBJ:.o=.d)
