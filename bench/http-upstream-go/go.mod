module sluice/bench/http-upstream

go 1.25.0
