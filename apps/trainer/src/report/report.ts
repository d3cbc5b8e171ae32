/** The report of a run: one HTML file of its curves, samples, patterns, settings and surroundings. */

import { join } from 'node:path';
import { modelConfigOf } from '../configuration/index.ts';
import { unitOf } from '../data-kinds/index.ts';
import { sampleCommand } from '../export/index.ts';
import { type RunIdentity, readIdentity, runFileSystemIn, writeWholeFile } from '../run-folder/index.ts';
import { type ChartOptions, type Curve, chart } from './chart.ts';
import { type Curves, meanSpeed, readCurves } from './curves.ts';
import { type Content, Markup, markup } from './markup.ts';
import { factTable, page } from './page.ts';
import { type PatternDrawing, type PatternPicture, patternPictures } from './pattern-pictures.ts';
import { readSamples, type SampleFile, type StepSamples } from './samples.ts';
import type { Series } from './series.ts';
import { readSessions, type Session } from './session.ts';
import { smoothed, smoothedEnd } from './smooth.ts';
import { count, duration, listed, moment, shellWord } from './words.ts';

/** The report's name in the folder of a run. */
export const reportFile = 'report.html';

/** Sessions that a report shows. */
const mostSessions = 20;
/** Any vocabulary: patterns don't depend on it. */
const anyVocabulary = 256;

/**
 * Writes `report.html` into the folder of a run, finished or not, and gives its path. It is there whole or not at all.
 *
 * @throws TrainerError if the folder holds no run
 */
export async function writeReport(folder: string): Promise<string> {
  const path = join(folder, reportFile);
  await writeWholeFile(runFileSystemIn(folder), path, new TextEncoder().encode(reportOf(folder)));
  return path;
}

/**
 * The report of a run's folder, as the text of an HTML file. Nothing that the run holds can become markup or a script.
 *
 * @throws TrainerError if the folder holds no run
 */
export function reportOf(folder: string): string {
  const identity = readIdentity(folder, 'report');
  const curves = readCurves(folder, 'steps');
  const { sessions, brokenLines } = readSessions(folder, mostSessions);
  return page(titleOf(identity), [
    heading(folder, identity, curves, brokenLines),
    curveSection(identity, curves),
    sampleSection(readSamples(folder)),
    patternSection(identity),
    commandSection(folder, identity),
    skippedSection(sessions),
    environmentSection(sessions),
    configSection(identity),
  ]);
}

function titleOf({ name }: RunIdentity): string {
  return `A run of ${name}`;
}

function heading(folder: string, identity: RunIdentity, curves: Curves, brokenSessions: number): Content {
  const { steps } = identity.config.training;
  const { reached, brokenLines, missingSteps, skippedSteps } = curves;
  const isDone = reached.steps >= steps;
  const notes = [
    brokenLines > 0 ? `Lines of the metrics that could not be read: ${count(brokenLines)}.` : '',
    missingSteps > 0 ? `Steps that the metrics have no line of: ${count(missingSteps)}.` : '',
    brokenSessions > 0 ? `Lines of the sessions that could not be read: ${count(brokenSessions)}.` : '',
    skippedSteps > 0
      ? `Steps that were skipped, since their loss or gradients were not finite: ${count(skippedSteps)}.`
      : '',
    curves.train.notFinite > 0
      ? `Training losses that are not finite numbers: ${count(curves.train.notFinite)}.`
      : '',
  ].filter((note) => note !== '');
  return markup`<h1>${titleOf(identity)}</h1>
<p class="faint">In ${folder}, with seed ${identity.seed}: ${isDone ? 'finished' : `at step ${count(reached.steps)} of ${count(steps)}`}</p>
<dl class="tiles">${figures(identity, curves).map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
${notes.map((note) => markup`<p class="bad">${note}</p>`)}`;
}

function figures({ config }: RunIdentity, curves: Curves): [name: string, value: string][] {
  const unit = unitOf(config.data);
  const { best, validation, train, reached, speed } = curves;
  return [
    ...(best
      ? [[`best validation, ${unit}`, `${best.bits.toFixed(3)} at ${count(best.step)}`] as const]
      : []),
    ...(validation.finite > 0 ? [[`last validation, ${unit}`, validation.last.toFixed(3)] as const] : []),
    ...(train.finite > 0 ? [[`training at the end, ${unit}`, smoothedEnd(train).toFixed(3)] as const] : []),
    ['steps', count(reached.steps)],
    ['tokens', count(reached.tokens)],
    ['time in steps', duration(reached.seconds)],
    ...(speed.finite > 0
      ? [['tokens a second, over the run', count(Math.round(meanSpeed(curves)))] as const]
      : []),
  ].map(([name, value]) => [name!, value!]);
}

function curveSection({ config }: RunIdentity, curves: Curves): Content {
  const of = (name: string, series: Series, look: Curve['look'], colour = 0): Curve => ({
    name,
    spans: look === 'band' ? smoothed(series.spans()) : series.spans(),
    look,
    colour,
  });
  const charts: Pick<ChartOptions, 'title' | 'fromZero' | 'curves'>[] = [
    {
      title: `Loss, in ${unitOf(config.data)}`,
      curves: [of('training', curves.train, 'band'), of('validation', curves.validation, 'dots', 1)],
    },
    { title: 'Learning rate', curves: [of('learning rate', curves.learningRate, 'line')] },
    {
      title: 'Norm of the gradients, before clipping',
      curves: [of('gradients', curves.gradientNorm, 'band')],
    },
    { title: 'Tokens a second', fromZero: true, curves: [of('tokens', curves.speed, 'band')] },
    {
      title: 'Memory, in MiB',
      fromZero: true,
      curves: [of('engine', curves.deviceMemory, 'line'), of('process', curves.processMemory, 'line', 1)],
    },
  ];
  return markup`<h2>Curves</h2><div class="charts">${charts.map((options) => chart({ ...options, xLabel: 'steps' }))}</div>
<p class="faint">A line is the mean of neighbouring steps, its band reaches from their lowest to their highest value. A cross stands where a value is not a finite number.</p>`;
}

