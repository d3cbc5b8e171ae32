/** What goes with an exported model. */
export { configurationFile, modelCard } from './model-card.ts';
export { sampleCommand } from './sample-command.ts';
