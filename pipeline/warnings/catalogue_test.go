package warnings

// catalogue is the policy with the lines of the catalogue of indicators, in whose terms the tables of the tests are written. The policy in
// force without a file differs in some lines: those were settled on simulated books, see policy.yaml.
func catalogue() Policy {
	p := Default()
	p.PDTrigger = Levels{Amber: Line{Open: 0.05, Close: 0.04}, Red: Line{Open: 0.1, Close: 0.08}}
	p.PDJump = PDJump{Ratio: Line{Open: 2, Close: 1.5}, Rise: Line{Open: 0.01, Close: 0.005}}
	p.LimitUse.Red = Line{Open: 1, Close: 0.95}
	p.Spike.Orders = Line{Open: 2, Close: 1.5}
	return p
}
