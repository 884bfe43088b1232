# SPDX-License-Identifier: BSD-2-Clause
# libgcscope.{a,so}

SONAME := libgcscope.so.0
COLLECTOR_SRC := $(wildcard collector/*/*.c)
COLLECTOR_OBJ := $(COLLECTOR_SRC:%.c=$(BUILD)/obj/%.o)

$(BUILD)/obj/collector/%.o: collector/%.c
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Icollector $(CFLAGS) -fPIC -fvisibility=hidden $(DEPFLAGS) -c $< -o $@

# One object, in which everything but the public interface is local: an
# embedder's own `fail` or `mark` is none of our business.
$(BUILD)/obj/libgcscope.o: $(COLLECTOR_OBJ)
	$(Q)$(LD) -r -o $@.all $^
	$(Q)$(OBJCOPY) --localize-hidden $@.all $@ && rm -f $@.all

$(BUILD)/lib/libgcscope.a: $(BUILD)/obj/libgcscope.o
	$(say) AR $@
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# nodelete: fork, exit and the end of threads come back into it, also after dlclose.
$(BUILD)/lib/libgcscope.so: $(COLLECTOR_OBJ)
	$(say) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -shared -Wl,-soname,$(SONAME) -Wl,-z,nodelete -o $@ $^
	$(Q)ln -sf libgcscope.so $(@D)/$(SONAME)

.PHONY: lib
lib: $(BUILD)/lib/libgcscope.a $(BUILD)/lib/libgcscope.so ## build the collector
-include $(COLLECTOR_OBJ:.o=.d)
