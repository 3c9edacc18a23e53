"""The processor's name, and what of it a process and the others took."""

import os
import subprocess
import sys
import time

from benchmarks.machine import OtherWork, ProcessorTime, processor
from fer_core.processor import processor_name

CPUINFO = (
    "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: {family}\nmodel\t\t: {model}\nmodel name\t: {name}\n"
)


def test_a_virtual_machine_that_only_says_epyc_gets_its_generation():
    assert processor_name(CPUINFO.format(family=25, model=1, name="AMD EPYC")) == "AMD EPYC (Zen 3)"
    assert processor_name(CPUINFO.format(family=25, model=17, name="AMD EPYC")) == "AMD EPYC (Zen 4)"
    assert processor_name(CPUINFO.format(family=26, model=2, name="AMD EPYC")) == "AMD EPYC (Zen 5)"


def test_others_keep_the_name_they_give():
    assert processor_name(CPUINFO.format(family=6, model=85, name="Intel Xeon")) == "Intel Xeon"
    assert processor_name(CPUINFO.format(family=99, model=1, name="AMD Future")) == "AMD Future"
    assert processor_name("nothing of the kind") == "an unnamed processor"


def test_a_machine_without_that_file_is_named_too(tmp_path):
    assert processor(tmp_path / "none").startswith("an unnamed processor, ")


def test_what_a_process_takes_is_its_own_work_and_what_others_take_is_not():
    with OtherWork() as other, subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        used, own = ProcessorTime(busy.pid), ProcessorTime(os.getpid())
        began_s = time.process_time()
        try:
            # The system counts in hundredths of a second, so this process does several of these.
            while used.percent < 5 or time.process_time() - began_s < 0.05:
                pass
        finally:
            busy.kill()

    assert own.percent > 0
    assert other.percent >= 0
