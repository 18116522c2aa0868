package alerts

import (
	"time"

	"jitsi-meet-azure/monitoring/schema"
)

// platformAlerts are about what the shards stand on.
func platformAlerts(_ Facts) []Alert {
	return []Alert{
		{
			Name: "cluster-operation-failed", Title: "An operation on the cluster has failed", Severity: Warning,
			Why: "Most likely an upgrade that would have drained a shard that serves, which is refused on purpose and waits for a person " +
				"(decision 2). The cluster goes on as it is.",
			Activity: &Activity{Equals: map[string]string{"category": "Administrative", "status": "Failed"}, OfCluster: true},
		},
		{
			Name: "vault-access-denied", Title: "The Key Vault refuses somebody", Severity: Warning,
			Why: "Bridges that start cannot fetch their secret, or somebody tries to who should not. Bridges that run need the vault no " +
				"more. After a first deployment rights take ten minutes to arrive.",
			Window: 30 * time.Minute, Every: later,
			Query: &Query{
				By: []string{"CallerIpAddress"},
				Text: lines(
					// A client that has no token yet is answered 401, tells it where to get one, and comes back: that is no denial.
					schema.From("AZKVAuditLogs", "OperationName", "HttpStatusCode", "CallerIpAddress"),
					"| where HttpStatusCode == 403",
					"| summarize times = count(), operation = take_any(OperationName) by CallerIpAddress",
					"| where times >= 3",
				),
			},
		},
		{
			Name: "logs-capped", Title: "The workspace takes no more data today", Severity: Error,
			Why: "Its daily limit is reached: until it is reset, every alert that reads logs is blind, and those that watch for silence " +
				"fire. Conferences are not affected.",
			Window: 2 * time.Hour, Every: later,
			Query: &Query{
				Text: lines(
					schema.From("Operation", "OperationCategory", "Detail"),
					`| where Detail contains "OverQuota"`,
					"| summarize times = count()",
					"| where times > 0",
				),
			},
		},
	}
}
