// SPDX-License-Identifier: GPL-2.0
/* What carries a disk, read from trees like those of the kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../transport.h"
#include "../util.h"
#include "fake-transport.h"

static struct rrpath_transport t;

static void read_disk(unsigned int major, unsigned int minor)
{
	struct rrpath_dev dev;

	assert_int_equal(rrpath_dev_facts(major, minor, &dev), 0);
	assert_int_equal(rrpath_transport_of(&dev, &t), 0);
	rrpath_dev_free(&dev);
}

static void timer_is(enum rrpath_timer_id id, long value)
{
	assert_true(t.timer[id].known);
	assert_int_equal(t.timer[id].value, value);
}

static const char *portal(void)
{
	static char text[128];

	rrpath_transport_portal(&t, text, sizeof(text));
	return text;
}

static void iscsi(void **state)
{
	(void)state;
	fake_iscsi_disk("sda", 0, 1, "naa.6001");
	read_disk(8, 0);
	assert_int_equal(t.type, RRPATH_TRANSPORT_ISCSI);
	assert_string_equal(t.target, "iqn.2026-11.lab:s8");
	assert_string_equal(portal(), "10.0.1.8:3260");
	assert_string_equal(t.local, "10.0.1.9");
	assert_int_equal(t.local_port, 47444);
	assert_string_equal(t.nic, "eth1");
	assert_string_equal(t.hardware, "eth1");
	assert_string_equal(t.iface, "default");
	assert_string_equal(t.name, "session1");
	assert_string_equal(t.state, "LOGGED_IN");
	timer_is(RRPATH_TIMER_NOOP_INTERVAL, 5);
	timer_is(RRPATH_TIMER_NOOP_TIMEOUT, 5);
	timer_is(RRPATH_TIMER_RECOVERY, 120);
	timer_is(RRPATH_TIMER_ABORT, 15);
	timer_is(RRPATH_TIMER_SCSI_TIMEOUT, 30);
	timer_is(RRPATH_TIMER_EH_DEADLINE, RRPATH_TIMER_OFF);
	timer_is(RRPATH_TIMER_MAX_RETRIES, 5);
	assert_false(t.timer[RRPATH_TIMER_FC_FAST_IO_FAIL].known);
	assert_false(t.timer[RRPATH_TIMER_IO_TIMEOUT].known);
}

/* The kernel then has no local address to tell. */
static void iscsi_connection_down(void **state)
{
	(void)state;
	fake_iscsi_disk("sda", 0, 3, "naa.6001");
	fake_file("sys/devices/platform/host3/iscsi_host/host3/ipaddress", "%s", "");
	fake_connection_file(3, "address", "(null)");
	fake_connection_file(3, "port", "-1");
	fake_session_file(3, "recovery_tmo", "off");
	read_disk(8, 0);
	assert_string_equal(portal(), "10.0.3.8:3260");
	assert_string_equal(t.local, "10.0.3.9");
	assert_string_equal(t.nic, "eth3");
	timer_is(RRPATH_TIMER_RECOVERY, RRPATH_TIMER_OFF);
}

static void vlan_on_a_nic(void **state)
{
	(void)state;
	fake_iscsi_disk("sda", 0, 1, "naa.6001");
	fake_file("sys/class/net/eth1/lower_enp3s0", "%s", "");
	read_disk(8, 0);
	assert_string_equal(t.nic, "eth1");
	assert_string_equal(t.hardware, "enp3s0");
	/* A bond is not one NIC. */
	fake_file("sys/class/net/eth1/lower_enp4s0", "%s", "");
	read_disk(8, 0);
	assert_string_equal(t.hardware, "eth1");
}

static void partition_is_its_disk(void **state)
{
	struct rrpath_dev dev;

	(void)state;
	fake_iscsi_disk("sda", 0, 1, "naa.6001");
	assert_int_equal(rrpath_dev_facts(8, 0, &dev), 0);
	free(dev.dir);
	dev.dir = rrpath_printf("%s/sys/block/sda/sda1", fake.root);
	fake_file("sys/block/sda/sda1/partition", "1\n");
	dev.partition = true;
	assert_int_equal(rrpath_transport_of(&dev, &t), 0);
	assert_int_equal(t.type, RRPATH_TRANSPORT_ISCSI);
	timer_is(RRPATH_TIMER_SCSI_TIMEOUT, 30);
	rrpath_dev_free(&dev);
}

