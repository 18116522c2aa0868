package proxy

import (
	"cmp"
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// place is where a pod is played.
type place struct {
	address    netip.Addr
	nameserver netip.AddrPort
	// folders are, by the path in the container, the folders on this machine.
	folders map[string]string
	// connections is the most that HAProxy may promise to carry on this machine.
	connections int
	// lookUp is the address that the container's libc would give for a name; false if there is none.
	lookUp func(host string) (netip.Addr, bool)
	// forget is in place of the time after which a room is forgotten; zero is that time.
	forget time.Duration
}

// loopbackAddress is what a pod has to itself, and this machine has only once for all pods.
const loopbackAddress = "127.0.0.1"

// adapt puts any of the container's texts, or a command for it, into the pod's place: paths become the folders on this machine, and
// the pod's own loopback becomes the address that is the pod's alone.
func (p place) adapt(text string) string {
	paths := make([]string, 0, len(p.folders))
	for inside := range p.folders {
		paths = append(paths, inside)
	}
	// The longest first: one may be the beginning of another.
	slices.SortFunc(paths, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	pairs := make([]string, 0, 2*len(paths)+2)
	for _, inside := range paths {
		pairs = append(pairs, inside, p.folders[inside])
	}
	return strings.NewReplacer(append(pairs, loopbackAddress, p.address.String())...).Replace(text)
}

var (
	openBind  = regexp.MustCompile(`^(\s+bind) :(\d+)`)
	promised  = regexp.MustCompile(`^(\s+maxconn) (\d+)$`)
	roomTable = regexp.MustCompile(`^(\s+stick-table .* expire )\d+s( .* srvkey name .*)$`)
	fromLibc  = regexp.MustCompile(`^(\s+server \S+ )(\S+\.cluster\.local):(\d+)(.*)$`)
)

// adaptConfiguration puts haproxy.cfg into the pod's place. Beyond adapt: it listens at the pod's address instead of at all; the
// nameserver is the cluster's, which a container has in its resolv.conf; and names have the address that the container's libc gives
// when HAProxy starts, because the libc of this machine asks another nameserver. HAProxy's own resolver keeps asking for the names.
// A machine that allows fewer open files than a container has makes HAProxy promise fewer connections, or it would not start.
func (p place) adaptConfiguration(text string) string {
	lines := strings.Split(p.adapt(text), "\n")
	section := ""
	for index, line := range lines {
		if fields := strings.Fields(line); len(fields) > 0 && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "#") {
			section = fields[0]
		}
		lines[index] = p.adaptLine(section, line)
	}
	return strings.Join(lines, "\n")
}

func (p place) adaptLine(section, line string) string {
	if strings.TrimSpace(line) == "parse-resolv-conf" {
		return strings.Replace(line, "parse-resolv-conf", "nameserver cluster "+p.nameserver.String(), 1)
	}
	line = p.promise(section, line)
	if p.forget > 0 {
		line = roomTable.ReplaceAllString(line, fmt.Sprintf("${1}%ds${2}", int(p.forget.Seconds())))
	}
	line = openBind.ReplaceAllString(line, "$1 "+p.address.String()+":$2")
	parts := fromLibc.FindStringSubmatch(line)
	if parts == nil {
		return line
	}
	address, found := p.lookUp(parts[2])
	switch {
	case section == "peers" && found:
		// Peers are looked up once, and for good.
		return parts[1] + address.String() + ":" + parts[3] + parts[4]
	case section == "backend" && found:
		return line + " init-addr " + address.String() + ",none"
	case section == "backend":
		return line + " init-addr none"
	}
	return line
}

// reserve is how many connections more a proxy may have altogether than users may have. Source: haproxy.cfg.tmpl.
const reserve = 2000

func (p place) promise(section, line string) string {
	parts := promised.FindStringSubmatch(line)
	if parts == nil {
		return line
	}
	most := p.connections
	if section != "global" {
		most -= reserve
	}
	if wanted, err := strconv.Atoi(parts[2]); err != nil || wanted <= most {
		return line
	}
	return parts[1] + " " + strconv.Itoa(most)
}

// home is the folder of the container that has the program of its command, and its path.
func (p place) home(command []string) (inside string, err error) {
	for _, word := range command {
		if _, is := p.folders[path.Dir(word)]; is {
			return path.Dir(word), nil
		}
	}
	return "", fmt.Errorf("no folder that is mounted has the program of %v", command)
}
