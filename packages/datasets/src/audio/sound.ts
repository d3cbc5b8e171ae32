/** Sound as it is decoded: one channel, piece by piece. */
export interface Sound {
  /** Samples in a second. */
  readonly sampleRate: number;
  /** Amplitudes, full scale being −1 to 1, in pieces of any length. A piece may be overwritten by the next. */
  readonly samples: AsyncIterable<Float32Array>;
}

/** The average of several channels, each of `count` samples. */
export function averageChannels(channels: readonly Float32Array[], count: number): Float32Array {
  if (channels.length === 1) return channels[0]!.subarray(0, count);
  const average = new Float32Array(count);
  for (let index = 0; index < count; index++) {
    let sum = 0;
    for (const channel of channels) sum += channel[index]!;
    average[index] = sum / channels.length;
  }
  return average;
}
