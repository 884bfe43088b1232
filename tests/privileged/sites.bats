#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Where a program allocates and stores, on one whose proportions are known.

bats_require_minimum_version 1.5.0
load common

source=$root/tests/programs/sites.c
export GCSCOPE_OPTIONS=plan=generational,nursery=1M

# sites FILE OPTION... -- COMMAND...: run it under the profiler, with --sites, its report in FILE.
sites() {
	local file=$1
	shift
	timeout 60 "$GCSCOPE" run --sites -o "$file" "$@" 3>&-
}

# line_of COMMENT: the number of the line of the program that has it.
line_of() { grep -n "/\* $1 \*/" "$source" | cut -d: -f1; }

# proportions FILE [stripped]: shares and sums of what was sampled are right, and its lines; or, of a
# program without debugging information, its addresses. Tolerances are five standard deviations of
# what so many samples can tell, whose weights differ while the rate adapts: hence the 3.
proportions() {
	python3 - "$(line_of 'three quarters of the bytes')" "$(line_of 'a quarter of the bytes')" \
		"$(line_of 'three quarters of the cards')" "$(line_of 'a quarter of the cards')" "$@" <<-'PYTHON'
		import json, math, sys
		lines, stripped = list(map(int, sys.argv[1:5])), sys.argv[6:] == ["stripped"]
		report = json.load(open(sys.argv[5]))
		assert report["events"]["lost"] == 0, report["events"]
		(process,) = report["processes"]
		(heap,) = process["heaps"]

		def near(value, expected, samples, relative):
		    sigma = math.sqrt(3 / samples * (1 if relative else expected * (1 - expected)))
		    print("%.4f of %.4f, sigma %.4f" % (value, expected, sigma))
		    assert abs(value - expected) < 5 * sigma * (expected if relative else 1)

		def check(sites, key, most, least, functions):
		    samples = sum(s["samples"] for s in sites)
		    total = sum(s[key] for s in sites)
		    assert samples > 200, samples
		    assert [s[key] for s in sites] == sorted((s[key] for s in sites), reverse=True)
		    if stripped:
		        assert all(s["function"] is s["file"] is s["line"] is None for s in sites), sites
		        assert all(s["module"].endswith("/stripped") for s in sites), sites
		        assert len({s["offset"] for s in sites}) == len(sites)
		    else:
		        assert [s["line"] for s in sites[:2]] == [most, least], sites
		        assert [s["function"] for s in sites[:2]] == functions, sites
		        assert all(s["file"].endswith("tests/programs/sites.c") for s in sites[:2]), sites
		    near(sites[0][key] / (sites[0][key] + sites[1][key]), 0.75, samples, False)
		    return total, samples

		allocation, store = heap["sites"]["allocation"], heap["sites"]["store"]
		near(*(lambda t, n: (t / heap["allocation"]["bytes"], 1, n, True))(
		    *check(allocation, "weight", lines[0], lines[1], ["make_text", "make_pair"])))
		if heap["plan"] == "generational":
		    total, samples = check(store, "dirtied", lines[2], lines[3], ["store_on_cards"] * 2)
		    near(total / heap["cards"]["dirtied"], 1, samples, True)
		    near(sum(s["weight"] for s in store) / heap["barrier"]["slow"], 1, samples, True)
		else:
		    assert store == []
		assert all(s["dirtied"] is None for s in allocation)
	PYTHON
}

@test "lines, their shares, and what they add up to" {
	sites r.json --json -- "$programs/sites" 2
	proportions r.json
}

@test "a plan without a barrier has no stores to sample" {
	GCSCOPE_OPTIONS=plan=marksweep sites r.json --json -- "$programs/sites" 1
	proportions r.json
}

