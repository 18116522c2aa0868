package engine_test

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/localcloud/kubernetes"
	"jitsi-meet-azure/localcloud/store"
)

// effect is something that conferences or their users notice.
type effect string

const (
	bridgesGone    effect = "bridges deleted"
	singletonsGone effect = "Prosody or Jicofo ends"
	relaysGone     effect = "relays end"
	addressMoves   effect = "addresses change"
	proxiesRestart effect = "proxies restart"
	webRestarts    effect = "web servers restart"
)

// media tells whether an effect reaches conferences that go on, and not only the connections of their signalling.
func (e effect) media() bool { return e != proxiesRestart && e != webRestarts }

// seen is what a change did.
type seen struct {
	// steps are the names of the resources by what was done with them.
	steps map[string][]string
	// effects are sorted.
	effects []effect
	// waiting are the workloads whose new template waits for an operator.
	waiting []string
	// text is what Pulumi said, failed whether it refused.
	text   string
	failed bool
}

// reference remembers what the environment looks like before a change.
func (w *workspace) reference() {
	w.t.Helper()
	w.before = snapshot{events: w.mark(), addresses: w.addresses()}
}

// snapshot is what the effects of a change are held against.
type snapshot struct {
	events    int
	addresses map[string]string
}

// addresses are those of load balancers, of all public addresses and prefixes, by the id of the resource, and the name that users
// open.
func (w *workspace) addresses() map[string]string {
	w.t.Helper()
	all, err := w.cloud().List("")
	require.NoError(w.t, err)
	found := map[string]string{"the domain": w.domain()}
	for _, r := range all {
		var out struct {
			Prefix  string `json:"ipPrefix"`
			Address string `json:"ipAddress"`
			Status  struct {
				LoadBalancer struct {
					Ingress []struct {
						IP string `json:"ip"`
					} `json:"ingress"`
				} `json:"loadBalancer"`
			} `json:"status"`
		}
		if !strings.HasSuffix(r.Type, ":Service") && !strings.Contains(r.Type, ":PublicIP") {
			continue
		}
		require.NoError(w.t, json.Unmarshal(r.Outputs, &out), r.ID)
		address := out.Prefix + out.Address
		for _, ingress := range out.Status.LoadBalancer.Ingress {
			address += ingress.IP
		}
		if address != "" {
			found[r.ID] = address
		}
	}
	return found
}

// domain is the configured name.
func (w *workspace) domain() string {
	var name string
	w.configure(func(config map[string]any) { name, _ = config["meet:domain"].(string) })
	return name
}

// tryDeployment is an up. Where the environment is protected it begins with its preview, as an operator's does: what cannot be
// done is then refused before anything is. Elsewhere the preview would only cost time.
func (w *workspace) tryDeployment() (result, error) {
	w.t.Helper()
	if w.stack != "prod" {
		return w.tryUp()
	}
	if stdout, stderr, err := w.run("preview"); err != nil {
		return result{text: stdout + stderr}, err
	}
	return w.tryUp()
}

// observe deploys and collects what that did since the reference.
func (w *workspace) observe() seen {
	w.t.Helper()
	done, err := w.tryDeployment()
	result := seen{steps: map[string][]string{}, text: done.text, failed: err != nil}
	for _, step := range done.steps {
		parts := strings.SplitN(step, " ", 3)
		// A replacement is three steps, of which the one without a hyphen stands for all.
		if !strings.Contains(parts[0], "-") && !strings.HasPrefix(parts[1], "pulumi:") {
			result.steps[parts[0]] = append(result.steps[parts[0]], parts[2])
		}
	}
	felt := map[effect]bool{}
	for id, address := range w.before.addresses {
		if w.addresses()[id] != address {
			felt[addressMoves] = true
		}
	}
	for _, step := range done.steps {
		if strings.Contains(step, ":VirtualMachineScaleSet ") && !strings.HasPrefix(step, "create ") && !strings.HasPrefix(step, "update ") {
			felt[bridgesGone] = true
		}
	}
	for _, e := range w.events()[w.before.events:] {
		if e.Op == kubernetes.OpTemplatePending {
			result.waiting = append(result.waiting, strings.TrimSuffix(e.Detail, "-0"))
		}
		if which, noticed := effectOf(e); noticed {
			felt[which] = true
		}
	}
	for which := range felt {
		result.effects = append(result.effects, which)
	}
	slices.Sort(result.effects)
	slices.Sort(result.waiting)
	return result
}

// effectOf is what is noticed of one event in the cloud. Pods are named by the id of their workload.
func effectOf(e store.Event) (effect, bool) {
	switch e.Op {
	case store.OpInstanceDeleted:
		return bridgesGone, true
	case kubernetes.OpPodsRestarted, kubernetes.OpPodsRemoved:
	default:
		return "", false
	}
	workload := e.ID[strings.LastIndex(e.ID, "/")+1:]
	switch {
	case workload == "prosody" || workload == "jicofo":
		return singletonsGone, true
	case strings.HasPrefix(workload, "turn-"):
		return relaysGone, true
	case workload == "haproxy":
		return proxiesRestart, true
	case workload == "web":
		return webRestarts, true
	default:
		return effect(workload + " restarts"), true // Nothing that the table knows: the row fails.
	}
}
