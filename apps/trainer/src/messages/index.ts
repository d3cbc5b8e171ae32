/** Words for people: errors, names, units, values. */
export { messageOf } from './message-of.ts';
export { nearestName } from './nearest-name.ts';
export { show } from './show.ts';
export { DiskFullError, DivergedError, TrainerError } from './trainer-error.ts';
