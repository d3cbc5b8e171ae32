/** Makes a value when it is first asked for, and keeps it: what doesn't depend on the engine is worked out once. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
