package main

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// programEnv is what the Pulumi SDK in the program reads to find its engine, its stack and its configuration.
func programEnv(engine string, req *pulumirpc.RunRequest) ([]string, error) {
	config, err := encodeJSON("configuration", req.GetConfig(), "{}")
	if err != nil {
		return nil, err
	}
	secretKeys, err := encodeJSON("secret configuration keys", req.GetConfigSecretKeys(), "[]")
	if err != nil {
		return nil, err
	}
	return []string{
		pulumi.EnvOrganization + "=" + req.GetOrganization(),
		pulumi.EnvProject + "=" + req.GetProject(),
		pulumi.EnvStack + "=" + req.GetStack(),
		pulumi.EnvPulumiRootDirectory + "=" + req.GetInfo().GetRootDirectory(),
		pulumi.EnvConfig + "=" + config,
		pulumi.EnvConfigSecretKeys + "=" + secretKeys,
		pulumi.EnvDryRun + "=" + strconv.FormatBool(req.GetDryRun()),
		pulumi.EnvParallel + "=" + strconv.Itoa(int(req.GetParallel())),
		pulumi.EnvMonitor + "=" + req.GetMonitorAddress(),
		pulumi.EnvEngine + "=" + engine,
	}, nil
}

// encodeJSON marshals a map or slice; a nil one becomes empty instead of JSON's null.
func encodeJSON[T map[string]string | []string](what string, value T, empty string) (string, error) {
	if len(value) == 0 {
		return empty, nil
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("encode the %s: %w", what, err)
	}
	return string(encoded), nil
}
