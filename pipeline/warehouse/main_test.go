package warehouse_test

import (
	"testing"

	"creditwatch/pipeline/warehouse/warehousetest"
)

func TestMain(m *testing.M) { warehousetest.Main(m) }
