/** The version that the library of a package must have. */
export function libraryVersion(packageFolder: string): string;
