"""What the commands of the command line import sooner or later, imported once for all of them."""

import roomtone.__main__
import roomtone.runtime.commands
import roomtone.runtime.pipeline
import roomtone.stores.sqlite
import roomtone.web.serving  # noqa: F401
