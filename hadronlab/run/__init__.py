"""One run from its configuration to its result: launch, build, fit, finish, resume."""
