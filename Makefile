# SPDX-License-Identifier: GPL-2.0
#
# Delegates: the module to kbuild, the tool to userspace-tool/, the rest to the
# scripts in selftests/. `make help` lists what there is.

KVER	?= $(shell uname -r)
KDIR	?= /lib/modules/$(KVER)/build
PREFIX	?= /usr/local
MODDIR	= $(DESTDIR)/lib/modules/$(KVER)/updates
COPY	= build/$(KVER)
SOURCES	= Kbuild $(notdir $(wildcard dm-rrpath/*.[ch]))

all: tool module

help:
	@echo 'make                 the tool, and the module for the running kernel (KVER=... for another)'
	@echo 'make tool, module    one of them'
	@echo 'make install         both; DESTDIR= and PREFIX= ($(PREFIX)) are honoured'
	@echo 'make uninstall       removes what install put there'
	@echo 'make module-copy     the module for KVER, in build/KVER/ (several kernels side by side)'
	@echo 'make check           builds, static checks, unit tests, and the selftests in a virtual machine'
	@echo 'make check-debug     selftests under kernels that look for misuse of memory and locks, leaks, data races'
	@echo 'make coverage        lines and branches of the module and the tool that the tests execute'
	@echo 'make demo            a virtual machine with two links to one LUN, from login to failover'
	@echo 'make lab             the same links: four tests, dm-multipath beside dm-rrpath, and a table'
	@echo 'make bench           all of the benchmark; bench-quick: in five minutes'
	@echo 'make bench-cpu       ns and instructions per bio, dm-rrpath beside its peers'
	@echo 'make bench-fio       fio over dm-rrpath and its peers in turn (KERNEL="6.1 6.12"; QUICK=1: less)'
	@echo 'make bench-balance   paths of unequal speed, sequential I/O, changes under load (likewise)'
	@echo 'make bench-scale     many paths, many maps, many CPUs (likewise)'
	@echo 'make demo-host       the same on loop devices of this machine, which must be able to load modules'
	@echo 'make proofs          a boot under systemd, power cuts; data, false alarms, PostgreSQL: two hours and more'
	@echo 'make torture         random operations under verified I/O (SECONDS=3600 SEED=... KERNEL="6.1 6.12")'
	@echo 'make model           models of bios, paths and the stall watch, checked exhaustively with spin'
	@echo 'make fuzz            the parsers of tool and module under libFuzzer, SECONDS=60 each'
	@echo 'make fuzz-kernel     COUNT=1000000 table lines, messages and sysfs writes under KASAN (SEED=1)'
	@echo 'make fuzz-kcov       COUNT=100000 sequences of them, guided by what they execute (SEED=1)'
	@echo 'make clean'

headers:
	@test -e $(KDIR)/Makefile || { \
		echo 'No headers for kernel $(KVER) in $(KDIR).' >&2; \
		echo 'On Debian: apt install linux-headers-$(KVER); or name another kernel, KVER=...' >&2; \
		echo 'Kernels with headers here:' $$(for d in /lib/modules/*/build; do \
			test -e $$d/Makefile && basename $${d%/build}; done) >&2; \
		exit 1; }

tool:
	$(MAKE) -C userspace-tool PREFIX=$(PREFIX)

module: headers
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

module-copy: headers
	@mkdir -p $(COPY)
	@flock $(COPY)/.lock ln -sf $(addprefix $(CURDIR)/dm-rrpath/,$(SOURCES)) $(COPY)/
	flock $(COPY)/.lock $(MAKE) -C $(KDIR) M=$(CURDIR)/$(COPY) $(KFLAGS) modules

install: all
	$(MAKE) -C userspace-tool install DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)
	install -D -m 644 dm-rrpath/dm-rrpath.ko $(MODDIR)/dm-rrpath.ko
	$(if $(DESTDIR),,depmod $(KVER))

uninstall:
	$(MAKE) -C userspace-tool uninstall DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)
	rm -f $(MODDIR)/dm-rrpath.ko
	$(if $(DESTDIR),,depmod $(KVER))

clean:
	rm -rf build
	$(if $(wildcard userspace-tool/Makefile),$(MAKE) -C userspace-tool clean)
	$(if $(wildcard selftests/host/Makefile),$(MAKE) -C selftests/host clean)
	$(if $(wildcard $(KDIR)/Makefile),$(MAKE) -C $(KDIR) M=$(CURDIR) clean)

check:
	@selftests/checks/run.sh

check-debug:
	@selftests/checks/run.sh uml leaks kasan kcsan kcov

coverage:
	@selftests/debug/coverage.sh

lab:
	@selftests/lab/lab.sh

fuzz:
	@selftests/fuzz/run.sh -s $(or $(SECONDS),60)

fuzz-kernel:
	@selftests/fuzz/kernel.sh $(addprefix -n ,$(COUNT)) $(addprefix -s ,$(SEED))

fuzz-kcov:
	@selftests/fuzz/kcov.sh $(addprefix -n ,$(COUNT)) $(addprefix -s ,$(SEED))

model:
	@selftests/model/run.sh

proofs:
	@selftests/proofs/run.sh

KERNEL	= 6.1 6.12
BENCH	= selftests/bench/vm.sh $(if $(QUICK),-q) $(addprefix -k ,$(KERNEL))

bench: bench-cpu bench-fio bench-balance bench-scale

bench-quick:
	@selftests/bench/cpu.sh -q -k 6.1
	@$(MAKE) --no-print-directory bench-fio KERNEL=6.1 QUICK=1

bench-cpu:
	@selftests/bench/cpu.sh $(if $(QUICK),-q) $(addprefix -k ,$(KERNEL))

bench-fio:
	@$(BENCH) icount nvme_icount fio nvme

bench-balance:
	@$(BENCH) balance

bench-scale:
	@$(BENCH) scale

torture:
	@selftests/torture/run.sh $(addprefix -k ,$(KERNEL)) $(addprefix -s ,$(SECONDS)) $(addprefix -r ,$(SEED))

demo:
	@selftests/demo/demo.sh

demo-host:
	@selftests/demo/demo-host.sh

.PHONY: all help headers tool module module-copy install uninstall clean check check-debug coverage
.PHONY: bench bench-quick bench-cpu bench-fio bench-balance bench-scale
.PHONY: lab proofs torture fuzz fuzz-kernel fuzz-kcov model demo demo-host
