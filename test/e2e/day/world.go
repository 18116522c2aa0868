package day

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"

	"jitsi-meet-azure/internal/clock"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/windowszone"
	"jitsi-meet-azure/outputs"
	"jitsi-meet-azure/test/e2e/agree"
	"jitsi-meet-azure/test/e2e/azure"
	"jitsi-meet-azure/test/e2e/controlplane"
	"jitsi-meet-azure/test/e2e/deploy"
	"jitsi-meet-azure/test/e2e/function"
	"jitsi-meet-azure/test/e2e/kubelet"
	"jitsi-meet-azure/test/e2e/meeting"
	"jitsi-meet-azure/test/e2e/network"
	"jitsi-meet-azure/test/e2e/people"
)

// Options say which day is played.
type Options struct {
	// Stack is the environment: dev or prod.
	Stack  string
	Script Script
	// Factor is how fast the clock runs; zero is the script's.
	Factor float64
	// Folder takes everything that the day leaves behind. It is emptied first.
	Folder string
	// Binaries is the folder with the project's programs.
	Binaries string
	// Seed decides who meets when.
	Seed uint64
	// Changes are made to the environment's configuration, by path: "autoscale.reservePercent".
	Changes map[string]any
	// Progress is told how the day goes.
	Progress io.Writer
}

// date is the midnight before the day, a Wednesday far from any change of the clocks.
func date(zone *time.Location) time.Time { return time.Date(2026, 3, 4, 0, 0, 0, 0, zone) }

// deploying is about how long the first deployment takes, in real time: the clock is started that much before the day begins.
const deploying = 90 * time.Second

// World is everything alive.
type World struct {
	options  Options
	clk      clock.Clock
	zone     *time.Location
	midnight time.Time
	settings environment.Environment
	domain   string

	plane      *controlplane.ControlPlane
	client     kubernetes.Interface
	balancer   *network.Balancer
	pods       *kubelet.Kubelet
	deployment *deploy.Deployment
	outputs    outputs.Outputs
	shards     map[string]*meeting.Shard
	cloud      *azure.Cloud
	reaper     *function.Host
	crowd      *people.Crowd

	// runs are what the simulator is to be held against, by shard; they are complete when the day is over.
	runs map[string]*agree.Run

	began time.Time
	end   []func()
	mu    sync.Mutex
	// log is a file with everything that is noted, as it happens.
	log    io.Writer
	record record
	// seen is the record as it was when the day was over; nobody changes it.
	seen record
	// audit is the reaper's own record, read once when the day was over.
	audit []function.Decision
	// lost and back are when the zone was really lost and came back, on the clock; zero where it was not.
	lost, back time.Time
	// webs counts each shard's web servers.
	webs map[string]int
}

// Play plays a day and judges it. What it returns holds the report even where the error says that the day failed.
func Play(ctx context.Context, o Options) (*Result, error) {
	for _, folder := range []*string{&o.Folder, &o.Binaries} {
		absolute, err := filepath.Abs(*folder)
		if err != nil {
			return nil, fmt.Errorf("finding %s: %w", *folder, err)
		}
		*folder = absolute
	}
	w := &World{options: o, shards: map[string]*meeting.Shard{}, runs: map[string]*agree.Run{}, began: time.Now()}
	defer w.close()
	if err := w.start(ctx); err != nil {
		return nil, err
	}
	if len(o.Script.Steps) == 0 {
		w.invite()
	}
	if err := w.play(ctx); err != nil {
		return w.result(ctx), err
	}
	return w.result(ctx), nil
}

func (w *World) close() {
	for _, end := range slices.Backward(w.end) {
		end()
	}
}

// atEnd has something done when the day is over, the last thing first.
func (w *World) atEnd(do func()) { w.end = append(w.end, do) }

// start brings everything to life, in the order in which it is built on Azure.
func (w *World) start(ctx context.Context) error {
	if err := os.RemoveAll(w.options.Folder); err != nil {
		return fmt.Errorf("emptying the folder of the day: %w", err)
	}
	if err := os.MkdirAll(w.options.Folder, 0o700); err != nil {
		return fmt.Errorf("the folder of the day: %w", err)
	}
	log, err := os.Create(w.folder("day.log"))
	if err != nil {
		return fmt.Errorf("the log of the day: %w", err)
	}
	w.log = log
	// The clients of the API server say much, to everybody, while a zone is lost.
	klog.SetSlogLogger(slog.New(slog.NewTextHandler(log, nil)))
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"reading the configuration", w.configure},
		{"a Kubernetes control plane", w.startCluster},
		{"the nodes' agents, DNS and load balancers", w.startNodes},
		{"deploying the environment with the real engine", w.deploy},
		{"where Kubernetes has put everything", w.checkPlaces},
		{"Azure, with the bridges that were deployed", w.startAzure},
		{"the reaper, in its deployed package", w.startReaper},
		{"every proxy's judgement of the shards", w.settle},
		{"people", w.startPeople},
	} {
		began := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
		w.say("%s: %.1f s", step.what, time.Since(began).Seconds())
	}
	return nil
}

// configure reads the environment's configuration and starts the clock.
func (w *World) configure(ctx context.Context) error {
	deployment, err := deploy.New(ctx, deploy.Options{
		Stack: w.options.Stack, Folder: w.folder("deployment"), Kubeconfig: w.clusterOptions().Kubeconfig(),
		Changes: w.options.Changes, Output: io.Discard,
	})
	if err != nil {
		return err
	}
	w.deployment, w.settings = deployment, deployment.Settings()
	w.domain = w.settings.Domain
	if w.zone, err = windowszone.Load(w.settings.Autoscale.Recycle.TimeZone); err != nil {
		return err
	}
	factor := w.options.Factor
	if factor == 0 {
		factor = w.options.Script.Factor
	}
	w.midnight = date(w.zone)
	early := clock.Clock{Factor: factor}.Shown(deploying)
	w.clk, err = clock.Start(w.midnight.Add(w.options.Script.Begins-early), factor)
	return err
}

func (w *World) folder(name string) string { return filepath.Join(w.options.Folder, name) }

func (w *World) clusterOptions() controlplane.Options {
	return controlplane.Options{
		Binaries: filepath.Join(w.options.Binaries, "kubernetes"), Folder: w.folder("cluster"),
		Services: w.settings.Network.Services, Pods: w.settings.Network.Pods, KubeletPort: kubeletPort,
	}
}

// settled is a little more than how long a proxy that has just started sends no new room to a shard, in real time: until all have made up
// their minds, a new room may be told of two shards. Source: docs/front-door.md.
const settled = 25 * time.Second

// settle gives the proxies that time, as users of a new environment do.
func (w *World) settle(ctx context.Context) error { return clock.Clock{}.Sleep(ctx, settled) }

func (w *World) shardNames() []string { return slices.Sorted(maps.Keys(w.outputs.Shards)) }

// invite tells an operator how to reach the system.
func (w *World) invite() {
	fmt.Fprintf(w.options.Progress, `
The system is up and goes on until it is interrupted. In another terminal, in this folder:

  export KUBECONFIG=%s
  export PATH=%s:%s:$PATH
  shardctl status

Nodes, pods, proxies and the reaper's tables are alive; the log is %s.

`, w.plane.Kubeconfig(), filepath.Join(w.options.Binaries, "kubernetes"), w.options.Binaries, w.folder("day.log"))
}
