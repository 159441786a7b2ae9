"""The project that hosts the catalog: settings and wiring, no logic."""
