package warehouse_test

import (
	"testing"

	"creditwatch/pipeline/warehouse"
	"creditwatch/pipeline/warehouse/warehousetest"
)

// TestSettingsAreTaken: the engine passes over a setting that it does not know in silence.
func TestSettingsAreTaken(t *testing.T) {
	db := warehousetest.Open(t)
	for name, want := range map[string]string{
		"background_merges_mutations_concurrency_ratio":              "16",
		"background_schedule_pool_max_parallel_tasks_per_type_ratio": "1",
	} {
		got, err := warehouse.Select[string](t.Context(), db, "SELECT value FROM system.server_settings WHERE name = {name:String}", map[string]any{"name": name})
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v, %v, want %s", name, got, err, want)
		}
	}
}
