"""Audio: identify, decode, measure, transcode, analyze, embed, match, and synthesize."""
