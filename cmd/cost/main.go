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

	"jitsi-meet-azure/cost"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/prices"
	"jitsi-meet-azure/internal/stackfile"
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
	env, warnings, err := stackfile.Read(flags.Arg(0))
	if err != nil {
		return err
	}
	for _, warning := range warnings {
		fmt.Fprintln(problems, "warning:", warning)
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
