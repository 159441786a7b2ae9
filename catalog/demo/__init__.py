"""What the demo's people did before you came: it runs in demo mode only, through services."""
