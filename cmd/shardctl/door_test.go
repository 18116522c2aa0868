package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/haproxy/doortest"
	"jitsi-meet-azure/haproxy/room"
)

// realDoor is the fake cluster with real proxies: what would run in a proxy's container runs here, with the proxy's ports, and
// the ConfigMap reaches the proxies' folders one after the other.
type realDoor struct {
	*cluster
	t    *testing.T
	door *doortest.Door
	// spreading are the changes of the ConfigMap that are under way.
	spreading sync.WaitGroup
}

func openDoor(t *testing.T, options doortest.Options) *realDoor {
	t.Helper()
	r := &realDoor{cluster: newCluster("a", "b"), t: t, door: doortest.Open(t, options)}
	clear(r.proxies)
	for _, proxy := range r.door.Proxies {
		proxy.WaitServers(t, time.Minute, map[string]string{"a": "open", "b": "open"})
		r.proxies[proxy.Name] = newFakeProxy(nil)
	}
	r.wantedProxies = options.Proxies
	return r
}

func (r *realDoor) run(ctx context.Context, input string, arguments ...string) (string, error) {
	before := len(r.drained)
	program := slices.Index(arguments, "--") + 1
	if !slices.Contains(arguments, "--namespace=front-door") || program == 0 {
		answer, err := r.cluster.run(ctx, input, arguments...)
		if len(r.drained) != before {
			r.spread(before < len(r.drained))
		}
		return answer, err
	}
	for _, proxy := range r.door.Proxies {
		if slices.Contains(arguments, proxy.Name) {
			ports := config.DefaultPorts()
			script := strings.NewReplacer(
				strconv.Itoa(ports.Admin), strconv.Itoa(proxy.Ports.Admin), strconv.Itoa(ports.Pin), strconv.Itoa(proxy.Ports.Pin),
			).Replace(arguments[program+2])
			process := exec.CommandContext(ctx, arguments[program], arguments[program+1], script)
			process.Stdin = strings.NewReader(input)
			var problems bytes.Buffer
			process.Stderr = &problems
			output, err := process.Output()
			if err != nil {
				err = fmt.Errorf("%w: %s", err, &problems)
			}
			return string(output), err
		}
	}
	return "", fmt.Errorf("there is no such proxy: %v", arguments)
}

// spread is what Kubernetes does with a change of the ConfigMap, in about a minute.
func (r *realDoor) spread(drained bool) {
	for index, proxy := range r.door.Proxies {
		r.spreading.Add(1)
		time.AfterFunc(time.Duration(index+1)*time.Second, func() {
			defer r.spreading.Done()
			proxy.Drain(r.t, "a", drained)
		})
	}
}

func (r *realDoor) command(arguments ...string) (string, error) {
	var out strings.Builder
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	o := &operator{kubectl: r, out: &out, now: time.Now, pause: pauseFor(200 * time.Millisecond), late: 2 * time.Second}
	err := o.do(ctx, arguments)
	return out.String(), err
}

func (r *realDoor) succeeds(arguments ...string) string {
	r.t.Helper()
	out, err := r.command(arguments...)
	require.NoError(r.t, err, out)
	return out
}

// join opens rooms until one is on the given shard, and returns its name.
func (r *realDoor) join(proxy *doortest.Proxy, prefix, shard string) string {
	r.t.Helper()
	for index := range 100 {
		name := fmt.Sprintf("%s%d", prefix, index)
		if proxy.Shard(r.t, "/http-bind?room="+name) == shard {
			return name
		}
	}
	require.Fail(r.t, "no room on the shard")
	return ""
}

func TestCommandsOnRealProxies(t *testing.T) {
	t.Parallel()
	r := openDoor(t, doortest.Options{Proxies: 3})
	first, last := r.door.Proxies[0], r.door.Proxies[2]
	old := r.join(first, "Old", "a")
	assert.Regexp(t, `(?m)^a +serving +- .*\n^b +serving +- `, r.succeeds("status"))

	r.succeeds("drain", "a")
	assert.Regexp(t, `(?m)^a +drained +2026`, r.succeeds("status"))
	for index := range 20 {
		assert.Equal(t, "b", last.Shard(t, fmt.Sprintf("/http-bind?room=New%d", index)))
	}
	assert.Equal(t, "a", last.Shard(t, "/http-bind?room="+old), "rooms of a drained shard stay")
	_, err := r.command("drain", "b")
	require.ErrorContains(t, err, "no other shard that serves")
	r.spreading.Wait()
	last.WaitServers(t, 10*time.Second, map[string]string{"a": "closed", "b": "open"})
	require.Eventually(t, func() bool { return strings.HasPrefix(last.Admin(t, "get weight shards/a"), "0 ") }, 10*time.Second, 100*time.Millisecond)

	out := r.succeeds("undrain", "a")
	assert.Contains(t, out, "fit for new rooms")
	assert.Regexp(t, `(?m)^a +serving +- `, r.succeeds("status"))
	r.join(last, "Newer", "a")

	key := room.Key("/" + old)
	all := "haproxy-0, haproxy-1, haproxy-2"
	assert.Equal(t, "key="+key+": shard a, say "+all+"\n", r.succeeds("room", old))
	r.succeeds("repair", old, "b")
	assert.Equal(t, "key="+key+": shard b, say "+all+"\n", r.succeeds("room", "key="+key))
	assert.Equal(t, "b", first.Shard(t, "/http-bind?room="+old))
	require.Eventually(t, func() bool { // a proxy that has lost another's connection learns late
		out = r.succeeds("rooms")
		return strings.Contains(out, " 0 of them on different shards in different proxies, 0 not in every proxy")
	}, 30*time.Second, time.Second)
	assert.Regexp(t, `(?m)^haproxy-2 +\d+ +1 +\d+$`, out, "one room is on shard a")
	assert.Contains(t, r.succeeds("splits"), "no split found")
}

func TestASplitIsFoundAndRepairedOnRealProxies(t *testing.T) {
	t.Parallel()
	r := openDoor(t, doortest.Options{Proxies: 3, Alone: true})
	key := room.Key("/tenant/Daily")
	for index, shard := range []string{"b", "a", "b"} {
		answer, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/?key=%s&shard=%s", r.door.Proxies[index].Ports.Pin, key, shard))
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, shard, answer.Header.Get("X-Served-By"))
	}
	out, err := r.command("splits")
	require.ErrorContains(t, err, "1 rooms are split")
	assert.Equal(t, "key="+key+": shard a, say haproxy-1; shard b, say haproxy-0, haproxy-2\n", out)
	assert.Contains(t, r.succeeds("rooms"), "1 rooms, 1 of them on different shards in different proxies, 0 not in every proxy")
	_, err = r.command("room", "tenant/Daily")
	require.ErrorContains(t, err, "the room is split over shards a, b")

	// Somebody on shard a waits for BOSH's answer meanwhile, and it comes after the repair has begun.
	r.door.Shards["a"].Delay(time.Second)
	client, err := r.door.Proxies[1].Connect()
	require.NoError(t, err)
	defer client.Close()
	late := make(chan string, 1)
	go func() {
		shard, _ := client.Shard("/tenant/http-bind?room=Daily")
		late <- shard
	}()
	out = r.succeeds("repair", "key="+key)
	assert.Equal(t, "a", <-late)
	t.Log(out)
	assert.Contains(t, out, "every proxy has the room on shard b")
	r.succeeds("splits")
	for _, proxy := range r.door.Proxies {
		assert.Equal(t, map[string]string{key: "b"}, proxy.Table(t))
	}
}
