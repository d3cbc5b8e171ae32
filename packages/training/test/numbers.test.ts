import { describe, expect, it } from 'vitest';
import { bitsPerByte, runningMean, TrainingError, throughputMeter, warmupCosine } from '../src/index.ts';

describe('warmupCosine', () => {
  const schedule = warmupCosine({ peak: 1, warmupSteps: 4, totalSteps: 12, final: 0.2 });

  it('rises in a line to the peak', () => {
    expect([0, 1, 2, 3, 4].map(schedule)).toEqual([0.25, 0.5, 0.75, 1, 1]);
  });

  it('is half way down in the middle', () => {
    expect(schedule(8)).toBeCloseTo(0.6, 12);
  });

  it('follows the cosine', () => {
    expect(schedule(6)).toBeCloseTo(0.2 + 0.4 * (1 + Math.SQRT1_2), 12);
  });

  it('stays at the final rate after the last step', () => {
    expect([12, 13, 1e9].map(schedule)).toEqual([0.2, 0.2, 0.2]);
  });

  it('begins at the peak without a warm-up, and ends at 0 unless told otherwise', () => {
    const plain = warmupCosine({ peak: 3, warmupSteps: 0, totalSteps: 2 });
    expect([plain(0), plain(2)]).toEqual([3, 0]);
  });

  it('may consist of warm-up only', () => {
    const rising = warmupCosine({ peak: 1, warmupSteps: 2, totalSteps: 2 });
    expect([0, 1, 2].map(rising)).toEqual([0.5, 1, 0]);
  });

  it.each([
    { peak: 0, warmupSteps: 1, totalSteps: 2 },
    { peak: Number.NaN, warmupSteps: 1, totalSteps: 2 },
    { peak: 1, warmupSteps: 3, totalSteps: 2 },
    { peak: 1, warmupSteps: 0.5, totalSteps: 2 },
    { peak: 1, warmupSteps: -1, totalSteps: 2 },
    { peak: 1, warmupSteps: 0, totalSteps: 0 },
    { peak: 1, warmupSteps: 0, totalSteps: 1, final: 2 },
  ])('refuses %j', (options) => {
    expect(() => warmupCosine(options)).toThrow(TrainingError);
  });

  it.each([-1, 0.5, Number.NaN])('refuses the step %d', (step) => {
    expect(() => schedule(step)).toThrow('step must be a whole number >= 0');
  });
});

describe('bitsPerByte', () => {
  it('is 8 for a uniform guess among 256 bytes', () => {
    expect(bitsPerByte(Math.log(256))).toBeCloseTo(8, 12);
  });
});

describe('runningMean', () => {
  it('weighs what it is given', () => {
    const mean = runningMean();
    mean.add(1);
    mean.add(5, 3);
    expect(mean.mean()).toBe(4);
  });

  it('is no number before anything was added, or after a reset', () => {
    const mean = runningMean();
    expect(mean.mean()).toBeNaN();
    mean.add(1);
    mean.reset();
    expect(mean.mean()).toBeNaN();
  });

  it('refuses a weight of 0', () => {
    expect(() => runningMean().add(1, 0)).toThrow(TrainingError);
  });
});

describe('throughputMeter', () => {
  it('counts per second since its start or reset', () => {
    let time = 1000;
    const meter = throughputMeter(() => time);
    meter.add(10);
    meter.add(20);
    time = 3000;
    expect(meter.perSecond()).toBe(15);
    meter.reset();
    meter.add(7);
    time = 3500;
    expect(meter.perSecond()).toBe(14);
  });

  it('has no answer while no time has passed', () => {
    expect(throughputMeter(() => 0).perSecond()).toBeNaN();
  });

  it('refuses counts that are not whole', () => {
    expect(() => throughputMeter(() => 0).add(0.5)).toThrow(TrainingError);
  });
});
