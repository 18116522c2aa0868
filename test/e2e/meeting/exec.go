package meeting

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
	"time"

	"jitsi-meet-azure/signalling/names"
)

// Exit codes of a shell for what went wrong with a command, and of one that was killed.
const (
	failed   = 1
	notFound = 127
	sigkill  = 137
)

// Exec implements [pod.Process]. It knows the commands that hooks and operators give in these containers and no shell.
func (p *running) Exec(
	ctx context.Context, container string, command []string, _ io.Reader, output, problems io.Writer,
) (int, error) {
	select {
	case <-p.done:
		return 0, fmt.Errorf("container %s of pod %s does not run", container, p.sandbox.Pod.Name)
	default:
	}
	if len(command) == 0 {
		return 0, errors.New("an empty command")
	}
	if p.program != nil {
		if code, known, err := p.program(ctx, command, output, problems); known || err != nil {
			return code, err
		}
	}
	switch command[0] {
	case "sleep":
		return p.sleep(ctx, command[1:], problems)
	case "cat":
		return p.cat(container, command[1:], output, problems)
	default:
		fmt.Fprintf(problems, "%s: not found\n", command[0])
		return notFound, nil
	}
}

// sleep is the program: hooks wait in it, in real time.
func (p *running) sleep(ctx context.Context, arguments []string, problems io.Writer) (int, error) {
	how, err := time.ParseDuration(strings.Join(arguments, " ") + "s")
	if err != nil {
		fmt.Fprintf(problems, "sleep: %v\n", err)
		return failed, nil
	}
	timer := time.NewTimer(how)
	defer timer.Stop()
	select {
	case <-timer.C:
		return 0, nil
	case <-p.done:
		return sigkill, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// cat is the program, for files that are mounted into the container.
func (p *running) cat(container string, paths []string, output, problems io.Writer) (int, error) {
	for _, path := range paths {
		content, err := os.ReadFile(p.mounted(container, path))
		if err != nil {
			fmt.Fprintf(problems, "cat: %s: %v\n", path, err)
			return failed, nil
		}
		if _, err := output.Write(content); err != nil {
			return 0, fmt.Errorf("printing %s: %w", path, err)
		}
	}
	return 0, nil
}

// mounted is where on this machine a file of the container is. One that is not mounted is nowhere.
func (p *running) mounted(container, path string) string {
	path = filepath.Clean(path)
	for at, folder := range p.sandbox.Mounts[container] {
		if rest, inside := strings.CutPrefix(path, strings.TrimSuffix(at, "/")+"/"); inside {
			return filepath.Join(folder, rest)
		}
	}
	return filepath.Join(p.sandbox.Folder, "not-mounted", path)
}

// curl is what an operator asks Jicofo with. It runs for real; only the address of the pod's own loopback differs.
func (p *running) curl(ctx context.Context, command []string, output, problems io.Writer) (code int, known bool, err error) {
	if command[0] != "curl" {
		return 0, false, nil
	}
	arguments := slices.Clone(command[1:])
	for index := range arguments {
		arguments[index] = strings.ReplaceAll(arguments[index], "http://127.0.0.1:", "http://"+p.sandbox.Address.String()+":")
	}
	process := exec.CommandContext(ctx, "curl", arguments...)
	process.Stdout, process.Stderr = output, problems
	err = process.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return exit.ExitCode(), true, nil
	case err != nil:
		return 0, true, fmt.Errorf("curl in Jicofo's container: %w", err)
	default:
		return 0, true, nil
	}
}

// reload is how an operator has Prosody use the certificates that are mounted now.
func (p *running) reload(_ context.Context, command []string, _, problems io.Writer) (code int, known bool, err error) {
	if !slices.Equal(command, names.ReloadCommand()) {
		return 0, false, nil
	}
	certificate := p.mounted(names.Prosody, names.CertificateFolder+"/"+names.AuthDomain+".crt")
	if _, err := os.Stat(certificate); err != nil {
		fmt.Fprintf(problems, "cp: %v\n", err)
		return failed, true, nil
	}
	p.shard.report(names.Prosody, "reads its certificates")
	return 0, true, nil
}
