package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"jitsi-meet-azure/localcloud/azurenative"
	"jitsi-meet-azure/localcloud/azurenative/live"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

const usage = `commands:
  plugins                                         the providers in this program, as name version
  list                                            the ids of everything in the cloud
  instances [SCALESET]                            the live machines, oldest first (JSON lines)
  log                                             the operations log (JSON lines)
  set-capacity SCALESET N                         change the live count as the autoscaler would
  delete-instance SCALESET INSTANCE               delete one machine as the reaper would
  drift RESOURCE_ID PATH=VALUE                    change a property behind Pulumi's back
  delete RESOURCE_ID                              delete a resource behind Pulumi's back
  image publish --gallery G --definition D --version 1.0.0
  image delete  --gallery G --definition D [--version 1.0.0]
  purge-vaults                                    give the names of deleted Key Vaults free
  fault add --op create|update|delete|read --type TYPE [--name N] [--times 1] --error 'Code="..."' [--half-way]
  fault add --before create|update|delete|read --type TYPE [--name N] [--times 1] --set-capacity N
The directory of the cloud is $LOCALCLOUD_DIR. Where $LOCALCLOUD_KUBECONFIG names a kubeconfig, its API server, which must be on
this machine, takes every Kubernetes object too`

const scaleSetToken = "azure-native:compute:VirtualMachineScaleSet"

// operator carries out the commands.
type operator struct {
	cloud  *store.Store
	azure  *azurenative.Provider
	stdout io.Writer
}

func command(args []string, cfg rpcprovider.Config, stdout io.Writer) error {
	o := operator{cloud: cfg.Store, azure: azurenative.New(cfg), stdout: stdout}
	commands := map[string]func([]string) error{
		"list": o.list, "instances": o.instances, "log": o.log,
		"set-capacity": o.setCapacity, "delete-instance": o.deleteInstance, "drift": o.drift, "delete": o.delete,
		"image": o.image, "purge-vaults": o.purgeVaults, "fault": o.fault,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		return errors.New(usage)
	}
	return commands[args[0]](args[1:])
}

// want checks the number of positional arguments.
func want(args []string, names ...string) error {
	if len(args) != len(names) {
		return fmt.Errorf("needs %s", strings.Join(names, " "))
	}
	return nil
}

func (o operator) print(values ...any) error {
	encoder := json.NewEncoder(o.stdout)
	encoder.SetEscapeHTML(false)
	for _, v := range values {
		if err := encoder.Encode(v); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	return nil
}

// plugins prints the providers in this program.
func plugins(stdout io.Writer) error {
	for _, p := range providers() {
		if _, err := fmt.Fprintln(stdout, p.info.Name, p.info.Version); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	return nil
}

func (o operator) list([]string) error {
	all, err := o.cloud.List("")
	if err != nil {
		return err
	}
	for _, r := range all {
		if _, err := fmt.Fprintln(o.stdout, r.ID); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	return nil
}

func (o operator) log([]string) error {
	events, err := o.cloud.Events()
	if err != nil {
		return err
	}
	for _, e := range events {
		if err := o.print(e); err != nil {
			return err
		}
	}
	return nil
}

func (o operator) instances(args []string) error {
	ids, err := o.azure.ScaleSets()
	if err == nil && len(args) == 1 {
		var id string
		id, err = o.azure.Find(scaleSetToken, args[0])
		ids = []string{id}
	}
	if err != nil {
		return err
	}
	for _, id := range ids {
		machines, err := o.azure.Instances(id)
		if err != nil {
			return err
		}
		for _, m := range machines {
			if err := o.print(struct {
				ScaleSet string `json:"scaleSet"`
				live.Machine
			}{id, m}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o operator) setCapacity(args []string) error {
	if err := want(args, "SCALESET", "N"); err != nil {
		return err
	}
	count, err := strconv.Atoi(args[1])
	if err != nil || count < 0 {
		return fmt.Errorf("capacity %q is not a count", args[1])
	}
	id, err := o.azure.Find(scaleSetToken, args[0])
	if err != nil {
		return err
	}
	return o.azure.SetCapacity(id, count)
}

func (o operator) deleteInstance(args []string) error {
	if err := want(args, "SCALESET", "INSTANCE"); err != nil {
		return err
	}
	id, err := o.azure.Find(scaleSetToken, args[0])
	if err != nil {
		return err
	}
	return o.azure.DeleteMachine(id, args[1])
}

func (o operator) drift(args []string) error {
	if err := want(args, "RESOURCE_ID", "PATH=VALUE"); err != nil {
		return err
	}
	path, value, ok := strings.Cut(args[1], "=")
	if !ok || path == "" {
		return fmt.Errorf("%q has not the form PATH=VALUE", args[1])
	}
	return o.azure.Drift(args[0], path, value)
}

func (o operator) delete(args []string) error {
	if err := want(args, "RESOURCE_ID"); err != nil {
		return err
	}
	return o.azure.DeleteByHand(args[0])
}

func (o operator) image(args []string) error {
	if len(args) == 0 {
		return errors.New("image needs publish or delete")
	}
	flags := flag.NewFlagSet("image "+args[0], flag.ContinueOnError)
	gallery := flags.String("gallery", "", "name of the gallery")
	definition := flags.String("definition", "", "name of the image definition")
	version := flags.String("version", "", "version, for example 1.0.0")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "publish":
		return o.azure.PublishImage(*gallery, *definition, *version)
	case "delete":
		return o.azure.UnpublishImage(*gallery, *definition, *version)
	default:
		return fmt.Errorf("image %s: only publish and delete are known", args[0])
	}
}

func (o operator) purgeVaults(args []string) error {
	if err := want(args); err != nil {
		return err
	}
	return o.azure.PurgeVaults()
}

func (o operator) fault(args []string) error {
	if len(args) == 0 || args[0] != "add" {
		return errors.New("fault needs add")
	}
	var f store.Fault
	flags := flag.NewFlagSet("fault add", flag.ContinueOnError)
	flags.StringVar(&f.Op, "op", "", "operation that fails")
	flags.StringVar(&f.Op, "before", "", "operation before which the capacity changes")
	flags.StringVar(&f.Type, "type", "", "type token or its last part")
	flags.StringVar(&f.Name, "name", "", "name of the resource in the program or in Azure")
	flags.IntVar(&f.Times, "times", 1, "how often")
	flags.StringVar(&f.Error, "error", "", "error message")
	flags.BoolVar(&f.HalfWay, "half-way", false, "a failing create leaves the resource behind")
	flags.Func("set-capacity", "live count of the scale set", func(text string) error {
		count, err := strconv.Atoi(text)
		f.SetCapacity = &count
		return err
	})
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	return o.cloud.AddFault(f)
}
