package network

// Answer is the nameserver's answer to a question.
func Answer(cluster *Cluster, question []byte, packet bool) []byte {
	return (&DNS{cluster: cluster}).answer(question, packet)
}