@test "a stripped program has addresses, which addr2line finds in what it was before" {
	strip -s -o stripped "$programs/sites"
	sites r.json --json -- ./stripped 2
	proportions r.json stripped
	local offset
	offset=$(python3 -c 'import json
print("%#x" % (json.load(open("r.json"))["processes"][0]["heaps"][0]["sites"]["allocation"][0]["offset"] - 1))')
	addr2line -e "$programs/sites" "$offset" | tee line
	grep -q "sites.c:$(line_of 'three quarters of the bytes')\b" line
	sites r.txt -- ./stripped 1
	grep -qE ' stripped\+0x[0-9a-f]+ +-$' r.txt
}

@test "lines are right however a program is compiled" {
	local flags
	for flags in "-O0 -fno-omit-frame-pointer" "-O3 -fomit-frame-pointer"; do
		# shellcheck disable=SC2086
		gcc -std=gnu11 -g $flags -I"$root/include" "$source" "$build/lib/libgcscope.a" -pthread \
			-o compiled
		sites r.json --json -- ./compiled 1
		proportions r.json
	done
}

@test "a process that runs, from now on" {
	start out "$programs/sites" 20
	until_true semaphores "$pid"
	sleep 0.5
	timeout 60 "$GCSCOPE" attach -q --sites --json -o r.json -p "$pid" -d 2 3>&-
	at_rest "$pid"
	proportions r.json
}

# When it is loaded, gcscope has given its right to look into the program up.
@test "code that is loaded after attaching" {
	cat >plugin.c <<-'C'
		#include <gcscope/gcscope.h>
		void *plugin_make(struct gcs_mutator *mutator, const struct gcs_type *type)
		{
			char *object = gcs_alloc_array(mutator, type, 4096);
			return object ? object + 1 : NULL;
		}
	C
	cat >host.c <<-'C'
		#include <dlfcn.h>
		#include <gcscope/gcscope.h>
		#include <stdio.h>
		#include <unistd.h>
		int main(void)
		{
			const struct gcs_type_info info = { .name = "text", .element_size = 1 };
			void *(*make)(struct gcs_mutator *, const struct gcs_type *), *plugin;
			struct gcs_heap *heap;
			struct gcs_mutator *mutator;
			struct gcs_type *type;
			if (gcs_heap_create(&heap, NULL) || gcs_type_register(&type, heap, &info) ||
			    gcs_mutator_attach(&mutator, heap, GCS_ROOTS_PRECISE))
				return 1;
			puts("ready");
			fflush(stdout);
			if (getchar() == EOF || !(plugin = dlopen("./plugin.so", RTLD_NOW)))
				return 1;
			make = (void *(*)(struct gcs_mutator *, const struct gcs_type *))
				dlsym(plugin, "plugin_make");
			for (int i = 0; i < 50000; i++)
				if (!make(mutator, type))
					return 1;
			usleep(300000);
			return 0;
		}
	C
	local flags="-std=gnu11 -g -O2 -fno-omit-frame-pointer -I$root/include"
	# shellcheck disable=SC2086
	gcc $flags -shared -fPIC -o plugin.so plugin.c
	# shellcheck disable=SC2086
	gcc $flags -rdynamic -o host host.c "$build/lib/libgcscope.a" -pthread
	mkfifo line
	start out sh -c 'exec ./host <line'
	local host=$pid
	exec 9>line
	until_true grep -q ready out
	start /dev/null "$GCSCOPE" attach --sites --json -o r.json -p "$host" 2>messages
	until_true grep -q watching messages
	echo >&9
	wait "$host"
	wait "$pid"
	exec 9>&-
	holds r.json '[(s["function"], s["line"]) for s in p[0]["heaps"][0]["sites"]["allocation"]] == [("plugin_make", 4)]'
}

@test "stacks for flame graphs" {
	sites r.folded --format folded -- "$programs/sites" 1
	cat r.folded
	[ "$(grep -cvE '^sites(;[^ ;][^;]*)+;\[(allocation|store|stop)\] [1-9][0-9]*$' r.folded)" = 0 ]
	[ "$(grep -cE ';work;make_text;\[allocation\] ' r.folded)" = 1 ]
	[ "$(grep -cE ';work;make_pair;\[allocation\] ' r.folded)" = 1 ]
	[ "$(grep -cE ';work;store_on_cards;\[store\] ' r.folded)" = 1 ]
	[ "$(grep -c gcs_ r.folded)" = 0 ]
}

# armed PID NUMBER: so many of its probes are listened to.
armed() { [ "$(semaphores "$1")" = "$2" ]; }

@test "nothing is sampled that was not asked for" {
	local all
	all=$("$GCSCOPE" events --json | python3 -c 'import json, sys
print(len(json.load(sys.stdin)["events"]))')
	start out "$programs/sites" 20
	local target=$pid
	until_true semaphores "$target"
	# The two that sample, and that of --card-map.
	start /dev/null "$GCSCOPE" attach -q --json -o r.json -p "$target" -d 1
	until_true armed "$target" $((all - 3))
	wait "$pid"
	holds r.json 'p[0]["heaps"][0]["sites"] is None and r["events"]["received"] > 0'
	start /dev/null "$GCSCOPE" attach -q --sites -o /dev/null -p "$target" -d 1
	until_true armed "$target" $((all - 1))
	wait "$pid"
}
