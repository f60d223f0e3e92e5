"""The adapters: one folder a channel, the same rooms in each, and no folder knows another."""
