#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a workload has to print, worked out another way, without a heap:

    oracle.py WORKLOAD ARGUMENT...
"""

import sys
from collections import OrderedDict

MASK = (1 << 64) - 1


class Random:
    """splitmix64."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        return z ^ z >> 31

    def below(self, limit):
        return self.next() * limit >> 64


def tree_size(depth):
    return (2 << depth) - 1


def binary_trees(deepest):
    print(f"stretch tree of depth {deepest + 1}\t check: {tree_size(deepest + 1)}")
    for depth in range(4, deepest + 1, 2):
        trees = 1 << (deepest - depth + 4)
        print(f"{trees}\t trees of depth {depth}\t check: {trees * tree_size(depth)}")
    print(f"long lived tree of depth {deepest}\t check: {tree_size(deepest)}")


def gcbench(deepest, numbers):
    print(f"stretch tree of depth {deepest + 2}: {tree_size(deepest + 2)} nodes")
    for depth in range(4, deepest + 1, 2):
        trees = 2 * tree_size(deepest + 2) // tree_size(depth)
        print(f"{trees} trees of depth {depth}, down {trees * depth}, up {trees * depth}")
    print(f"long-lived tree of depth {deepest}: {tree_size(deepest)} nodes")
    print(f"long-lived array: sum {sum(1 / i for i in range(1, numbers + 1)):.9f}")


def lru(capacity, operations):
    cache = OrderedDict()  # key: version, the oldest first
    random = Random(1)
    hits = evictions = checksum = 0
    for version in range(operations):
        key = min(random.below(2 * capacity), random.below(2 * capacity))
        update = random.below(4) == 0
        if key in cache:
            hits += 1
            checksum += key ^ cache[key]
            if update:
                cache[key] = version
            cache.move_to_end(key)
            continue
        if len(cache) == capacity:
            cache.popitem(last=False)
            evictions += 1
        cache[key] = version
    print(f"operations {operations}\nhits {hits}\nmisses {operations - hits}")
    print(f"evictions {evictions}\nentries {len(cache)}\nchecksum {checksum & MASK:016x}")


def threads(count, iterations, _delay):
    replaced, received = [0] * count, [0] * count
    for index in range(count):
        random, table = Random(index << 32), [0] * 4096
        for iteration in range(iterations):
            slot = random.below(len(table))
            items = sum(random.next() for _ in range(1 + random.below(32)))
            replaced[index] += table[slot]
            if iteration % 64 == 0:
                received[(index + 1) % count] += items
            else:
                table[slot] = items
    for index in range(count):
        print(
            f"thread {index} replaced {replaced[index] & MASK:016x}"
            f" received {received[index] & MASK:016x}"
        )
    print(f"checksum {sum(replaced + received) & MASK:016x}")


WORKLOADS = {"binary-trees": binary_trees, "gcbench": gcbench, "lru": lru, "threads": threads}
WORKLOADS[sys.argv[1]](*map(int, sys.argv[2:]))
