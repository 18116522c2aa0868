package bridgetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// idle lists the statistics that are 0 on these bridges, as whole numbers and as others.
// Source: jitsi-videobridge, VideobridgeStatisticsShim.kt.
const (
	idleWhole = `dtls_failed_endpoints dtls_failed_relays endpoints_disconnected endpoints_ice_failed endpoints_reconnected
		endpoints_sending_audio endpoints_sending_video endpoints_with_high_outgoing_loss endpoints_with_spurious_remb
		endpoints_with_suspended_sources inactive_conferences inactive_endpoints num_eps_no_msg_transport_after_delay
		num_eps_oversending num_relays_no_msg_transport_after_delay octo_conferences octo_receive_bitrate
		octo_receive_packet_rate octo_send_bitrate octo_send_packet_rate p2p_conferences preemptive_kfr_sent
		preemptive_kfr_suppressed receive_only_endpoints relays_ice_failed tcc_unmatched_feedback total_bytes_received_octo
		total_bytes_sent_octo total_colibri_web_socket_messages_received total_colibri_web_socket_messages_sent
		total_dominant_speaker_changes total_ice_failed total_ice_succeeded_relayed total_layering_changes_received
		total_packets_received_octo total_packets_sent_octo total_relays total_visitors visitors`
	idleOther = `incoming_loss outgoing_loss overall_loss rtt_aggregate`
)

// statistics is the body of /colibri/stats: the latest statistics, which lag behind by up to an Interval.
func (b *Bridge) statistics() string {
	s := b.shown
	joined := 0
	if s.connected {
		joined = 1
	}
	values := map[string]any{
		"average_participant_stress": 0.01, "healthy": !b.unfit, "stress_level": b.stress(s), "threads": 41,
		"bit_rate_download": 500 * s.local, "bit_rate_upload": 900 * s.local,
		"packet_rate_download": 60 * s.local, "packet_rate_upload": 110 * s.local,
		"conferences": s.conferences, "largest_conference": s.participants,
		"endpoints": s.participants, "participants": s.participants,
		"local_endpoints": s.local, "local_active_endpoints": s.local, "octo_endpoints": s.participants - s.local,
		"current_timestamp": s.at.Add(b.settings.Skew).UTC().Format("2006-01-02 15:04:05.000"),
		"drain":             s.drain, "graceful_shutdown": s.graceful, "shutting_down": s.stopping,
		"muc_clients_configured": 1, "muc_clients_connected": joined, "mucs_configured": 1, "mucs_joined": joined,
		"version": b.settings.Version,
	}
	maps.Copy(values, b.totals())
	for name := range strings.FieldsSeq(idleWhole) {
		values[name] = 0
	}
	for name := range strings.FieldsSeq(idleOther) {
		values[name] = json.Number("0.0")
	}
	body, err := json.Marshal(values)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

// totals are statistics that only ever grow.
func (b *Bridge) totals() map[string]any {
	made := b.lastConference
	return map[string]any{
		"total_bytes_received": 5301841 * made, "total_bytes_sent": 9586670 * made,
		"total_conference_seconds": 952 * made, "total_conferences_completed": made - b.shown.conferences,
		"total_conferences_created": made, "total_data_channel_messages_received": 209 * made,
		"total_data_channel_messages_sent": 257 * made, "total_ice_succeeded": 3 * made,
		"total_keyframes_received": 11 * made, "total_packets_received": 35688 * made, "total_packets_sent": 55609 * made,
		"total_participants": 3 * made, "total_video_stream_milliseconds_received": 225691 * made,
	}
}

// stress is the bridge's estimate of its load.
func (b *Bridge) stress(s state) json.Number {
	return json.Number(strconv.FormatFloat(b.settings.Stress(s.local), 'f', 2, 64))
}

// counters are metrics of the bridge that nobody here looks at, so that the body has its real form and about its real size.
// Source: jitsi-videobridge, VideobridgeMetrics.kt.
const counters = `bytes_received bytes_sent colibri_web_socket_close_abnormal colibri_web_socket_close_normal
	colibri_web_socket_error colibri_web_socket_messages_received colibri_web_socket_messages_sent conference_seconds
	conferences_completed conferences_created data_channel_messages_received data_channel_messages_sent
	dominant_speaker_changes endpoints endpoints_dtls_failed endpoints_no_message_transport_after_delay ice_failed
	ice_succeeded ice_succeeded_relayed keyframes_received layering_changes_received packets_received packets_sent
	preemptive_keyframe_requests_sent preemptive_keyframe_requests_suppressed relay_bytes_received relay_bytes_sent
	relay_packets_received relay_packets_sent relays relays_no_message_transport_after_delay video_milliseconds_received
	visitors xmpp_disconnects`

// metrics is the body of /metrics.
func (b *Bridge) metrics() string {
	var text strings.Builder
	for name := range strings.FieldsSeq(counters) {
		family(&text, name+"_total", "counter", "Number of "+strings.ReplaceAll(name, "_", " ")+".", 0)
	}
	text.WriteString("# HELP jitsi_jvb_tossed_packets_energy Distribution of energy scores for discarded audio packets.\n" +
		"# TYPE jitsi_jvb_tossed_packets_energy histogram\n")
	for _, bound := range []string{"0.0", "63.0", "127.0", "+Inf"} {
		fmt.Fprintf(&text, "jitsi_jvb_tossed_packets_energy_bucket{le=%q,} 0.0\n", bound)
	}
	text.WriteString("jitsi_jvb_tossed_packets_energy_count 0.0\njitsi_jvb_tossed_packets_energy_sum 0.0\n")
	live := b.live(b.settings.Now())
	family(&text, "conferences", "gauge", "Current number of conferences.", float64(live.conferences))
	family(&text, "local_endpoints", "gauge", "Number of local endpoints that exist currently.", float64(live.local))
	started := b.starts.Add(b.settings.Skew).UnixMilli()
	family(&text, "startup_time", "gauge", "The startup time of the service.", float64(started))
	return text.String()
}

// family writes one metric with one sample.
func family(text *strings.Builder, name, kind, help string, value float64) {
	fmt.Fprintf(text, "# HELP jitsi_jvb_%[1]s %[2]s\n# TYPE jitsi_jvb_%[1]s %[3]s\njitsi_jvb_%[1]s %[4]s\n",
		name, help, kind, java(value))
}

// java writes a number as Java's Double.toString does, which is how a start time gets its exponent.
func java(value float64) string {
	if value >= 1e7 {
		return strings.Replace(strconv.FormatFloat(value, 'E', -1, 64), "E+", "E", 1)
	}
	text := strconv.FormatFloat(value, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
