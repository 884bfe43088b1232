# SPDX-License-Identifier: BSD-2-Clause
# The kernel programs and their skeleton.

BPF_SRC    := bpf/gcscope.bpf.c
BPF_HDR    := $(wildcard bpf/*.h bpf/adapters/*.h include/gcscope/*.h include/gcscope/*.def)
MULTIARCH   = $(shell $(CC) -print-multiarch)
BPF_CFLAGS := -g -O2 -mcpu=v3 -target bpf -D__TARGET_ARCH_x86 -Wall -Wextra -Werror -Wno-unused-parameter

$(BUILD)/bpf/gcscope.bpf.o: $(BPF_SRC) $(BPF_HDR)
	$(say) BPF $@
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -Iinclude -Ibpf -idirafter /usr/include/$(MULTIARCH) -c $< -o $@.tmp.o
	$(Q)$(BPFTOOL) gen object $@ $@.tmp.o && rm -f $@.tmp.o

$(BUILD)/gen/gcscope.skel.h: $(BUILD)/bpf/gcscope.bpf.o
	$(say) SKEL $@
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen skeleton $< name gcscope_bpf > $@
