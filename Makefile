# SPDX-License-Identifier: BSD-2-Clause
# gcscope. `make help` lists the targets. V=1 shows the commands, WERROR=1 ends at a warning.

VERSION := $(shell cat VERSION)
PREFIX  ?= /usr/local
DESTDIR ?=
BUILD   ?= build

# What make itself would take (cc, or nothing) is not what is wanted.
ifeq ($(origin CC),default)
  CC := gcc
endif
CLANG   ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/bin/bpftool) bpftool)
OBJCOPY ?= objcopy

OPT      ?= -O2
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
ifeq ($(WERROR),1)
  WARN += -Werror
endif
# Frame pointers: the profiler walks user stacks.
CFLAGS   += -std=gnu11 -g $(OPT) $(WARN) -fno-omit-frame-pointer -pthread $(SANITIZE)
CPPFLAGS += -Iinclude -D_GNU_SOURCE -DGCSCOPE_VERSION='"$(VERSION)"'
LDFLAGS  += -pthread $(SANITIZE)
DEPFLAGS  = -MMD -MP

ifeq ($(V),1)
  Q :=
  say = @:
else
  Q := @
  say = @printf '  %-8s %s\n'
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

include $(sort $(wildcard scripts/make/*.mk))

.PHONY: all help clean
all: lib command workloads ## build everything
clean: ## remove what was built
	$(Q)rm -rf $(BUILD)
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | \
	  awk -F'\t' '{ printf "  make %-16s %s\n", $$1, $$2 }'
