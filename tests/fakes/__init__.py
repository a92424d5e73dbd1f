"""The fakes themselves, held to what was measured."""
