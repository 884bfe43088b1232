# SPDX-License-Identifier: BSD-2-Clause
"""Two programs, run as interleaved pairs and compared by the ratio of what a run of each took."""

import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time

RESAMPLES = 10000


class Run:
    """One run of a program: its wall time in seconds, peak memory in KiB, output and errors.

    options is what it finds in GCSCOPE_OPTIONS.
    """

    def __init__(self, command, options):
        environment = {**os.environ, "GCSCOPE_OPTIONS": options}
        with tempfile.TemporaryFile("w+") as errors:
            start = time.monotonic()
            process = subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
            )
            self.output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            self.seconds = time.monotonic() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            errors.seek(0)
            self.errors = errors.read()
        self.peak = usage.ru_maxrss
        if process.returncode:
            sys.stderr.write(self.errors)
            sys.exit(f"bench: {' '.join(command)} has failed ({process.returncode})")

    def reported(self, pattern):
        """The sum of the numbers that the groups of the pattern find in what it printed."""
        found = re.search(pattern, self.errors + self.output, re.MULTILINE)
        if not found:
            sys.exit(f"bench: nothing like '{pattern}' in what was printed")
        return sum(float(number) for number in found.groups())


def run_pairs(ours, theirs, pairs):
    """A list of (our Run, their Run), each side first in turn. A side is (command, options)."""
    results = []
    for i in range(pairs):
        if i % 2 == 0:
            our_run, their_run = Run(*ours), Run(*theirs)
        else:
            their_run, our_run = Run(*theirs), Run(*ours)
        results.append((our_run, their_run))
    return results


def interval(ratios):
    """The 95 % bootstrap confidence interval of the median; the same for the same ratios."""
    generator = random.Random(1)
    medians = sorted(
        statistics.median(generator.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES)
    )
    return medians[int(RESAMPLES * 0.025)], medians[int(RESAMPLES * 0.975)]


def heading(ours, theirs):
    """Over the lines of comparison; ours and theirs are words for the sides."""
    return f"{'ratio':>7}  {'95 % interval':16} {ours:>9} {theirs:>9}"


def comparison(results, measure):
    """One line: the ratio of what measure finds in the runs, and both medians."""
    values = [(measure(ours), measure(theirs)) for ours, theirs in results]
    ratios = [ours / theirs for ours, theirs in values]
    low, high = interval(ratios)
    ours, theirs = (statistics.median(side) for side in zip(*values))
    span = f"[{low:.3f}, {high:.3f}]"
    return f"{statistics.median(ratios):7.3f}  {span:16} {ours:9.3f} {theirs:9.3f}"
