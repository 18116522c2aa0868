package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// About describes the Go toolchain for `pulumi about`.
func (h *host) About(ctx context.Context, _ *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	executable, err := exec.LookPath("go")
	if err != nil {
		return nil, fmt.Errorf("find the go command: %w", err)
	}
	output, err := exec.CommandContext(ctx, executable, "env", "GOVERSION").Output()
	if err != nil {
		return nil, fmt.Errorf("ask %s for its version: %w", executable, err)
	}
	return &pulumirpc.AboutResponse{Executable: executable, Version: strings.TrimSpace(string(output))}, nil
}

// GetProgramDependencies lists the program's modules for `pulumi about`, from its go.mod alone and so without network.
func (h *host) GetProgramDependencies(
	ctx context.Context, req *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "edit", "-json")
	cmd.Dir = req.GetInfo().GetProgramDirectory()
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("read go.mod in %s: %w", cmd.Dir, err)
	}
	return parseDependencies(output, req.GetTransitiveDependencies())
}

// parseDependencies reads what `go mod edit -json` prints.
func parseDependencies(goMod []byte, transitive bool) (*pulumirpc.GetProgramDependenciesResponse, error) {
	var module struct {
		Require []struct {
			Path, Version string
			Indirect      bool
		}
	}
	if err := json.Unmarshal(goMod, &module); err != nil {
		return nil, fmt.Errorf("decode go.mod: %w", err)
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, required := range module.Require {
		if required.Indirect && !transitive {
			continue
		}
		response.Dependencies = append(response.Dependencies,
			&pulumirpc.DependencyInfo{Name: required.Path, Version: required.Version})
	}
	return response, nil
}
