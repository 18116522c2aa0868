package controlplane_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/e2e/controlplane"
)

// A program of the control plane that only runs, and says which process it is.
const sleeps = "#!/bin/sh\necho $$ > \"$HOME/${0##*/}.pid\"\nexec sleep 1000\n"

// standIns are options with scripts in place of the programs.
func standIns(t *testing.T, server string) controlplane.Options {
	t.Helper()
	o := options(t)
	o.Binaries = t.TempDir()
	for name, script := range map[string]string{
		"etcd": sleeps, "kube-apiserver": server, "kube-controller-manager": sleeps, "kube-scheduler": sleeps, "kwok": sleeps,
	} {
		require.NoError(t, os.WriteFile(filepath.Join(o.Binaries, name), []byte(script), 0o700))
	}
	return o
}

// pid waits for the process of a stand-in.
func pid(t *testing.T, o controlplane.Options, name string) int {
	t.Helper()
	var found int
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(o.Folder, name+".pid"))
		if err != nil {
			return false
		}
		found, err = strconv.Atoi(strings.TrimSpace(string(text)))
		return err == nil
	}, 30*time.Second, 10*time.Millisecond, "%s does not start", name)
	return found
}

// runs says whether a process is there and not only waiting for its parent to notice its end.
func runs(id int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func gone(t *testing.T, ids ...int) {
	t.Helper()
	for _, id := range ids {
		require.NotZero(t, id)
		require.Eventually(t, func() bool { return !runs(id) }, 10*time.Second, 10*time.Millisecond, "process %d is still there", id)
	}
}

func TestAProgramEndsEarly(t *testing.T) {
	t.Parallel()
	server := "#!/bin/sh\nwhile [ ! -s \"$HOME/etcd.pid\" ]; do sleep 0.01; done\nseq 1000\necho the port is taken >&2\nexit 3\n"
	o := standIns(t, server)
	_, err := controlplane.Start(t.Context(), o)
	require.ErrorContains(t, err, "kube-apiserver has ended (exit status 3), its log "+o.Folder+"/kube-apiserver.log closes with:\n987\n")
	require.ErrorContains(t, err, "\n1000\nthe port is taken")
	assert.NotContains(t, err.Error(), "986")
	gone(t, pid(t, o, "etcd"))
}

func TestTheContextEnds(t *testing.T) {
	t.Parallel()
	o := standIns(t, sleeps)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := controlplane.Start(ctx, o)
		failed <- err
	}()
	etcd, server := pid(t, o, "etcd"), pid(t, o, "kube-apiserver")
	cancel()
	require.ErrorIs(t, <-failed, context.Canceled)
	assert.False(t, runs(etcd) || runs(server), "Start has returned before its programs were gone")
}

// TestNothingStaysBehind kills this program while the control plane runs: the kernel must end the rest.
func TestNothingStaysBehind(t *testing.T) {
	t.Parallel()
	o := standIns(t, sleeps)
	child := exec.Command(os.Args[0], "-test.run=^TestVictim$", "-test.v")
	child.Env = append(os.Environ(), "VICTIM="+o.Binaries+":"+o.Folder)
	require.NoError(t, child.Start())
	etcd, server := pid(t, o, "etcd"), pid(t, o, "kube-apiserver")
	require.True(t, runs(etcd) && runs(server))
	require.NoError(t, child.Process.Signal(syscall.SIGKILL))
	_ = child.Wait()
	gone(t, etcd, server)
}

// TestVictim is the program that [TestNothingStaysBehind] kills; otherwise it is empty.
func TestVictim(t *testing.T) {
	t.Parallel()
	binaries, folder, found := strings.Cut(os.Getenv("VICTIM"), ":")
	if !found {
		return
	}
	o := options(t)
	o.Binaries, o.Folder = binaries, folder
	_, err := controlplane.Start(t.Context(), o)
	t.Fatal(err)
}

func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	long(t)
	plane, err := controlplane.Start(t.Context(), options(t))
	require.NoError(t, err)
	ids := processes(plane)
	require.NoError(t, plane.Close())
	gone(t, ids...)
	<-plane.Done()
	require.NoError(t, plane.Close(), "again")
}

func TestAProgramDies(t *testing.T) {
	t.Parallel()
	long(t)
	plane, err := controlplane.Start(t.Context(), options(t))
	require.NoError(t, err)
	require.NoError(t, plane.Err())
	ids := processes(plane)
	require.NoError(t, syscall.Kill(plane.Process("kube-scheduler"), syscall.SIGKILL))
	<-plane.Done()
	require.ErrorContains(t, plane.Close(), "kube-scheduler has ended (signal: killed)")
	gone(t, ids...)
}

func processes(plane *controlplane.ControlPlane) []int {
	var ids []int
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"} {
		ids = append(ids, plane.Process(name))
	}
	return ids
}

func TestWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := controlplane.Start(t.Context(), controlplane.Options{})
	for _, problem := range []string{
		"needs a folder", "the network of services is invalid Prefix", "the network of pods is invalid Prefix", "needs the port of the kubelets",
		"kube-apiserver is missing: run `make control-plane`", "kwok is missing: run `make control-plane`",
	} {
		assert.ErrorContains(t, err, problem)
	}
}
