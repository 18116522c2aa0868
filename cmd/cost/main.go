// Command cost estimates what an environment costs in a month, from its stack file alone:
//
//	cost Pulumi.dev.yaml
//	cost -json Pulumi.prod.yaml
//
// It asks nobody: the prices are in internal/prices/prices.json. docs/cost.md says what the numbers mean.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"jitsi-meet-azure/cost"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/prices"
	"jitsi-meet-azure/monitoring/alerts"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp) || errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

// errUsage is a mistake in the command line.
var errUsage = errors.New("usage")

func run(arguments []string, out, problems io.Writer) error {
	flags := flag.NewFlagSet("cost", flag.ContinueOnError)
	flags.SetOutput(problems)
	asJSON := flags.Bool("json", false, "print JSON instead of a table")
	flags.Usage = func() {
		fmt.Fprintln(problems, "cost [-json] Pulumi.STACK.yaml")
		flags.PrintDefaults()
	}
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return errUsage
	}
	env, err := load(flags.Arg(0), problems)
	if err != nil {
		return err
	}
	list, err := prices.Load()
	if err != nil {
		return err
	}
	estimate, err := cost.Of(env, list, cost.Default(), watching(env))
	if err != nil {
		return err
	}
	if !*asJSON {
		return estimate.Print(out)
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(estimate); err != nil {
		return fmt.Errorf("printing the estimate: %w", err)
	}
	return nil
}

// stackFile is the form of a stack file's name.
var stackFile = regexp.MustCompile(`^Pulumi\.([^.]+)\.yaml$`)

// load reads a stack file as Pulumi does.
func load(path string, problems io.Writer) (environment.Environment, error) {
	name := stackFile.FindStringSubmatch(filepath.Base(path))
	if name == nil {
		return environment.Environment{}, fmt.Errorf("%s is no stack file: they are called Pulumi.STACK.yaml", path)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return environment.Environment{}, fmt.Errorf("reading the stack file: %w", err)
	}
	config, err := environment.StackFile(content)
	if err != nil {
		return environment.Environment{}, fmt.Errorf("reading %s: %w", path, err)
	}
	for key, value := range config {
		config[key] = withoutSecrets(value)
	}
	env, warnings, err := environment.LoadConfig(name[1], config)
	if err != nil {
		return environment.Environment{}, fmt.Errorf("reading %s: %w", path, err)
	}
	for _, warning := range warnings {
		fmt.Fprintln(problems, "warning:", warning)
	}
	return env, nil
}

// withoutSecrets puts something of the right form in the place of values that the file keeps encrypted. None costs anything.
func withoutSecrets(value any) any {
	switch value := value.(type) {
	case map[string]any:
		if _, secret := value["secure"]; secret && len(value) == 1 {
			return "https://secret.example.org"
		}
		for key, inner := range value {
			value[key] = withoutSecrets(inner)
		}
	case []any:
		for i, inner := range value {
			value[i] = withoutSecrets(inner)
		}
	}
	return value
}

// watching counts the rules and tests of the environment's alerts.
func watching(env environment.Environment) cost.Rules {
	facts := alerts.Facts{
		FrontDoor: "front-door", Proxies: env.FrontDoor.Replicas, Maximum: env.Autoscale.Maximum,
		PrefixAddresses: 1 << (32 - env.Bridges.PrefixLength), CPUPercent: env.Autoscale.CPUPercent,
		ReaperPause: env.Reaper.Pause(), AtMaximum: env.Monitoring.Alerts.AtMaximum,
		CertificateDays: env.Monitoring.Alerts.CertificateDays,
		Trusted:         env.FrontDoor.CertificateSecret != "" || env.FrontDoor.KeyVaultCertificate.Given(),
	}
	for _, shard := range env.Shards {
		facts.Shards = append(facts.Shards, shard.Name)
		facts.Namespaces = append(facts.Namespaces, "shard-"+shard.Name)
	}
	var rules cost.Rules
	for _, alert := range alerts.Table(facts) {
		switch {
		case alert.Query != nil:
			rules.Queries = append(rules.Queries, alert.Every)
		case alert.Metric != nil:
			rules.Metrics += len(env.Shards)
		case alert.Outside != nil:
			rules.Metrics++
			rules.Tests = append(rules.Tests, cost.Test{Every: alert.Every, Places: alert.Outside.Places})
		}
	}
	return rules
}
