// SPDX-License-Identifier: GPL-2.0
/* What carries a disk, read from trees like those of the kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* What is missing in a tree is not told, and what is left is. */
static void iscsi_in_parts(void **state)
{
	const char *host = "sys/devices/platform/host1";
	char path[256];

	(void)state;
	fake_iscsi_disk("sda", 0, 1, "naa.6001");
	snprintf(path, sizeof(path), "%s/iscsi_host/host1/netdev", host);
	fake_file(path, "default\n");
	fake_connection_file(1, "port", "none");
	fake_connection_file(1, "persistent_port", "3261");
	read_disk(8, 0);
	assert_string_equal(t.nic, "eth1");
	assert_int_equal(t.port, 3261);
	/* Nothing leads there, and nothing has the address. */
	snprintf(path, sizeof(path), "%s/iscsi_host/host1/ipaddress", host);
	fake_file(path, "<NULL>\n");
	fake_connection_file(1, "address", "172.16.0.1");
	read_disk(8, 0);
	assert_string_equal(t.local, "");
	assert_string_equal(t.nic, "");
	fake_file(path, "172.16.0.2\n");
	read_disk(8, 0);
	assert_string_equal(t.local, "172.16.0.2");
	assert_string_equal(t.nic, "");
	/* A disk below a session that is being made or taken down. */
	fake_file("sys/devices/platform/host9/session9/target9:0:0/9:0:0:1/wwid", "naa.9\n");
	fake_disk("sdx", 65, 0, 2048, NULL);
	snprintf(path, sizeof(path), "%s/sys/devices/sdx/block/sdx/device", fake.root);
	assert_int_equal(symlink("../../../platform/host9/session9/target9:0:0/9:0:0:1", path), 0);
	read_disk(65, 0);
	assert_int_equal(t.type, RRPATH_TRANSPORT_ISCSI);
	assert_string_equal(t.name, "session9");
	assert_string_equal(t.target, "");
	assert_string_equal(t.connection, "");
	assert_string_equal(t.address, "");
	assert_string_equal(t.host, "");
	assert_string_equal(portal(), "");
	assert_false(t.timer[RRPATH_TIMER_RECOVERY].known);
}

static void device_of(const char *disk, const char *device)
{
	char link[256], target[256];

	snprintf(link, sizeof(link), "%s/sys/devices/%s/block/%s/device", fake.root, disk, disk);
	snprintf(target, sizeof(target), "%s/sys/%s", fake.root, device);
	assert_true(!unlink(link) || errno == ENOENT);
	assert_int_equal(symlink(target, link), 0);
}

/* sdx is the LUN that sysfs has there. */
static void read_lun(const char *dir)
{
	char path[256];

	snprintf(path, sizeof(path), "sys/%s/state", dir);
	fake_file(path, "running\n");
	device_of("sdx", dir);
	read_disk(65, 0);
}

static void fc_in_parts(void **state)
{
	(void)state;
	fake_disk("sdx", 65, 0, 2048, NULL);
	read_lun("devices/pci0/host4/rport-4:0-1/target4:0:0/4:0:0:1");
	assert_int_equal(t.type, RRPATH_TRANSPORT_FC);
	assert_string_equal(t.name, "rport-4:0-1");
	assert_string_equal(t.nic, "host4");
	assert_string_equal(t.session, "");
	assert_string_equal(t.target, "");
	assert_string_equal(t.local, "");
	/* No host above it. */
	read_lun("devices/rport-5:0-1/5:0:0:1");
	assert_int_equal(t.type, RRPATH_TRANSPORT_FC);
	assert_string_equal(t.nic, "");
}

static void sas(void **state)
{
	(void)state;
	fake_disk("sdx", 65, 0, 2048, NULL);
	read_lun("devices/pci0/host6/port-6:0/end_device-6:0/target6:0:0/6:0:0:0");
	assert_int_equal(t.type, RRPATH_TRANSPORT_SAS);
	assert_string_equal(t.name, "host6");
	assert_string_equal(t.state, "running");
}

static void nvme_address(const char *transport, const char *address)
{
	fake_file("sys/devices/virtual/nvme-fabrics/ctl/nvme3/transport", "%s\n", transport);
	fake_file("sys/devices/virtual/nvme-fabrics/ctl/nvme3/address", "%s\n", address);
	read_disk(259, 3);
}

static const char *login_from(void)
{
	static char text[128];

	rrpath_transport_login_from(&t, text, sizeof(text));
	return text;
}

