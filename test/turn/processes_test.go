package turn_test

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// processes are the ids of the script and of all that it started.
func (r *relay) processes(t *testing.T) []string {
	t.Helper()
	folders, err := filepath.Glob("/proc/[0-9]*/stat")
	require.NoError(t, err)
	var found []string
	for _, folder := range folders {
		content, err := os.ReadFile(folder)
		if err != nil {
			continue // it has ended meanwhile
		}
		_, rest, _ := strings.Cut(string(content), ") ")
		if fields := strings.Fields(rest); len(fields) > 2 && fields[2] == strconv.Itoa(r.command.Process.Pid) {
			found = append(found, filepath.Base(filepath.Dir(folder)))
		}
	}
	return found
}

// sockets are the relay's own sockets in a state, by the address they are bound to.
func (r *relay) sockets(t *testing.T, table, state string) []netip.AddrPort {
	t.Helper()
	own := r.inodes(t)
	file, err := os.Open("/proc/net/" + table)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	var found []netip.AddrPort
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 9 && fields[3] == state && own[fields[9]] {
			found = append(found, local(t, fields[1]))
		}
	}
	return found
}

// inodes are the sockets that the relay's processes have open.
func (r *relay) inodes(t *testing.T) map[string]bool {
	t.Helper()
	own := map[string]bool{}
	for _, process := range r.processes(t) {
		links, err := filepath.Glob("/proc/" + process + "/fd/*")
		require.NoError(t, err)
		for _, link := range links {
			target, err := os.Readlink(link)
			if inode, ok := strings.CutPrefix(target, "socket:["); err == nil && ok {
				own[strings.TrimSuffix(inode, "]")] = true
			}
		}
	}
	return own
}

// local reads an address as the kernel writes it: in words of the machine's own byte order.
func local(t *testing.T, text string) netip.AddrPort {
	t.Helper()
	host, port, _ := strings.Cut(text, ":")
	raw, err := hex.DecodeString(host)
	require.NoError(t, err)
	for word := 0; word < len(raw); word += 4 {
		binary.NativeEndian.PutUint32(raw[word:], binary.BigEndian.Uint32(raw[word:]))
	}
	address, ok := netip.AddrFromSlice(raw)
	require.True(t, ok)
	number, err := strconv.ParseUint(port, 16, 16)
	require.NoError(t, err)
	return netip.AddrPortFrom(address, uint16(number))
}

// named are those of the relay's processes that run a program.
func (r *relay) named(t *testing.T, program string) []int {
	t.Helper()
	var found []int
	for _, process := range r.processes(t) {
		name, err := os.ReadFile("/proc/" + process + "/comm")
		if err != nil {
			continue // it has ended meanwhile
		}
		if strings.TrimSpace(string(name)) == program {
			id, err := strconv.Atoi(process)
			require.NoError(t, err)
			found = append(found, id)
		}
	}
	require.NotEmpty(t, found)
	return found
}
