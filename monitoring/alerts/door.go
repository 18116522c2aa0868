package alerts

import (
	"fmt"
	"strings"
	"time"

	"jitsi-meet-azure/monitoring/schema"
)

const (
	shardProgram       = "haproxy/config/shards.lua"
	certificateProgram = "haproxy/config/certificate.lua"
	relayProgram       = "turn/coturn/start.sh"
)

// places is from how many places of the world the front door is asked, and most how many of them may fail: the networks between
// fail as well. Source: Azure docs, availability-standard-tests (at least five places, and three of them for an alert).
const places, most = 5, 2

// containerSays are the lines that containers of a name print in the front door's namespace, with a text in them.
func containerSays(f Facts, container, text string) string {
	return lines(
		schema.From("ContainerLogV2", "PodNamespace", "PodName", "ContainerName", "LogMessage"),
		fmt.Sprintf("| where PodNamespace == %s and ContainerName == %s", schema.Quote(f.FrontDoor), schema.Quote(container)),
		"| extend said = tostring(LogMessage)",
		"| where said contains_cs "+schema.Quote(text),
	)
}

// proxySays are the lines of the proxies with a text in them.
func proxySays(f Facts, text string) string { return containerSays(f, "haproxy", text) }

// byPod is a query for pods that say something.
func byPod(text string, said ...Line) *Query {
	return &Query{
		By: []string{"PodName"}, Lines: said,
		Text: lines(text, "| summarize times = count(), said = take_any(said) by PodName"),
	}
}

// doorAlerts are about what users come through: proxies, their certificate, relays.
func doorAlerts(f Facts) []Alert {
	all := []Alert{proxiesMissing(f)}
	if f.Trusted {
		all = append(all, frontDoorDown(), frontDoorCertificate(f))
	}
	return append(all, certificateExpiring(f), Alert{
		Name: "certificate-refused", Title: "A proxy refuses a renewed certificate", Severity: Error,
		Why: "The proxy goes on with the old certificate. When that expires, browsers let nobody in, and a proxy that starts anew may " +
			"not come up.",
		Window: later, Every: later,
		Query: byPod(proxySays(f, "the new certificate of "), Line{certificateProgram, `"the new certificate of "`},
			Line{certificateProgram, `" is refused: "`}),
	}, Alert{
		Name: "proxy-without-rooms", Title: "A proxy does not learn which room is where", Severity: Warning,
		Why: "It has been started and takes no user, because the other proxies have not told it their rooms: it could split them. The " +
			"others carry the load; port 10000 between them is the likely cause.",
		Window: later, Every: later,
		Query: byPod(proxySays(f, "other proxies take users but none has told its rooms"),
			Line{shardProgram, "other proxies take users but none has told its rooms"}),
	}, proxyProgramFailed(f), Alert{
		Name: "relay-full", Title: "A TURN relay takes no new users", Severity: Error,
		Why: "The relay has used up its file descriptors. Users whose network lets only TLS out cannot hear or see anybody in the " +
			"shard's rooms; those who are connected stay.",
		Window: later, Every: soon,
		Query: byPod(containerSays(f, "coturn", "the relay has used up its "), Line{relayProgram, "the relay has used up its "}),
	})
}

func proxyProgramFailed(f Facts) Alert {
	return Alert{
		Name: "proxy-program-failed", Title: "A program inside a proxy fails", Severity: Warning,
		Why: "What judges shards or renews the certificate has hit an error in the proxy and is tried again; meanwhile the proxy keeps " +
			"what it last knew.",
		Window: later, Every: later,
		Query: &Query{
			By: []string{"PodName"},
			Lines: []Line{
				{"haproxy/config/tasks.lua", `core.log(core.alert, program .. ": "`},
				{shardProgram, `"shards.lua"`},
				{certificateProgram, `"certificate.lua"`},
			},
			Text: lines(
				proxySays(f, ".lua: "),
				`| where said matches regex "(shards|certificate)[.]lua: "`,
				"| summarize times = count(), said = take_any(said) by PodName",
			),
		},
	}
}

func proxiesMissing(f Facts) Alert {
	return Alert{
		Name: "proxies-missing", Title: "Fewer proxies run than there should be", Severity: Error,
		Why: "The others carry all users meanwhile; with none of them nobody gets in. A zone that is lost takes its proxy with it.",
		// A deployment replaces one proxy after the other, which is not worth a message.
		Window: 10 * time.Minute, Every: soon,
		Query: &Query{
			Text: lines(
				schema.From("KubePodInventory", "Namespace", "Name", "ContainerName", "ContainerStatus"),
				fmt.Sprintf(`| where Namespace == %s and ContainerName endswith "/haproxy" and ContainerStatus == "running"`,
					schema.Quote(f.FrontDoor)),
				"| summarize proxies = dcount(Name)",
				fmt.Sprintf("| where proxies < %d", f.Proxies),
			),
		},
	}
}

func frontDoorDown() Alert {
	return Alert{
		Name: "front-door-down", Title: "The front door does not answer from outside", Severity: Critical,
		Why:    "Asked from five places of the world, the page does not come from at least three of them: users cannot get in.",
		Window: soon, Every: soon, Threshold: most,
		Outside: &Outside{Role: "page", Path: "/", Places: places},
	}
}

func frontDoorCertificate(f Facts) Alert {
	return Alert{
		Name: "front-door-certificate", Title: "The front door's certificate is about to expire", Severity: Error,
		Why: fmt.Sprintf("What browsers are shown is valid for fewer than %d days more. Whoever renews it has not, or the proxies have "+
			"not taken the new one.", f.CertificateDays),
		Window: later, Every: later, Threshold: 0,
		// One place is enough: everybody is shown the same certificate.
		Outside: &Outside{Role: "certificate", Path: "/", Places: 1, CertificateDays: f.CertificateDays},
	}
}

// CertificateExpiring is the name of the alert whose query is [ExpiringQuery]: only what is deployed knows when certificates end.
const CertificateExpiring = "certificate-expiring"

// certificateExpiring is about the certificates that the stack makes. Nothing in Azure knows them, so the query itself says when
// they end.
func certificateExpiring(f Facts) Alert {
	return Alert{
		Name: CertificateExpiring, Title: "A certificate of the stack's own is about to expire", Severity: Error,
		Why: fmt.Sprintf("It is valid for fewer than %d days more, although any deployment in its last 60 days makes a new one. After its "+
			"end bridges that start cannot register, or browsers are turned away.", f.CertificateDays),
		Window: 24 * time.Hour, Every: time.Hour,
		Query: &Query{By: []string{"certificate"}, Text: ExpiringQuery(f.CertificateDays, f.Certificates)},
	}
}

// ExpiringQuery gives a row for every certificate that ends within so many days.
func ExpiringQuery(days int, certificates []Certificate) string {
	rows := make([]string, 0, len(certificates))
	for _, c := range certificates {
		rows = append(rows, fmt.Sprintf("%s, datetime(%s)", schema.Quote(c.Of), c.Expires))
	}
	return lines(
		"datatable(certificate:string, expires:datetime)["+strings.Join(rows, ", ")+"]",
		fmt.Sprintf("| where expires < now() + %dd", days),
		"| extend TimeGenerated = now()",
	)
}
