"""What infers: reads a meaning out of text, with an offline default for each kind."""
