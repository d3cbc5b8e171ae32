/** Gives the address of the bundle for that of each entry of each package below the root, such as `…/packages/kernels/src/index.ts`. */
export function bundledSource(root?: URL): Promise<Map<string, string>>;
