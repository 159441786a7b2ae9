"""Real speech with no network: Kokoro-82M on ONNX Runtime; plain Python, loaded in workers only."""
