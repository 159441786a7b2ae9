"""Offline speech synthesis: Kokoro-82M on ONNX Runtime. No Django in here; for workers only."""
