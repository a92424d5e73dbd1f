"""Commands on this machine, run so that they outlive poolroll."""
