// Package table says what is in the tables that bridges fill. It is pure.
//
// The same columns make a table in the workspace, the stream that the collection rule declares, and the fields that a machine
// writes, so they are written down once.
package table

// Kind is what a column holds, in the words of a data collection rule.
// Source: Azure REST API, DataCollectionRules, KnownColumnDefinitionType.
type Kind string

// Kinds of columns.
const (
	Time    Kind = "datetime"
	Text    Kind = "string"
	Flag    Kind = "boolean"
	Int     Kind = "int"
	Long    Kind = "long"
	Decimal Kind = "real"
)

// Column is one column of a table.
type Column struct {
	// Name is the column's name, and that of the field in a JSON log.
	Name string
	// Type is what it holds.
	Type Kind
}

// Table is a table of the workspace and the files on the machines that fill it.
type Table struct {
	// Name is the table's name; Azure wants it to end with _CL.
	Name string
	// Columns are the table's, TimeGenerated first.
	Columns []Column
	// Files are paths on a bridge.
	Files []string
	// JSON says that every line of the files is one JSON object with the columns as fields; else a line, or several from one
	// timestamp to the next, is the column RawData.
	JSON bool
}

const (
	// MetricsFile is where a bridge writes its numbers, one line a minute.
	MetricsFile = "/var/log/jitsi-bridge/metrics.json"
	// LogFile is the videobridge's own log. Source: jitsi/jitsi-videobridge, its Debian package.
	LogFile = "/var/log/jitsi/jvb.log"
	// CloudInitFile is what the first boot printed, which is where to look when a machine never got to its scripts.
	CloudInitFile = "/var/log/cloud-init-output.log"
)

// Tables are all tables, in a fixed order.
func Tables() []Table {
	return []Table{
		{Name: "BridgeLog_CL", Columns: logColumns(), Files: []string{LogFile, CloudInitFile}},
		{Name: "BridgeMetrics_CL", Columns: Metrics(), Files: []string{MetricsFile}, JSON: true},
	}
}

// logColumns are those that the agent fills for a text log. Source: Azure docs, data-collection-log-text.
func logColumns() []Column {
	return []Column{{"TimeGenerated", Time}, {"RawData", Text}, {"FilePath", Text}, {"Computer", Text}}
}

// Metrics are the columns of a bridge's numbers: who says so, then what its videobridge answers at /colibri/stats. A field that
// the videobridge leaves out is empty, never zero. Bit rates are kbit/s, packet rates packets/s; totals count from the
// videobridge's start.
// Source: jitsi/jitsi-videobridge, doc/statistics.md.
func Metrics() []Column {
	return []Column{
		{"TimeGenerated", Time},
		{"vmId", Text},
		{"shard", Text},
		{"environment", Text},
		{"stressLevel", Decimal},
		{"conferences", Int},
		{"participants", Int},
		{"localEndpoints", Int},
		{"largestConference", Int},
		{"bitRateDownload", Decimal},
		{"bitRateUpload", Decimal},
		{"packetRateDownload", Decimal},
		{"packetRateUpload", Decimal},
		{"drain", Flag},
		{"gracefulShutdown", Flag},
		{"shuttingDown", Flag},
		{"healthy", Flag},
		{"mucsJoined", Int},
		{"threads", Int},
		{"totalIceFailed", Long},
		{"totalIceSucceeded", Long},
		{"totalBytesReceived", Long},
		{"totalBytesSent", Long},
		{"version", Text},
	}
}
