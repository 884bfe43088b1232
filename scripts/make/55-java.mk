# SPDX-License-Identifier: BSD-2-Clause
# Test programs in Java: tests/programs/NAME.java, with which the HotSpot adapter is tested.

JAVAC ?= javac
JAVA_PROGRAMS := $(patsubst tests/programs/%.java,$(BUILD)/tests/programs/%.class,$(wildcard tests/programs/*.java))

$(BUILD)/tests/programs/%.class: tests/programs/%.java
	$(say) JAVAC $@
	@mkdir -p $(@D)
	$(Q)$(JAVAC) --release 17 -Xlint:all -Werror -d $(@D) $<

test-programs: $(JAVA_PROGRAMS)
