# SPDX-License-Identifier: BSD-2-Clause
# Test programs in Java: tests/programs/NAME.java, with which the HotSpot adapter is tested.

# Debian's, whichever else comes first on the PATH.
JDK   ?= /usr/lib/jvm/java-17-openjdk-amd64
JAVAC ?= $(JDK)/bin/javac
JAVA_PROGRAMS := $(patsubst tests/programs/%.java,$(BUILD)/tests/programs/%.class,$(wildcard tests/programs/*.java))

$(BUILD)/tests/programs/%.class: tests/programs/%.java
	$(say) JAVAC $@
	@mkdir -p $(@D)
	$(Q)$(JAVAC) --release 17 -Xlint:all -Werror -d $(@D) $<

test-programs: $(JAVA_PROGRAMS)
