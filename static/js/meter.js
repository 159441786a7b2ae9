// An audio worklet that reports the level every 50 ms, and the raw samples of a recording.
class Meter extends AudioWorkletProcessor {
  constructor() {
    super();
    this.start();
  }

  start() {
    this.count = 0;
    this.squares = 0;
    this.peak = 0;
    this.clipped = 0;
    this.blocks = [];
  }

  process([[channel]]) {
    if (!channel) return true;
    for (const value of channel) {
      const size = Math.abs(value);
      this.squares += value * value;
      if (size > this.peak) this.peak = size;
      if (size >= 0.99) this.clipped += 1;
    }
    this.count += channel.length;
    this.blocks.push(channel.slice());
    if (this.count >= sampleRate / 20) {
      const { peak, clipped, blocks } = this;
      this.port.postMessage({ level: Math.sqrt(this.squares / this.count), peak, clipped, blocks });
      this.start();
    }
    return true;
  }
}

registerProcessor("meter", Meter);
