"""C++ for passes that torch makes over memory many times, compiled at first use; all of it has a twin in torch."""
