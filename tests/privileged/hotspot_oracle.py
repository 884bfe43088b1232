#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares a gcscope report on a Java program with what the VM itself logged.

Usage: hotspot_oracle.py REPORT LOG PLAN

The log is that of -Xlog:gc,safepoint:file=LOG:tags. Collections by kind and
cause have to be equal, as have pauses by kind; the summed pauses and times to
safepoint agree within TOLERANCE. Exits 1 and says what differs.

The log is not to be an asynchronous one: its writer would compete with the VM
thread, between the VM's reading of the clock and the probe.
"""
import json
import re
import sys
from collections import Counter

TOLERANCE = 0.02
PROBE_SECONDS = 20e-6  # a time of some microseconds is measured from one probe to the next

# [gc       ] GC(3) Pause Young (Concurrent Start) (G1 Humongous Allocation) 34M->6M(123M) 2.906ms
PAUSE = re.compile(r"\[gc *\] GC\(\d+\) Pause (Young|Full|Remark|Cleanup)\b(.*)"
                   r" \d+M->(\d+)M\((\d+)M\)")
# [safepoint] Safepoint "G1CollectFull", ..., Reaching safepoint: 30611 ns, Cleanup: 2751 ns, ...
SAFEPOINT = re.compile(r"\[safepoint\] Safepoint \"(\w+)\", (.*)$")
NANOSECONDS = re.compile(r"([A-Z][\w ]*): (\d+) ns")

KINDS = {"Young": "minor", "Full": "major", "Remark": "remark", "Cleanup": "cleanup"}
WIDEST = ["minor", "major", "remark", "cleanup"]
CAUSES = {
    "": "concurrent",
    "Allocation Failure": "allocation",
    "Ergonomics": "allocation",
    "GCLocker Initiated GC": "allocation",
    "G1 Evacuation Pause": "allocation",
    "G1 Preventive Collection": "allocation",
    "G1 Compaction Pause": "allocation",
    "G1 Humongous Allocation": "allocation",
    "System.gc()": "explicit",
    "Diagnostic Command": "explicit",
    "Metadata GC Threshold": "metadata",
    "Metadata GC Clear Soft References": "metadata",
    "Heap Inspection Initiated GC": "diagnostic",
    "Heap Dump Initiated GC": "diagnostic",
}
# What the program makes happen under each collector; a log without it proves nothing.
EXPECTED = {
    "serial": {"minor", "major"},
    "parallel": {"minor", "major"},
    "g1": {"minor", "major", "remark", "cleanup"},
}


class Pauses:
    def __init__(self):
        self.count = 0
        self.seconds = 0.0

    def add(self, seconds):
        self.count += 1
        self.seconds += seconds


def cause_of(text):
    """The last of the groups in parentheses: (Mixed) (G1 Evacuation Pause)."""
    groups = re.findall(r"\(((?:[^()]|\(\))+)\)", text)
    return CAUSES[groups[-1] if groups else ""]


def read_log(lines):
    """Collections by (kind, cause); pauses by kind; times to safepoint; safepoints without
    any; MiB in use after the last full collection, and of the heap then."""
    collections, pauses, reaching, idle = Counter(), {}, Pauses(), 0
    live = capacity = None
    held = []  # kinds of the collections in the safepoint whose line is still to come
    for line in lines:
        if match := PAUSE.search(line):
            kind = KINDS[match[1]]
            collections[kind, cause_of(match[2])] += 1
            held.append(kind)
            if kind == "major":
                live, capacity = int(match[3]), int(match[4])
        elif match := SAFEPOINT.search(line):
            if not held:
                idle += 1
                continue
            times = {name: int(ns) / 1e9 for name, ns in NANOSECONDS.findall(match[2])}
            pauses.setdefault(max(held, key=WIDEST.index), Pauses()).add(times["Total"])
            reaching.add(times["Reaching safepoint"] + times["Cleanup"])
            held.clear()
    return collections, pauses, reaching, idle, live, capacity


class Comparison:
    def __init__(self):
        self.failed = False

    def equal(self, what, seen, logged):
        if seen != logged:
            self.failed = True
            print(f"{what}: gcscope {seen}, the log {logged}")

    def near(self, what, seen, logged, slack=0.0):
        off = abs(seen - logged)
        print(f"{what}: gcscope {seen * 1e3:.3f} ms, the log {logged * 1e3:.3f} ms,"
              f" {100 * (seen - logged) / logged:+.2f} %")
        if off > TOLERANCE * logged + slack:
            self.failed = True
            print(f"{what}: more than {100 * TOLERANCE:.0f} % apart")


def main():
    report_path, log_path, plan = sys.argv[1:]
    with open(report_path) as file:
        report = json.load(file)
    with open(log_path) as file:
        collections, pauses, reaching, idle, live, capacity = read_log(file)

    check = Comparison()
    check.equal("events lost", report["events"]["lost"], 0)
    check.equal("events unmatched", report["events"]["unmatched"], 0)
    check.equal("processes", len(report["processes"]), 1)
    process = report["processes"][0]
    check.equal("runtime", process["runtime"], "hotspot")
    check.equal("attached late", process["attached_late"], False)
    check.equal("heaps", len(process["heaps"]), 1)
    heap = process["heaps"][0]
    check.equal("plan", heap["plan"], plan)

    seen = Counter()
    for entry in heap["collections"]:
        seen[entry["kind"], entry["cause"]] += entry["count"]
    for key in sorted(seen.keys() | collections.keys()):
        check.equal("collections, " + " ".join(key), seen[key], collections[key])
    check.equal("kinds that have to occur", {kind for kind, _ in collections}, EXPECTED[plan])
    check.equal("causes that have to occur",
                {cause for _, cause in collections} - {"concurrent"},
                {"allocation", "explicit", "metadata", "diagnostic"})
    check.equal("safepoints without a collection occur", idle > 0, True)

    figures = {entry["kind"]: entry for entry in heap["pauses"]}
    for kind in sorted(figures.keys() | pauses.keys()):
        check.equal(f"pauses, {kind}", figures.get(kind, {"count": 0})["count"],
                    pauses.get(kind, Pauses()).count)
    check.near("pauses, summed", sum(figure["sum_seconds"] for figure in figures.values()),
               sum(logged.seconds for logged in pauses.values()))
    check.equal("times to safepoint", heap["time_to_safepoint"]["count"], reaching.count)
    check.near("time to safepoint, by kind", heap["time_to_safepoint"]["sum_seconds"],
               sum(p["ledger_seconds"]["time_to_safepoint"] for p in heap["pauses"]))
    check.near("time to safepoint, summed", heap["time_to_safepoint"]["sum_seconds"],
               reaching.seconds, PROBE_SECONDS * reaching.count)

    for kind, figure in sorted(figures.items()):
        check.near(f"ledger, {kind}", figure["sum_seconds"],
                   sum(part for part in figure["ledger_seconds"].values() if part is not None))
    check.near("ledger, time to safepoint", heap["time_to_safepoint"]["sum_seconds"],
               sum(part for part in heap["time_to_safepoint"]["ledger_seconds"].values()
                   if part is not None))

    # The program ends with a full collection.
    check.equal("MiB live", heap["size"]["live_bytes"] >> 20, live)
    check.equal("MiB of capacity", heap["size"]["capacity_bytes"] >> 20, capacity)

    print(f"{sum(collections.values())} collections in {reaching.count} pauses")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
