# SPDX-License-Identifier: BSD-2-Clause
# Workloads beside their peers: the same sources on libgc (Debian's libgc-dev), malloc and
# mimalloc (libmimalloc-dev).

PAIRS ?= 9
PEERS := $(addprefix $(BUILD)/bench/,libgc/binary-trees libgc/gcbench libgc/lru libgc/depgraph \
           libgc-tight/binary-trees malloc/binary-trees mimalloc/binary-trees)
PEER_COMMON := $(addprefix workloads/common/,arguments.c program.c)
PEER_DEPENDS := $(wildcard workloads/common/*.[ch] workloads/depgraph/*.h bench/peers/*/*/*.h)

# $(1): flags and more sources; $(2): libraries
link_peer = $(CC) $(1) $(CPPFLAGS) -Iworkloads $(CFLAGS) $(LDFLAGS) -o $@ $< \
              $(filter workloads/depgraph/%.c,$^) $(PEER_COMMON) $(2)
LIBGC := -Ibench/peers/libgc workloads/common/heap.c

$(BUILD)/bench/libgc/depgraph: $(wildcard workloads/depgraph/*.c)
$(BUILD)/bench/libgc/%: workloads/%.c $(PEER_DEPENDS)
	$(say) PEER $@
	@mkdir -p $(@D)
	$(Q)$(call link_peer,$(LIBGC),-lgc)
$(BUILD)/bench/libgc-tight/%: workloads/%.c $(PEER_DEPENDS)
	$(say) PEER $@
	@mkdir -p $(@D)
	$(Q)$(call link_peer,$(LIBGC) -DLIBGC_TIGHT,-lgc)
$(BUILD)/bench/malloc/%: bench/peers/malloc/%.c $(PEER_DEPENDS)
	$(say) PEER $@
	@mkdir -p $(@D)
	$(Q)$(call link_peer)
$(BUILD)/bench/mimalloc/%: bench/peers/malloc/%.c $(PEER_DEPENDS)
	$(say) PEER $@
	@mkdir -p $(@D)
	$(Q)$(call link_peer,,-lmimalloc)

# Programs that measure one thing in the library; what they share is in bench/pause.c.
BENCH_PROGRAMS := $(addprefix $(BUILD)/bench/,cards old-size)

$(BUILD)/obj/bench/%.o: bench/%.c
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Iworkloads $(CFLAGS) $(DEPFLAGS) -c $< -o $@
$(BENCH_PROGRAMS): $(BUILD)/bench/%: $(BUILD)/obj/bench/%.o $(BUILD)/obj/bench/pause.o $(WORKLOAD_COMMON) $(BUILD)/lib/libgcscope.a
	$(say) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^
BENCH_OBJ := $(patsubst $(BUILD)/%,$(BUILD)/obj/%.o,$(BENCH_PROGRAMS)) $(BUILD)/obj/bench/pause.o
-include $(BENCH_OBJ:.o=.d)
$(BUILD)/bench/switches: bench/switches.c
	$(say) LD $@
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< -pthread
programs: $(BENCH_PROGRAMS) $(BUILD)/bench/switches

.PHONY: peers bench bench-plans bench-cards bench-old-size bench-pauses bench-cost bench-switches
peers: $(PEERS)
bench: ## install what is missing, time workloads against libgc, malloc and mimalloc; PAIRS=n
	+$(Q)scripts/install-packages check
	+$(Q)$(MAKE) --no-print-directory workloads peers
	$(Q)scripts/packages-index $(BUILD)/packages-index
	$(Q)bench/run --pairs $(PAIRS) $(BUILD)
bench-plans: workloads ## time the plan of GCSCOPE_OPTIONS against plan marksweep
	$(Q)scripts/packages-index $(BUILD)/packages-index
	$(Q)bench/run --plans --pairs $(PAIRS) $(BUILD)
bench-cards: $(BENCH_PROGRAMS) ## time pauses by the number of stores into an old array, and by its size
	$(Q)bench/cards-report --build $(BUILD)
bench-old-size: $(BENCH_PROGRAMS) ## time pauses beside 4 GiB of old objects against 256 MiB
	$(Q)bench/old-size-report $(BUILD)
bench-pauses: command workloads ## show how many of 10,000 minor pauses were short; needs root
	$(Q)bench/pauses $(BUILD)
bench-cost: command workloads ## time workloads under gcscope against the same alone; needs root
	$(Q)bench/cost --pairs $(PAIRS) $(BUILD)
bench-switches: command test-programs $(BUILD)/bench/switches ## time context switches while gcscope watches; needs root
	$(Q)bench/switch-cost --pairs $(PAIRS) $(BUILD)
