# SPDX-License-Identifier: GPL-2.0
# make fuzzers: a program per parser, with libFuzzer, ASan and UBSan; see ../selftests/fuzz/run.sh.

FUZZ_CC ?= clang-14
FUZZERS := events identity maps-conf neighbour open-iscsi sockdiag status table timers words
FUZZ_O := build/fuzz

FUZZ_CFLAGS := -O1 -g -std=gnu11 -Wall -Wextra -Wno-sign-compare -D_GNU_SOURCE -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_OBJS := $(patsubst $(O)/%,$(FUZZ_O)/%,$(filter-out $(O)/rrpath.o,$(OBJS)))

# What a fuzzer puts its own functions in place of: in the tool's objects alone, for
# libFuzzer opens files too. Those of the tool itself and of libudev it never calls.
FUZZ_LIBC_identity := access fopen readlink realpath
FUZZ_LIBC_timers := unlink
FUZZ_LIBC_events := fopen
FUZZ_LIBC_sockdiag := close recv sendto setsockopt socket
FUZZ_LIBC_neighbour := $(FUZZ_LIBC_sockdiag)
FUZZ_WRAP_identity := rrpath_transport_of
FUZZ_WRAP_timers := rrpath_open_ours rrpath_replace_file
FUZZ_WRAP_events := udev_new udev_unref udev_monitor_new_from_netlink udev_monitor_unref \
	udev_monitor_set_receive_buffer_size udev_monitor_enable_receiving \
	udev_monitor_filter_add_match_subsystem_devtype udev_monitor_get_fd \
	udev_monitor_receive_device udev_device_get_action udev_device_get_sysname \
	udev_device_get_devnum udev_device_get_property_value udev_device_unref
FUZZ_MORE_sockdiag := $(FUZZ_O)/fuzz/fuzz-netlink.o
FUZZ_MORE_neighbour := $(FUZZ_MORE_sockdiag)

fuzzers: $(addprefix $(FUZZ_O)/fuzz-,$(FUZZERS))

$(FUZZ_O)/%.o: %.c $(MAKEFILES_HERE) | $(FUZZ_O)/fuzz
	$(FUZZ_CC) $(FUZZ_CFLAGS) $(DEPFLAGS) $(PKG_CFLAGS) -c -o $@ $<

$(FUZZ_O)/fuzz:
	@mkdir -p $@

$(FUZZ_O)/tool.a: $(FUZZ_OBJS)
	rm -f $@
	$(AR) rcs $@ $(FUZZ_OBJS)

$(FUZZ_O)/fuzz-%: $(FUZZ_O)/fuzz/fuzz-%.o $(FUZZ_O)/fuzz/fuzz.o $(FUZZ_O)/fuzz/fuzz-netlink.o $(FUZZ_O)/tool.a
	objcopy $(foreach f,$(FUZZ_LIBC_$*),--redefine-sym $(f)=__wrap_$(f)) \
		$(FUZZ_O)/tool.a $(FUZZ_O)/tool-$*.a
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer $(addprefix -Wl$(comma)--wrap=,$(FUZZ_WRAP_$*)) \
		-o $@ $(FUZZ_O)/fuzz/fuzz-$*.o $(FUZZ_O)/fuzz/fuzz.o $(FUZZ_MORE_$*) $(FUZZ_O)/tool-$*.a $(PKG_LIBS)

.PHONY: fuzzers
-include $(wildcard $(FUZZ_O)/*.d $(FUZZ_O)/fuzz/*.d)
