"""Roomtone hears how a conversation feels."""

__version__ = "0.1.0"
