package main

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"

	"jitsi-meet-azure/haproxy/config"
)

type fakeProxy struct {
	ready bool
	// known are the shards in its configuration.
	known map[string]bool
	// mounted is the ConfigMap as it has reached the proxy: at a pause, unless the proxy's copy is stale.
	mounted map[string]string
	stale   bool
	// forced is the state drain; down and closed are the proxy's own judgement.
	forced, down, closed map[string]bool
	// rooms are shards by room key.
	rooms map[string]string
}

func newFakeProxy(shards []string) *fakeProxy {
	proxy := &fakeProxy{
		ready: true, known: map[string]bool{}, forced: map[string]bool{}, down: map[string]bool{}, closed: map[string]bool{},
		rooms: map[string]string{},
	}
	for _, name := range shards {
		proxy.known[name] = true
	}
	return proxy
}

func (c *cluster) runtime(proxy *fakeProxy, name, line string) (string, error) {
	fields := strings.Fields(line)
	switch {
	case strings.HasPrefix(line, "set server shards/") && fields[3] == "state":
		shard := strings.TrimPrefix(fields[2], "shards/")
		if !proxy.known[shard] {
			return "No such server.\n", nil
		}
		proxy.forced[shard] = fields[4] == "drain"
		c.did = append(c.did, fmt.Sprintf("%s: %s %s", name, fields[4], shard))
		return "\n", nil
	case line == "show servers state shards":
		return proxy.servers(), nil
	case strings.HasPrefix(line, "show table shards"):
		text := "# table: shards, type: string, size:100000, used:1\n"
		if len(fields) > 3 && proxy.rooms[fields[4]] == "" {
			return "\n", nil
		}
		for key, shard := range proxy.rooms {
			if len(fields) == 3 || fields[4] == key {
				text += fmt.Sprintf("0x5581: key=%s use=0 exp=299 shard=0 server_id=3 server_key=%s\n", key, shard)
			}
		}
		return text, nil
	}
	return "Unknown command\n", nil
}

func (p *fakeProxy) servers() string {
	text := "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight\n"
	for shard := range p.known {
		operational, admin, weight := 2, 0, config.Weight
		if p.down[shard] {
			operational = 0
		}
		if p.forced[shard] {
			admin = 8
		}
		if _, drained := p.mounted[shard]; drained || p.closed[shard] {
			weight = 0
		}
		text += fmt.Sprintf("4 shards 7 %s 10.0.0.1 %d %d %d 100\n", shard, operational, admin, weight)
	}
	return text
}

// pin puts a room where the request says, in all proxies' tables. A shard that is down cannot have it.
func (c *cluster) pin(proxy, input string) (string, error) {
	request, err := http.ReadRequest(bufio.NewReader(strings.NewReader(input)))
	if err != nil {
		return "", err
	}
	key, shard := request.URL.Query().Get("key"), request.URL.Query().Get("shard")
	if c.proxies[proxy].down[shard] {
		shard = "another"
	}
	c.did = append(c.did, proxy+": pin to "+shard)
	for _, each := range c.proxies {
		each.rooms[key] = shard
	}
	return "HTTP/1.1 200 OK\r\nx-served-by: " + shard + "\r\ncontent-length: 0\r\n\r\n", nil
}
