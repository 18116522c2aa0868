package boot_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// isolated runs a function in a network namespace of its own: the sockets that it opens and the processes that it starts are
// there. Its thread lives as long as the test, because those processes are killed when it ends.
func isolated(t *testing.T, run func() error) {
	t.Helper()
	over, result := make(chan struct{}), make(chan error, 1)
	t.Cleanup(func() { close(over) })
	go func() {
		runtime.LockOSThread() // for good: Go must give the thread to nobody else
		err := syscall.Unshare(syscall.CLONE_NEWNET)
		if err == nil {
			err = run()
		}
		result <- err
		<-over
	}()
	require.NoError(t, <-result)
}

// newControlGroup makes an empty control group, for systemd to take for all that there is.
func newControlGroup(t *testing.T) *os.File {
	t.Helper()
	mounts, err := os.ReadFile("/proc/mounts")
	require.NoError(t, err)
	var root string
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[2] == "cgroup2" {
			root = fields[1]
			break
		}
	}
	require.NotEmpty(t, root, "no control groups of version 2 are mounted")
	path := filepath.Join(root, fmt.Sprintf("bridge-units-%s-%d", t.Name(), os.Getpid()))
	require.NoError(t, os.Mkdir(path, 0o755))
	t.Cleanup(func() {
		var groups []string
		assert.NoError(t, filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				groups = append(groups, path)
			}
			return err
		}))
		for _, group := range slices.Backward(groups) {
			assert.NoError(t, syscall.Rmdir(group))
		}
	})
	group, err := os.Open(path)
	require.NoError(t, err)
	return group
}

// becomeMachine turns a process of new namespaces into a machine's systemd. Its arguments are a folder to work in, a folder of
// files to install, and a program to put in the videobridge's place. Nothing that this machine has enabled is started there,
// and what is this machine's, such as the kernel's settings, can only be read.
const becomeMachine = `
set -eu
base=$1 files=$2 program=$3
root=$base/machine/root
mount --make-rprivate /
mkdir "$base/machine" && mount -t tmpfs none "$base/machine"
mkdir "$base/machine/upper" "$base/machine/work" "$root"
mount -t overlay none -o "lowerdir=/,upperdir=$base/machine/upper,workdir=$base/machine/work" "$root"
mount -t proc none "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys" && mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro none "$root/sys"
mount -t cgroup2 none "$root/sys/fs/cgroup"
for folder in "$root"/{dev,run,tmp,var/log,var/lib/systemd,etc/systemd/system} "$root"/usr/lib/systemd/{system/*.wants,system-generators}; do
	mount -t tmpfs none "$folder"
done
chmod 1777 "$root/tmp"
for device in null zero full random urandom; do
	: >"$root/dev/$device"
	mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/etc/systemd/system/sysinit.target.wants"
ln -s /usr/lib/systemd/system/systemd-journald.{socket,service} "$root/etc/systemd/system/sysinit.target.wants/"
: >"$root/etc/fstab"
: >"$root/etc/machine-id"
cp --recursive --no-dereference --preserve=mode "$files/." "$root"
mount --bind "$program" "$root/usr/share/jitsi-videobridge/videobridge"
cd "$root"
mkdir old
pivot_root . old
umount --lazy /old
exec env -i container=other /usr/lib/systemd/systemd --system --unit=multi-user.target --log-target=journal --show-status=no
`
