package sources

// Tables returns the names of the ledger tables that a pull fills.
func Tables() []string {
	var names []string
	for _, t := range ledger {
		names = append(names, t.Name)
	}
	return names
}
