// Package engine_test runs the unchanged program with the real Pulumi engine against the local cloud. Every test has a
// cloud and a state of its own, through the same script that `make up` uses.
package engine_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/localcloud/store"
)

// workspace is one stack on one local cloud.
type workspace struct {
	t     *testing.T
	stack string
	// root holds the state, the cloud and the configuration of this workspace.
	root string
	// before is what a change is held against.
	before snapshot
}

// newWorkspaceWithoutImage prepares an empty cloud.
func newWorkspaceWithoutImage(t *testing.T, stack string) *workspace {
	t.Helper()
	w := &workspace{t: t, stack: stack, root: t.TempDir()}
	content, err := os.ReadFile(filepath.Join("..", "..", "Pulumi."+stack+".yaml"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(w.configFile(), content, 0o600))
	return w
}

// newWorkspace prepares a cloud in which the image phase is done and the first bridge image is published.
func newWorkspace(t *testing.T, stack string) *workspace {
	t.Helper()
	w := newWorkspaceWithoutImage(t, stack)
	w.set("meet:phase", "image")
	w.up()
	w.publishImage("1.0.0")
	w.set("meet:phase", "full")
	return w
}

// publishImage adds a version to the image definition, as an image build outside Pulumi does.
func (w *workspace) publishImage(version string) {
	w.t.Helper()
	w.localcloud("image", "publish", "--gallery", "gal_meet_"+w.stack, "--definition", "jitsi-videobridge", "--version", version)
}

// templates are deployed workspaces that tests start from; each is made once.
var templates = map[string]*template{"dev": {}, "prod": {}}

type template struct {
	once sync.Once
	root string
}

// deployed is a workspace after its first `up`: a copy of one that was deployed once for all tests.
func deployed(t *testing.T, stack string) *workspace {
	t.Helper()
	made := templates[stack]
	made.once.Do(func() {
		w := newWorkspace(t, stack)
		w.up()
		made.root = filepath.Join(shared, stack)
		require.NoError(t, os.CopyFS(made.root, os.DirFS(w.root)))
	})
	require.NotEmpty(t, made.root, "the first deployment of %s failed in another test", stack)
	w := &workspace{t: t, stack: stack, root: t.TempDir()}
	require.NoError(t, os.CopyFS(w.root, os.DirFS(made.root)))
	return w
}

// shared holds the templates of this run.
var shared string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if shared, err = os.MkdirTemp("", "engine"); err != nil {
		fmt.Fprintln(os.Stderr, "making a folder for the deployed workspaces:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(shared) }()
	return m.Run()
}

func (w *workspace) configFile() string { return filepath.Join(w.root, "Pulumi."+w.stack+".yaml") }

// configure changes the stack's configuration, as an edit of its file would.
func (w *workspace) configure(change func(config map[string]any)) {
	w.t.Helper()
	content, err := os.ReadFile(w.configFile())
	require.NoError(w.t, err)
	var file map[string]any
	require.NoError(w.t, yaml.Unmarshal(content, &file))
	change(file["config"].(map[string]any))
	content, err = yaml.Marshal(file)
	require.NoError(w.t, err)
	require.NoError(w.t, os.WriteFile(w.configFile(), content, 0o600))
}

// set changes one value of an object key, for example set("meet:autoscale", 8, "maximum").
func (w *workspace) set(key string, value any, path ...string) {
	w.t.Helper()
	w.configure(func(config map[string]any) {
		if len(path) == 0 {
			config[key] = value
			return
		}
		object, ok := config[key].(map[string]any)
		if !ok {
			object = map[string]any{}
			config[key] = object
		}
		for _, step := range path[:len(path)-1] {
			next, ok := object[step].(map[string]any)
			if !ok {
				next = map[string]any{}
				object[step] = next
			}
			object = next
		}
		object[path[len(path)-1]] = value
	})
}

// run runs one Pulumi command through the project's script.
func (w *workspace) run(arguments ...string) (stdout, stderr string, err error) {
	command := exec.CommandContext(w.t.Context(), "../../scripts/local-pulumi.sh", arguments...)
	command.Env = append(os.Environ(), "STACK="+w.stack, "LOCAL_ROOT="+w.root, "LOCAL_CONFIG="+w.configFile())
	var out, diagnostics bytes.Buffer
	command.Stdout, command.Stderr = &out, &diagnostics
	err = command.Run()
	return out.String(), diagnostics.String(), err
}

// localcloud runs an operator's command of the local cloud.
func (w *workspace) localcloud(arguments ...string) string {
	w.t.Helper()
	command := exec.CommandContext(w.t.Context(), "../../.bin/localcloud", arguments...)
	command.Env = append(os.Environ(), "LOCALCLOUD_DIR="+filepath.Join(w.root, w.stack, "cloud"))
	output, err := command.CombinedOutput()
	require.NoError(w.t, err, "localcloud %s\n%s", strings.Join(arguments, " "), output)
	return string(output)
}

// result is what one operation did, resource by resource.
type result struct {
	// steps are the operations other than "same", as "operation type name", sorted.
	steps []string
	// text is everything that Pulumi said.
	text string
}

// counts are the numbers of steps by operation.
func (r result) counts() map[string]int {
	counts := map[string]int{}
	for _, step := range r.steps {
		operation, _, _ := strings.Cut(step, " ")
		counts[operation]++
	}
	return counts
}

// tryUp deploys and reports what was done, also when it failed.
func (w *workspace) tryUp(flags ...string) (result, error) {
	stdout, stderr, err := w.run(append([]string{"up", "--yes", "--skip-preview", "--json"}, flags...)...)
	return readEvents(stdout, stderr), err
}

func (w *workspace) up(flags ...string) result {
	w.t.Helper()
	done, err := w.tryUp(flags...)
	require.NoError(w.t, err, done.text)
	return done
}

// engineEvent is the part of the engine's event stream that the tests read.
type engineEvent struct {
	Diagnostic *struct {
		Message string `json:"message"`
	} `json:"diagnosticEvent"`
	Outputs *struct {
		Metadata struct {
			Operation string `json:"op"`
			URN       string `json:"urn"`
		} `json:"metadata"`
	} `json:"resOutputsEvent"`
}

func readEvents(stdout, stderr string) result {
	done := result{}
	var text strings.Builder
	lines := bufio.NewScanner(strings.NewReader(stdout))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var event engineEvent
		if json.Unmarshal(lines.Bytes(), &event) != nil {
			text.WriteString(lines.Text() + "\n")
			continue
		}
		if event.Diagnostic != nil {
			text.WriteString(event.Diagnostic.Message)
		}
		if event.Outputs != nil && event.Outputs.Metadata.Operation != "same" && event.Outputs.Metadata.Operation != "refresh" {
			done.steps = append(done.steps, describe(event.Outputs.Metadata.Operation, event.Outputs.Metadata.URN))
		}
	}
	done.text = text.String() + stderr
	slices.Sort(done.steps)
	done.steps = slices.Compact(done.steps)
	return done
}

// describe shortens a URN to the type and the name of its resource.
func describe(operation, urn string) string {
	parts := strings.Split(urn, "::")
	types := strings.Split(parts[2], "$")
	return fmt.Sprintf("%s %s %s", operation, types[len(types)-1], strings.Join(parts[3:], "::"))
}

// cloud opens the workspace's cloud.
func (w *workspace) cloud() *store.Store {
	w.t.Helper()
	opened, err := store.Open(filepath.Join(w.root, w.stack, "cloud"))
	require.NoError(w.t, err)
	return opened
}

// events is everything that happened in the cloud, oldest first.
func (w *workspace) events() []store.Event {
	w.t.Helper()
	events, err := w.cloud().Events()
	require.NoError(w.t, err)
	return events
}

// happened are the events of one operation since the mark-th.
func (w *workspace) happened(operation string, mark int) []store.Event {
	w.t.Helper()
	return slices.DeleteFunc(w.events()[mark:], func(e store.Event) bool { return e.Op != operation })
}

// mark is the number of events so far.
func (w *workspace) mark() int { return len(w.events()) }

// liveBridges is the number of machines that the scale set has.
func (w *workspace) liveBridges(set string) int {
	w.t.Helper()
	return strings.Count(w.localcloud("instances", set), "\n")
}
