package environment

// Parse reads the environment of a stack from its settings: keys without the namespace, scalars plain, objects and lists
// in JSON, as [FromPulumiConfig] gives them. It accepts only what is complete and keeps every rule, its own and Azure's.
//
// The second result holds warnings: doubtful, but deployable. The error is a *[ConfigurationError] with all problems;
// the Environment is then empty.
func Parse(stack string, given map[string]string) (Environment, []Problem, error) {
	c := newChecker(stack)
	c.readAll(given)
	env := c.build()
	for _, rule := range rules() {
		rule(c, &env)
	}
	if len(c.problems) > 0 {
		inOrder(c.problems)
		return Environment{}, nil, &ConfigurationError{Problems: c.problems}
	}
	inOrder(c.warnings)
	return env, c.warnings, nil
}

// rules are the checks that look at more than one setting, each topic in its own file.
func rules() []func(*checker, *Environment) {
	return []func(*checker, *Environment){
		checkNames, checkShards, checkNetwork, checkSignalling, checkBridges, checkAutoscale,
		checkCluster, checkServices, checkCertificate, checkReaper, checkMonitoring, checkTags,
	}
}

func (c *checker) readAll(given map[string]string) {
	root := setting{kind: object, members: settings()}
	names := make([]string, 0, len(given))
	for name := range given {
		names = append(names, name)
	}
	c.refuseUnknown("", memberNames(root), names, func(name string) string { return show(given[name]) })
	for _, s := range root.members {
		c.readSetting(s, given)
	}
}

func (c *checker) readSetting(s setting, given map[string]string) {
	raw, ok := given[s.name]
	switch {
	case !ok:
		c.read(s.name, s, nil)
	case s.kind == text || s.kind == integer || s.kind == boolean:
		c.read(s.name, s, &node{kind: nodeText, text: raw})
	default:
		n, err := decode(raw)
		if err != nil {
			n = &node{kind: nodeText, text: raw} // refused as something that is no object
		}
		c.read(s.name, s, n)
	}
}
