// Package watch lets people see the environment and tells them what is wrong with it: what Azure's services log and measure goes
// to the workspace, the table of alerts becomes rules with one group of people behind them, and there is one dashboard.
//
// It is made after everything that it looks at, and nothing refers to it: all of it can be removed, or fail, without anything
// happening to a bridge. What it costs is in docs/decisions/0017-observability.md.
package watch

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/authorization/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/insights/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/guid"
	"jitsi-meet-azure/internal/role"
	"jitsi-meet-azure/internal/tags"
	"jitsi-meet-azure/monitoring/alerts"
	"jitsi-meet-azure/monitoring/workbook"
)

// Watch is what looks at an environment.
type Watch struct {
	pulumi.ResourceState

	// ActionGroupID is the Azure id of the group that hears of every alert.
	ActionGroupID pulumi.StringOutput
	// WorkbookID is the Azure id of the dashboard.
	WorkbookID pulumi.StringOutput
	// Alerts are the names of the alerts, which are also those of their entries in the runbook.
	Alerts []string
}

// builder carries what every step of New needs.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	parent *Watch
	// group hears of every alert.
	group *insights.ActionGroup
}

// New registers diagnostic settings, alerts and the dashboard.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Watch, error) {
	if err := args.Validate(); err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	c := &Watch{}
	if err := ctx.RegisterComponentResource("meet:watch:Watch", name, c, opts...); err != nil {
		return nil, fmt.Errorf("registering the watch: %w", err)
	}
	b := &builder{ctx: ctx, name: name, args: args, parent: c}
	for _, step := range []func() error{
		b.newDiagnostics, b.collectCluster, b.letReaperReport, b.newActionGroup, b.newAlerts, b.newWorkbook,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"actionGroupId": c.ActionGroupID, "workbookId": c.WorkbookID, "alerts": pulumi.ToStringArray(c.Alerts),
	})
}

// letReaperReport lets the reaper's identity send to Application Insights, which takes no key.
// Source: Azure docs, azure-ad-authentication (Application Insights).
func (b *builder) letReaperReport() error {
	definition := b.args.ResourceGroupID.ToStringOutput().ApplyT(role.IDIn(role.MetricsPublisher)).(pulumi.StringOutput)
	_, err := authorization.NewRoleAssignment(b.ctx, b.name+"-reaper-reports", &authorization.RoleAssignmentArgs{
		RoleAssignmentName: pulumi.String(guid.For(b.args.Names.FunctionApp(), "reports")),
		PrincipalId:        b.args.ReaperPrincipalID,
		PrincipalType:      pulumi.String(authorization.PrincipalTypeServicePrincipal),
		RoleDefinitionId:   definition,
		Scope:              b.args.ApplicationInsightsID,
	}, b.under(pulumi.DeleteBeforeReplace(true))...)
	if err != nil {
		return fmt.Errorf("registering the right of the reaper to report: %w", err)
	}
	return nil
}

// newActionGroup makes the one group of the environment. A group without anybody in it is allowed: its alerts show in the portal.
func (b *builder) newActionGroup() error {
	emails := make(insights.EmailReceiverArray, 0, len(b.args.Alerts.Emails))
	for i, address := range b.args.Alerts.Emails {
		emails = append(emails, insights.EmailReceiverArgs{
			Name: pulumi.Sprintf("email-%d", i+1), EmailAddress: pulumi.String(address), UseCommonAlertSchema: pulumi.Bool(true),
		})
	}
	webhooks := make(insights.WebhookReceiverArray, 0, len(b.args.Alerts.Webhooks))
	for i, address := range b.args.Alerts.Webhooks {
		webhooks = append(webhooks, insights.WebhookReceiverArgs{
			Name: pulumi.Sprintf("webhook-%d", i+1), UseCommonAlertSchema: pulumi.Bool(true),
			ServiceUri: pulumi.ToSecret(pulumi.String(address)).(pulumi.StringOutput),
		})
	}
	made, err := insights.NewActionGroup(b.ctx, b.name+"-people", &insights.ActionGroupArgs{
		ActionGroupName:   pulumi.String(b.args.Names.ActionGroup()),
		GroupShortName:    pulumi.String(b.args.Names.ActionGroupShort()),
		ResourceGroupName: b.args.ResourceGroupName,
		Location:          pulumi.String(everywhere),
		Enabled:           pulumi.Bool(true),
		EmailReceivers:    emails,
		WebhookReceivers:  webhooks,
		Tags:              b.tags(),
	}, b.under()...)
	if err != nil {
		return fmt.Errorf("registering the action group: %w", err)
	}
	b.group, b.parent.ActionGroupID = made, made.ID().ToStringOutput()
	return nil
}

// newAlerts makes the rules of the table.
func (b *builder) newAlerts() error {
	for _, alert := range alerts.Table(b.args.Facts) {
		var err error
		switch {
		case alert.Query != nil:
			err = b.newQueryRule(alert)
		case alert.Metric != nil:
			err = b.newMetricRules(alert)
		case alert.Activity != nil:
			err = b.newActivityRule(alert)
		default:
			err = b.newOutsideRule(alert)
		}
		if err != nil {
			return fmt.Errorf("registering the alert %s: %w", alert.Name, err)
		}
		b.parent.Alerts = append(b.parent.Alerts, alert.Name)
	}
	return nil
}

// newWorkbook makes the dashboard. It is named by a GUID, as Azure demands, and not by what it shows.
func (b *builder) newWorkbook() error {
	content := b.args.WorkspaceID.ToStringOutput().ApplyT(func(id string) (string, error) {
		return workbook.Render(workbook.Args{
			Environment: b.args.Names.Environment(), WorkspaceID: id, Runbook: b.args.Alerts.Runbook,
			FrontDoor: b.args.Facts.FrontDoor, Maximum: b.args.Facts.Maximum,
		})
	}).(pulumi.StringOutput)
	made, err := insights.NewWorkbook(b.ctx, b.name+"-workbook", &insights.WorkbookArgs{
		ResourceName:      pulumi.String(guid.For("workbook", b.args.Names.Workspace())),
		ResourceGroupName: b.args.ResourceGroupName,
		Location:          pulumi.String(b.args.Location),
		Kind:              pulumi.String("shared"),
		Category:          pulumi.String("workbook"),
		DisplayName:       pulumi.Sprintf("Jitsi Meet %s", b.args.Names.Environment()),
		Description:       pulumi.String("Load, bridges, autoscale, reaper, front door, cluster and certificates of the environment."),
		Version:           pulumi.String("Notebook/1.0"),
		// Shown among Azure Monitor's own workbooks rather than under one resource.
		SourceId:       pulumi.String("azure monitor"),
		SerializedData: content,
		Tags:           b.tags(),
	}, b.under()...)
	if err != nil {
		return fmt.Errorf("registering the workbook: %w", err)
	}
	b.parent.WorkbookID = made.ID().ToStringOutput()
	return nil
}

// under are the options of a child.
func (b *builder) under(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(b.parent)}, more...)
}

func (b *builder) tags() pulumi.StringMap { return pulumi.ToStringMap(b.ownTags()) }

func (b *builder) ownTags() map[string]string {
	return tags.For(b.args.Tags, b.args.Names.Environment(), "monitoring", "")
}
