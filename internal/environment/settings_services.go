package environment

func jitsiSettings() setting {
	heights := []string{"180", "360", "540", "720", "1080", "1440", "2160"}
	return setting{name: "jitsi", kind: object, meaning: "The Jitsi services of every shard.", members: []setting{
		{
			name: "imageTag", example: "stable-11146-2", valid: isJitsiTag,
			allowed: "a stable tag such as stable-11146-2, of 11146 or newer (older images use other ports and run as root)",
			meaning: "The tag of the Jitsi container images.",
		},
		{
			name: "resolutionCap", kind: integer, unit: "lines", fallback: "720", example: "720", allowed: list(heights),
			valid: oneOf(heights...), meaning: "The largest video height that clients send.",
		},
		{
			name: "frameRateCap", kind: integer, unit: "frames a second", fallback: "5", example: "15", allowed: "5 to 30",
			valid: within(5, 30), meaning: "The largest frame rate of shared screens.",
		},
		{name: "webReplicas", kind: object, meaning: "The web servers of every shard; load moves their number.", members: []setting{
			{
				name: "minimum", kind: integer, unit: "pods", fallback: "2", example: "2", allowed: "1 to 100",
				valid: within(1, 100), meaning: "The smallest number of web servers.",
			},
			{
				name: "maximum", kind: integer, unit: "pods", fallback: "4", example: "4", allowed: "`minimum` to 100",
				valid: within(1, 100), meaning: "The largest number of web servers.",
			},
		}},
	}}
}
