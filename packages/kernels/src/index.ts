import './stock-gradients.ts';
