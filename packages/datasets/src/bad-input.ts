/** One file among many cannot be used, and the caller chooses what becomes of it. The message says what is wrong. */
export class BadInput extends Error {}
