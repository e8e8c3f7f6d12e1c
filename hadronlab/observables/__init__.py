"""What a result says: each number of result.json and each array of result.h5."""
