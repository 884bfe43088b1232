#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# `gcscope list` and `gcscope doctor`.

load common

@test "list: who can be profiled, by text and JSON, and who cannot is not there" {
	start_target
	start /dev/null sleep 60
	status_is 0 "$GCSCOPE" list
	grep -Eq "^ *$target +steady +gcscope +usdt +$steady\$" stdout
	absent "^ *$pid " stdout
	status_is 0 "$GCSCOPE" list --json
	json "[p for p in d['processes'] if p['pid'] == $target] == [{'pid': $target, 'comm': 'steady', 'runtime': 'gcscope', 'tier': 'usdt', 'file': '$steady'}]" stdout
	json "not [p for p in d['processes'] if p['pid'] == $pid]" stdout
	ends_well
}

@test "list: a name of any bytes makes valid JSON" {
	printf -v name 'a\x80\x1b[31m'
	cp "$steady" "./$name"
	start odd.out "./$name"
	until_true grep -q ready odd.out
	status_is 0 "$GCSCOPE" list --json
	json "len([p for p in d['processes'] if p['pid'] == $pid]) == 1" stdout
	status_is 0 "$GCSCOPE" list
	grep -q "^ *$pid " stdout
	absent $'\x1b' stdout
}

@test "list: without rights it says how many it could not look into" {
	start_target
	dir=$(mktemp -d /tmp/gcscope-cli.XXXXXX)
	chmod 755 "$dir"
	cp "$GCSCOPE" "$dir/gcscope"
	status_is 0 setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/gcscope" list
	rm -r "$dir"
	[[ $errors == *"could not be looked into"* ]]
	absent "^ *$target " stdout
	ends_well
}

@test "doctor: all works for root, and says so in both forms" {
	status_is 0 "$GCSCOPE" doctor
	[[ $output == *"profiling works here"* ]]
	[ -z "$errors" ]
	status_is 0 "$GCSCOPE" doctor --json
	json 'd["schema"] == "gcscope.doctor/1" and d["works"] is True' stdout
	for name in "kernel programs" "ring buffer" tracepoints session; do
		json "[f['state'] for f in d['findings'] if f['name'] == '$name'] == ['ok']" stdout
	done
	json "'ok' in [f['state'] for f in d['findings'] if f['name'].startswith('uprobe')]" stdout
}

@test "doctor: without rights it names what is missing and the fix, status 4" {
	dir=$(mktemp -d /tmp/gcscope-cli.XXXXXX)
	chmod 755 "$dir"
	cp "$GCSCOPE" "$dir/gcscope"
	status_is 4 setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/gcscope" doctor
	[[ $output == *CAP_BPF*missing*setcap* ]]
	[[ $output == *"not permitted"* ]]
	status_is 4 setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/gcscope" doctor --json
	rm -r "$dir"
	json 'd["works"] is False' stdout
	json "[f['state'] for f in d['findings'] if f['name'] == 'kernel programs'] == ['no']" stdout
}

@test "doctor: with CAP_BPF and CAP_PERFMON alone it works where the kernel has uprobe_multi" {
	dir=$(mktemp -d /tmp/gcscope-cli.XXXXXX)
	chmod 755 "$dir"
	cp "$GCSCOPE" "$dir/gcscope"
	setcap cap_bpf,cap_perfmon=ep "$dir/gcscope"
	got=0
	setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/gcscope" doctor --json >stdout || got=$?
	rm -r "$dir"
	multi=$(python3 -c 'import json; print([f["state"] for f in json.load(open("stdout"))["findings"] if f["name"] == "uprobe_multi"][0])')
	if [ "$multi" = ok ]; then [ "$got" = 0 ]; else [ "$got" = 4 ]; fi
}
