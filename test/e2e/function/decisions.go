package function

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/remember"
	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
)

// Decision is a row of the audit.
type Decision = remember.Entry

// Decisions reads the whole audit, in the order of time.
func (h *Host) Decisions(ctx context.Context) ([]Decision, error) {
	options := &aztables.ClientOptions{}
	options.Transport = h.azurite.Client()
	service, err := aztables.NewServiceClient(h.azurite.Endpoint(azuritetest.Account), azuritetest.Credential{}, options)
	if err != nil {
		return nil, fmt.Errorf("connecting to the tables: %w", err)
	}
	var all []Decision
	// Only full metadata says of which type each column is.
	pager := service.NewClient(remember.Decisions).NewListEntitiesPager(
		&aztables.ListEntitiesOptions{Format: to.Ptr(aztables.MetadataFormatFull)})
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading the audit: %w", err)
		}
		for _, row := range page.Entities {
			decision, err := parseDecision(row)
			if err != nil {
				return nil, fmt.Errorf("reading the audit: %w", err)
			}
			all = append(all, decision)
		}
	}
	slices.SortStableFunc(all, func(a, b Decision) int {
		return cmp.Or(a.When.Compare(b.When), cmp.Compare(a.Shard, b.Shard), cmp.Compare(a.Machine, b.Machine))
	})
	return all, nil
}

// parseDecision reads a row of the audit. Columns that are empty are not stored.
func parseDecision(row []byte) (Decision, error) {
	var entity aztables.EDMEntity
	if err := json.Unmarshal(row, &entity); err != nil {
		return Decision{}, fmt.Errorf("a row: %w", err)
	}
	c := columns(entity.Properties)
	decision := Decision{
		When: c.moment("When"), Environment: c.text("Environment"), Shard: c.text("Shard"),
		Machine: c.text("Machine"), Instance: c.text("Instance"), Image: c.text("Image"),
		Action: c.text("Action"), Reason: decide.Reason(c.text("Reason")), Detail: c.text("Detail"),
		Cause: decide.Cause(c.text("Cause")), Phase: decide.Phase(c.text("Phase")),
		Invocation: c.text("Invocation"), Actor: c.text("Actor"),
	}
	decision.DryRun, _ = c["DryRun"].(bool)
	if _, found := c["Healthy"]; found {
		decision.Capacity = &remember.Capacity{Healthy: int(c.number("Healthy")), Floor: int(c.number("Floor"))}
	}
	if _, found := c["Conferences"]; found {
		decision.Load = &remember.Load{
			Conferences: int(c.number("Conferences")), LocalEndpoints: int(c.number("LocalEndpoints")),
			Participants: int(c.number("Participants")), UptimeSeconds: c.number("UptimeSeconds"),
		}
	}
	if decision.When.IsZero() || decision.Shard == "" || decision.Action == "" {
		return Decision{}, fmt.Errorf("the row %s of %s does not say when, where or what", entity.RowKey, entity.PartitionKey)
	}
	return decision, nil
}

// columns are those of a row. Of another type than the wanted one is as good as not there.
type columns map[string]any

func (c columns) text(name string) string {
	text, _ := c[name].(string)
	return text
}

func (c columns) number(name string) int64 {
	number, _ := c[name].(aztables.EDMInt64)
	return int64(number)
}

func (c columns) moment(name string) time.Time {
	moment, _ := c[name].(aztables.EDMDateTime)
	return time.Time(moment).UTC()
}
