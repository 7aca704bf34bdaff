# SPDX-License-Identifier: GPL-2.0
# make check: every program prints TAP; the last line is the sum. SANITIZE=1 builds
# and runs them with ASan and UBSan; plain "make check" does so too where cc can, and
# runs those that fail calls and allocations under valgrind.

TESTS := test-table test-status test-create test-reload test-verbs test-bad-input test-transport \
	test-maps-conf test-assemble test-timers test-doctor test-unstick test-errors \
	test-security test-monitor test-helper test-netlink test-files test-dev
TEST_PROGRAMS := $(addprefix $(O)/tests/,$(TESTS))

WRAPPED := dm_driver_version dm_get_next_target dm_hold_control_dev dm_lib_release \
	dm_task_add_target dm_task_create dm_task_deferred_remove dm_task_destroy \
	dm_task_get_errno dm_task_get_info dm_task_get_names dm_task_get_uuid \
	dm_task_get_versions dm_task_no_flush dm_task_retry_remove dm_task_run \
	dm_task_set_cookie dm_task_set_message dm_task_set_name dm_task_set_ro \
	dm_task_set_sector dm_task_set_uuid dm_task_skip_lockfs dm_udev_wait geteuid \
	udev_device_get_action udev_device_get_devnum udev_device_get_property_value \
	udev_device_get_sysname udev_device_new_from_devnum udev_device_unref \
	udev_monitor_enable_receiving udev_monitor_filter_add_match_subsystem_devtype \
	udev_monitor_get_fd udev_monitor_new_from_netlink udev_monitor_receive_device \
	udev_monitor_set_receive_buffer_size udev_monitor_unref \
	bind clock_gettime close fchmod fork fsync mlockall open pipe2 poll pwrite recv rename \
	sendto socket write \
	calloc exit reallocarray strdup __poll_chk __recv_chk __vasprintf_chk
WRAP := $(addprefix -Wl$(comma)--wrap=,$(WRAPPED))

TEST_OBJS := $(filter-out $(O)/rrpath.o,$(OBJS)) \
	$(addprefix $(O)/tests/,rrpath-main.o fake-calls.o fake-dm.o fake-events.o fake-memory.o \
		fake-netlink.o fake-sys.o fake-transport.o)

$(O)/tests/rrpath-main.o: rrpath.c $(MAKEFILES_HERE) | $(O)/tests
	$(CC) $(CPPFLAGS) -Dmain=rrpath_main $(CFLAGS) -Wno-missing-prototypes $(DEPFLAGS) \
		$(PKG_CFLAGS) -c -o $@ $<

$(O)/tests/test-%: $(O)/tests/test-%.o $(TEST_OBJS)
	$(CC) $(CFLAGS) $(LDFLAGS) $(WRAP) -o $@ $^ $(PKG_LIBS) -lcmocka

# A program that ends for want of memory frees nothing: its leaks do not count.
VALGRIND := valgrind -q --errors-for-leak-kinds=definite --error-exitcode=9

.SECONDARY:

check: $(TOOL) $(TEST_PROGRAMS)
	@RRPATH=$(abspath $(TOOL)) RRPATH_EVERY=$(if $(SANITIZE),7,1) sh tests/run.sh $(TEST_PROGRAMS)
ifeq ($(SANITIZE)$(COVERAGE),)
	@if command -v valgrind >/dev/null; then \
		RRPATH_FAIL=calls RRPATH_EVERY=13 RUN='$(VALGRIND) --leak-check=full' \
			sh tests/run.sh $(O)/tests/test-errors && \
		RRPATH_FAIL=allocations RRPATH_EVERY=13 RUN='$(VALGRIND)' \
			sh tests/run.sh $(O)/tests/test-errors; \
	else \
		echo '# SKIP: no valgrind'; \
	fi
	@if echo 'int main(void) { return 0; }' | $(CC) -fsanitize=address,undefined -x c \
		-o build/sanitizer-works - 2>/dev/null && build/sanitizer-works; then \
		$(MAKE) --no-print-directory SANITIZE=1 check; \
	else \
		echo '# SKIP: $(CC) has no sanitizers'; \
	fi
endif
