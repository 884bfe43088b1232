# SPDX-License-Identifier: BSD-2-Clause
# Installation: PREFIX, and DESTDIR for packagers.

LIBDIR     ?= $(PREFIX)/lib
BINDIR     ?= $(PREFIX)/bin
INCLUDEDIR ?= $(PREFIX)/include
DOCDIR     ?= $(PREFIX)/share/doc/gcscope

# What programs include; the other headers of include/ are between the command and the kernel.
PUBLIC := $(addprefix include/gcscope/,gcscope.h abi.h barrier.h codes.h codes.def events.h events.def heap.h \
            mutator.h options.def roots.h stats.h type.h)

define PKGCONFIG
prefix=$(PREFIX)
includedir=$(INCLUDEDIR)
libdir=$(LIBDIR)

Name: gcscope
Description: A garbage collector for C that can be seen through
Version: $(VERSION)
Cflags: -I$${includedir} -pthread
Libs: -L$${libdir} -lgcscope -pthread
endef
export PKGCONFIG

.PHONY: install
install: lib command ## install under PREFIX (/usr/local), in DESTDIR
	$(Q)install -d $(addprefix $(DESTDIR),$(BINDIR) $(LIBDIR)/pkgconfig $(INCLUDEDIR)/gcscope $(DOCDIR))
	$(Q)install $(BUILD)/bin/gcscope $(DESTDIR)$(BINDIR)/
	$(Q)install -m 644 $(PUBLIC) $(DESTDIR)$(INCLUDEDIR)/gcscope/
	$(Q)install -m 644 $(BUILD)/lib/libgcscope.a $(DESTDIR)$(LIBDIR)/
	$(Q)install -m 644 $(BUILD)/lib/libgcscope.so $(DESTDIR)$(LIBDIR)/libgcscope.so.$(VERSION)
	$(Q)ln -sf libgcscope.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(SONAME)
	$(Q)ln -sf $(SONAME) $(DESTDIR)$(LIBDIR)/libgcscope.so
	$(Q)echo "$$PKGCONFIG" > $(DESTDIR)$(LIBDIR)/pkgconfig/gcscope.pc
	$(Q)install -m 644 README.md CHANGELOG.md LICENSE LICENSES/*.txt docs/*.md $(DESTDIR)$(DOCDIR)/
