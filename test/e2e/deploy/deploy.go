// Package deploy runs the whole Pulumi program with the real engine on a local cloud of its own, as `make up` does, and tells
// what was deployed: the stack's outputs, and what only Azure would know.
//
// With a kubeconfig, every Kubernetes object goes to that API server too, and a deployment ends when they are ready there.
// The API server must have the cluster's nodes and networks before; [Deployment.Pools] and [Deployment.Networks] tell them
// in advance:
//
//	d, err := deploy.New(ctx, deploy.Options{Stack: "dev", Folder: folder, Kubeconfig: file}) // deploys the image gallery
//	pods, services, err := d.Networks()                                                       // as planned
//	...                                                                                       // make the API server
//	err = d.Up(ctx)                                                                           // everything else
//
// It needs what `make tools build` makes.
package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/localcloud/azurenative"
	"jitsi-meet-azure/localcloud/kubernetes"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
	"jitsi-meet-azure/tools/local/workspace"
)

// Options say what to deploy.
type Options struct {
	// Stack is the environment: there must be a Pulumi.<stack>.yaml in the repository, which is copied.
	Stack string
	// Folder takes the state, the local cloud, the configuration and the log. No stack of this name may be in it.
	Folder string
	// Kubeconfig is the file of the API server that takes the Kubernetes objects too; empty for none. Nobody looks at it before
	// the first Up.
	Kubeconfig string
	// Changes are made to the configuration, by path: "jitsi.imageTag", "shards[0].zone".
	Changes map[string]any
	// Output also gets what Pulumi says; may be nil. It is called by one goroutine at a time.
	Output io.Writer
	// Root is the repository; by default the one that the working directory is in.
	Root string
}

// Deployment is one environment on one local cloud. Its methods may be called by several goroutines; those that run the engine
// wait for each other.
type Deployment struct {
	space      workspace.Workspace
	cloud      rpcprovider.Config
	azure      *azurenative.Provider
	pulumi     string
	config     string // the file
	kubeconfig string
	log        string
	output     io.Writer
	planned    kubernetes.Plan // of the first Up

	running  sync.Mutex // held while the engine is at work
	mu       sync.Mutex
	settings environment.Environment
	deployed bool
}

// New makes the workspace and deploys the image gallery with a first image in it, the first of the two phases of a first
// deployment, and plans the second; it takes some seconds.
func New(ctx context.Context, o Options) (*Deployment, error) {
	root, err := repository(o.Root)
	if err != nil {
		return nil, err
	}
	if o.Folder, err = filepath.Abs(o.Folder); err != nil {
		return nil, fmt.Errorf("the deployment's folder: %w", err)
	}
	config := filepath.Join(o.Folder, "Pulumi."+o.Stack+".yaml")
	space, err := workspace.New(workspace.Options{Root: root, Stack: o.Stack, Local: o.Folder, Config: config})
	if err != nil {
		return nil, fmt.Errorf("the deployment's workspace: %w", err)
	}
	if err := prepare(space, o, config); err != nil {
		return nil, err
	}
	cloud, err := store.Open(space.Cloud())
	if err != nil {
		return nil, err
	}
	d := &Deployment{
		space: space, cloud: rpcprovider.Config{Store: cloud}, log: filepath.Join(o.Folder, "pulumi.log"), output: o.Output,
		config: config, kubeconfig: o.Kubeconfig,
	}
	d.azure = azurenative.New(d.cloud)
	if err := d.readSettings(); err != nil {
		return nil, err
	}
	if d.pulumi, err = findPulumi(ctx, root); err != nil {
		return nil, err
	}
	if _, err := d.run(ctx, call{command: "gallery"}); err != nil {
		return nil, err
	}
	if d.planned, err = d.makePlan(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// prepare copies the configuration and changes it.
func prepare(space workspace.Workspace, o Options, config string) error {
	if _, err := os.Stat(space.Dir()); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s is in use: give every deployment a folder of its own", space.Dir()), err)
	}
	if err := os.MkdirAll(o.Folder, 0o700); err != nil {
		return fmt.Errorf("make the deployment's folder: %w", err)
	}
	content, err := os.ReadFile(filepath.Join(space.Root(), "Pulumi."+o.Stack+".yaml"))
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	if err := os.WriteFile(config, content, 0o600); err != nil {
		return fmt.Errorf("copy the configuration: %w", err)
	}
	paths := make([]string, 0, len(o.Changes))
	for path := range o.Changes {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		if err := space.Change(path, o.Changes[path]); err != nil {
			return fmt.Errorf("change the configuration: %w", err)
		}
	}
	return nil
}

// repository is the given one, or the closest folder above the working directory that has a Pulumi project in it.
func repository(root string) (string, error) {
	if root != "" {
		return root, nil
	}
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "Pulumi.yaml")); err == nil {
			return folder, nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			return "", errors.New("no folder above the working directory has a Pulumi.yaml")
		}
		folder = above
	}
}

// findPulumi gives the engine that `make up` would use, and misses what was not built.
func findPulumi(ctx context.Context, root string) (string, error) {
	found, err := exec.CommandContext(ctx, filepath.Join(root, "scripts", "find-pulumi.sh")).Output()
	if err != nil {
		return "", fmt.Errorf("find pulumi: %w", err)
	}
	pulumi := strings.TrimSpace(string(found))
	programs := []string{pulumi}
	for _, name := range []string{"local", "localcloud", "meet"} {
		programs = append(programs, filepath.Join(root, ".bin", name))
	}
	for _, program := range programs {
		if _, err := os.Stat(program); err != nil {
			return "", fmt.Errorf("run `make tools build`: %w", err)
		}
	}
	return pulumi, nil
}

// readSettings parses the configuration as the program does.
func (d *Deployment) readSettings() error {
	content, err := os.ReadFile(d.config)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	config, err := environment.StackFile(content)
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	settings, _, err := environment.LoadConfig(d.space.Stack(), config)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settings = settings
	return nil
}

// Settings are the configuration that the last Up was given, or the first will be.
func (d *Deployment) Settings() environment.Environment {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.settings
}

// Set changes one value of the configuration for the next [Deployment.Up], a day-2 change: see
// [workspace.Workspace.Change] for the path.
func (d *Deployment) Set(path string, value any) error { return d.space.Change(path, value) }

// Azure is the local cloud, for what happens in Azure without Pulumi: machines come and go, images are published.
func (d *Deployment) Azure() *azurenative.Provider { return d.azure }
