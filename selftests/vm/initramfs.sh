#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Makes what QEMU boots, once per kernel, in the cache: the kernel taken out of
# its wrapper (unpacking it under emulation takes longer than the rest of the
# boot) and an initramfs that knows one thing, to mount the machine's own root.
#
# usage: initramfs.sh KVER KROOT; prints the directory of `kernel` and `initramfs`

set -u -o pipefail
. "$(dirname "$0")/common.sh"

kver=$1
kroot=$2
out=$cache/boot/$kver
image=$kroot/boot/vmlinuz-$kver

if [[ $out/initramfs -nt $0 && $out/initramfs -nt $image && -s $out/kernel ]]; then
	echo "$out"
	exit 0
fi

busybox=$(find_busybox) || die "no static busybox: selftests/vm/packages.sh demo fetches one"
mkdir -p "$cache/boot" || exit 125
tmp=$(mktemp -d "$cache/boot/.new.XXXXXX") || exit 125
trap 'rm -rf "$tmp"' EXIT

# A field of the bzImage header (Documentation/arch/x86/boot.rst).
header() {
	od -An -tu"$2" -j"$1" -N"$2" "$image" | tr -d ' '
}

# The payload's last four bytes are its unpacked size, which of these only gzip's stream has itself.
unwrap() {
	local start=$((($(header $((0x1f1)) 1) + 1) * 512 + $(header $((0x248)) 4)))
	local len=$(($(header $((0x24c)) 4) - 4)) tool

	for tool in xz zstd gzip; do
		command -v "$tool" >/dev/null || continue
		[[ $tool != gzip ]] || len=$((len + 4))
		tail -c +$((start + 1)) "$image" | head -c "$len" |
			"$tool" -dc 2>/dev/null >"$tmp/kernel"
		[[ $(head -c 4 "$tmp/kernel" | tail -c 3 | tr -d '\0') == ELF ]] && return 0
	done
	cp "$image" "$tmp/kernel"
}
unwrap

mkdir -p "$tmp/fs"/{bin,dev,proc,sys,modules,lower,rw,root}
cp "$busybox" "$tmp/fs/bin/busybox"

n=10
for m in virtio_pci 9pnet_virtio 9p overlay virtio_console; do
	while read -r verb file _; do
		[[ $verb == insmod ]] || continue
		name=${file##*/}
		name=${name%.xz}
		compgen -G "$tmp/fs/modules/??-$name" >/dev/null && continue
		case $file in
		*.xz) xz -dc "$file" >"$tmp/fs/modules/$n-$name" ;;
		*) cp "$file" "$tmp/fs/modules/$n-$name" ;;
		esac || exit 125
		n=$((n + 1))
	done < <(/sbin/modprobe -d "$kroot/usr" -S "$kver" --show-depends "$m")
done

cat >"$tmp/fs/init" <<'INIT'
#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
bb=/bin/busybox
fail() {
	echo "rrpath-vm: $*" >/dev/console
	echo o >/proc/sysrq-trigger
	$bb sleep 60
}
$bb mount -t proc proc /proc
$bb mount -t sysfs sysfs /sys
$bb mount -t devtmpfs dev /dev
for m in /modules/*.ko; do
	[ -e "$m" ] || continue
	$bb insmod "$m" || fail "insmod $m"
done
$bb mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=524288,cache=loose root /lower ||
	fail "the machine's root cannot be mounted"
$bb mount -t tmpfs -o size=90% rw /rw
$bb mkdir /rw/upper /rw/work
lower=/lower
for layer in kernel extra; do
	[ -e /$layer ] || continue
	# Mounted by itself: a lower layer may not lie inside another.
	$bb mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=524288,cache=loose \
		$layer /$layer || fail "what is there for the guest alone cannot be mounted"
	lower=/$layer:$lower
done
$bb mount -t overlay -o "lowerdir=$lower,upperdir=/rw/upper,workdir=/rw/work" overlay /root ||
	fail "no overlay"
$bb mount -t tmpfs -o mode=755 run /root/run
$bb cp /job /root/run/rrpath-job
for d in proc sys dev; do
	$bb mount --move /$d /root/$d
done
exec $bb switch_root /root /bin/bash /run/rrpath-job
INIT
chmod 755 "$tmp/fs/init"
(cd "$tmp/fs" && find . | "$busybox" cpio -o -H newc 2>/dev/null) >"$tmp/initramfs" || exit 125
rm -rf "$tmp/fs"

# Two runs may be here at once: each file is put in its place whole.
mkdir -p "$out"
mv "$tmp/kernel" "$out/kernel" && mv "$tmp/initramfs" "$out/initramfs" || exit 125
echo "$out"