static void nvme_addresses(void **state)
{
	(void)state;
	fake_nvme_disk(3, "uuid.3");
	nvme_address("rdma",
		     "traddr=10.0.3.8,x,trsvcid=x,host_traddr=10.0.3.7,src_addr=10.0.3.9,host_iface=ib0");
	assert_int_equal(t.type, RRPATH_TRANSPORT_NVME_RDMA);
	assert_int_equal(t.port, 0);
	assert_string_equal(portal(), "10.0.3.8");
	assert_string_equal(t.local, "10.0.3.7");
	assert_string_equal(t.nic, "ib0");
	assert_string_equal(login_from(), "10.0.3.7%ib0");
	nvme_address("tcp", "traddr=10.0.3.8,trsvcid=4420");
	assert_string_equal(t.local, "10.0.3.9");
	assert_string_equal(t.nic, "eth3");
	assert_string_equal(login_from(), "default");
	nvme_address("fc", "traddr=nn-0x2:pn-0x1,host_traddr=nn-0x4:pn-0x3");
	assert_int_equal(t.type, RRPATH_TRANSPORT_NVME_FC);
	assert_string_equal(t.local, "nn-0x4:pn-0x3");
	assert_string_equal(t.nic, "");
	assert_string_equal(login_from(), "nn-0x4:pn-0x3");
	nvme_address("loop", "");
	assert_int_equal(t.type, RRPATH_TRANSPORT_NVME_LOOP);
	assert_string_equal(portal(), "");
	assert_string_equal(login_from(), "default");
	nvme_address("pcie", "0000:3b:00.0");
	assert_int_equal(t.type, RRPATH_TRANSPORT_NVME_PCIE);
	assert_string_equal(portal(), "0000:3b:00.0");
	assert_string_equal(login_from(), "default");
	nvme_address("pigeon", "traddr=10.0.3.8");
	assert_int_equal(t.type, RRPATH_TRANSPORT_NONE);
	assert_string_equal(t.address, "");
}

static void virtio(void **state)
{
	(void)state;
	fake_disk("virtio3", 252, 0, 2048, NULL);
	read_disk(252, 0);
	assert_string_equal(t.name, "virtio3");
	/* One that has no number, as another driver may call its own. */
	fake_disk("virtiofs", 252, 1, 2048, NULL);
	read_disk(252, 1);
	assert_int_equal(t.type, RRPATH_TRANSPORT_VIRTIO);
	assert_string_equal(t.name, "");
}

static void hardware(void **state)
{
	(void)state;
	fake_iscsi_disk("sda", 0, 1, "naa.6001");
	fake_file("sys/class/net/eth1/lower_bond0/x", "%s", "");
	fake_file("sys/class/net/bond0/lower_eth8/x", "%s", "");
	fake_file("sys/class/net/bond0/lower_eth9/x", "%s", "");
	read_disk(8, 0);
	assert_string_equal(t.hardware, "bond0");
	/* A ring, which cannot be, is not gone round for ever. */
	fake_file("sys/class/net/eth2/lower_eth2/x", "%s", "");
	fake_iscsi_disk("sdb", 16, 2, "naa.6001");
	read_disk(8, 16);
	assert_string_equal(t.hardware, "eth2");
}

static void odd_timers(void **state)
{
	(void)state;
	fake_iscsi_disk("sda", 0, 1, "naa.6001");
	fake_session_file(1, "recovery_tmo", "soon");
	fake_session_file(1, "abort_tmo", "5s");
	fake_session_file(1, "lu_reset_tmo", "99999999999999999999");
	fake_session_file(1, "tgt_reset_tmo", "-1");
	fake_device_file("sda", "timeout", "");
	read_disk(8, 0);
	assert_false(t.timer[RRPATH_TIMER_RECOVERY].known);
	assert_false(t.timer[RRPATH_TIMER_ABORT].known);
	assert_false(t.timer[RRPATH_TIMER_LU_RESET].known);
	assert_false(t.timer[RRPATH_TIMER_SCSI_TIMEOUT].known);
	timer_is(RRPATH_TIMER_TGT_RESET, RRPATH_TIMER_OFF);
}

static void cannot_write(void **state)
{
	(void)state;
	fake_iscsi_disk("sda", 0, 1, "naa.6001");
	read_disk(8, 0);
	fake_call_fails("write", 1, EINVAL);
	assert_int_equal(rrpath_timer_write(&t, RRPATH_TIMER_RECOVERY, 2), -EINVAL);
	fake_call_fails("write", 1, 0);
	assert_int_equal(rrpath_timer_write(&t, RRPATH_TIMER_RECOVERY, 22), -EIO);
	fake_call_fails("open", 1, EACCES);
	assert_int_equal(rrpath_timer_write(&t, RRPATH_TIMER_RECOVERY, 2), -EACCES);
}

/* Asked of this machine: the way to itself is there, and others are not. */
static struct rrpath_net real_net;

static void network(void **state)
{
	char text[128] = "", nic[64] = "";

	(void)state;
	assert_true(real_net.local_for("127.0.0.1", text, sizeof(text)));
	assert_string_equal(text, "127.0.0.1");
	assert_true(real_net.nic_of(text, nic, sizeof(nic)));
	assert_string_equal(nic, "lo");
	assert_false(real_net.local_for("no address", text, sizeof(text)));
	assert_false(real_net.nic_of("203.0.113.77", nic, sizeof(nic)));
	assert_false(real_net.nic_of("2001:db8::77", nic, sizeof(nic)));
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
		cmocka_unit_test_setup_teardown(iscsi_in_parts, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(fc_in_parts, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(sas, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(nvme_addresses, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(virtio, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(hardware, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(odd_timers, fake_setup, fake_teardown),
		cmocka_unit_test_setup_teardown(cannot_write, fake_setup, fake_teardown),
		cmocka_unit_test(network),
	};

	real_net = rrpath_net;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
