// Command bootbench measures a bridge machine from its boot until its shard's Jicofo sees it, step by step: the scripts that are
// deployed, in surroundings that answer as late as they are told to, and then a login at the real Prosody with what they have
// written. What a machine does before cloud-init runs them, and how long its videobridge's Java takes to start, is not in it.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"jitsi-meet-azure/test/boot/standin"
	"jitsi-meet-azure/test/registration/member"
	"jitsi-meet-azure/test/registration/prosody"
	"jitsi-meet-azure/vmss/cloudinit"
)

// options are what the command line may change.
type options struct {
	rounds                 int
	metadata, token, vault time.Duration
	late                   int
	pause                  time.Duration
	prosody                bool
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 7, "how many machines boot, one after the other")
	flag.DurationVar(&o.metadata, "metadata", 10*time.Millisecond, "how long the metadata service takes for an answer")
	flag.DurationVar(&o.token, "token", 250*time.Millisecond, "how long it takes for a token")
	flag.DurationVar(&o.vault, "vault", 100*time.Millisecond, "how long the Key Vault takes for the secret")
	flag.IntVar(&o.late, "late", 0, "how many looks at the public address find nothing")
	flag.DurationVar(&o.pause, "pause", 3*time.Second, "the pause between two looks; the scripts' own is 3s")
	flag.BoolVar(&o.prosody, "prosody", true, "also register at the real Prosody, which has to be installed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := measureAll(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left to be done
	}
}

// steps are those of boot.sh, in their order. The trust store is made within the step of the secret.
func steps() []string {
	return []string{"identity", "address", "token", "secret", "trust store", "configuration"}
}

const (
	// registration is from the first connection to Prosody until Jicofo sees the bridge.
	registration = "registration"
	// total is from the start of boot.sh to its end, and the registration.
	total = "total"
)

func measureAll(ctx context.Context, o options) error {
	if o.rounds < 1 {
		return errors.New("-rounds must be at least 1")
	}
	rows := steps()
	var shard *prosody.Server
	if o.prosody {
		folder, err := os.MkdirTemp("", "bootbench-")
		if err != nil {
			return fmt.Errorf("a folder: %w", err)
		}
		defer os.RemoveAll(folder)
		if shard, err = prosody.Launch(ctx, folder, prosody.Options{}); err != nil {
			return fmt.Errorf("the shard (-prosody=false leaves it out): %w", err)
		}
		defer shard.Close()
		rows = append(rows, registration)
	}
	rows = append(rows, total)
	samples := map[string][]time.Duration{}
	for range o.rounds {
		took, err := measure(ctx, o, shard)
		if err != nil {
			return err
		}
		for _, row := range rows {
			samples[row] = append(samples[row], took[row])
		}
	}
	report(o, rows, samples)
	return nil
}

// report prints the table.
func report(o options, rows []string, samples map[string][]time.Duration) {
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("%d machines; %d cores, load of this one: %s", o.rounds, runtime.NumCPU(), load)
	fmt.Printf("answers after: metadata %s, token %s, vault %s; %d looks in vain\n\n", o.metadata, o.token, o.vault, o.late)
	fmt.Printf("%-14s  %8s  %8s  %8s\n", "step, ms", "least", "median", "greatest")
	for _, row := range rows {
		sample := samples[row]
		slices.SortFunc(sample, cmp.Compare[time.Duration])
		fmt.Printf("%-14s  %8d  %8d  %8d\n", row, sample[0].Milliseconds(), sample[len(sample)/2].Milliseconds(),
			sample[len(sample)-1].Milliseconds())
	}
	fmt.Print(comparison)
}

// comparison is what others have written about machines that install at boot what our image brings. None of it is measured here.
const comparison = `
Not measured: between boot and registration a real videobridge starts its Java, which takes seconds.

Java and the videobridge are in the image. Documented, not measured here, of bridges that are installed or fetched at boot:
  jitsi/infra-provisioning, scripts/create-jvb-pool.sh: the pool's script waits 480 s for the machines' installation
  openfun/jitsi-k8s: a new node with a bridge takes 4 to 5 minutes until it is ready
`

// measure has a new machine boot and, if there is a shard, register with it, and says how long each step took.
func measure(ctx context.Context, o options, shard *prosody.Server) (map[string]time.Duration, error) {
	folder, err := os.MkdirTemp("", "bootbench-")
	if err != nil {
		return nil, fmt.Errorf("a folder: %w", err)
	}
	defer os.RemoveAll(folder)
	around, err := standin.New(standin.Options{Folder: folder})
	if err != nil {
		return nil, fmt.Errorf("the surroundings: %w", err)
	}
	defer around.Close()
	around.Set(standin.Instance, standin.Reply{After: o.metadata})
	inVain := slices.Repeat([]standin.Reply{standin.NoLoadBalancer()}, o.late)
	around.Set(standin.LoadBalancer, append(inVain, standin.Reply{After: o.metadata})...)
	around.Set(standin.Identity, standin.Reply{After: o.token})
	around.Set(standin.Vault, standin.Reply{After: o.vault})
	cfg, err := told(around, shard)
	if err != nil {
		return nil, fmt.Errorf("what a machine is told: %w", err)
	}
	machine, err := around.NewMachine(folder, cfg)
	if err != nil {
		return nil, fmt.Errorf("a machine: %w", err)
	}
	took, err := boot(ctx, o, machine)
	if err != nil || shard == nil {
		return took, err
	}
	if took[registration], err = register(ctx, shard, machine); err != nil {
		return nil, fmt.Errorf("registering: %w\n%s", err, shard.Log())
	}
	took[total] += took[registration]
	return took, nil
}

// told is what a machine is told, of the shard if there is one.
func told(around *standin.Surroundings, shard *prosody.Server) (cfg cloudinit.Config, err error) {
	if shard == nil {
		cfg, err = around.Config()
	} else {
		cfg, err = member.Assign(around, shard, member.Known(shard))
	}
	cfg.STUNServers = nil // a look in vain is one at the metadata services
	return cfg, err
}

// boot runs boot.sh on a machine.
func boot(ctx context.Context, o options, machine *standin.Machine) (map[string]time.Duration, error) {
	command := machine.Command(ctx, "boot.sh", fmt.Sprintf("BRIDGE_RETRY_SECONDS=%.3f", o.pause.Seconds()))
	started := time.Now()
	log, err := command.CombinedOutput()
	took := time.Since(started)
	if err != nil {
		return nil, fmt.Errorf("booting: %w\n%s", err, log)
	}
	each, err := parse(string(log))
	each[total] = took
	return each, err
}

// line is what boot.sh says of a step.
var line = regexp.MustCompile(`^jitsi-bridge: step ([a-z ]+): ([0-9]+) ms$`)

// parse reads the log of boot.sh.
func parse(log string) (map[string]time.Duration, error) {
	took := map[string]time.Duration{}
	for text := range strings.Lines(log) {
		found := line.FindStringSubmatch(strings.TrimSuffix(text, "\n"))
		if found == nil {
			continue
		}
		ms, err := strconv.Atoi(found[2])
		if err != nil {
			return took, fmt.Errorf("the log of boot.sh: %w", err)
		}
		took[found[1]] = time.Duration(ms) * time.Millisecond
	}
	took["secret"] -= took["trust store"]
	for _, step := range steps() {
		if _, there := took[step]; !there {
			return took, fmt.Errorf("boot.sh says nothing of the step %s:\n%s", step, log)
		}
	}
	return took, nil
}
