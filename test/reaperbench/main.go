// Command reaperbench measures one tick of the built reaper over a large fleet: wall time, processor time, memory and calls.
// Everything around the program is played over real sockets; its memory is Azurite.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/functions/reaper/standin"
)

// network is the second number of the addresses of all bridges.
const network = 120

func main() {
	shards := flag.Int("shards", 10, "number of shards")
	bridges := flag.String("bridges", "1,10,100", "numbers of bridges per shard to measure, separated by commas")
	hung := flag.Int("hung", 0, "percent of the bridges that never answer")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := measureAll(ctx, *shards, strings.Split(*bridges, ","), *hung); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left to be done
	}
}

func measureAll(ctx context.Context, shards int, sizes []string, hung int) error {
	folder, err := os.MkdirTemp("", "reaperbench-")
	if err != nil {
		return fmt.Errorf("a folder: %w", err)
	}
	defer os.RemoveAll(folder)
	program := filepath.Join(folder, "handler")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w -buildid=", "-o", program, "./functions/reaper")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the reaper: %w\n%s", err, said)
	}
	if info, err := os.Stat(program); err == nil {
		fmt.Printf("program: %.1f MB\n", float64(info.Size())/1e6)
	}
	azurite, err := azuritetest.Start(ctx)
	if err != nil {
		return err
	}
	defer azurite.Close()
	if err := azurite.CreateTables(ctx, azuritetest.Account, settings.Tables()...); err != nil {
		return err
	}
	fmt.Println("shards  bridges  hung %  ready ms  first tick s  later tick s  CPU s/tick  peak MiB  list calls/tick  other calls/tick")
	for _, text := range sizes {
		size, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("-bridges: %q is not a number", text)
		}
		if err := measure(ctx, azurite, program, shards, size, hung); err != nil {
			return err
		}
	}
	return nil
}

func measure(ctx context.Context, azurite *azuritetest.Server, program string, shards, size, hung int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := standin.New(azurite, azuritetest.Account, network, armtest.Settings{Latency: 20 * time.Millisecond})
	if err != nil {
		return err
	}
	defer w.Close()
	fleet, err := populate(ctx, w, shards, size, hung)
	if err != nil {
		return err
	}
	defer fleet.Close()
	environ, err := w.Environ()
	if err != nil {
		return err
	}
	h, err := start(ctx, program, environ)
	if err != nil {
		return err
	}
	defer h.end()
	first, err := h.tick(ctx)
	if err != nil {
		return err
	}
	before, calls, later := h.cpu(), w.Cloud.Calls(), time.Duration(0)
	const ticks = 3
	for range ticks {
		wall, err := h.tick(ctx)
		if err != nil {
			return err
		}
		later += wall / ticks
	}
	lists, others := 0, 0
	for call, count := range w.Cloud.Calls() {
		if call == armtest.ListMachines || call == armtest.ListInterfaces {
			lists += count - calls[call]
		} else {
			others += count - calls[call]
		}
	}
	fmt.Printf("%6d  %7d  %6d  %8d  %12.2f  %12.2f  %10.2f  %8.1f  %15d  %16d\n", shards, shards*size, hung, h.ready.Milliseconds(),
		first.Seconds(), later.Seconds(), (h.cpu()-before).Seconds()/ticks, h.peak(), lists/ticks, others/ticks)
	return nil
}

// populate fills the world with bridges that are all busy, so that a tick looks at everything and does nothing.
func populate(ctx context.Context, w *standin.World, shards, size, hung int) (*http.Server, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /about/health", func(out http.ResponseWriter, _ *http.Request) { fmt.Fprint(out, "OK") })
	mux.HandleFunc("GET /colibri/stats", stats)
	mux.HandleFunc("GET /colibri/drain", func(out http.ResponseWriter, _ *http.Request) { fmt.Fprint(out, `{"drain":false}`) })
	mux.HandleFunc("GET /metrics", metrics)
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(out http.ResponseWriter, request *http.Request) {
		address, _ := request.Context().Value(http.LocalAddrContextKey).(net.Addr)
		host, _, _ := net.SplitHostPort(address.String())
		last := net.ParseIP(host).To4()
		delay := 20 * time.Millisecond
		if (int(last[2])*250+int(last[3]))%100 < hung {
			delay = time.Hour
		}
		select {
		case <-time.After(delay):
			mux.ServeHTTP(out, request)
		case <-request.Context().Done():
		}
	})}
	for shard := range shards {
		name := fmt.Sprintf("s%d", shard)
		if err := w.AddShard(ctx, name); err != nil {
			return nil, err
		}
		for i := range size {
			machine, err := w.AddMachine(name, time.Duration(i+120)*time.Minute)
			if err != nil {
				return nil, err
			}
			listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(machine.Address.String(), "8080"))
			if err != nil {
				return nil, fmt.Errorf("a bridge at %s: %w", machine.Address, err)
			}
			go func() { _ = server.Serve(listener) }()
		}
	}
	return server, nil
}

// stats are those of a busy bridge.
func stats(out http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(out).Encode(map[string]any{
		"current_timestamp": time.Now().UTC().Format("2006-01-02 15:04:05.000"), "conferences": 3, "local_endpoints": 40,
		"participants": 40, "drain": false, "graceful_shutdown": false, "shutting_down": false, "muc_clients_configured": 1,
		"muc_clients_connected": 1, "mucs_configured": 1, "mucs_joined": 1, "stress_level": 0.4, "bit_rate_download": 9000,
		"bit_rate_upload": 90000, "version": "2.3.307-g4bb0aead1", "threads": 60, "total_packets_received": 123456789,
	})
}

// metrics are about as many as a bridge has.
func metrics(out http.ResponseWriter, _ *http.Request) {
	out.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	for i := range 250 {
		fmt.Fprintf(out, "# HELP jitsi_jvb_sample_%d One of many.\n# TYPE jitsi_jvb_sample_%d gauge\njitsi_jvb_sample_%d %d\n", i, i, i, i)
	}
	started := time.Now().Add(-110 * time.Minute).UnixMilli()
	fmt.Fprintf(out, "# HELP jitsi_jvb_startup_time Start.\n# TYPE jitsi_jvb_startup_time gauge\njitsi_jvb_startup_time %d.0\n", started)
}

// errEnded is a program that did not come up.
var errEnded = errors.New("the reaper does not answer")
