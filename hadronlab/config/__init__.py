"""What a configuration may say: the shipped groups, and checks that ask the classes chosen."""
