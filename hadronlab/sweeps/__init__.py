"""Many runs: jobs, table, page, study, workers, device slots."""