function sampleSection(steps: readonly StepSamples[]): Content {
  if (steps.length === 0) return '';
  const parts = steps.map(({ step, files, leftOut }) => {
    const isVisual = files.every(({ kind }) => kind === 'image');
    const shown = files.map(sampleOf);
    return markup`<h3>After ${count(step)} ${step === 1 ? 'step' : 'steps'}</h3>${isVisual ? markup`<div class="pictures">${shown}</div>` : shown}${
      leftOut.length > 0
        ? markup`<p class="faint">Files that are not shown here: ${leftOut.length}. ${namesOf(leftOut)}</p>`
        : ''
    }`;
  });
  return markup`<h2>Samples</h2>${parts.reverse()}`;
}

const namedFiles = 8;

function namesOf(files: readonly string[]): string {
  const more = files.length > namedFiles ? ', …' : '.';
  return `${files.slice(0, namedFiles).join(', ')}${more}`;
}

function sampleOf(file: SampleFile): Markup {
  switch (file.kind) {
    case 'text':
      return markup`<pre class="sample">${file.text}</pre>`;
    case 'image':
      return markup`<img alt="${file.name}" title="${file.name}" src="${file.dataUri}">`;
    case 'audio':
      return markup`<p class="faint">${file.name}</p><audio controls src="${file.dataUri}"></audio>`;
  }
}

function patternSection(identity: RunIdentity): Content {
  const pictures = patternPictures(modelConfigOf(identity.config, anyVocabulary));
  const { length } = identity.config.model;
  const part =
    pictures[0]!.shown < length ? `the first ${pictures[0]!.shown} of ${count(length)}` : `all ${length}`;
  return markup`<h2>Patterns</h2><p class="faint">Which token sees which: a row for each that looks, a column for each that is seen; ${part} are drawn.</p>${pictures.map((picture) => patternOf(picture, pictures.length === 1))}`;
}

function patternOf(
  { layers, meaning, drawings, leftOut, explanation }: PatternPicture,
  isOnly: boolean,
): Markup {
  const which = layers.length === 1 ? 'Layer' : 'Layers';
  const title = isOnly ? 'All layers' : `${which} ${listed(layers)}`;
  const more = leftOut > 0 ? markup`<p class="faint">Other different heads, not drawn: ${leftOut}.</p>` : '';
  return markup`<h3>${title}</h3><p>${meaning}</p><div class="patterns">${drawings.map(drawingOf)}</div>${more}<details><summary>How it is computed</summary><pre>${explanation}</pre></details>`;
}

function drawingOf({ name, heads, svg }: PatternDrawing): Markup {
  const which = heads.length === 0 ? '' : `${heads.length === 1 ? 'Head' : 'Heads'} ${listed(heads)}: `;
  return markup`<figure>${new Markup(svg)}<figcaption>${which}${name}</figcaption></figure>`;
}

function commandSection(folder: string, { config }: RunIdentity): Content {
  const word = shellWord(folder);
  return markup`<h2>Go on with it</h2><pre>sparse-train --resume ${word}
${sampleCommand(word, config.data)}</pre><p class="faint">A run that has taken all its steps is lengthened by --steps.</p>`;
}

function skippedSection(sessions: readonly Session[]): Content {
  const skipped = sessions.at(-1)?.skipped;
  if (!skipped || skipped.count === 0) return '';
  const items = skipped.first.map(({ path, line, reason }): [string, string] => [
    line === undefined ? path : `${path}, line ${line}`,
    reason,
  ]);
  const more = skipped.count - items.length;
  return markup`<h2>Left out of the data</h2><p>Files and lines that were left out, as the configuration asks for: ${count(skipped.count)}.</p><details open><summary>The first ${items.length}</summary>${factTable(items)}</details>${more > 0 ? markup`<p class="faint">and ${count(more)} more</p>` : ''}`;
}

function environmentSection(sessions: readonly Session[]): Content {
  const newest = sessions.at(-1);
  if (!newest) return '';
  const older = sessions.slice(0, -1).reverse();
  return markup`<h2>Where it ran</h2>${sessionOf(newest)}${
    older.length > 0
      ? markup`<details><summary>Earlier sessions: ${older.length}</summary>${older.map(sessionOf)}</details>`
      : ''
  }`;
}

function sessionOf({ step, time, facts }: Session): Markup {
  return markup`<h3>${step === 0 ? 'Begun' : `Gone on from step ${count(step)}`} on ${moment(time)}</h3>${factTable(Object.entries(facts))}`;
}

function configSection({ config, data, valid, changes, engine }: RunIdentity): Content {
  const changed =
    changes.length === 0
      ? ''
      : markup`<h3>Changed on the way</h3>${factTable(
          changes.map(({ step, field, from, to }) => [
            `step ${count(step)}`,
            `${field}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`,
          ]),
        )}`;
  return markup`<h2>Configuration</h2>${factTable([
    ['data', data.join(', ')],
    ...(valid ? ([['validation data', valid.join(', ')]] as const) : []),
    ['engine', engine],
  ])}${changed}<pre>${JSON.stringify(config, null, 2)}</pre>`;
}
