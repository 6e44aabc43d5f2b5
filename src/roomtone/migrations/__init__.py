"""The steps that bring the fixed tables of a database from one release to the next."""
