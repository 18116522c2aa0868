package standin

import (
	"encoding/json"
	"maps"
	"net/http"
)

// statistics are those of a videobridge with one conference.
// Source: jitsi-videobridge, VideobridgeStatisticsShim.kt.
const statistics = `{
"average_participant_stress":0.01,"bit_rate_download":9310,"bit_rate_upload":91544,"conferences":1,
"current_timestamp":"2026-03-04 05:06:07.605","drain":false,"dtls_failed_endpoints":0,"endpoints":41,
"endpoints_disconnected":0,"endpoints_reconnected":0,"endpoints_sending_audio":3,"endpoints_sending_video":20,
"endpoints_with_high_outgoing_loss":0,"endpoints_with_spurious_remb":0,"endpoints_with_suspended_sources":0,
"graceful_shutdown":false,"healthy":true,"inactive_conferences":0,"inactive_endpoints":0,"incoming_loss":0.0,
"largest_conference":41,"local_active_endpoints":40,"local_endpoints":40,"muc_clients_configured":1,"muc_clients_connected":1,
"mucs_configured":1,"mucs_joined":1,"num_eps_no_msg_transport_after_delay":0,"num_eps_oversending":0,
"num_relays_no_msg_transport_after_delay":0,"octo_conferences":1,"octo_endpoints":1,"octo_receive_bitrate":1000,
"octo_receive_packet_rate":100,"octo_send_bitrate":2000,"octo_send_packet_rate":200,"outgoing_loss":0.0,"overall_loss":0.001,
"p2p_conferences":0,"packet_rate_download":2870,"packet_rate_upload":14020,"participants":41,"preemptive_kfr_sent":0,
"preemptive_kfr_suppressed":0,"receive_only_endpoints":3,"rtt_aggregate":31.5,"shutting_down":false,"stress_level":0.42,
"threads":61,"total_bytes_received":5301841,"total_bytes_received_octo":0,"total_bytes_sent":9586670,
"total_bytes_sent_octo":0,"total_colibri_web_socket_messages_received":0,"total_colibri_web_socket_messages_sent":0,
"total_conference_seconds":952,"total_conferences_completed":1,"total_conferences_created":2,
"total_data_channel_messages_received":209,"total_data_channel_messages_sent":257,"total_dominant_speaker_changes":1,
"total_ice_failed":0,"total_ice_succeeded":44,"total_ice_succeeded_relayed":2,"total_keyframes_received":11,
"total_layering_changes_received":4,"total_packets_received":35688,"total_packets_received_octo":0,
"total_packets_sent":55609,"total_packets_sent_octo":0,"total_participants":44,"total_relays":1,
"total_video_stream_milliseconds_received":225691,"total_visitors":0,"version":"2.3.307-g4bb0aead1","visitors":0}`

// Joined are the statistics that say whether the bridge is connected to Prosody and in its brewery room.
func Joined(connected, joined int) map[string]any {
	return map[string]any{"muc_clients_connected": connected, "mucs_joined": joined}
}

// videobridge is the private REST interface of a videobridge, as far as the machine's own scripts ask it.
// Source: jitsi-videobridge, doc/rest.md and doc/health-checks.md.
func (s *Surroundings) videobridge() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /about/health", s.place(Health, func(_ *http.Request, facts Facts) Reply {
		if facts.Unfit != "" {
			return Reply{Status: http.StatusInternalServerError, Body: facts.Unfit, Header: http.Header{"Content-Type": {"text/plain"}}}
		}
		return Reply{Status: http.StatusOK}
	}))
	mux.Handle("GET /colibri/stats", s.place(Stats, func(_ *http.Request, facts Facts) Reply {
		var values map[string]any
		if err := json.Unmarshal([]byte(statistics), &values); err != nil {
			return Reply{Status: http.StatusInternalServerError, Body: err.Error()}
		}
		maps.Copy(values, facts.Statistics)
		maps.DeleteFunc(values, func(_ string, value any) bool { return value == nil })
		return document(http.StatusOK, values)
	}))
	return mux
}