static void fc(void **state)
{
	(void)state;
	fake_fc_disk("sdb", 16, 5, "naa.6001");
	read_disk(8, 16);
	assert_int_equal(t.type, RRPATH_TRANSPORT_FC);
	assert_string_equal(t.target, "0x50060e8012345678");
	assert_string_equal(portal(), "0x50060e8012345678");
	assert_string_equal(t.local, "0x10000090fa1b2c05");
	assert_string_equal(t.nic, "host5");
	assert_string_equal(t.name, "rport-5:0-1");
	timer_is(RRPATH_TIMER_FC_FAST_IO_FAIL, RRPATH_TIMER_OFF);
	timer_is(RRPATH_TIMER_FC_DEV_LOSS, 60);
	timer_is(RRPATH_TIMER_SCSI_TIMEOUT, 30);
	assert_false(t.timer[RRPATH_TIMER_RECOVERY].known);
}

static void nvme(void **state)
{
	(void)state;
	fake_nvme_disk(2, "uuid.1");
	read_disk(259, 2);
	assert_int_equal(t.type, RRPATH_TRANSPORT_NVME_TCP);
	assert_string_equal(t.target, "nqn.2026-11.lab:s8");
	assert_string_equal(portal(), "10.0.2.8:4420");
	assert_string_equal(t.local, "10.0.2.9");
	assert_string_equal(t.nic, "eth2");
	assert_string_equal(t.name, "nvme2");
	timer_is(RRPATH_TIMER_NVME_KATO, 5);
	timer_is(RRPATH_TIMER_NVME_FAST_IO_FAIL, RRPATH_TIMER_OFF);
	timer_is(RRPATH_TIMER_NVME_CTRL_LOSS, 600);
	timer_is(RRPATH_TIMER_IO_TIMEOUT, 30000);
	assert_false(t.timer[RRPATH_TIMER_SCSI_TIMEOUT].known);
}

static void others(void **state)
{
	int id;

	(void)state;
	/* Of the fake disks the setup made: SCSI, and no host that could be told. */
	read_disk(8, 32);
	assert_int_equal(t.type, RRPATH_TRANSPORT_SCSI);
	fake_disk("loop0", 7, 0, 2048, NULL);
	read_disk(7, 0);
	assert_int_equal(t.type, RRPATH_TRANSPORT_NONE);
	for (id = 0; id < RRPATH_NR_TIMERS; id++)
		assert_false(t.timer[id].known);
	fake_disk("virtio3", 252, 0, 2048, NULL);
	read_disk(252, 0);
	assert_int_equal(t.type, RRPATH_TRANSPORT_VIRTIO);
	assert_string_equal(t.name, "virtio3");
}

static void gone(void **state)
{
	struct rrpath_dev dev = { .major = 8, .dir = (char *)"/nowhere/at/all" };

	(void)state;
	assert_int_equal(rrpath_transport_of(&dev, &t), -ENOENT);
}

static void writes(void **state)
{
	(void)state;
	fake_iscsi_disk("sda", 0, 1, "naa.6001");
	read_disk(8, 0);
	assert_int_equal(rrpath_timer_write(&t, RRPATH_TIMER_RECOVERY, 2), 0);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "2");
	assert_int_equal(rrpath_timer_write(&t, RRPATH_TIMER_RECOVERY, RRPATH_TIMER_OFF), 0);
	assert_string_equal(fake_session_value(1, "recovery_tmo"), "off");
	assert_int_equal(rrpath_timer_write(&t, RRPATH_TIMER_MAX_RETRIES, 0), 0);
	assert_int_equal(rrpath_timer_write(&t, RRPATH_TIMER_NOOP_INTERVAL, 1), 0);
	assert_string_equal(fake_connection_value(1, "recv_tmo"), "1");
	assert_int_equal(rrpath_timer_write(&t, RRPATH_TIMER_FC_DEV_LOSS, 1), -ENOENT);
	assert_int_equal(rrpath_timer_write(&t, RRPATH_TIMER_NVME_KATO, 1), -ENOENT);
	fake_nvme_disk(2, "uuid.1");
	read_disk(259, 2);
	/* The kernel reads a number there, not "off". */
	assert_int_equal(rrpath_timer_write(&t, RRPATH_TIMER_NVME_CTRL_LOSS, RRPATH_TIMER_OFF), 0);
	assert_string_equal(fake_read("sys/block/nvme2n1/device/ctrl_loss_tmo"), "-1");
}

static void ipv6_portal(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	t.type = RRPATH_TRANSPORT_ISCSI;
	t.port = 3260;
	rrpath_copy(t.address, sizeof(t.address), "fd00::8");
	assert_string_equal(portal(), "[fd00::8]:3260");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(iscsi, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(iscsi_connection_down, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(vlan_on_a_nic, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(partition_is_its_disk, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(fc, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(nvme, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(others, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(gone, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(writes, fake_setup, fake_teardown),
		cmocka_unit_test(ipv6_portal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
