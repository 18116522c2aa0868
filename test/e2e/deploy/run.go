package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"jitsi-meet-azure/outputs"
)

const (
	// lastLines is how much of the log an error carries.
	lastLines = 30
	// stopTimeout is how long the engine may take to stop in an orderly way when the context ends.
	stopTimeout = 30 * time.Second
	// kubeconfigVariable tells the local cloud which API server takes its Kubernetes objects too.
	kubeconfigVariable = "LOCALCLOUD_KUBECONFIG="
)

// Up deploys what is new or changed in the configuration. What Pulumi says is in the folder's pulumi.log; an error carries
// its last lines. With a kubeconfig it returns when everything is ready on the API server, which takes as long as the pods do.
func (d *Deployment) Up(ctx context.Context) error {
	if err := d.readSettings(); err != nil {
		return err
	}
	if _, err := d.run(ctx, call{command: "up", args: []string{"--skip-preview"}, mirrored: true}); err != nil {
		return err
	}
	d.mu.Lock()
	first := !d.deployed
	d.deployed = true
	d.mu.Unlock()
	if first {
		return d.verify()
	}
	return nil
}

// Preview is what Pulumi says about the next Up.
func (d *Deployment) Preview(ctx context.Context) (string, error) {
	said, err := d.run(ctx, call{command: "preview", args: []string{"--diff"}, mirrored: true})
	return string(said), err
}

// Outputs are the stack's, with the secrets open.
func (d *Deployment) Outputs(ctx context.Context) (outputs.Outputs, error) {
	said, err := d.run(ctx, call{command: "outputs", args: []string{"--show-secrets"}, document: true})
	if err != nil {
		return outputs.Outputs{}, err
	}
	return outputs.Decode(said)
}

// PublishImage adds a version of the bridge image, as an image build outside Pulumi does. New machines boot from it.
func (d *Deployment) PublishImage(ctx context.Context, version string) error {
	told, err := d.Outputs(ctx)
	if err != nil {
		return err
	}
	return d.azure.PublishImage(told.Image.Gallery, told.Image.Definition, version)
}

// call is one command of the program behind `make up`, which deploys in a workspace.
type call struct {
	command string
	args    []string
	// mirrored commands go to the API server too.
	mirrored bool
	// document says that the command prints one, which may hold secrets and is no news.
	document bool
}

// run gives what the command prints.
func (d *Deployment) run(ctx context.Context, c call) (said []byte, err error) {
	d.running.Lock()
	defer d.running.Unlock()
	log, err := os.OpenFile(d.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the deployment's log: %w", err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	var stdout, told bytes.Buffer
	cmd := d.command(ctx, c)
	cmd.Stderr = io.MultiWriter(append([]io.Writer{log, &told}, d.listeners()...)...)
	cmd.Stdout = cmd.Stderr // one writer, so that it is called by one goroutine
	if c.document {
		cmd.Stdout = &stdout
	}
	// Should this program be killed, the engine stops too. The kernel sends the signal when the thread ends that started the
	// process (prctl(2), PR_SET_PDEATHSIG), so this one stays.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Run(); err != nil {
		// A document ends with the diagnostics.
		return nil, fmt.Errorf("%s of %s: %w\n%s", c.command, d.space.Stack(), errors.Join(err, ctx.Err()),
			tail(told.String()+stdout.String()))
	}
	if c.document {
		return stdout.Bytes(), nil
	}
	return told.Bytes(), nil
}

func (d *Deployment) listeners() []io.Writer {
	if d.output == nil {
		return nil
	}
	return []io.Writer{d.output}
}

func (d *Deployment) command(ctx context.Context, c call) *exec.Cmd {
	root := d.space.Root()
	flags := []string{
		"-root", root, "-pulumi", d.pulumi, "-local", filepath.Dir(d.space.Dir()), "-config", d.config, c.command, d.space.Stack(),
	}
	cmd := exec.CommandContext(ctx, filepath.Join(root, ".bin", "local"), append(flags, c.args...)...)
	cmd.Env = d.environ(os.Environ(), c.mirrored)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	// A killed engine would leave the stack locked and what it was making half made.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopTimeout
	return cmd
}

// environ is the given environment with the API server of this deployment, and no other.
func (d *Deployment) environ(base []string, mirrored bool) []string {
	kept := make([]string, 0, len(base)+1)
	for _, variable := range base {
		if !strings.HasPrefix(variable, kubeconfigVariable) {
			kept = append(kept, variable)
		}
	}
	if mirrored && d.kubeconfig != "" {
		kept = append(kept, kubeconfigVariable+d.kubeconfig)
	}
	return kept
}

// tail is the end of a text.
func tail(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-lastLines):], "\n")
}
