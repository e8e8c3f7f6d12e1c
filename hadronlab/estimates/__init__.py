"""The statistics of every number: resampling bins, Monte Carlo chains, fits."""
