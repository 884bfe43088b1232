#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What the inline paths of a program are made of, by each compiler: read, and counted while they run.

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
GCSCOPE=${GCSCOPE:-$root/build/bin/gcscope}
library=$(cd "$(dirname "$GCSCOPE")/.." && pwd)/lib/libgcscope.a

# Each path in a function of its own, and a program that takes each 1000 times where nothing is
# armed and there is room.
setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	cat >paths.c <<-'C'
		#include <gcscope/gcscope.h>
		void barrier(struct gcs_mutator *mutator, void *object, void **slot, void *value)
		{
			gcs_store(mutator, object, slot, value);
		}
		void plain(void **slot, void *value)
		{
			__atomic_store_n(slot, value, __ATOMIC_RELAXED);
		}
		void *allocation(struct gcs_mutator *mutator, const struct gcs_type *type)
		{
			return gcs_alloc(mutator, type);
		}
	C
	cat >main.c <<-'C'
		#include <gcscope/gcscope.h>
		void barrier(struct gcs_mutator *mutator, void *object, void **slot, void *value);
		void plain(void **slot, void *value);
		void *allocation(struct gcs_mutator *mutator, const struct gcs_type *type);
		int main(void)
		{
			static const uint32_t pointers[] = { 0, 8 };
			const struct gcs_type_info info = { .name = "pair", .size = 16,
				.pointers = pointers, .pointer_count = 2 };
			const struct gcs_options options = { .heap_max = 16 << 20 };
			struct gcs_heap *heap;
			struct gcs_mutator *mutator;
			struct gcs_type *type;
			void **pair;
			if (gcs_heap_create(&heap, &options) || gcs_type_register(&type, heap, &info) ||
			    gcs_mutator_attach(&mutator, heap, GCS_ROOTS_CONSERVATIVE) ||
			    !(pair = gcs_alloc(mutator, type)))
				return 1;
			for (int i = 0; i < 1000; i++) {
				barrier(mutator, pair, pair, pair);
				plain(pair + 1, pair);
			}
			for (int i = 0; i < 500; i++)
				if (!allocation(mutator, type))
					return 1;
			return 0;
		}
	C
}

compile() { # COMPILER [FLAG]
	"$@" -std=gnu11 -O2 -I"$root/include" -c paths.c -o paths.o
	"$@" -std=gnu11 -O2 -I"$root/include" main.c paths.o "$library" -pthread -o main
	objdump -d --no-show-raw-insn --no-addresses paths.o >code
}

# path FUNCTION: its instructions from the first to the first return, if it took no jump.
path() {
	awk -v name="<$1>:" '$0 == name { on = 1; next } on && NF { print } on && $1 ~ /^ret/ { exit }' code
}

# times FUNCTION NUMBER: how many instructions were executed in it, which was called so often.
times() {
	valgrind --tool=callgrind --callgrind-out-file=callgrind --toggle-collect="$1" ./main \
		2>valgrind || { cat valgrind; return 1; }
	awk -v calls="$2" '/^summary:/ { print $2 / calls }' callgrind
}

# is_fast FUNCTION CALLS: its path calls nothing and has no jump but one, which is not taken; its
# length in $length.
is_fast() {
	path "$1" | tee "$1"
	length=$(wc -l <"$1")
	[ "$(grep -cE '^\s*ret' "$1")" = 1 ]
	[ "$(grep -cE '^\s*(call|jmp)' "$1")" = 0 ]
	[ "$(grep -cE '^\s*j' "$1")" -le 1 ]
	[ "$(times "$1" "$2")" = "$length" ]
}

@test "a store on a card that is not armed takes at most five instructions beside the store" {
	local compiler length store
	for compiler in gcc clang; do
		echo "$compiler"
		compile "$compiler"
		is_fast plain 1000
		store=$length
		is_fast barrier 1000
		[ $((length - store)) -le 5 ]
	done
}

@test "and its count, where a program asks for it, another" {
	local compiler length store
	for compiler in gcc clang; do
		echo "$compiler"
		compile "$compiler" -DGCS_COUNT_STORES
		is_fast plain 1000
		store=$length
		is_fast barrier 1000
		[ $((length - store)) -le $((5 + 1)) ]
		[ "$(grep -cE '^\s*(add|inc)q .*\(%rdi\)$' barrier)" = 1 ]
	done
}

@test "an allocation from a run that has room takes at most 18 instructions" {
	local compiler length
	for compiler in gcc clang; do
		echo "$compiler"
		compile "$compiler"
		is_fast allocation 500
		[ "$length" -le $((18 + 1)) ]
	done
}
