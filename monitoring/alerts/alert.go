// Package alerts is the table of the environment's alerts: what is watched, how often, from where on it counts, and why somebody
// is woken for it. It is pure; package watch makes rules of it, and docs/alerts.md is written from it.
//
// An alert tells people and does nothing. No automation here reads one, and none may: what acts on conferences decides by what it
// sees itself, and missing data makes it do nothing, while for an alert missing data may be the very cause.
package alerts

import (
	"strings"
	"time"
)

// Severity is Azure's: the lower, the worse.
// Source: Azure docs, alerts-overview.
type Severity int

// Severities, by what somebody should do.
const (
	// Critical means that people cannot meet, or are about to be unable to: at any hour.
	Critical Severity = iota
	// Error means that something serves no more, and the rest does while it lasts: soon, also at night.
	Error
	// Warning means that something works against the design, or costs money: on the same working day.
	Warning
)

func (s Severity) String() string {
	switch s {
	case Critical:
		return "critical"
	case Error:
		return "error"
	default:
		return "warning"
	}
}

// Line is what a program of this repository writes to its log, and an alert looks for. A test holds it against the program.
type Line struct {
	// File is where the program says it, from the root of the repository.
	File string
	// Text is the part of the message that never changes.
	Text string
}

// Alert is one entry of the table. Exactly one of Query, Metric, Activity and Outside says what is watched.
type Alert struct {
	// Name is lower-case words with hyphens; it names the rule in Azure and the entry in the runbook.
	Name string
	// Title is what the message says first.
	Title string
	// Severity is how bad it is.
	Severity Severity
	// Why is a sentence on what it means for users.
	Why string
	// Window is how far back a rule looks, and Every how often it does. Zero for the activity log, which Azure follows as it is
	// written.
	Window, Every time.Duration
	// Threshold is above what the rule fires: rows of a query, the value of a metric, places that fail. It depends on the
	// environment where the design does.
	Threshold float64

	Query    *Query
	Metric   *Metric
	Activity *Activity
	Outside  *Outside
}

// Query is watched in the logs: every row that it gives is one thing that is wrong.
type Query struct {
	// Text is the query, in Azure Monitor's dialect of Kusto. The rule's window bounds it.
	Text string
	// By are columns of the result. Each of their values is an alert of its own, which ends by itself.
	By []string
	// Lines are what it looks for in the logs of our own programs.
	Lines []Line
}

// Metric is watched of every resource of a kind, each in a rule of its own.
type Metric struct {
	// Of is what has the metric.
	Of Target
	// Namespace, Name and Aggregation are the metric's, in Azure's words.
	Namespace, Name, Aggregation string
}

// Target is a kind of resource of which the environment has one for each shard.
type Target string

// ScaleSets are those of the bridges.
const ScaleSets Target = "scale sets"

// Activity is watched in the activity log of Azure: an event in which all the fields have these values.
// Source: Azure docs, activity-log-schema.
type Activity struct {
	// Equals are the fields and their values.
	Equals map[string]string
	// OfCluster limits it to the Kubernetes cluster; else it is about the resource group.
	OfCluster bool
}

// Outside is watched by asking the front door from several places of the world.
// Source: Azure docs, availability-standard-tests.
type Outside struct {
	// Role names the test: one that asks for the page, one that looks at the certificate.
	Role string
	// Path is what is asked for.
	Path string
	// CertificateDays is how long the certificate must still be valid; 0 does not look.
	CertificateDays int
	// Places is from how many places it is asked.
	Places int
}

// Runbook is the address of the entry about the alert, where base is that of the whole runbook.
func (a Alert) Runbook(base string) string { return base + "#" + a.Name }

// Description is the text of the rule: what it means, and where it says what to do.
func (a Alert) Description(base string) string { return a.Why + " What to do: " + a.Runbook(base) }

// lines joins the steps of a query, of which each begins with the operator.
func lines(steps ...string) string { return strings.Join(steps, "\n") }
