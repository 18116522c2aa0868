package bridgetest_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"jitsi-meet-azure/functions/reaper/bridgetest"
)

// address is where connect puts a host.
const address = "10.0.0.4:8080"

// connect puts a host on a network of its own.
func connect(host bridgetest.Host) (*bridgetest.Network, *http.Client) {
	network := bridgetest.NewNetwork(0)
	network.Connect(netip.MustParseAddrPort(address), host)
	return network, &http.Client{Transport: network}
}

func get(t *testing.T, client *http.Client, path string) string {
	t.Helper()
	response, err := client.Get("http://" + address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", path, response.StatusCode, body, err)
	}
	return string(body)
}

func post(t *testing.T, client *http.Client, path, body string) {
	t.Helper()
	response, err := client.Post("http://"+address+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d", path, response.StatusCode)
	}
}

// shutdown asks a bridge for its graceful shutdown.
func shutdown(t *testing.T, b *bridgetest.Bridge) {
	t.Helper()
	_, client := connect(b)
	post(t, client, "/colibri/shutdown", `{"graceful-shutdown": true}`)
}

func stats(t *testing.T, client *http.Client) map[string]any {
	t.Helper()
	var stats map[string]any
	if err := json.Unmarshal([]byte(get(t, client, "/colibri/stats")), &stats); err != nil {
		t.Fatal(err)
	}
	return stats
}

// faulty are the ways to go wrong and what a client sees of each within a second.
func faulty() map[bridgetest.Kind]func(status int, body string, err error) bool {
	late := func(_ int, _ string, err error) bool { return errors.Is(err, context.DeadlineExceeded) }
	return map[bridgetest.Kind]func(int, string, error) bool{
		bridgetest.Reply: func(status int, body string, err error) bool {
			return err == nil && status == http.StatusTooManyRequests && body == "slow down"
		},
		bridgetest.Flood:  func(_ int, body string, err error) bool { return err == nil && len(body) == 1<<20 },
		bridgetest.Hang:   late,
		bridgetest.Lose:   late,
		bridgetest.Stall:  late,
		bridgetest.Cut:    func(_ int, _ string, err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) },
		bridgetest.Reset:  func(_ int, _ string, err error) bool { return errors.Is(err, io.EOF) },
		bridgetest.Refuse: func(_ int, _ string, err error) bool { return errors.Is(err, syscall.ECONNREFUSED) },
	}
}

// try drains a bridge within a second and reads at most a MiB of the answer.
func try(t *testing.T, client *http.Client, host string) (status int, body string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+host+"/colibri/drain/enable", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, string(data), err
}

func TestFaultsOnTheNetwork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		for kind, right := range faulty() {
			b := bridgetest.New(bridgetest.Settings{Nickname: "a"})
			_, client := connect(b)
			b.Break("", bridgetest.Fault{Kind: kind, Status: http.StatusTooManyRequests, Body: "slow down"})
			if status, body, err := try(t, client, address); !right(status, body, err) {
				t.Errorf("%s: %d, %d bytes, %v", kind, status, len(body), err)
			}
			if done := kind == bridgetest.Lose || kind == bridgetest.Stall || kind == bridgetest.Cut; b.Draining() != done {
				t.Errorf("%s: drained %v", kind, b.Draining())
			}
			b.Mend()
			if _, _, err := try(t, client, address); err != nil {
				t.Errorf("%s, mended: %v", kind, err)
			}
		}
	})
}

func TestNowhere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		bridgetest.Begin()
		b := bridgetest.New(bridgetest.Settings{Nickname: "a", Starts: time.Now().Add(time.Minute)})
		network, client := connect(b)
		if _, _, err := try(t, client, address); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("before it starts: %v", err)
		}
		for _, host := range []string{"10.0.0.9:8080", "10.0.0.4:80", "bridge:8080"} {
			if _, _, err := try(t, client, host); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", host, err)
			}
		}
		b.Destroy()
		before := time.Now()
		response, err := client.Get("http://" + address)
		if err == nil {
			response.Body.Close()
		}
		if err == nil || time.Since(before) != 2*time.Second {
			t.Errorf("a destroyed machine: %v after %v", err, time.Since(before))
		}
		network.Disconnect(netip.MustParseAddrPort(address))
		if _, _, err := try(t, client, address); err == nil {
			t.Error("nothing there, and yet an answer")
		}
	})
}

func TestAnswersOfABridge(t *testing.T) {
	t.Parallel()
	b := bridgetest.New(bridgetest.Settings{Nickname: "a"})
	_, client := connect(b)
	for _, c := range []struct {
		method, path, kind, body string
		status                   int
	}{
		{"GET", "/about/health", "", "", 200},
		{"GET", "/about/version", "", "", 200},
		{"GET", "/colibri/shutdown", "", "", 404},
		{"GET", "/elsewhere", "", "", 404},
		{"POST", "/colibri/shutdown", "", `{"graceful-shutdown":true}`, 415},
		{"POST", "/colibri/shutdown", "application/json", `{"graceful":true}`, 400},
		{"POST", "/colibri/shutdown", "application/json", `{`, 400},
		{"POST", "/colibri/shutdown", "application/json; charset=utf-8", `{"graceful-shutdown":false}`, 200},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+address+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", c.kind)
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != c.status {
			t.Errorf("%s %s %s: %d", c.method, c.path, c.body, response.StatusCode)
		}
	}
	if _, stopping, forced := b.Stopping(); stopping.IsZero() || !forced {
		t.Error("a forced shutdown left no trace")
	}
	b.SetFit(false)
	response, err := client.Get("http://" + address + "/about/health")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusInternalServerError {
		t.Errorf("unfit: %d", response.StatusCode)
	}
}

func TestFaultsOnASocket(t *testing.T) {
	t.Parallel()
	for kind, right := range faulty() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			b := bridgetest.New(bridgetest.Settings{Nickname: "a"})
			server, err := bridgetest.Serve(t.Context(), netip.MustParseAddrPort("127.0.0.1:0"), b)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(server.Close)
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			until(t, func() bool { _, _, err := try(t, client, server.Address().String()); return err == nil })
			b.Break("", bridgetest.Fault{Kind: kind, Status: http.StatusTooManyRequests, Body: "slow down"})
			until(t, func() bool { return right(try(t, client, server.Address().String())) })
			b.Mend()
			until(t, func() bool { _, _, err := try(t, client, server.Address().String()); return err == nil })
		})
	}
}

// until tries something for ten seconds.
func until(t *testing.T, done func() bool) {
	t.Helper()
	limit := time.After(10 * time.Second)
	for !done() {
		select {
		case <-limit:
			t.Fatal("it never came to that")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func TestASocketClosesWithTheProcess(t *testing.T) {
	t.Parallel()
	b := bridgetest.New(bridgetest.Settings{Nickname: "a"})
	server, err := bridgetest.Serve(t.Context(), netip.MustParseAddrPort("127.77.0.1:0"), b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	client := &http.Client{}
	host := server.Address().String()
	until(t, func() bool { _, _, err := try(t, client, host); return err == nil })
	b.Restart(300 * time.Millisecond)
	until(t, func() bool { _, _, err := try(t, client, host); return errors.Is(err, syscall.ECONNREFUSED) })
	until(t, func() bool { _, _, err := try(t, client, host); return err == nil })
	if _, err := bridgetest.Serve(t.Context(), server.Address(), b); err == nil {
		t.Error("two at one address")
	}
}
