"""What runs it all: the only place that connects the parts."""
